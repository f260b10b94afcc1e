//! What identity asks the registers: the person's record and the telephone
//! numbers that operators hold for them when an account is opened, family and
//! companies (`registry/companies.rs`) of who wants to act for another.
//!
//! How the question travels is the caller's choice ([`Registry::new`]): over
//! the exchange in production, in tests from a table.

mod companies;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base::{Date, IdNumber, PersonId, PersonName, Phone};
use serde_json::Value;
use store::Ctx;

use crate::model::Facts;

pub(crate) use companies::{Named, Record};

/// Numbers of one person that are offered to choose from.
const NUMBERS_MAX: usize = 9;
/// Longest photo, bytes.
const PHOTO_BYTES: usize = 24 * 1_024;

/// A question to a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The civil registry's record of a person.
    Person,
    /// The numbers that operators hold for a person.
    Numbers,
    /// The civil registry's record with the photo, for a counter.
    Portrait,
    /// The civil registry's family of a person who wants to act for a child.
    Family,
    /// The civil registry's record of a person for whom another acts.
    Represented,
    /// The companies' register's list of the companies that a person signs for.
    Signatory,
}

/// A child as the registry names it among a person's family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) number: IdNumber,
    pub(crate) born: Date,
    pub(crate) alive: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// The register knows nobody of that number.
    NotFound,
    /// It did not answer, or may not be asked, or answered nonsense.
    Unavailable(String),
}

type Answering = Pin<Box<dyn Future<Output = Result<Value, Unanswered>> + Send>>;
type Ask = dyn Fn(Ctx, Question, IdNumber, PersonId) -> Answering + Send + Sync;

/// The registers, however they are reached.
#[derive(Clone)]
pub struct Registry(Arc<Ask>, Arc<companies::AskCompany>);

impl Registry {
    /// Registers that are asked by this function. The person is the one under
    /// whom the look-up is recorded.
    pub fn new<F>(ask: impl Fn(Ctx, Question, IdNumber, PersonId) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Value, Unanswered>> + Send + 'static,
    {
        let ask = move |ctx, question, number, person| -> Answering { Box::pin(ask(ctx, question, number, person)) };
        Self(Arc::new(ask), companies::nobody())
    }

    /// Registers that never answer: accounts are then opened as `low`.
    #[must_use]
    pub fn absent() -> Self {
        Self::new(|_, _, _, _| async { Err(Unanswered::Unavailable("no registry is configured".to_owned())) })
    }

    /// The children of a person.
    pub(crate) async fn children(
        &self,
        ctx: &Ctx,
        number: &IdNumber,
        person: PersonId,
        limit: Duration,
    ) -> Result<Vec<Child>, Unanswered> {
        let body = self.one(ctx, Question::Family, (number, person), limit).await?;
        children(&body).ok_or_else(|| Unanswered::Unavailable("the family has another shape".to_owned()))
    }

    /// The record of a person for whom another wants to act.
    pub(crate) async fn represented(
        &self,
        ctx: &Ctx,
        number: &IdNumber,
        person: PersonId,
        limit: Duration,
    ) -> Result<Facts, Unanswered> {
        let body = self.one(ctx, Question::Represented, (number, person), limit).await?;
        let shape = || Unanswered::Unavailable("the record has another shape".to_owned());
        facts(&body).map(|(facts, _)| facts).ok_or_else(shape)
    }

    async fn one(
        &self,
        ctx: &Ctx,
        question: Question,
        (number, person): (&IdNumber, PersonId),
        limit: Duration,
    ) -> Result<Value, Unanswered> {
        let asked = tokio::time::timeout(limit, (self.0)(ctx.clone(), question, number.clone(), person)).await;
        asked.unwrap_or_else(|_| Err(Unanswered::Unavailable("no answer in time".to_owned())))
    }

    /// What the registers say of an ID number. Both are always asked, so that
    /// an unknown number takes as long as a known one.
    pub(crate) async fn look_up(&self, ctx: &Ctx, number: &IdNumber, person: PersonId, limit: Duration) -> LookedUp {
        let ask = |question| tokio::time::timeout(limit, (self.0)(ctx.clone(), question, number.clone(), person));
        let (record, numbers) = tokio::join!(ask(Question::Person), ask(Question::Numbers));
        let late = || Err(Unanswered::Unavailable("no answer in time".to_owned()));
        let record = record.unwrap_or_else(|_| late()).and_then(|body| {
            facts(&body).ok_or_else(|| Unanswered::Unavailable("the record has another shape".to_owned()))
        });
        if let Err(Unanswered::Unavailable(why)) = &record {
            tracing::warn!(%why, "the civil registry was not heard");
        }
        let mut phones = record.as_ref().map_or(Vec::new(), |(_, phones)| phones.clone());
        match numbers.unwrap_or_else(|_| late()) {
            Ok(body) => phones.extend(phones_of(&body)),
            Err(Unanswered::NotFound) => {}
            Err(Unanswered::Unavailable(why)) => tracing::warn!(%why, "the operators' register was not heard"),
        }
        let mut unique: Vec<Phone> = Vec::new();
        for phone in phones {
            if !unique.contains(&phone) && unique.len() < NUMBERS_MAX {
                unique.push(phone);
            }
        }
        match record {
            Ok((facts, _)) => LookedUp::Known(Box::new(facts), unique),
            Err(Unanswered::NotFound) => LookedUp::Unknown,
            Err(Unanswered::Unavailable(_)) => LookedUp::Silent,
        }
    }

    /// The civil registry's record and photo of an ID number: a counter asks.
    pub(crate) async fn portrait(&self, ctx: &Ctx, number: &IdNumber, person: PersonId, limit: Duration) -> Portrayed {
        let asked = (self.0)(ctx.clone(), Question::Portrait, number.clone(), person);
        let silent = |why: &str| {
            tracing::warn!(%why, "the civil registry was not heard");
            Portrayed::Silent
        };
        match tokio::time::timeout(limit, asked).await {
            Err(_) => silent("no answer in time"),
            Ok(Err(Unanswered::NotFound)) => Portrayed::Unknown,
            Ok(Err(Unanswered::Unavailable(why))) => silent(&why),
            Ok(Ok(body)) => match facts(&body) {
                Some((facts, _)) => Portrayed::Known(Box::new(facts), photo(&body)),
                None => silent("the record has another shape"),
            },
        }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Registry")
    }
}

/// What came of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LookedUp {
    Known(Box<Facts>, Vec<Phone>),
    Unknown,
    /// The civil registry was not heard.
    Silent,
}

/// The registry's photo of a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Photo {
    /// `image/png` or `image/jpeg`.
    pub(crate) media_type: String,
    pub(crate) base64: String,
    /// Drawn for the demo.
    pub(crate) sample: bool,
}

/// What came of asking for a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Portrayed {
    Known(Box<Facts>, Option<Photo>),
    Unknown,
    /// The civil registry was not heard.
    Silent,
}

/// Reads the photo of a record; one that is too large, or not what it says it
/// is, is none.
fn photo(body: &Value) -> Option<Photo> {
    let photo = body.get("photo")?;
    let text = |key: &str| photo.get(key).and_then(Value::as_str);
    let (media_type, base64) = (text("media_type")?, text("base64")?);
    let magic: &[u8] = match media_type {
        "image/png" => b"\x89PNG\r\n\x1a\n",
        "image/jpeg" => b"\xff\xd8\xff",
        _ => return None,
    };
    let bytes = seal::digest::from_base64(base64).ok()?;
    let fits = bytes.len() <= PHOTO_BYTES && bytes.starts_with(magic);
    let sample = photo.get("sample").and_then(Value::as_bool).unwrap_or(false);
    fits.then(|| Photo { media_type: media_type.to_owned(), base64: base64.to_owned(), sample })
}

/// Reads the record of `PS/GOV/MOI/CIVIL/person`.
fn facts(body: &Value) -> Option<(Facts, Vec<Phone>)> {
    let names = |language: &str| -> Option<[String; 4]> {
        let parts = body.get("name")?.get(language)?;
        let part = |key: &str| parts.get(key)?.as_str().map(str::to_owned);
        Some([part("given")?, part("father")?, part("grandfather")?, part("family")?])
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let facts = Facts {
        name: PersonName { arabic: names("ar")?, latin: names("en")? },
        born: Date::parse(text("birth_date")?)?,
        alive: text("status")? == "alive",
        version: body
            .get("version")
            .map(|version| version.as_str().map_or_else(|| version.to_string(), str::to_owned))?,
    };
    Some((facts, phones_of(body)))
}

/// Reads the children in `PS/GOV/MOI/CIVIL/family`.
fn children(body: &Value) -> Option<Vec<Child>> {
    let members = body.get("members")?.as_array()?.iter();
    let children = members.filter(|member| member.get("relation").and_then(Value::as_str) == Some("child"));
    let child = |member: &Value| {
        let text = |key: &str| member.get(key).and_then(Value::as_str);
        let (number, born) = (IdNumber::parse(text("id_number")?)?, Date::parse(text("birth_date")?)?);
        Some(Child { number, born, alive: text("status")? == "alive" })
    };
    children.map(child).collect()
}

/// Reads the numbers of `PS/GOV/MTIT/OPERATORS/numbers`.
fn phones_of(body: &Value) -> Vec<Phone> {
    let listed = body.get("numbers").and_then(Value::as_array).into_iter().flatten();
    listed
        .filter_map(|entry| entry.as_str().or_else(|| entry.get("number")?.as_str()))
        .filter_map(Phone::parse)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_photo_is_what_it_says_and_small() {
        let photo_of = |media_type: &str, bytes: &[u8]| {
            photo(
                &json!({ "photo": { "media_type": media_type, "base64": seal::digest::base64(bytes), "sample": true } }),
            )
        };
        let png = |size| [b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; size]].concat();
        assert!(photo_of("image/png", &png(100)).is_some_and(|photo| photo.sample));
        assert!(photo_of("image/jpeg", b"\xff\xd8\xff\xe0").is_some());
        for (media_type, bytes) in [
            ("image/png", b"<svg onload=alert(1)>".to_vec()),
            ("image/svg+xml", png(100)),
            ("image/png", png(PHOTO_BYTES)),
            ("image/jpeg", png(100)),
        ] {
            assert_eq!(photo_of(media_type, &bytes), None, "{media_type}");
        }
        assert_eq!(photo(&json!({ "photo": { "media_type": "image/png", "base64": "%%" } })), None);
        assert_eq!(photo(&json!({})), None);
    }
}
