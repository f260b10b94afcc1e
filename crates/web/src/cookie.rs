//! The cookies: the session's, the one that ties an anonymous form to its
//! browser, and that of a form which came too late. All are `HttpOnly`, and on HTTPS `__Host-`: bound to this host.

use http::header::{COOKIE, HeaderMap, HeaderValue};

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Holds the session's token until the browser closes or the session ends.
    Session,
    /// Ties forms of people who are not signed in to their browser.
    Form,
    /// Opens a form that came after its session had ended.
    Kept,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-hukumati",
            (Self::Session, false) => "hukumati",
            (Self::Form, true) => "__Host-hukumati-form",
            (Self::Form, false) => "hukumati-form",
            (Self::Kept, true) => "__Host-hukumati-kept",
            (Self::Kept, false) => "hukumati-kept",
        }
    }

    /// The cookie's value in a request.
    pub(crate) fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        read_cookie(headers, self.name(secure))
    }

    /// `Set-Cookie` for a value of the token alphabet, for so many seconds.
    pub(crate) fn set(self, value: &str, max_age_seconds: i64, secure: bool) -> Option<HeaderValue> {
        set_cookie(self.name(secure), value, max_age_seconds, secure)
    }

    /// `Set-Cookie` that removes it.
    pub(crate) fn remove(self, secure: bool) -> Option<HeaderValue> {
        self.set("", 0, secure)
    }
}

/// The value of a cookie by its name, `__Host-` included.
#[must_use]
pub fn read_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// `Set-Cookie` for a value of the token alphabet: for this host, for so many seconds,
/// for requests that our own pages and links make. None where the value has other signs.
#[must_use]
pub fn set_cookie(name: &str, value: &str, max_age_seconds: i64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_cookie_is_secure_and_read_back() {
        let set = Cookie::Session.set("abc", 60, true).unwrap();
        assert_eq!(set, "__Host-hukumati=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("hukumati=wrong; theme=dark"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-hukumati=abc"));
        assert_eq!(Cookie::Session.read(&headers, true), Some("abc"));
        assert_eq!(Cookie::Session.read(&headers, false), Some("wrong"));
        assert_eq!(Cookie::Form.read(&headers, true), None);
    }
}
