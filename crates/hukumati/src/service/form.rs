//! The form of a service, page by page as the portal leads: what an example
//! answers is typed, and what the form refuses is told.

use anyhow::{Context, Result, bail};
use base::CaseId;
use catalogue::examples::{Example, Refused};
use catalogue::{FieldFile, FieldKind, PageFile, Service};
use http::StatusCode;
use toml::Value;

use super::actors;
use super::browser::{Answer, Browser};
use super::stage::World;

/// Pages that a form leads through at most, before it leads in a circle.
const PAGES: usize = 400;
/// Look-ups of one page that are read back.
const LOOKUPS: usize = 50;

/// Where the form led.
pub(super) enum Filled {
    /// To the page on which everything is checked.
    Whole(CaseId),
    /// It refused there.
    Refused(Refused, String),
}

/// What fills a form in.
pub(super) struct Form<'a, 's> {
    pub(super) world: &'a World<'s>,
    pub(super) service: &'a Service,
    pub(super) example: &'a Example,
}

impl Form<'_, '_> {
    /// Begins a draft and answers every page that shows.
    pub(super) async fn fill(&self, browser: &mut Browser<'_>) -> Result<Filled> {
        let start = format!("/services/{}/start", self.service.file.key);
        let page = browser.get(&start).await?;
        let begun = if page.status == StatusCode::OK && page.hidden("_csrf").is_some() {
            browser.post(&page, &start, &[]).await?
        } else {
            page
        };
        let Some(first) = begun.location.clone() else { return self.not_begun(&begun) };
        let id = first.split('/').nth(2).and_then(|id| id.parse().ok());
        let id: CaseId = id.with_context(|| format!("the form begins at {first}"))?;
        let mut path = first;
        for _ in 0..PAGES {
            if path.ends_with("/check") {
                return Ok(Filled::Whole(id));
            }
            match self.page(browser, id, &path).await? {
                Ok(next) => path = next,
                Err(refused) => return Ok(refused),
            }
        }
        bail!("the form leads in a circle, at {path}")
    }

    /// What the start says when it does not begin.
    fn not_begun(&self, page: &Answer) -> Result<Filled> {
        if let Some(Refused::Eligible(reason)) = &self.example.fault
            && page.shows(&self.service.text(base::Locale::AR, &format!("reason-{reason}")))
        {
            return Ok(Filled::Refused(Refused::Eligible(reason.clone()), page.title()));
        }
        bail!("the form does not begin: {}", page.title())
    }

    /// One page; gives the next.
    async fn page(&self, browser: &mut Browser<'_>, id: CaseId, path: &str) -> Result<Result<String, Filled>> {
        let name = path.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default();
        let opened = browser.get(path).await?;
        if opened.status != StatusCode::OK {
            bail!("the form’s page {name}: {}", opened.title());
        }
        let asked = self.service.page(name).with_context(|| format!("the folder has no page {name}"))?;
        if let Some(lookup) = self.silent(id, asked).await? {
            return Ok(Err(Filled::Refused(Refused::Lookup(lookup), opened.title())));
        }
        if let Some(repeat) = &asked.repeat {
            let entries = self.example.answers.get(&repeat.id).and_then(Value::as_array);
            for entry in entries.into_iter().flatten() {
                let new = format!("{path}/new");
                let page = browser.get(&new).await?;
                let fields = typed(&repeat.fields, |field| entry.get(field))?;
                let answer = browser.post(&page, &new, &fields).await?;
                if let Some(refused) = refusal(&answer, &repeat.fields)? {
                    return Ok(Err(refused));
                }
            }
        }
        let fields: Vec<FieldFile> = asked.field.iter().cloned().collect();
        let answer = match self.attaches(&opened, asked) {
            Some((path, names)) => browser.attach(&opened, &path, &names).await?,
            None => browser.post(&opened, path, &typed(&fields, |field| self.example.answers.get(field))?).await?,
        };
        match answer.location.clone().filter(|_| answer.status == StatusCode::SEE_OTHER) {
            Some(next) => Ok(Ok(next)),
            None => match refusal(&answer, &fields)? {
                Some(refused) => Ok(Err(refused)),
                None => {
                    let list = asked.repeat.as_ref().map(|repeat| repeat.id.clone());
                    let what = list.with_context(|| format!("the page {name}: {}", answer.title()))?;
                    Ok(Err(Filled::Refused(Refused::Field(what), answer.title())))
                }
            },
        }
    }

    /// Where a page takes files, and which the example attaches.
    fn attaches(&self, opened: &Answer, page: &PageFile) -> Option<(String, Vec<String>)> {
        let field = page.field.as_ref()?;
        let path = opened.after("action=\"").find(|path| path.ends_with(&format!("/attach/{}", field.id)))?.to_owned();
        let names = self.example.answers.get(&field.id).and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        Some((path, names.collect()))
    }

    /// The lookup of this page whose register had nothing to show, if the example
    /// expects one.
    async fn silent(&self, case: CaseId, page: &PageFile) -> Result<Option<String>> {
        let Some(Refused::Lookup(wanted)) = &self.example.fault else { return Ok(None) };
        if !page.known.iter().any(|known| known.lookup == *wanted) {
            return Ok(None);
        }
        let lookup = self.service.file.lookups.iter().find(|lookup| lookup.id == *wanted);
        let operation = lookup.with_context(|| format!("the folder has no lookup {wanted}"))?.operation.clone();
        let person = services_case(self.world, case).await?.person;
        let slice = web::Slice { after: None, rows: u32::try_from(LOOKUPS).ok() };
        let asked = self.world.ctx.read(move |read| exchange::lookups_of(read, person, &slice)).await?;
        let last = asked.iter().find(|line| line.case == Some(case) && line.operation == operation);
        Ok(last.filter(|line| line.outcome != "answered").map(|_| wanted.clone()))
    }
}

/// A case as it stands.
pub(super) async fn services_case(world: &World<'_>, id: CaseId) -> Result<services::Case> {
    world.ctx.read(move |read| services::case(read, id)).await?.context("the case is gone")
}

/// Which question a page refused.
fn refusal(answer: &Answer, fields: &[FieldFile]) -> Result<Option<Filled>> {
    if answer.status == StatusCode::SEE_OTHER {
        return Ok(None);
    }
    if answer.status != StatusCode::UNPROCESSABLE_ENTITY {
        bail!("the form: {}", answer.title());
    }
    let refused = answer.refused();
    let own = |field: &&FieldFile| {
        let (part, choice) = (format!("{}.", field.id), format!("{}-", field.id));
        refused.iter().any(|at| *at == field.id || at.starts_with(&part) || at.starts_with(&choice))
    };
    // `a-b` is a field, and could be a choice of `a`. Files have one place on their page.
    let found = fields.iter().filter(own).max_by_key(|field| field.id.len());
    let found = found.or_else(|| fields.first().filter(|_| answer.text.contains("/attach/")));
    Ok(found.map(|field| Filled::Refused(Refused::Field(field.id.clone()), answer.title())))
}

/// What is typed into these fields.
pub(super) fn typed<'v>(
    fields: &[FieldFile],
    answer: impl Fn(&str) -> Option<&'v Value>,
) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for field in fields {
        if let Some(value) = answer(&field.id) {
            all.extend(spelled(field, value)?);
        }
    }
    Ok(all)
}

fn spelled(field: &FieldFile, value: &Value) -> Result<Vec<(String, String)>> {
    let line = |text: String| Ok(vec![(field.id.clone(), text)]);
    let words =
        |value: &Value| value.as_array().map(|all| all.iter().map(text).collect::<Result<Vec<_>>>()).transpose();
    match field.kind {
        FieldKind::Choices => {
            let words = words(value)?.with_context(|| format!("the answer `{}` is a list of options", field.id))?;
            Ok(words.into_iter().map(|option| (format!("{}.{option}", field.id), "yes".to_owned())).collect())
        }
        FieldKind::Listed | FieldKind::Paper if field.several => {
            let keys = words(value)?.with_context(|| format!("the answer `{}` is a list of keys", field.id))?;
            Ok(keys.into_iter().enumerate().map(|(at, key)| (format!("{}.{at}", field.id), key)).collect())
        }
        FieldKind::Date => {
            let date = text(value)?;
            let parts = ["year", "month", "day"].into_iter().zip(date.splitn(3, '-'));
            Ok(parts.map(|(part, typed)| (format!("{}.{part}", field.id), typed.to_owned())).collect())
        }
        FieldKind::IdNumber | FieldKind::IdNumbers => {
            let typed = match words(value)? {
                Some(words) => words,
                None => vec![text(value)?],
            };
            // People of the demo may be called by their word.
            let number =
                |word: &String| actors::number(word).map_or_else(|_| word.clone(), |number| number.as_str().to_owned());
            line(typed.iter().map(number).collect::<Vec<_>>().join("\n"))
        }
        _ => line(text(value)?),
    }
}

fn text(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Datetime(date) => Ok(date.to_string()),
        other => bail!("an answer is typed as a text or a number, and not {other}"),
    }
}
