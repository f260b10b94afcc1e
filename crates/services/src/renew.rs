//! A draft whose service has a newer version: it goes on with that one. What
//! still fits is kept, the rest is asked anew.

use audit::Leaf;
use catalogue::{FieldFile, FieldKind, PageFile, Service};
use serde_json::{Map, Value, json};
use store::{Ctx, Key};

use crate::case::{Case, Refusal, Stage, own};
use crate::sql;
use crate::system::Services;

/// The draft as it is today, and whether that is another version than before.
///
/// # Errors
/// Not a case of whoever acts, or the store's.
pub(crate) async fn renewed(ctx: &Ctx, services: &Services, case: Case) -> Result<(Case, bool), Refusal> {
    let now = services.catalogue.service(&case.service);
    let Some(service) = now.filter(|now| case.stage == Stage::Draft && now.file.version != case.version) else {
        return Ok((case, false));
    };
    let (version, answers) = (service.file.version, fitting(service, &case.answers));
    let (id, actor) = (case.id, ctx.actor.clone());
    let renewed = ctx.write(Key::once(ctx), move |tx| {
        let mut case = own(tx, id, &actor)?;
        if case.stage != Stage::Draft || case.version == version {
            return Ok(());
        }
        let detail = json!({ "from": case.version, "to": version });
        tx.execute_one(&sql::RENEW_DRAFT, &store::params![version, id, Stage::Draft.as_str()])?;
        case.answers.clone_from(&answers);
        case.keep_answers_in(tx)?;
        audit::record_in(tx, &Leaf::new("services.draft_renewed", case.object()).about(case.person).with(detail))?;
        Ok::<_, Refusal>(())
    });
    renewed.await?;
    let actor = ctx.actor.clone();
    Ok((ctx.read(move |read| own(read, id, &actor)).await?, true))
}

/// The answers that questions of a version take as they are.
fn fitting(service: &Service, answers: &Map<String, Value>) -> Map<String, Value> {
    let kept = |page: &PageFile| {
        let name = page.answer()?;
        let value = answers.get(name)?;
        let still = match (&page.field, &page.repeat) {
            (Some(field), _) => fits(field, value),
            (None, Some(repeat)) => value.as_array().is_some_and(|entries| {
                entries.len() <= repeat.most
                    && entries.iter().all(|entry| {
                        let own = |field: &FieldFile| entry.get(&field.id).is_none_or(|value| fits(field, value));
                        entry.is_object() && repeat.fields.iter().all(own)
                    })
            }),
            (None, None) => false,
        };
        still.then(|| (name.to_owned(), value.clone()))
    };
    service.file.pages.iter().filter_map(kept).collect()
}

/// Whether a kept answer is one that this question could have.
fn fits(field: &FieldFile, value: &Value) -> bool {
    let option = |value: &Value| value.as_str().is_some_and(|word| field.options.iter().any(|option| option == word));
    match field.kind {
        FieldKind::Choice => option(value),
        FieldKind::Choices => value.as_array().is_some_and(|words| words.iter().all(option)),
        FieldKind::Number | FieldKind::Money => value.is_i64(),
        FieldKind::IdNumbers => value.is_array(),
        // What is offered today is looked at wherever they are read.
        FieldKind::Listed | FieldKind::Paper => true,
        FieldKind::Files => value.as_array().is_some_and(|files| files.len() <= field.most_files()),
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Date
        | FieldKind::IdNumber
        | FieldKind::Phone
        | FieldKind::Postcode
        | FieldKind::PostOffice
        | FieldKind::Office => value.as_str().is_some_and(|text| text.chars().count() <= field.length),
    }
}
