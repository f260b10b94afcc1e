//! Digests, signatures, JOSE, COSE, X.509, signed XML, Merkle trees. Pure: no
//! IO, no clock, no ambient randomness. Keys never have a `Debug`.

