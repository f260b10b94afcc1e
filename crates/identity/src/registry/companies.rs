//! The companies' register: for which companies a person signs, and what a
//! company is.

use std::sync::Arc;
use std::time::Duration;

use base::{CompanyNumber, IdNumber, PersonId};
use serde_json::Value;
use store::Ctx;

use super::{Answering, Question, Registry, Unanswered};

/// Companies of one person that are read.
const COMPANIES_MAX: usize = 50;
/// Signatories of one company that are read.
const SIGNATORIES_MAX: usize = 20;
/// Longest name, characters.
const NAME_CHARS: usize = 200;

/// Asks the companies' register about a company; the person is the company as
/// it is known here.
pub(super) type AskCompany = dyn Fn(Ctx, CompanyNumber, PersonId) -> Answering + Send + Sync;

/// A company as the register names it among those that a person signs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) number: CompanyNumber,
    /// Arabic and Latin.
    pub(crate) name: [String; 2],
}

/// A company as the register has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) number: CompanyNumber,
    /// Arabic and Latin.
    pub(crate) name: [String; 2],
    /// The legal form, in Arabic and English.
    pub(crate) form: [String; 2],
    /// Whether it was not struck off.
    pub(crate) active: bool,
    /// Whether two signatories sign together; else each alone.
    pub(crate) jointly: bool,
    pub(crate) signatories: Vec<IdNumber>,
}

pub(super) fn nobody() -> Arc<AskCompany> {
    Arc::new(|_, _, _| {
        Box::pin(async { Err(Unanswered::Unavailable("no companies' register is configured".to_owned())) })
    })
}

impl Registry {
    /// The same with a companies' register that is asked by this function. The
    /// person is the company, under whom the look-up is recorded.
    #[must_use]
    pub fn with_companies<F>(self, ask: impl Fn(Ctx, CompanyNumber, PersonId) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Value, Unanswered>> + Send + 'static,
    {
        Self(self.0, Arc::new(move |ctx, number, company| Box::pin(ask(ctx, number, company))))
    }

    /// The companies that a person signs for, those that were struck off included.
    pub(crate) async fn companies(
        &self,
        ctx: &Ctx,
        number: &IdNumber,
        person: PersonId,
        limit: Duration,
    ) -> Result<Vec<Named>, Unanswered> {
        let body = self.one(ctx, Question::Signatory, (number, person), limit).await?;
        companies(&body).ok_or_else(|| Unanswered::Unavailable("the companies have another shape".to_owned()))
    }

    /// A company's record.
    pub(crate) async fn company(
        &self,
        ctx: &Ctx,
        number: &CompanyNumber,
        company: PersonId,
        limit: Duration,
    ) -> Result<Record, Unanswered> {
        let asked = tokio::time::timeout(limit, (self.1)(ctx.clone(), number.clone(), company)).await;
        let body = asked.unwrap_or_else(|_| Err(Unanswered::Unavailable("no answer in time".to_owned())))?;
        let record = record(&body).filter(|record| record.number == *number);
        record.ok_or_else(|| Unanswered::Unavailable("the company has another shape".to_owned()))
    }
}

/// A text in Arabic and English.
fn both(body: &Value, key: &str) -> Option<[String; 2]> {
    let part = |language: &str| {
        let text = body.get(key)?.get(language)?.as_str()?.trim();
        (!text.is_empty() && text.chars().count() <= NAME_CHARS).then(|| text.to_owned())
    };
    Some([part("ar")?, part("en")?])
}

/// Reads the answer of `PS/GOV/MONE/COMPANIES/signatory`.
fn companies(body: &Value) -> Option<Vec<Named>> {
    let listed = body.get("companies")?.as_array()?;
    if listed.len() > COMPANIES_MAX {
        return None;
    }
    let named = |one: &Value| {
        let number = CompanyNumber::parse(one.get("company_number")?.as_str()?)?;
        Some(Named { number, name: both(one, "name")? })
    };
    listed.iter().map(named).collect()
}

/// Reads the answer of `PS/GOV/MONE/COMPANIES/company`.
fn record(body: &Value) -> Option<Record> {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let signatories = body.get("signatories")?.as_array()?;
    if signatories.len() > SIGNATORIES_MAX {
        return None;
    }
    let signatory = |one: &Value| IdNumber::parse(one.get("id_number")?.as_str()?);
    let jointly = match text("signing")? {
        "alone" => false,
        "joint" => true,
        _ => return None,
    };
    Some(Record {
        number: CompanyNumber::parse(text("company_number")?)?,
        name: both(body, "name")?,
        form: both(body, "form_text")?,
        active: text("status")? == "active",
        jointly,
        signatories: signatories.iter().map(signatory).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_register_says_is_read_whole_or_not_at_all() {
        let good = json!({
            "company_number": "562000011", "name": { "ar": "شركة عيّنة", "en": "Sample" },
            "form_text": { "ar": "شركة عادية عامة", "en": "General partnership" },
            "status": "active", "signing": "joint", "signatories": [{ "id_number": "900000001" }],
        });
        let read = record(&good).unwrap();
        assert!(read.active && read.jointly && read.signatories.len() == 1);
        for (key, bad) in [
            ("company_number", json!("900000001")),
            ("name", json!({ "ar": " ", "en": "Sample" })),
            ("signing", json!("three")),
            ("signatories", json!([{ "id_number": "12" }])),
            ("signatories", vec![json!({ "id_number": "900000001" }); SIGNATORIES_MAX + 1].into()),
        ] {
            let mut spoilt = good.clone();
            spoilt[key] = bad;
            assert_eq!(record(&spoilt), None, "{key}");
        }
        // A word that is not known is not «active».
        let mut odd = good;
        odd["status"] = "dissolving".into();
        assert!(!record(&odd).unwrap().active);
    }
}
