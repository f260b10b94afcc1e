//! Passwords: what may be one (NIST SP 800-63B-4 §3.1.1), and their hashes.
//!
//! argon2id, 19 MiB, two passes, one lane. A hash takes a core for some 30 ms,
//! so at most two run at once and few wait; more is refused at once, and other
//! pages keep their cores.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use seal::digest::equal;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::model::Refusal;

/// Characters of a password that stands beside a second factor.
pub const CHARS_WITH_SECOND_FACTOR: usize = 8;
/// Characters of a password that stands alone.
pub const CHARS_ALONE: usize = 15;
/// Characters at most.
pub const CHARS_MAX: usize = 128;
/// Memory of a hash, KiB.
const MEMORY_KIB: u32 = 19 * 1_024;
/// Blocks (KiB) of an area that the allocator does not keep.
const MAPPED_BLOCKS: usize = 40 * 1_024;
/// Passes over it.
const PASSES: u32 = 2;
/// Hashes that run at once.
const AT_ONCE: usize = 2;
/// Hashes that may run or wait: about a second and a half of work.
const WAITING_MAX: usize = 96;

/// The commonest passwords, and names and places that people here would take.
static BLOCKED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("../data/blocklist.txt").lines();
    lines.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(folded).collect()
});

/// Why a text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Fewer characters than this.
    Short(usize),
    /// More than [`CHARS_MAX`].
    Long,
    /// Known to everybody, or made of one's own number or name.
    Known,
}

/// Whether a text may be a password. Any character counts as one; no mixture is
/// asked for. `own` holds what others know of the person: their number, their
/// names.
///
/// # Errors
/// [`Unfit`].
pub fn check(typed: &str, chars_min: usize, own: &[&str]) -> Result<(), Unfit> {
    let normal: String = typed.nfkc().collect();
    let chars = normal.chars().count();
    if chars < chars_min {
        return Err(Unfit::Short(chars_min));
    }
    if chars > CHARS_MAX {
        return Err(Unfit::Long);
    }
    let folded = folded(&normal);
    let stem = folded.trim_end_matches(|symbol: char| symbol.is_ascii_digit() || "!@#$%^&*._- ".contains(symbol));
    let one_symbol = folded.chars().collect::<HashSet<_>>().len() < 3;
    // A known word with a year behind it is as well known as the word.
    let known = BLOCKED.contains(&folded) || BLOCKED.contains(stem);
    let sequence = is_sequence(&folded);
    let personal = own
        .iter()
        .map(|&word| self::folded(word))
        .any(|word| word.chars().count() > 3 && (folded == word || stem == word));
    if one_symbol || known || sequence || personal { Err(Unfit::Known) } else { Ok(()) }
}

fn folded(text: &str) -> String {
    base::digits::to_western(text).to_lowercase()
}

/// Whether every symbol follows the one before (`12345678`, `abcdefgh`).
fn is_sequence(text: &str) -> bool {
    let symbols: Vec<u32> = text.chars().map(u32::from).collect();
    let rises = symbols.windows(2).all(|pair| pair[0] + 1 == pair[1] || (pair[0], pair[1]) == (57, 48));
    let falls = symbols.windows(2).all(|pair| pair[0] == pair[1] + 1 || (pair[0], pair[1]) == (48, 57));
    rises || falls
}

/// A hash with what it was made with; it lies sealed in a column.
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordHash {
    memory_kib: u32,
    passes: u32,
    salt: [u8; 16],
    hash: [u8; 32],
}

impl PasswordHash {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(56);
        bytes.extend_from_slice(&self.memory_kib.to_be_bytes());
        bytes.extend_from_slice(&self.passes.to_be_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.hash);
        bytes
    }
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (memory, rest) = bytes.split_first_chunk::<4>()?;
        let (passes, rest) = rest.split_first_chunk::<4>()?;
        let (salt, hash) = rest.split_first_chunk::<16>()?;
        Some(Self {
            memory_kib: u32::from_be_bytes(*memory),
            passes: u32::from_be_bytes(*passes),
            salt: *salt,
            hash: hash.try_into().ok()?,
        })
    }
    /// What stands in the place of a password that nobody has: 256 random bits are
    /// not the hash of anything that will ever be typed.
    pub(crate) fn nobodys(random: [u8; 48]) -> Self {
        let (mut salt, mut hash) = ([0; 16], [0; 32]);
        salt.copy_from_slice(&random[..16]);
        hash.copy_from_slice(&random[16..]);
        Self { memory_kib: MEMORY_KIB, passes: PASSES, salt, hash }
    }
    /// A hash that no password has, made with the present parameters: checking
    /// against it takes as long as against a real one.
    fn of_nobody((memory_kib, passes): (u32, u32)) -> Self {
        Self { memory_kib, passes, salt: [0; 16], hash: [0; 32] }
    }
}

/// Makes and checks hashes, never more at once than the machine can bear.
#[derive(Clone)]
pub struct Hasher {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What those who hash or wait hold together.
    areas: Arc<Mutex<Weak<Areas>>>,
    /// KiB and passes.
    cost: (u32, u32),
}

impl Default for Hasher {
    fn default() -> Self {
        Self::of_cost(MEMORY_KIB, PASSES)
    }
}

impl Hasher {
    /// One that takes so many KiB and passes: less than [`Hasher::default`] is for tests.
    #[must_use]
    pub fn of_cost(memory_kib: u32, passes: u32) -> Self {
        let (running, waiting) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(WAITING_MAX)));
        Self { running, waiting, areas: Arc::default(), cost: (memory_kib, passes) }
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub async fn hash(&self, typed: &str, salt: [u8; 16]) -> Result<PasswordHash, Refusal> {
        let (typed, (memory_kib, passes)) = (normal(typed), self.cost);
        self.run(move |area| {
            let mut made = PasswordHash { memory_kib, passes, salt, hash: [0; 32] };
            made.hash = compute(&typed, &made, area).unwrap_or_default();
            made
        })
        .await
    }

    /// Whether the password is that of the hash. Without a hash the same work
    /// is done, and the answer is no.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub async fn matches(&self, typed: &str, kept: Option<PasswordHash>) -> Result<bool, Refusal> {
        let (typed, cost) = (normal(typed), self.cost);
        self.run(move |area| {
            let (known, kept) = (kept.is_some(), kept.unwrap_or_else(|| PasswordHash::of_nobody(cost)));
            let computed = compute(&typed, &kept, area);
            known && computed.is_some_and(|hash| equal(&hash, &kept.hash))
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _place = self.waiting.try_acquire().map_err(|_| Refusal::Busy)?;
        let areas = self.areas();
        let core = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Refusal::Busy)?;
        // A dropped request still holds its core until the hash is done.
        let done = tokio::task::spawn_blocking(move || {
            let result = areas.lend(work);
            drop(core);
            result
        });
        done.await.map_err(|_| Refusal::Busy)
    }

    /// The areas of whoever hashes or waits now, or the first one's.
    fn areas(&self) -> Arc<Areas> {
        let mut known = self.areas.lock().unwrap_or_else(PoisonError::into_inner);
        known.upgrade().unwrap_or_else(|| {
            let first = Arc::default();
            *known = Arc::downgrade(&first);
            first
        })
    }
}

/// Memory that one hash leaves to the next for as long as somebody hashes or waits: the
/// system's fresh pages cost time. It goes with the last of them, so that a server at
/// rest holds none.
#[derive(Default)]
struct Areas(Mutex<Vec<Vec<Block>>>);

impl Areas {
    fn lend<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let mut area = self.free().pop().unwrap_or_default();
        let result = work(&mut area);
        self.free().push(area);
        result
    }
    fn free(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn normal(typed: &str) -> Zeroizing<String> {
    Zeroizing::new(typed.chars().take(CHARS_MAX + 1).nfkc().collect())
}

/// Makes an area as large as a hash needs; what stands in it is overwritten before it
/// is read. The allocator would keep an area of this size for later (glibc does, up to
/// 32 MiB for each thread); a larger one it maps by itself, and only what is used of
/// that is ever there.
fn fit(area: &mut Vec<Block>, blocks: usize) {
    if area.capacity() < blocks {
        *area = Vec::with_capacity(blocks.max(MAPPED_BLOCKS));
    }
    area.resize(blocks, Block::new());
}

fn compute(typed: &str, with: &PasswordHash, area: &mut Vec<Block>) -> Option<[u8; 32]> {
    let params = Params::new(with.memory_kib, with.passes, 1, Some(32)).ok()?;
    let mut hash = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    fit(area, argon.params().block_count());
    argon.hash_password_into_with_memory(typed.as_bytes(), &with.salt, &mut hash, area).ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fit_and_unfit() {
        let own = ["900000001", "ليلى", "Layla"];
        for (typed, chars_min, expected) in [
            ("زيتون الجبل العالي", 15, Ok(())),
            ("tall olive tree 7", 8, Ok(())),
            ("aaaaaaaaaaaaaaaaaaaa", 15, Err(Unfit::Known)),
            ("short", 8, Err(Unfit::Short(8))),
            ("ten chars!", 15, Err(Unfit::Short(15))),
            ("Password123", 8, Err(Unfit::Known)),
            ("palestine2024", 8, Err(Unfit::Known)),
            ("فلسطين1948", 8, Err(Unfit::Known)),
            ("١٢٣٤٥٦٧٨", 8, Err(Unfit::Known)),
            ("87654321", 8, Err(Unfit::Known)),
            ("900000001", 8, Err(Unfit::Known)),
            ("layla2001", 8, Err(Unfit::Known)),
        ] {
            assert_eq!(check(typed, chars_min, &own), expected, "{typed}");
        }
        assert_eq!(check(&"xyzt".repeat(40), 8, &[]), Err(Unfit::Long));
        assert_eq!(check(&"xyzt".repeat(32), 8, &[]), Ok(()));
    }

    #[tokio::test]
    async fn hashes_match_their_password_in_any_normal_form() {
        let hasher = Hasher::default();
        let hash = hasher.hash("caf\u{e9} زيتون", [7; 16]).await.unwrap();
        assert!(hasher.matches("cafe\u{301} زيتون", Some(hash.clone())).await.unwrap());
        assert!(!hasher.matches("cafe زيتون", Some(hash.clone())).await.unwrap());
        assert!(!hasher.matches("", None).await.unwrap());
        let read = PasswordHash::from_bytes(&hash.to_bytes()).unwrap();
        assert!(hasher.matches("caf\u{e9} زيتون", Some(read)).await.unwrap());
        assert!(PasswordHash::from_bytes(&[1; 20]).is_none());
    }

    #[tokio::test]
    async fn an_area_serves_hashes_of_any_cost_and_goes_with_the_last_one() {
        let hasher = Hasher::of_cost(64, 1);
        let larger = Hasher { cost: (128, 1), ..hasher.clone() };
        let first = hasher.hash("olive", [1; 16]).await.unwrap();
        assert!(hasher.areas.lock().unwrap().upgrade().is_none(), "nobody waits");
        let waits = hasher.areas();
        for (hasher, typed) in [(&larger, "fig"), (&hasher, "olive"), (&larger, "fig")] {
            let hash = hasher.hash(typed, [1; 16]).await.unwrap();
            assert!(Hasher::of_cost(64, 1).matches(typed, Some(hash.clone())).await.unwrap());
            assert!(hash.memory_kib != first.memory_kib || hash.hash == first.hash);
            assert_eq!(waits.free().len(), 1, "one after the other needs one");
        }
        drop(waits);
        assert!(hasher.areas.lock().unwrap().upgrade().is_none(), "the last one takes it along");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let hasher = Hasher::default();
        let places: Vec<_> = (0..WAITING_MAX).map(|_| hasher.waiting.try_acquire().unwrap()).collect();
        assert!(matches!(hasher.matches("x", None).await, Err(Refusal::Busy)));
        drop(places);
        assert!(!hasher.matches("x", None).await.unwrap());
    }
}
