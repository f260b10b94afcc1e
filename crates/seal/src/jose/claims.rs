//! The registered claims of RFC 7519 §4.1, judged at an instant that the
//! caller gives.

use base::Timestamp;
use serde_json::Value;

use super::Object;
use crate::SealError;

/// Most entries of an `aud` list.
pub const AUDIENCES_MAX: usize = 16;

/// What claims must say.
#[derive(Debug, Clone, Copy)]
pub struct ClaimRules<'a> {
    /// `iss` must be this.
    pub issuer: &'a str,
    /// `aud` must be or contain this.
    pub audience: &'a str,
    /// The instant of judgement.
    pub now: Timestamp,
    /// How far clocks may differ, in seconds.
    pub leeway_seconds: i64,
    /// `iat` must be there and at most this old, in seconds.
    pub max_age_seconds: Option<i64>,
}

/// Fails unless issuer, audience, `exp` (required), `nbf` and `iat` fit.
///
/// # Errors
/// [`SealError::Refused`], [`SealError::Expired`], [`SealError::NotYetValid`], [`SealError::Malformed`].
pub fn check_claims(claims: &Object, rules: &ClaimRules<'_>) -> Result<(), SealError> {
    if claims.get("iss").and_then(Value::as_str) != Some(rules.issuer) {
        return Err(SealError::Refused("token issuer"));
    }
    let for_us = match claims.get("aud") {
        Some(Value::String(audience)) => audience == rules.audience,
        Some(Value::Array(list)) if list.len() <= AUDIENCES_MAX => {
            list.iter().any(|audience| audience.as_str() == Some(rules.audience))
        }
        _ => false,
    };
    if !for_us {
        return Err(SealError::Refused("token audience"));
    }
    let now = rules.now.as_seconds();
    let expires = time(claims, "exp")?.ok_or(SealError::Refused("a token without end"))?;
    // RFC 7519 §4.1.4: on or after exp it must not be accepted.
    if now >= expires.saturating_add(rules.leeway_seconds) {
        return Err(SealError::Expired("token"));
    }
    let latest = now.saturating_add(rules.leeway_seconds);
    if time(claims, "nbf")?.is_some_and(|begins| begins > latest) {
        return Err(SealError::NotYetValid("token"));
    }
    let issued = time(claims, "iat")?;
    if issued.is_some_and(|issued| issued > latest) {
        return Err(SealError::NotYetValid("token issued in the future"));
    }
    if let Some(max_age) = rules.max_age_seconds {
        let issued = issued.ok_or(SealError::Refused("a token without time of issue"))?;
        if now.saturating_sub(issued) > max_age.saturating_add(rules.leeway_seconds) {
            return Err(SealError::Expired("token too old"));
        }
    }
    Ok(())
}

/// A `NumericDate` in whole seconds; fractions are cut off.
fn time(claims: &Object, name: &str) -> Result<Option<i64>, SealError> {
    let wrong = || SealError::malformed("claims", "a time that is not a number of seconds");
    let Some(value) = claims.get(name) else { return Ok(None) };
    let number = value.as_number().ok_or_else(wrong)?;
    let text = number.to_string();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    whole.parse().map(Some).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judge(claims: &Value, now: i64) -> Result<(), SealError> {
        let rules = ClaimRules {
            issuer: "https://id.example.ps",
            audience: "portal",
            now: Timestamp::from_seconds(now),
            leeway_seconds: 5,
            max_age_seconds: Some(300),
        };
        check_claims(claims.as_object().unwrap(), &rules)
    }

    #[test]
    fn times_are_judged_on_their_boundaries() {
        let claims =
            json!({"iss": "https://id.example.ps", "aud": ["x", "portal"], "iat": 1000, "nbf": 1000.7, "exp": 1200});
        for (now, verdict) in [
            (994, Err(SealError::NotYetValid("token"))),
            (995, Ok(())),
            (1204, Ok(())),
            (1205, Err(SealError::Expired("token"))),
        ] {
            assert_eq!(judge(&claims, now), verdict, "{now}");
        }
        let long = json!({"iss": "https://id.example.ps", "aud": "portal", "iat": 1000, "exp": 9000});
        assert_eq!(judge(&long, 1305), Ok(()));
        assert_eq!(judge(&long, 1306), Err(SealError::Expired("token too old")));
    }

    #[test]
    fn other_parties_and_gaps_are_refused() {
        let good = json!({"iss": "https://id.example.ps", "aud": "portal", "iat": 1000, "exp": 1200});
        assert_eq!(judge(&good, 1100), Ok(()));
        for (member, value) in [
            ("iss", json!("https://id.example.ps/")),
            ("iss", json!(["https://id.example.ps"])),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("aud", json!(vec!["portal"; AUDIENCES_MAX + 1])),
            ("exp", json!(null)),
            ("exp", json!("1200")),
            ("exp", json!(1e300)),
            ("iat", json!(2000)),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(judge(&bad, 1100).is_err(), "{bad}");
        }
        for member in ["iss", "aud", "exp", "iat"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(member);
            assert!(judge(&bad, 1100).is_err(), "without {member}");
        }
    }
}
