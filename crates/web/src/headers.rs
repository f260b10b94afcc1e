//! Headers of every answer: what the browser may load, embed, send and tell.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use crate::config::Config;

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// A handler's answer whose form leads to one more origin, such as the agency
/// that somebody signs in for: put it into the response's extensions.
#[derive(Debug, Clone)]
pub struct AlsoFormTarget(pub String);

/// A handler's answer that holds what somebody else made, such as a citizen's file:
/// put it into the response's extensions, and nothing in it runs or loads anything.
#[derive(Debug, Clone, Copy)]
pub struct Foreign;

/// What a foreign answer may do: be looked at.
const FOREIGN: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
);

/// The fixed headers, written once.
#[derive(Debug)]
pub(crate) struct Policy {
    content: HeaderValue,
    form_targets: String,
    secure: bool,
}

impl Policy {
    pub(crate) fn new(config: &Config) -> Self {
        let form_targets = config.form_targets.iter().map(|origin| format!(" {origin}")).collect::<String>();
        let content = HeaderValue::from_str(&content(&form_targets));
        // The origins were checked by `Config::faults`.
        let content = content.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        Self { content, form_targets, secure: config.is_secure() }
    }

    /// The headers of an answer that somebody else made.
    pub(crate) fn apply_foreign(&self, headers: &mut HeaderMap) {
        self.apply(headers, None);
        headers.insert(CONTENT_SECURITY_POLICY, FOREIGN);
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap, also: Option<&AlsoFormTarget>) {
        let wider = also.and_then(|also| {
            let plain = also.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-[]".contains(&byte));
            let targets = format!("{} {}", self.form_targets, also.0);
            plain.then(|| HeaderValue::from_str(&content(&targets)).ok()).flatten()
        });
        headers.insert(CONTENT_SECURITY_POLICY, wider.unwrap_or_else(|| self.content.clone()));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(OPENER, HeaderValue::from_static("same-origin"));
        headers.insert(RESOURCE, HeaderValue::from_static("same-origin"));
        headers.insert(
            PERMISSIONS,
            HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        );
        if self.secure {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains; preload");
            headers.insert(STRICT_TRANSPORT_SECURITY, year);
        }
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}

fn content(form_targets: &str) -> String {
    let own_styles: String = crate::assets::INLINE_STYLE_HASHES.iter().map(|hash| format!(" '{hash}'")).collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'{own_styles}; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         form-action 'self'{form_targets}; frame-ancestors 'none'; base-uri 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_one_more_origin_and_to_nothing_else() {
        let config = Config { form_targets: vec!["https://bank.example".to_owned()], ..Config::default() };
        let policy = Policy::new(&config);
        for (also, expected) in [
            (None, "form-action 'self' https://bank.example; frame"),
            (Some("https://moh.ps"), "form-action 'self' https://bank.example https://moh.ps; frame"),
            (Some("https://moh.ps; script-src *"), "form-action 'self' https://bank.example; frame"),
        ] {
            let mut headers = HeaderMap::new();
            policy.apply(&mut headers, also.map(|origin| AlsoFormTarget(origin.to_owned())).as_ref());
            let content = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(content.contains(expected), "{content}");
            assert!(!content.contains("unsafe") && !headers.contains_key(STRICT_TRANSPORT_SECURITY));
        }
        let mut headers = HeaderMap::new();
        policy.apply_foreign(&mut headers);
        let content = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(content.contains("sandbox;") && !content.contains("script-src"), "{content}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
