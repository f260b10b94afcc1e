//! Merkle trees of RFC 6962 §2.1 (the same in RFC 9162): hashes, an append-only
//! builder that keeps one hash per bit of the size, proofs made from stored
//! nodes, and their verification.
//!
//! A stored node is a complete subtree: `(level, index)` covers the leaves
//! `index << level` to `(index + 1) << level`. Such a node never changes, so
//! whoever stores what [`Tree::append`] reports can make every later proof.

pub mod checkpoint;
mod proof;

pub use checkpoint::{Checkpoint, NoteKey, NoteSignature, SignedCheckpoint};
pub use proof::{consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};

use crate::{SealError, digest};

/// A SHA-256 hash of a leaf, a node or a tree.
pub type Digest = [u8; 32];

/// Most leaves of a tree: sizes stay below 2^63, so that no sum overflows.
pub const SIZE_MAX: u64 = 1 << 62;
/// Most hashes in a proof for such a tree.
pub const PROOF_MAX: usize = 128;

/// The hash of a leaf: SHA-256 of `00 || data`.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Digest {
    digest::sha256_parts(&[&[0], data])
}

/// The hash over two subtrees: SHA-256 of `01 || left || right`.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    digest::sha256_parts(&[&[1], left, right])
}

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    digest::sha256(&[])
}

/// The right edge of a tree: its complete subtrees from the largest to the
/// smallest, one for each one-bit of the size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    peaks: Vec<Digest>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree that had this size and these [`Tree::peaks`].
    ///
    /// # Errors
    /// [`SealError::Malformed`] if the number of peaks does not fit the size.
    pub fn resume(size: u64, peaks: Vec<Digest>) -> Result<Self, SealError> {
        if size > SIZE_MAX || peaks.len() != size.count_ones() as usize {
            return Err(SealError::malformed("tree", "peaks do not fit the size"));
        }
        Ok(Self { size, peaks })
    }

    /// The tree of this size from its stored nodes.
    ///
    /// # Errors
    /// Whatever `lookup` fails with.
    pub fn load<E>(size: u64, mut lookup: impl FnMut(u8, u64) -> Result<Digest, E>) -> Result<Self, E> {
        let peaks =
            proof::peaks(0, size).into_iter().map(|(level, index)| lookup(level, index)).collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }

    /// How many leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The complete subtrees from left to right.
    #[must_use]
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// The root hash.
    #[must_use]
    pub fn root(&self) -> Digest {
        proof::fold_peaks(&self.peaks).unwrap_or_else(empty_root)
    }

    /// Adds a leaf by its hash and reports each node that became complete, the
    /// leaf itself (level 0) first; answers the leaf's index.
    pub fn append(&mut self, leaf: Digest, mut store: impl FnMut(u8, u64, Digest)) -> u64 {
        let index = self.size;
        let mut hash = leaf;
        store(0, index, hash);
        let mut level = 0_u8;
        // One bits at the end of the size are subtrees that this leaf completes.
        while index >> level & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            store(level, index >> level, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
        index
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::digest::{from_hex, hex};
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    /// The leaves of certificate-transparency's reference tests.
    pub fn known_leaves() -> Vec<Vec<u8>> {
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
            .iter()
            .map(|text| from_hex(text).unwrap())
            .collect()
    }

    pub const KNOWN_ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    /// RFC 6962 §2.1, word for word.
    pub fn naive_root(leaves: &[Vec<u8>]) -> Digest {
        match leaves {
            [] => empty_root(),
            [leaf] => leaf_hash(leaf),
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    /// The largest power of two smaller than `n`.
    pub fn split(n: usize) -> usize {
        n.next_power_of_two() / 2
    }

    /// A tree and all its stored nodes.
    pub fn build(leaves: &[Vec<u8>]) -> (Tree, BTreeMap<(u8, u64), Digest>) {
        let mut tree = Tree::new();
        let mut nodes = BTreeMap::new();
        for leaf in leaves {
            tree.append(leaf_hash(leaf), |level, index, hash| {
                assert_eq!(nodes.insert((level, index), hash), None, "a node is stored once");
            });
        }
        (tree, nodes)
    }

    pub fn lookup(nodes: &BTreeMap<(u8, u64), Digest>) -> impl FnMut(u8, u64) -> Result<Digest, Infallible> {
        |level, index| Ok(nodes[&(level, index)])
    }

    #[test]
    fn known_roots_hold() {
        assert_eq!(hex(&empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let leaves = known_leaves();
        for (size, root) in (1..).zip(KNOWN_ROOTS) {
            let (tree, nodes) = build(&leaves[..size]);
            assert_eq!(hex(&tree.root()), root, "{size} leaves");
            assert_eq!(Tree::load(size as u64, lookup(&nodes)).unwrap(), tree);
            assert_eq!(Tree::resume(size as u64, tree.peaks().to_vec()).unwrap(), tree);
        }
    }

    #[test]
    fn peaks_must_fit_the_size() {
        assert!(Tree::resume(3, vec![[0; 32]]).is_err());
        assert!(Tree::resume(u64::MAX, vec![[0; 32]; 64]).is_err());
    }

    proptest! {
        #[test]
        fn the_root_is_the_naive_one(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..70)) {
            prop_assert_eq!(build(&leaves).0.root(), naive_root(&leaves));
        }
    }
}
