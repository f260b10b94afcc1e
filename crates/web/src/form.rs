//! Forms from browsers. A form carries a one-use key and a code that only this
//! server can make for that browser; without them, or a day later, nothing is
//! done and what was typed is offered again. The same form sent twice is the
//! same act: its key goes into the store's key.

use std::fmt::{self, Write as _};
use std::ops::Deref;

use axum::extract::{FromRequest, Request};
use base::Timestamp;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use store::{Ctx, Key};

use crate::config::FORM_BYTES_MAX;
use crate::extract;
use crate::fields::{self, Fields, Unknown};
use crate::kit::Kit;
use crate::problem::{Kind, Problem};
use crate::secret::{self, Secret};
use crate::visit::Visit;

/// A form may be sent so long after its page was made.
pub const FORM_SECONDS_MAX: i64 = 24 * 3_600;
/// How far in the future a form may claim to be made: clocks of two processes.
const FORM_SECONDS_AHEAD: i64 = 60;
const CODE_FIELD: &str = "_csrf";
const KEY_FIELD: &str = "_key";
/// Fields that end so are not kept on the page of an expired form.
const NEVER_KEPT: [&str; 3] = ["password", "code", "pin"];

/// What makes a form of ours: a one-use key and its code. Displays as two
/// hidden inputs, so that a template writes `{{ token }}` inside its form.
#[derive(Debug, Clone)]
pub struct FormToken {
    key: String,
    code: String,
}

impl FormToken {
    pub(crate) fn mint(ctx: &Ctx, form_secret: &Secret) -> Self {
        let random: [u8; 16] = ctx.random();
        let key = format!("{:x}.{}", ctx.now().as_seconds(), secret::text(&random));
        let code = secret::text(&secret::code(form_secret, "form", &[key.as_bytes()]));
        Self { key, code }
    }
    /// The two fields by name, for clients without templates.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 2] {
        [(CODE_FIELD, &self.code), (KEY_FIELD, &self.key)]
    }
    pub(crate) fn holds(&self, form_secret: &Secret, now: Timestamp) -> bool {
        let expected = secret::text(&secret::code(form_secret, "form", &[self.key.as_bytes()]));
        let made = self.key.split_once('.').and_then(|(seconds, _)| i64::from_str_radix(seconds, 16).ok());
        let age = made.map(|made| now.seconds_since(Timestamp::from_seconds(made)));
        secret::same(expected.as_bytes(), self.code.as_bytes())
            && age.is_some_and(|age| (-FORM_SECONDS_AHEAD..=FORM_SECONDS_MAX).contains(&age))
    }
}

impl fmt::Display for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both are base64url, a dot and digits: nothing to escape.
        for (name, value) in self.fields() {
            write!(f, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")?;
        }
        Ok(())
    }
}

impl askama::filters::HtmlSafe for FormToken {}

/// A checked form: its token held, its size and encoding are right, and it had
/// no field that `T` does not name (a `T` with `#[serde(flatten)]` into a map,
/// or a map itself, takes every field). A checkbox is a `bool` with
/// `#[serde(default)]`; repeated fields are a `Vec`; an empty field is `None`
/// for an `Option`.
#[derive(Debug, Clone)]
pub struct Form<T> {
    value: T,
    key: String,
}

impl<T> Form<T> {
    /// The key of this act in this scope: the same for the same form sent
    /// twice, another when what was typed is another.
    pub fn key(&self, scope: &'static str) -> Key {
        Key::new(scope, &self.key)
    }
    /// What was typed.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Form<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned> FromRequest<Kit> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, kit: &Kit) -> Result<Self, Problem> {
        let visit = extract::visit(request.extensions())?;
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !is_form(kind) {
            return Err(Problem::new(Kind::UnsupportedType));
        }
        let body = extract::body(request, FORM_BYTES_MAX).await?;
        let (token, typed) = split(fields::parse(&body)?);
        let form_secret = visit.form_secret();
        if !token.holds(&form_secret, kit.ctx().now()) {
            return Err(Problem::form_expired(kept(typed)));
        }
        let key = act_key(&form_secret, &token, &visit, &typed);
        Ok(Self { value: fields::into(&typed, Unknown::Refused)?, key })
    }
}

/// Whether this is the content type of a form.
pub(crate) fn is_form(kind: &str) -> bool {
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The key that a form's act is stored under. What was typed is part of it: a
/// page that the back button brought again, with another answer, is another
/// act. Keyed, because answers can be guessed.
fn act_key(form_secret: &Secret, token: &FormToken, visit: &Visit, typed: &Fields) -> String {
    let parts: Vec<&[u8]> = typed.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]).collect();
    let typed_code = secret::code(form_secret, "typed", &parts);
    let mut key = String::with_capacity(128);
    let _ = write!(key, "{}:{}:{}", token.key, visit.path(), secret::text(&typed_code));
    key
}

/// The form's token, and what was typed.
pub(crate) fn split(all: Fields) -> (FormToken, Fields) {
    let mut token = FormToken { key: String::new(), code: String::new() };
    let mut typed = Fields::with_capacity(all.len());
    for (name, value) in all {
        match name.as_str() {
            CODE_FIELD => token.code = value,
            KEY_FIELD => token.key = value,
            _ => typed.push((name, value)),
        }
    }
    (token, typed)
}

/// What may be offered again: no secrets.
pub(crate) fn kept(typed: Fields) -> Fields {
    typed.into_iter().filter(|(name, _)| !NEVER_KEPT.iter().any(|ending| name.ends_with(ending))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(key: &str, form_secret: &Secret) -> FormToken {
        let code = secret::text(&secret::code(form_secret, "form", &[key.as_bytes()]));
        FormToken { key: key.to_owned(), code }
    }

    #[test]
    fn a_token_holds_for_its_browser_and_its_day() {
        let (ours, theirs): (Secret, Secret) = ([1; 32], [2; 32]);
        let made = 1_000_000;
        let key = format!("{made:x}.AAAA");
        for (form_secret, seconds, holds) in [
            (ours, made, true),
            (ours, made + FORM_SECONDS_MAX, true),
            (ours, made + FORM_SECONDS_MAX + 1, false),
            (ours, made - FORM_SECONDS_AHEAD, true),
            (ours, made - FORM_SECONDS_AHEAD - 1, false),
            (theirs, made, false),
        ] {
            let now = Timestamp::from_seconds(seconds);
            assert_eq!(token(&key, &ours).holds(&form_secret, now), holds, "{seconds}");
        }
        let mut altered = token(&key, &ours);
        altered.key = format!("{:x}.AAAA", made + 5);
        assert!(!altered.holds(&ours, Timestamp::from_seconds(made)));
        assert!(!token("", &ours).holds(&ours, Timestamp::from_seconds(made)));
    }

    #[test]
    fn secrets_are_not_kept() {
        let typed = [("name", "a"), ("password", "b"), ("totp_code", "c"), ("pin", "d")];
        let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(kept(typed), [("name".to_owned(), "a".to_owned())]);
    }
}
