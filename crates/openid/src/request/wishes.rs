//! What a request asks for, however it came and wherever its answer goes: scopes,
//! claims by name, assurance, language.

use base::{Assurance, Locale};
use serde_json::Value;

use super::{Asked, Mode, SCOPES};
use crate::oauth::{OauthError, Parameters};

/// Claims that scopes stand for and that may be asked for by name.
pub(super) const NAMED: [(&str, &str); 3] =
    [("name", "profile"), ("id_number", "id_number"), ("company_number", "company")];

/// What is asked for, however the answer travels.
pub(super) struct Wishes {
    scope: String,
    acr: Option<String>,
    locale: Locale,
    wanted: Wanted,
}

impl Wishes {
    pub(super) fn parse(parameters: &Parameters) -> Result<Self, OauthError> {
        let scopes: Vec<&str> = parameters.get("scope").unwrap_or_default().split(' ').collect();
        if !scopes.contains(&"openid") {
            return Err(OauthError::new("invalid_scope", "scope must contain openid"));
        }
        let scope = SCOPES.into_iter().filter(|scope| scopes.contains(scope)).collect::<Vec<_>>().join(" ");
        let wanted = Wanted::parse(parameters.get("claims"))?;
        let words = parameters.get("acr_values").unwrap_or_default();
        let acr = words.split(' ').find(|word| Assurance::parse(word).is_some()).map(str::to_owned);
        let tags = parameters.get("ui_locales").unwrap_or_default();
        let locale = tags.split(' ').find_map(|tag| Locale::from_tag(tag.split('-').next().unwrap_or_default()));
        Ok(Self { scope, acr: wanted.acr.clone().or(acr), locale: locale.unwrap_or_default(), wanted })
    }
    /// As a request that comes from nowhere and is answered nowhere.
    pub(super) fn asked(self) -> Asked {
        Asked {
            redirect_uri: String::new(),
            scope: self.scope,
            state: None,
            nonce: None,
            challenge: String::new(),
            acr: self.acr,
            max_age: None,
            prompt: String::new(),
            locale: self.locale.tag().to_owned(),
            mode: Mode::default(),
            claims: self.wanted.names,
            in_id_token: self.wanted.in_id_token,
            essential: self.wanted.essential,
            key: None,
            hinted: self.wanted.sub,
            expected: None,
            login_hint: None,
            masked_hint: None,
            mandate: None,
        }
    }
}

/// What the `claims` parameter asks for (OpenID Connect Core §5.5).
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    names: Vec<String>,
    in_id_token: Vec<String>,
    acr: Option<String>,
    essential: bool,
    /// The person whom alone the client means (§5.5.1).
    sub: Option<String>,
}

impl Wanted {
    fn parse(text: Option<&str>) -> Result<Self, OauthError> {
        let refused = |why: &str| OauthError::new("invalid_request", why);
        let Some(text) = text else { return Ok(Self::default()) };
        let asked: Value = serde_json::from_str(text).map_err(|_| refused("claims must be a JSON object"))?;
        let asked = asked.as_object().ok_or_else(|| refused("claims must be a JSON object"))?;
        let mut wanted = Self::default();
        for part in ["userinfo", "id_token"] {
            let members = match asked.get(part) {
                None | Some(Value::Null) => continue,
                Some(Value::Object(members)) => members,
                Some(_) => return Err(refused("userinfo and id_token in claims must be JSON objects")),
            };
            for (claim, _) in NAMED {
                if !members.contains_key(claim) {
                    continue;
                }
                if !wanted.names.iter().any(|known| known == claim) {
                    wanted.names.push(claim.to_owned());
                }
                if part == "id_token" {
                    wanted.in_id_token.push(claim.to_owned());
                }
            }
            if part == "id_token"
                && let Some(value) = members.get("sub").and_then(|sub| sub.get("value"))
            {
                let sub = value.as_str().ok_or_else(|| refused("value of sub in claims must be text"))?;
                wanted.sub = Some(sub.to_owned());
            }
            if let Some(acr) = members.get("acr").and_then(Value::as_object) {
                let values = acr.get("values").and_then(Value::as_array).into_iter().flatten();
                let mut values = acr.get("value").into_iter().chain(values).filter_map(Value::as_str);
                wanted.acr = values.find(|word| Assurance::parse(word).is_some()).map(str::to_owned);
                wanted.essential = wanted.acr.is_some() && acr.get("essential") == Some(&Value::Bool(true));
            }
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_asked_for_by_name() {
        let text = r#"{"userinfo":{"name":null,"email":null},"id_token":{"acr":{"essential":true,"values":["x","high"]},"id_number":{"essential":true}}}"#;
        let wanted = Wanted::parse(Some(text)).unwrap();
        let names = vec!["name".to_owned(), "id_number".to_owned()];
        let in_id_token = vec!["id_number".to_owned()];
        assert_eq!(wanted, Wanted { names, in_id_token, acr: Some("high".to_owned()), essential: true, sub: None });
        let one =
            Wanted::parse(Some(r#"{"userinfo":{"sub":{"value":"x"}},"id_token":{"sub":{"value":"abc"}}}"#)).unwrap();
        assert_eq!(one.sub.as_deref(), Some("abc"));
        for odd in ["", r#"{"id_token":{"sub":{"value":1}}}"#, "[]", r#"{"userinfo":1}"#, "{"] {
            assert_eq!(Wanted::parse(Some(odd)).unwrap_err().code, "invalid_request", "{odd}");
        }
        assert_eq!(Wanted::parse(Some(r#"{"id_token":{"acr":null,"name":null},"else":2}"#)).unwrap().names, ["name"]);
    }
}
