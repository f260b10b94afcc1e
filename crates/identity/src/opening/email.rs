//! E-mail addresses that people give: what every mail server takes, and nothing
//! that could end a header (RFC 5321 §4.1.2 without quoted local parts).

/// Characters of an address at most (RFC 5321 §4.5.3.1.3, without the brackets).
const CHARS_MAX: usize = 254;
const LOCAL_MAX: usize = 64;
const LABEL_MAX: usize = 63;

/// Reads a typed address; the domain in small letters, digits 0–9.
pub(super) fn parse(typed: &str) -> Option<String> {
    let typed = base::digits::to_western(typed.trim());
    let kept = |symbol: &char| !matches!(symbol, '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}');
    let typed: String = typed.chars().filter(kept).collect();
    let (local, domain) = typed.rsplit_once('@')?;
    let domain = domain.to_ascii_lowercase();
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let local_fits =
        local.len() <= LOCAL_MAX && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=LABEL_MAX).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let numeric = labels.last()?.bytes().all(|byte| byte.is_ascii_digit());
    let domain_fits = labels.len() >= 2 && !numeric && labels.iter().all(|part| label(part));
    let address = format!("{local}@{domain}");
    (local_fits && domain_fits && address.len() <= CHARS_MAX).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_nothing_beside_it() {
        for (typed, kept) in [
            (" Dana.Awwad@Example.COM ", "Dana.Awwad@example.com"),
            ("a+b@mail.example.ps", "a+b@mail.example.ps"),
            ("\u{200f}dana١@example.com", "dana1@example.com"),
        ] {
            assert_eq!(parse(typed).as_deref(), Some(kept), "{typed}");
        }
        for typed in [
            "",
            "dana",
            "@example.com",
            "dana@",
            "dana@localhost",
            "dana@127.0.0.1",
            "dana@example.com, other@example.com",
            "dana@example.com\r\nBcc: other@example.com",
            "dana awwad@example.com",
            "\"dana\"@example.com",
            "<dana@example.com>",
            "a@b@example.com",
            ".dana@example.com",
            "dana@-example.com",
            "دانا@example.com",
        ] {
            assert_eq!(parse(typed), None, "{typed}");
        }
        assert_eq!(parse(&format!("{}@example.com", "a".repeat(65))), None);
        assert_eq!(parse(&format!("a@{}com", "abcdefgh.".repeat(40))), None);
    }
}
