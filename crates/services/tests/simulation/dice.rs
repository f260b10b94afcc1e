//! What was rolled so far, for whoever reads a failure.

pub use testkit::Dice;

/// Acts that a failure shows.
const SHOWN: usize = 40;

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
