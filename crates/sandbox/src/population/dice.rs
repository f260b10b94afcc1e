//! Chance from a seed: the same throws at every start.

use base::{Date, Entropy, SeededEntropy, entropy};

/// Throws that a seed decides.
pub(crate) struct Dice(SeededEntropy);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }
    /// A number from 0 up to, not including, `bound`.
    pub(crate) fn below(&self, bound: u32) -> u32 {
        let thrown = u64::from_be_bytes(entropy::bytes(&self.0 as &dyn Entropy));
        u32::try_from(thrown % u64::from(bound.max(1))).unwrap_or(0)
    }
    /// A number from `least` to `most`, both included.
    pub(crate) fn between(&self, least: i32, most: i32) -> i32 {
        least.saturating_add_unsigned(self.below(most.abs_diff(least).saturating_add(1)))
    }
    /// Whether something that happens in so many of a hundred cases happens.
    pub(crate) fn percent(&self, share: u32) -> bool {
        self.below(100) < share
    }
    /// One of a list that is not empty.
    pub(crate) fn pick<'l, T>(&self, list: &'l [T]) -> &'l T {
        let place = self.below(u32::try_from(list.len()).unwrap_or(u32::MAX));
        &list[usize::try_from(place).unwrap_or(0)]
    }
    /// A day from `first` on, within so many days.
    pub(crate) fn day(&self, first: Date, within: i32) -> Date {
        first.plus_days(self.between(0, within.max(0)))
    }
}
