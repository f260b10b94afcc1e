//! Where to go after signing in: only ever a path of our own.

use std::fmt;

/// Bytes of a return path.
const PATH_BYTES_MAX: usize = 512;

/// A path of this portal, checked: it cannot lead to another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// Takes a path if it is one of ours: it begins with one slash, and holds
    /// no backslash, no control character and nothing outside ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let local = text.starts_with('/') && !text.starts_with("//");
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (local && plain && text.len() <= PATH_BYTES_MAX).then(|| Self(text.to_owned()))
    }
    /// The path, or the home page when there is none or it is not ours.
    #[must_use]
    pub fn or_home(text: Option<&str>) -> Self {
        text.and_then(Self::parse).unwrap_or_else(|| Self("/".to_owned()))
    }
    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// As the value of a query parameter.
    #[must_use]
    pub fn encoded(&self) -> String {
        crate::fields::encode(&self.0)
    }
}

impl fmt::Display for ReturnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_pass() {
        for (text, ours) in [
            ("/cases/01?tab=bills", true),
            ("/en/cases", true),
            ("/", true),
            ("", false),
            ("cases", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("/\t/evil.example", false),
            ("https://evil.example", false),
            ("/a\r\nSet-Cookie: x", false),
            ("/خدمة", false),
        ] {
            assert_eq!(ReturnPath::parse(text).is_some(), ours, "{text}");
        }
        assert!(ReturnPath::parse(&format!("/{}", "a".repeat(PATH_BYTES_MAX))).is_none());
        assert_eq!(ReturnPath::or_home(Some("//evil.example")).as_str(), "/");
    }
}
