//! Chance from a seed, and what was rolled so far for whoever reads a failure.

use base::{Entropy, SeededEntropy};

/// Acts that a failure shows.
const SHOWN: usize = 40;

pub struct Dice(SeededEntropy);

impl Dice {
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
    pub fn between(&self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below((to - from + 1).unsigned_abs())).expect("a small range")
    }
    /// Yes, once in so many times.
    pub fn one_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }
    pub fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).expect("a small list"))).expect("a small list")
    }
    pub fn pick<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.index(all.len())]
    }
}

/// What was done; it speaks when the test fails.
pub struct Trace {
    pub seed: u64,
    lines: Vec<String>,
}

impl Trace {
    pub fn new(seed: u64) -> Self {
        Self { seed, lines: Vec::new() }
    }
    pub fn add(&mut self, line: String) {
        self.lines.push(line);
    }
    pub fn acts(&self) -> usize {
        self.lines.len()
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let first = self.lines.len().saturating_sub(SHOWN);
            eprintln!("the last acts of seed {}:", self.seed);
            for (number, line) in self.lines.iter().enumerate().skip(first) {
                eprintln!("{number:4} {line}");
            }
            eprintln!("again: {}={} cargo test -p services --test simulation", super::SEED_VARIABLE, self.seed);
        }
    }
}
