//! Chance from a seed.

use base::{Entropy, SeededEntropy};

/// Chance from a seed.
#[derive(Debug)]
pub struct Dice(SeededEntropy);

impl Dice {
    /// From this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }
    /// A number below this one.
    pub fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes) % end
    }
    /// A number from here to there, both included.
    ///
    /// # Panics
    /// There is none between them.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below((to - from + 1).unsigned_abs())).expect("a small range")
    }
    /// Yes, once in so many times.
    pub fn one_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }
    /// A place in a list of this length.
    ///
    /// # Panics
    /// The list is empty, or longer than memory.
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).expect("a small list"))).expect("a small list")
    }
    /// One of these.
    pub fn pick<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.index(all.len())]
    }
}
