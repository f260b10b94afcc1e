//! What an example expects beside what came: each difference is a sentence.

use anyhow::{Context, Result};
use base::Locale;
use catalogue::Service;
use catalogue::examples::{Example, Outcome, Refused};
use documents::Paper;
use http::StatusCode;
use payments::BillId;
use serde_json::Value as Json;
use services::{Stage, TurnKind};
use toml::Value;

use super::acts::Acting;
use super::form::Filled;

/// What differed from what was expected.
pub(super) struct Differences(pub(super) Vec<String>);

impl Differences {
    pub(super) fn add(&mut self, what: impl Into<String>) {
        self.0.push(what.into());
    }
    fn expect(&mut self, what: &str, expected: &str, got: &str) {
        if expected != got {
            self.add(format!("{what}: expected {expected}, got {got}"));
        }
    }
}

fn named(refused: &Refused) -> String {
    match refused {
        Refused::Field(field) => format!("a refusal at the field `{field}`"),
        Refused::Lookup(lookup) => format!("nothing from the lookup `{lookup}`"),
        Refused::Eligible(reason) => format!("a refusal to begin, `{reason}`"),
    }
}

/// The form's end against the example's fault; whether the case can be sent.
pub(super) fn form(example: &Example, filled: &Filled, differences: &mut Differences) {
    let expected = example.fault.as_ref().map_or_else(|| "a form that is sent".to_owned(), named);
    let got = match filled {
        Filled::Whole(_) => "a form that is sent".to_owned(),
        Filled::Refused(refused, _) => named(refused),
    };
    let title = match filled {
        Filled::Refused(_, title) if expected != got => format!(" ({title})"),
        _ => String::new(),
    };
    differences.expect("the form", &expected, &format!("{got}{title}"));
}

fn outcome(case: &services::Case) -> Outcome {
    match (case.stage, case.outcome.as_deref()) {
        (Stage::Closed, Some("refused")) => Outcome::Refused,
        (Stage::Closed, Some("withdrawn")) => Outcome::Withdrawn,
        (Stage::Closed, _) => Outcome::Closed,
        _ => Outcome::Waiting,
    }
}

/// The case as it stands at the end.
pub(super) async fn case(acting: &Acting<'_, '_>, example: &Example, differences: &mut Differences) -> Result<()> {
    let (world, service) = (acting.world, acting.service);
    let case = acting.case().await?;
    if let Some(expected) = &example.steps {
        let kinds: Vec<&str> = world
            .stage
            .seen
            .steps_of(acting.case)
            .into_iter()
            .filter_map(|at| service.file.steps.get(at).map(|step| step.kind.word()))
            .collect();
        differences.expect("steps", &expected.join(", "), &kinds.join(", "));
    }
    let ended = outcome(&case);
    if let Some(expected) = example.outcome {
        let at = if ended == Outcome::Waiting {
            format!("waiting ({})", case.stage.as_str())
        } else {
            ended.as_str().to_owned()
        };
        if expected != ended {
            differences.expect("outcome", expected.as_str(), &at);
        }
    }
    for field in example.absent.iter().filter(|field| case.answers.contains_key(*field)) {
        differences.add(format!("the answer `{field}` was kept"));
    }
    if let Some(expected) = &example.fee {
        let first = acting.turns().await?.into_iter().find(|turn| turn.kind == TurnKind::Pay);
        let id: Option<BillId> = first.and_then(|turn| turn.object).and_then(|object| object.parse().ok());
        let got = match id {
            Some(id) => {
                let bill = world.ctx.read(move |read| payments::bill(read, id)).await?.context("a bill")?;
                bill.total.to_string()
            }
            None => "no bill".to_owned(),
        };
        differences.expect("fee", expected, &got);
    }
    page(acting, example, ended, differences).await?;
    papers(acting, example, differences).await
}

/// What the person reads on their case's page.
async fn page(acting: &Acting<'_, '_>, example: &Example, ended: Outcome, differences: &mut Differences) -> Result<()> {
    let mut browser = acting.world.browser(acting.applicant).await?;
    let page = browser.get(&format!("/cases/{}", acting.case)).await?;
    if page.status != StatusCode::OK {
        differences.add(format!("the case’s page: {}", page.title()));
        return Ok(());
    }
    if let Some(reason) = example.reason.as_ref().filter(|_| ended == Outcome::Refused) {
        let known = text(acting.service, &format!("reason-{reason}"));
        let words = known.unwrap_or_else(|| reason.clone());
        if !page.shows(&words) {
            differences.add(format!("reason: “{words}” does not stand on the case’s page"));
        }
    }
    for hidden in example.hidden.iter().filter(|hidden| page.shows(hidden)) {
        differences.add(format!("the person reads “{hidden}”, which is hidden from them"));
    }
    Ok(())
}

fn text(service: &Service, key: &str) -> Option<String> {
    service.texts.get(Locale::AR.index()).and_then(|texts| texts.get(key))
}

/// The paper: made, sealed, with these values, and where it is to be had.
async fn papers(acting: &Acting<'_, '_>, example: &Example, differences: &mut Differences) -> Result<()> {
    let (world, about) = (acting.world, acting.case().await?.object());
    let papers = world.ctx.read(move |read| documents::papers_about(read, &about)).await?;
    if example.paper.is_empty() && example.delivered.is_none() {
        return Ok(());
    }
    let Some(paper) = papers.last() else {
        differences.add("no paper was issued");
        return Ok(());
    };
    sealed(acting, paper, differences).await?;
    for (name, expected) in &example.paper {
        let got = paper.content.values.get(name).unwrap_or(&Json::Null);
        if !same(expected, got) {
            differences.add(format!("the paper’s `{name}`: expected {expected}, got {got}"));
        }
    }
    Ok(())
}

async fn sealed(acting: &Acting<'_, '_>, paper: &Paper, differences: &mut Differences) -> Result<()> {
    let world = acting.world;
    let pdf = match documents::file(&world.ctx, paper).await {
        Ok(pdf) => pdf,
        Err(refusal) => {
            differences.add(format!("the paper was not made: {refusal}"));
            return Ok(());
        }
    };
    let roots = [world.house.authority.root().to_vec()];
    if let Err(refusal) = documents::check::file(&pdf, &roots, world.ctx.now()) {
        differences.add(format!("the paper’s seal does not hold: {refusal}"));
    }
    Ok(())
}

/// Whether a paper's value is what the example says: a number counts the rows of
/// a list, and a text in both languages is either of them.
fn same(expected: &Value, got: &Json) -> bool {
    match (expected, got) {
        (Value::Integer(count), Json::Array(rows)) => usize::try_from(*count) == Ok(rows.len()),
        (Value::String(text), Json::Object(both)) => both.values().any(|one| one.as_str() == Some(text)),
        (Value::String(text), got) => got.as_str() == Some(text),
        // JSON knows one kind of number: 93 and 93.0 are the same.
        (Value::Integer(number), got) => {
            got.as_i64() == Some(*number) || got.as_f64().is_some_and(|got| got.to_string() == number.to_string())
        }
        (Value::Float(number), got) => got.as_f64().is_some_and(|got| (got - number).abs() < f64::EPSILON),
        (Value::Boolean(truth), got) => got.as_bool() == Some(*truth),
        (Value::Datetime(day), got) => got.as_str() == Some(day.to_string().as_str()),
        (Value::Array(all), Json::Array(rows)) => {
            all.len() == rows.len() && all.iter().zip(rows).all(|(one, row)| same(one, row))
        }
        (Value::Table(keys), Json::Object(object)) => {
            keys.iter().all(|(key, value)| object.get(key).is_some_and(|got| same(value, got)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_papers_value_is_compared_as_one_reads_it() {
        let value = |text: &str| toml::from_str::<toml::Table>(&format!("v = {text}")).unwrap()["v"].clone();
        for (expected, got, fits) in [
            ("6", json!([1, 2, 3, 4, 5, 6]), true),
            ("6", json!([1]), false),
            ("6", json!(6), true),
            ("6", json!(6.0), true),
            ("6", json!(6.5), false),
            ("\"عمل\"", json!({ "ar": "عمل", "en": "Work" }), true),
            ("\"Work\"", json!("Work"), true),
            ("\"Work\"", json!(null), false),
            ("[{ a = \"x\" }]", json!([{ "a": "x", "b": 1 }]), true),
            ("true", json!(true), true),
        ] {
            assert_eq!(same(&value(expected), &got), fits, "{expected} {got}");
        }
    }
}
