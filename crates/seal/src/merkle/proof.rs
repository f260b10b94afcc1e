//! Proofs (RFC 9162 §2.1.3, §2.1.4), made from stored complete subtrees.

use super::{Digest, PROOF_MAX, SIZE_MAX, node_hash};
use crate::SealError;

/// The complete subtrees that cover the leaves `from..to`, left to right, where
/// `from` is a multiple of the size of the subtree that the range lies in.
pub(super) fn peaks(from: u64, to: u64) -> Vec<(u8, u64)> {
    let mut list = Vec::new();
    let mut start = from;
    while start < to {
        let level = (to - start).ilog2();
        // ilog2 of a u64 is at most 63.
        list.push((u8::try_from(level).unwrap_or(63), start >> level));
        start += 1 << level;
    }
    list
}

/// The hash over neighbouring complete subtrees, right to left; none for none.
pub(super) fn fold_peaks(peaks: &[Digest]) -> Option<Digest> {
    peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right))
}

/// The hash of the subtree over the leaves `from..to`.
fn range_hash<E>(from: u64, to: u64, lookup: &mut impl FnMut(u8, u64) -> Result<Digest, E>) -> Result<Digest, E> {
    let hashes =
        peaks(from, to).into_iter().map(|(level, index)| lookup(level, index)).collect::<Result<Vec<_>, _>>()?;
    Ok(fold_peaks(&hashes).unwrap_or_else(super::empty_root))
}

/// The largest power of two below `n`, for `n` of at least 2.
const fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The proof that the leaf `index` is in the tree of `size` leaves, from the
/// leaf upwards. `lookup` answers stored nodes. `None` if there is no such leaf.
///
/// # Errors
/// Whatever `lookup` fails with.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    mut lookup: impl FnMut(u8, u64) -> Result<Digest, E>,
) -> Result<Option<Vec<Digest>>, E> {
    if index >= size || size > SIZE_MAX {
        return Ok(None);
    }
    let (mut from, mut to) = (0, size);
    let mut proof = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(range_hash(middle, to, &mut lookup)?);
            to = middle;
        } else {
            proof.push(range_hash(from, middle, &mut lookup)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(Some(proof))
}

/// The proof that the tree of `new` leaves continues the one of `old` leaves.
/// `None` if `old` is larger; empty for an empty old tree or equal sizes.
///
/// # Errors
/// Whatever `lookup` fails with.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    mut lookup: impl FnMut(u8, u64) -> Result<Digest, E>,
) -> Result<Option<Vec<Digest>>, E> {
    if old > new || new > SIZE_MAX {
        return Ok(None);
    }
    let mut proof = Vec::new();
    if old == 0 || old == new {
        return Ok(Some(proof));
    }
    // RFC 9162 §2.1.4.1, SUBPROOF without recursion: `whole` says that the old
    // tree's root still is a subtree here, so that the verifier knows it.
    let (mut from, mut to, mut whole) = (0, new, true);
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(range_hash(middle, to, &mut lookup)?);
            to = middle;
        } else {
            proof.push(range_hash(from, middle, &mut lookup)?);
            from = middle;
            whole = false;
        }
    }
    if !whole {
        proof.push(range_hash(from, to, &mut lookup)?);
    }
    proof.reverse();
    Ok(Some(proof))
}

/// Verifies an inclusion proof (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`SealError::Signature`] if it does not lead to the root, [`SealError::Malformed`] for
/// an impossible index, [`SealError::TooLarge`].
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), SealError> {
    check_sizes(index.saturating_add(1), size, proof)?;
    let wrong = SealError::Signature("inclusion proof");
    let (mut place, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(wrong);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(wrong) }
}

/// Verifies a consistency proof (RFC 9162 §2.1.4.2). An empty old tree is
/// continued by any tree, and proves nothing about it.
///
/// # Errors
/// As [`verify_inclusion`].
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &[Digest],
    old_root: &Digest,
    new_root: &Digest,
) -> Result<(), SealError> {
    check_sizes(old, new, proof)?;
    let wrong = SealError::Signature("consistency proof");
    if old == 0 {
        return if proof.is_empty() && *old_root == super::empty_root() { Ok(()) } else { Err(wrong) };
    }
    if old == new {
        return if proof.is_empty() && old_root == new_root { Ok(()) } else { Err(wrong) };
    }
    // A power of two: the old root is the first node itself.
    let mut steps = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(&first) = first else { return Err(wrong) };
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for step in steps {
        if last == 0 {
            return Err(wrong);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(wrong) }
}

fn check_sizes(inner: u64, outer: u64, proof: &[Digest]) -> Result<(), SealError> {
    if outer > SIZE_MAX || inner > outer {
        return Err(SealError::malformed("Merkle proof", "sizes"));
    }
    if proof.len() > PROOF_MAX {
        return Err(SealError::TooLarge { what: "Merkle proof", limit: PROOF_MAX });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{build, known_leaves, lookup, naive_root, split as naive_split};
    use super::super::{Tree, leaf_hash};
    use super::*;
    use crate::digest::hex;
    use proptest::prelude::*;

    /// RFC 6962 §2.1.1, word for word.
    fn naive_path(index: usize, leaves: &[Vec<u8>]) -> Vec<Digest> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let k = naive_split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut path, other) = if index < k {
            (naive_path(index, left), naive_root(right))
        } else {
            (naive_path(index - k, right), naive_root(left))
        };
        path.push(other);
        path
    }

    /// RFC 6962 §2.1.2, word for word.
    fn naive_subproof(m: usize, leaves: &[Vec<u8>], whole: bool) -> Vec<Digest> {
        if m == leaves.len() {
            return if whole { Vec::new() } else { vec![naive_root(leaves)] };
        }
        let k = naive_split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut path, other) = if m <= k {
            (naive_subproof(m, left, whole), naive_root(right))
        } else {
            (naive_subproof(m - k, right, false), naive_root(left))
        };
        path.push(other);
        path
    }

    #[test]
    fn known_proofs_hold() {
        // certificate-transparency's merkletree tests: leaf 0 of 8, leaf 5 of 8, leaf 2 of 3, leaf 1 of 5.
        let cases: [(u64, u64, &[&str]); 4] = [
            (
                0,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                5,
                8,
                &[
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
            (
                1,
                5,
                &[
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ],
            ),
        ];
        let leaves = known_leaves();
        let (_, nodes) = build(&leaves);
        for (index, size, expected) in cases {
            let proof = inclusion_proof(index, size, lookup(&nodes)).unwrap().unwrap();
            assert_eq!(proof.iter().map(|hash| hex(hash)).collect::<Vec<_>>(), expected, "{index} of {size}");
        }
        let cases: [(u64, u64, &[&str]); 4] = [
            (1, 1, &[]),
            (
                1,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                6,
                8,
                &[
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (
                2,
                5,
                &[
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ],
            ),
        ];
        for (old, new, expected) in cases {
            let proof = consistency_proof(old, new, lookup(&nodes)).unwrap().unwrap();
            assert_eq!(proof.iter().map(|hash| hex(hash)).collect::<Vec<_>>(), expected, "{old} to {new}");
        }
    }

    #[test]
    fn impossible_proofs_are_not_made_or_believed() {
        let (tree, nodes) = build(&known_leaves());
        assert_eq!(inclusion_proof(8, 8, lookup(&nodes)).unwrap(), None);
        assert_eq!(consistency_proof(9, 8, lookup(&nodes)).unwrap(), None);
        let leaf = leaf_hash(b"");
        assert!(verify_inclusion(&leaf, 0, 0, &[], &tree.root()).is_err());
        assert!(verify_inclusion(&leaf, u64::MAX, u64::MAX, &[], &tree.root()).is_err());
        assert!(verify_inclusion(&leaf, 0, 8, &[[0; 32]; PROOF_MAX + 1], &tree.root()).is_err());
        assert!(verify_consistency(5, 4, &[], &tree.root(), &tree.root()).is_err());
        assert!(verify_consistency(0, 4, &[], &[1; 32], &tree.root()).is_err());
        assert!(verify_consistency(0, 4, &[], &Tree::new().root(), &tree.root()).is_ok());
    }

    proptest! {
        #[test]
        fn proofs_are_the_naive_ones_and_verify(size in 1_usize..70, at in 0_usize..1000, bent in 0_usize..1000) {
            let leaves: Vec<Vec<u8>> = (0..size).map(|n| n.to_be_bytes().to_vec()).collect();
            let (tree, nodes) = build(&leaves);
            let root = tree.root();
            let (at, old) = (at % size, at % size + 1);
            let (index, total) = (at as u64, size as u64);

            let proof = inclusion_proof(index, total, lookup(&nodes)).unwrap().unwrap();
            prop_assert_eq!(&proof, &naive_path(at, &leaves));
            let leaf = leaf_hash(&leaves[at]);
            verify_inclusion(&leaf, index, total, &proof, &root).unwrap();
            prop_assert!(verify_inclusion(&leaf_hash(b"other"), index, total, &proof, &root).is_err());
            if !proof.is_empty() {
                let mut wrong = proof.clone();
                wrong[bent % proof.len()][bent % 32] ^= 1;
                prop_assert!(verify_inclusion(&leaf, index, total, &wrong, &root).is_err());
                prop_assert!(verify_inclusion(&leaf, index, total, &proof[1..], &root).is_err());
            }
            prop_assert!(verify_inclusion(&leaf, index, total, &[&proof[..], &[root]].concat(), &root).is_err());

            let old_root = naive_root(&leaves[..old]);
            let proof = consistency_proof(old as u64, total, lookup(&nodes)).unwrap().unwrap();
            prop_assert_eq!(&proof, &naive_subproof(old, &leaves, true));
            verify_consistency(old as u64, total, &proof, &old_root, &root).unwrap();
            prop_assert!(verify_consistency(old as u64, total, &proof, &[7; 32], &root).is_err());
            prop_assert!(verify_consistency(old as u64, total, &proof, &old_root, &[7; 32]).is_err());
            if !proof.is_empty() {
                let mut wrong = proof.clone();
                wrong[bent % proof.len()][bent % 32] ^= 1;
                prop_assert!(verify_consistency(old as u64, total, &wrong, &old_root, &root).is_err());
            }
        }

        #[test]
        fn any_proof_is_judged_without_panic(index: u64, size: u64, proof: Vec<[u8; 32]>) {
            let _ = verify_inclusion(&[0; 32], index, size, &proof, &[0; 32]);
            let _ = verify_consistency(index, size, &proof, &[0; 32], &[0; 32]);
        }
    }
}
