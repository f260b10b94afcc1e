//! Time-based one-time passwords (RFC 6238): SHA-1, six digits, 30 seconds, as
//! every authenticator app makes them. A step is taken once.

use base::Timestamp;
use seal::digest::{base32, equal, hmac_sha1_totp};

/// Seconds of a step.
pub const STEP_SECONDS: i64 = 30;
/// Steps before and after the present one that are accepted: clocks differ.
const DRIFT_STEPS: i64 = 1;
/// Bytes of a new secret.
pub const SECRET_BYTES: usize = 20;

/// The six digits of a step.
#[must_use]
pub fn digits(secret: &[u8], step: i64) -> String {
    let code = hmac_sha1_totp(secret, &step.to_be_bytes());
    let offset = usize::from(code[19] & 15);
    let word = [code[offset] & 0x7f, code[offset + 1], code[offset + 2], code[offset + 3]];
    format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
}

/// The step of an instant.
#[must_use]
pub fn step_at(now: Timestamp) -> i64 {
    now.as_seconds().div_euclid(STEP_SECONDS)
}

/// The step that these digits belong to, if it is near `now` and later than
/// the last one that was taken.
#[must_use]
pub fn accept(secret: &[u8], typed: &str, now: Timestamp, last_step: i64) -> Option<i64> {
    let present = step_at(now);
    let mut found = None;
    // Every candidate is computed, so that the time taken says nothing.
    for step in present - DRIFT_STEPS..=present + DRIFT_STEPS {
        if equal(digits(secret, step).as_bytes(), typed.as_bytes()) && step > last_step {
            found = Some(step);
        }
    }
    found
}

/// What an authenticator app reads from a QR code.
#[must_use]
pub fn uri(secret: &[u8], label: &str) -> String {
    format!("otpauth://totp/Hukumati:{}?secret={}&issuer=Hukumati", web::fields::encode(label), base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        // Appendix B, SHA-1, the last six of eight digits.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(digits(SECRET, step_at(Timestamp::from_seconds(seconds))), expected, "{seconds}");
        }
    }

    #[test]
    fn a_step_is_taken_once_and_only_near_now() {
        let now = Timestamp::from_seconds(59);
        assert_eq!(accept(SECRET, "287082", now, 0), Some(1));
        assert_eq!(accept(SECRET, "287082", now, 1), None, "replayed");
        assert_eq!(accept(SECRET, "287082", now.plus_seconds(STEP_SECONDS), 0), Some(1));
        assert_eq!(accept(SECRET, "287082", now.plus_seconds(2 * STEP_SECONDS), 0), None, "too old");
        assert_eq!(accept(SECRET, "287083", now, 0), None);
        assert_eq!(accept(SECRET, "", now, 0), None);
    }
}
