//! The list of revoked papers, for checks without a network: a Golomb-coded set
//! of salted hashes of their codes, signed with the key of printed codes.
//!
//! A code that is on the list may be there by chance, one in 2^bits (a million
//! at 20 bits), so a hit says "ask online", never "revoked". That is meant: a
//! set that is exact could be searched for codes, since they are short.

use base::{Date, Timestamp, Zone};
use seal::cose::cbor::{Value, decode, encode};
use seal::cose::{sign1, verify1};
use seal::digest::sha256_parts;
use seal::{PublicKey, SealError, SigningKey};
use store::{Ctx, Error, params};

use crate::house::Documents;
use crate::model::Refusal;
use crate::sql;

/// Bound into every signature of a list.
const CONTEXT: &[u8] = b"hukumati/revoked/1";
/// Bits of remainder for each code: by chance, one valid paper in a million is on the list.
const BITS: u32 = 20;
/// Most bytes of a set, so that the signed list stays under 64 KiB.
const SET_BYTES: usize = 60 << 10;
/// Most papers on a list; with so many a valid one is on it by chance once in 512.
const MOST: usize = 40_000;
/// Bytes of salt: a paper that is on one list by chance is not on the next.
const SALT_BYTES: usize = 16;
/// How long a signed list serves, seconds.
const KEPT_S: i64 = 60;
/// How old a list may be to say something, days.
pub const LIST_DAYS: i64 = 7;
const DAY_S: i64 = 86_400;

/// A list that was signed, and when.
pub(crate) type Kept = (Timestamp, Vec<u8>);

/// What a list says of one paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// It was not revoked before the list was made.
    No,
    /// It was revoked, or is on the list by chance: ask online.
    Maybe,
    /// The list is older than [`LIST_DAYS`], or of a day to come.
    NotKnown,
}

/// A list whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedList {
    /// When it was made.
    pub at: Timestamp,
    /// Of how many valid papers one is on it by chance.
    pub one_in: u64,
    bits: u32,
    count: u64,
    salt: Vec<u8>,
    set: Vec<u8>,
}

impl RevokedList {
    /// A list of these codes.
    pub(crate) fn new(codes: &[String], at: Timestamp, salt: [u8; SALT_BYTES]) -> Result<Self, Refusal> {
        let count = u64::try_from(codes.len()).ok().filter(|_| codes.len() <= MOST).ok_or(Refusal::ListTooLong)?;
        // A quotient takes less than two bits and a half on average.
        let room = (8 * SET_BYTES / codes.len().max(1)).saturating_sub(3);
        let bits = u32::try_from(room).unwrap_or(BITS).min(BITS);
        let mut list = Self { at, one_in: 1 << bits, bits, count, salt: salt.to_vec(), set: Vec::new() };
        let mut values: Vec<u64> = codes.iter().map(|code| list.value(code)).collect();
        values.sort_unstable();
        let (mut writer, mut before) = (BitWriter::default(), 0);
        for value in values {
            let step = value - before;
            for _ in 0..step >> bits {
                writer.push(true);
            }
            writer.push(false);
            for place in (0..bits).rev() {
                writer.push(step >> place & 1 == 1);
            }
            before = value;
        }
        list.set = writer.bytes;
        Ok(list)
    }

    /// Signs it.
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, Refusal> {
        let number = |number: u64| i64::try_from(number).map(Value::Int).map_err(|_| Refusal::ListTooLong);
        let payload = Value::Map(vec![
            (Value::Int(1), Value::Int(self.at.as_seconds())),
            (Value::Int(2), number(u64::from(self.bits))?),
            (Value::Int(3), number(self.count)?),
            (Value::Int(4), Value::Bytes(self.salt.clone())),
            (Value::Int(5), Value::Bytes(self.set.clone())),
        ]);
        Ok(sign1(key, &encode(&payload)?, CONTEXT)?)
    }

    /// Reads a list and verifies it with trusted keys only.
    ///
    /// # Errors
    /// No list, an unknown key, or a signature that does not hold.
    pub fn read(message: &[u8], trusted: &[PublicKey]) -> Result<Self, Refusal> {
        let key_of = |id: &[u8]| trusted.iter().find(|key| key.key_id_bytes() == id).cloned();
        let payload = decode(&verify1(message, key_of, CONTEXT)?.payload)?;
        let wrong = || SealError::malformed("list of revoked papers", "a part");
        let number = |label: i64| payload.get(label).and_then(Value::as_int).ok_or_else(wrong);
        let bytes = |label: i64| payload.get(label).and_then(Value::as_bytes).map(<[u8]>::to_vec).ok_or_else(wrong);
        let bits = u32::try_from(number(2)?).ok().filter(|bits| *bits <= BITS).ok_or_else(wrong)?;
        let most = u64::try_from(MOST).unwrap_or(u64::MAX);
        let count = u64::try_from(number(3)?).ok().filter(|count| *count <= most).ok_or_else(wrong)?;
        let at = Timestamp::from_seconds(number(1)?);
        Ok(Self { at, one_in: 1 << bits, bits, count, salt: bytes(4)?, set: bytes(5)? })
    }

    /// What it says of a paper, by the paper's short code.
    #[must_use]
    pub fn says(&self, code: &str, now: Timestamp) -> Listed {
        let age = now.seconds_since(self.at);
        if !(-DAY_S..=LIST_DAYS * DAY_S).contains(&age) {
            return Listed::NotKnown;
        }
        if self.holds(self.value(code)) { Listed::Maybe } else { Listed::No }
    }

    /// Where a code lies between nought and count · 2^bits.
    fn value(&self, code: &str) -> u64 {
        let digest = sha256_parts(&[&self.salt, code.as_bytes()]);
        let hash = digest[..8].iter().fold(0_u128, |hash, byte| hash << 8 | u128::from(*byte));
        u64::try_from((hash * u128::from(self.count << self.bits)) >> 64).unwrap_or(u64::MAX)
    }

    fn holds(&self, wanted: u64) -> bool {
        let mut reader = BitReader { bytes: &self.set, at: 0 };
        let mut value = 0_u64;
        for _ in 0..self.count {
            let mut step = 0_u64;
            while reader.bit() == Some(true) {
                step += 1;
            }
            for _ in 0..self.bits {
                // A set that ends early has nothing more to say.
                let Some(bit) = reader.bit() else { return false };
                step = step << 1 | u64::from(bit);
            }
            value += step;
            if value >= wanted {
                return value == wanted;
            }
        }
        false
    }
}

impl Documents {
    /// The signed list of papers that were revoked and would hold still.
    ///
    /// # Errors
    /// [`Refusal::ListTooLong`], a key's, or the store's.
    pub async fn revoked_list(&self, ctx: &Ctx) -> Result<Vec<u8>, Refusal> {
        let now = ctx.now();
        let kept = self.revoked.lock().ok().and_then(|kept| kept.clone());
        if let Some((at, list)) = kept
            && (0..KEPT_S).contains(&now.seconds_since(at))
        {
            return Ok(list);
        }
        let (today, most): (Date, i64) = (now.date(Zone::Hebron), i64::try_from(MOST).unwrap_or(i64::MAX));
        let codes = ctx
            .read(move |read| {
                let rows = read.rows(&sql::REVOKED, &params![today.to_string(), most + 1])?;
                rows.iter().map(|row| row.get(0)).collect::<Result<Vec<String>, Error>>()
            })
            .await?;
        let list = RevokedList::new(&codes, now, ctx.random())?.sign(&self.code_key)?;
        if let Ok(mut kept) = self.revoked.lock() {
            *kept = Some((now, list.clone()));
        }
        Ok(list)
    }

    /// The next list is made anew: a paper was revoked here. What another process
    /// revokes is on the list within [`KEPT_S`].
    pub(crate) fn forget_list(&self) {
        if let Ok(mut kept) = self.revoked.lock() {
            *kept = None;
        }
    }
}

/// Bits, the highest of each byte first.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    used: u32,
}

impl BitWriter {
    fn push(&mut self, bit: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.used % 8);
        }
        self.used += 1;
    }
}

struct BitReader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl BitReader<'_> {
    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SeededEntropy;
    use proptest::prelude::*;
    use seal::{Algorithm, Signer};

    const AT: Timestamp = Timestamp::from_seconds(1_795_000_000);

    fn key(seed: u64) -> SigningKey {
        SigningKey::generate(Algorithm::Ed25519, &SeededEntropy::new(seed)).unwrap()
    }

    fn codes(from: u32, count: u32) -> Vec<String> {
        (from..from + count)
            .map(|number| {
                let digest = sha256_parts(&[&number.to_be_bytes()]);
                base::code::short_code("P", digest[..8].try_into().unwrap())
            })
            .collect()
    }

    #[test]
    fn ten_thousand_revoked_of_a_million_fit_and_few_others_are_hit() {
        let revoked = codes(0, 10_000);
        let message = RevokedList::new(&revoked, AT, [7; SALT_BYTES]).unwrap().sign(&key(1)).unwrap();
        assert!(message.len() <= 28 << 10, "{} bytes", message.len());
        let list = RevokedList::read(&message, &[key(1).public().clone()]).unwrap();
        assert_eq!(list.one_in, 1 << 20);
        for code in &revoked {
            assert_eq!(list.says(code, AT), Listed::Maybe, "{code}");
        }
        // One look reads the whole set: the others' values are compared with it at once.
        let on: std::collections::BTreeSet<u64> = revoked.iter().map(|code| list.value(code)).collect();
        let by_chance = codes(10_000, 990_000).iter().filter(|code| on.contains(&list.value(code))).count();
        assert!(by_chance <= 8, "{by_chance} of 990,000, where about one is expected");
        for code in &codes(10_000, 300) {
            assert_eq!(list.says(code, AT) == Listed::Maybe, on.contains(&list.value(code)), "{code}");
        }
    }

    #[test]
    fn the_longest_list_can_be_signed_and_a_longer_one_is_refused() {
        let all = codes(0, u32::try_from(MOST).unwrap() + 1);
        let list = RevokedList::new(&all[1..], AT, [7; SALT_BYTES]).unwrap();
        let message = list.sign(&key(1)).unwrap();
        assert!(message.len() <= 64 << 10, "{} bytes", message.len());
        assert_eq!(RevokedList::read(&message, &[key(1).public().clone()]).unwrap(), list);
        assert!(matches!(RevokedList::new(&all, AT, [7; SALT_BYTES]), Err(Refusal::ListTooLong)));
    }

    #[test]
    fn a_list_speaks_for_seven_days_and_with_a_trusted_key_only() {
        let message = RevokedList::new(&codes(0, 3), AT, [7; SALT_BYTES]).unwrap().sign(&key(1)).unwrap();
        assert!(RevokedList::read(&message, &[key(2).public().clone()]).is_err());
        let list = RevokedList::read(&message, &[key(1).public().clone()]).unwrap();
        let valid = &codes(9, 1)[0];
        for (seconds, said) in [
            (-DAY_S - 1, Listed::NotKnown),
            (0, Listed::No),
            (LIST_DAYS * DAY_S, Listed::No),
            (LIST_DAYS * DAY_S + 1, Listed::NotKnown),
        ] {
            assert_eq!(list.says(valid, AT.plus_seconds(seconds)), said, "{seconds} s");
        }
        let empty = RevokedList::new(&[], AT, [7; SALT_BYTES]).unwrap();
        assert_eq!(empty.says(valid, AT), Listed::No);
    }

    proptest! {
        #[test]
        fn any_set_is_searched_without_panic(set: Vec<u8>, count in 0_u64..40_000, bits in 0_u32..=20, code: String) {
            let list = RevokedList { at: AT, one_in: 1 << bits, bits, count, salt: vec![1], set };
            let _ = list.says(&code, AT);
        }
    }
}
