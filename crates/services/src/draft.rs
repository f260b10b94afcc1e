//! A draft: begun, answered page by page, thrown away, sent.

use std::sync::Arc;

use audit::Leaf;
use base::{Actor, Assurance, CaseId, Locale, PersonId, Zone};
use catalogue::told::Told;
use catalogue::{Catalogue, Lookup, Service, StepKind, Verdict, form};
use serde_json::{Map, Value, json};
use store::{Ctx, Key, Tx, params};

use crate::bundle::share_in;
use crate::case::{Case, Refusal, Stage, case as find, own, seal_answers};
use crate::count::count_in;
use crate::opening::Doors;
use crate::renew::renewed;
use crate::steps::co_sign;
use crate::system::Services;
use crate::timeline::{Kind, add_in};
use crate::{facts, files, sql, told, way};

/// Begins a draft and returns its id.
///
/// # Errors
/// No such service, or the store's.
pub async fn start(ctx: &Ctx, key: Key, catalogue: &Arc<Catalogue>, service: &str) -> Result<CaseId, Refusal> {
    let person = ctx.actor.person().ok_or(Refusal::NoCase)?;
    if !ctx.actor.covers(service) {
        return Err(Refusal::OutOfMandate);
    }
    catalogue.service(service).ok_or(Refusal::NoService)?;
    let (catalogue, service) = (Arc::clone(catalogue), service.to_owned());
    let (locale, actor) = (ctx.locale, ctx.actor.clone());
    ctx.write(key, move |tx| {
        let service = catalogue.service(&service).ok_or(Refusal::NoService)?;
        begin_in(tx, service, person, locale, &actor)
    })
    .await
}

/// Begins a draft in the caller's commit.
pub(crate) fn begin_in(
    tx: &mut Tx<'_>,
    service: &Service,
    person: PersonId,
    locale: Locale,
    actor: &Actor,
) -> Result<CaseId, Refusal> {
    if !actor.covers(&service.file.key) {
        return Err(Refusal::OutOfMandate);
    }
    begin_for_in(tx, service, person, locale)
}

/// The same for a person who does not act just now.
pub(crate) fn begin_for_in(
    tx: &mut Tx<'_>,
    service: &Service,
    person: PersonId,
    locale: Locale,
) -> Result<CaseId, Refusal> {
    let (key, version, today) = (&service.file.key, service.file.version, tx.now().date(Zone::Hebron));
    Doors::of(&service.file).admit(tx, person, today)?;
    let id: CaseId = tx.mint();
    let answers = seal_answers(tx, person, &Map::new())?;
    let (now, stage) = (tx.now(), Stage::Draft.as_str());
    tx.execute_one(&sql::INSERT_CASE, &params![id, key, version, person, locale.tag(), stage, answers, now])?;
    let Some(case) = find(tx, id)? else { return Err(Refusal::NoCase) };
    add_in(tx, &case, Kind::Started, None, json!({ "service": key, "version": version }))?;
    count_in(tx, "started", key, "", locale)?;
    Ok(id)
}

/// Keeps one answer; none takes it away.
///
/// # Errors
/// Not a draft of this person, or the store's.
pub async fn answer(ctx: &Ctx, key: Key, id: CaseId, field: &str, value: Option<Value>) -> Result<(), Refusal> {
    answer_anew(ctx, key, id, field, value, Vec::new()).await
}

/// Keeps one answer, and forgets what these lookups were told for another one.
///
/// # Errors
/// As of [`answer`].
pub(crate) async fn answer_anew(
    ctx: &Ctx,
    key: Key,
    id: CaseId,
    field: &str,
    value: Option<Value>,
    forgotten: Vec<String>,
) -> Result<(), Refusal> {
    let (actor, field) = (ctx.actor.clone(), field.to_owned());
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        if case.stage != Stage::Draft {
            return Err(Refusal::NotNow(case.stage.as_str(), "answer"));
        }
        match &value {
            Some(value) => drop(case.answers.insert(field.clone(), value.clone())),
            None => drop(case.answers.remove(&field)),
        }
        case.keep_answers_in(tx)?;
        for lookup in &forgotten {
            told::forget_in(tx, id, lookup)?;
        }
        share_in(tx, &case, &field, value.as_ref())?;
        count_in(tx, "answered", &case.service, &field, case.locale).map_err(Refusal::from)
    })
    .await
}

/// Keeps several answers of one form in one commit; none takes one away.
///
/// # Errors
/// Not a draft of this person, or the store's.
pub async fn answer_all(ctx: &Ctx, key: Key, id: CaseId, changes: Vec<(String, Option<Value>)>) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        if case.stage != Stage::Draft {
            return Err(Refusal::NotNow(case.stage.as_str(), "answer"));
        }
        for (field, value) in &changes {
            let before = match value {
                Some(value) => case.answers.insert(field.clone(), value.clone()),
                None => case.answers.remove(field),
            };
            if before.as_ref() != value.as_ref() {
                share_in(tx, &case, field, value.as_ref())?;
                count_in(tx, "answered", &case.service, field, case.locale)?;
            }
        }
        case.keep_answers_in(tx).map_err(Refusal::from)
    })
    .await
}

/// An entry of a list of answers.
#[derive(Debug, Clone)]
pub enum Entry {
    /// One more, at the end.
    New(Value),
    /// The one at that place is another.
    Changed(usize, Value),
    /// The one at that place goes.
    Gone(usize),
}

/// Keeps an entry of a list of answers, of `most` at most. Two windows that add
/// one each leave two.
///
/// # Errors
/// Not a draft of this person, no such entry, one too many, or the store's.
pub async fn answer_entry(
    ctx: &Ctx,
    key: Key,
    id: CaseId,
    list: &str,
    most: usize,
    entry: Entry,
) -> Result<(), Refusal> {
    let (actor, list) = (ctx.actor.clone(), list.to_owned());
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        if case.stage != Stage::Draft {
            return Err(Refusal::NotNow(case.stage.as_str(), "answer"));
        }
        let kept = case.answers.get(&list).and_then(Value::as_array);
        let mut entries = kept.cloned().unwrap_or_default();
        match &entry {
            Entry::New(_) if entries.len() >= most => return Err(Refusal::Incomplete(vec![list.clone()])),
            Entry::New(value) => entries.push(value.clone()),
            Entry::Changed(at, value) => value.clone_into(entries.get_mut(*at).ok_or(Refusal::NoCase)?),
            Entry::Gone(at) if *at < entries.len() => drop(entries.remove(*at)),
            Entry::Gone(_) => return Err(Refusal::NoCase),
        }
        match entries.is_empty() {
            true => drop(case.answers.remove(&list)),
            false => drop(case.answers.insert(list.clone(), Value::Array(entries))),
        }
        case.keep_answers_in(tx)?;
        count_in(tx, "answered", &case.service, &list, case.locale).map_err(Refusal::from)
    })
    .await
}

/// Throws a draft away, and with it what was answered and what registers told.
///
/// # Errors
/// Not a draft of this person, or the store's.
pub async fn discard(ctx: &Ctx, key: Key, id: CaseId) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        discard_in(tx, &mut case)
    })
    .await
}

/// Throws a draft away in the caller's commit.
pub(crate) fn discard_in(tx: &mut Tx<'_>, case: &mut Case) -> Result<(), Refusal> {
    case.answers.clear();
    case.keep_answers_in(tx)?;
    tx.execute(&sql::FORGET_TOLD, &params![case.id])?;
    tx.execute(&sql::FORGET_RESUME, &params![case.id])?;
    files::forget_in(tx, case, |_| false)?;
    case.take("discard")?;
    case.keep_in(tx, Stage::Draft)?;
    audit::record_in(tx, &Leaf::new("services.discarded", case.object()).about(case.person))?;
    count_in(tx, "discarded", &case.service, "", case.locale).map_err(Refusal::from)
}

/// Asks registers for a page of the form and keeps what they told. A `low`
/// account is told nothing, and nothing is asked for it.
///
/// # Errors
/// Not a case of this person, or the store's.
pub async fn prefill(
    ctx: &Ctx,
    services: &Services,
    case: &Case,
    lookups: &[&Lookup],
    purpose: &'static str,
) -> Result<Vec<Told>, Refusal> {
    if ctx.actor.person() != Some(case.person) {
        return Err(Refusal::NoCase);
    }
    if lookups.is_empty() || assurance(ctx) < Assurance::Substantial {
        return Ok(Vec::new());
    }
    let asked = Case { answers: askable(ctx, services, case).await?, ..case.clone() };
    let told = told::ask(ctx, &services.exchange, &asked, lookups, purpose).await?;
    let (id, person, kept, actor) = (case.id, case.person, told.clone(), ctx.actor.clone());
    ctx.write(Key::once(ctx), move |tx| {
        // Sent or thrown away meanwhile, the case keeps what it was sent with; and
        // what was asked with an answer that is another by now is not kept.
        let now = own(tx, id, &actor)?;
        let kept: Vec<Told> = kept.iter().filter(|one| one.holds(&now.answers)).cloned().collect();
        match now.stage {
            Stage::Draft => told::keep_in(tx, id, person, &kept).map_err(Refusal::from),
            _ => Ok(()),
        }
    })
    .await?;
    Ok(told)
}

/// The answers that registers may be asked with now.
async fn askable(ctx: &Ctx, services: &Services, case: &Case) -> Result<Map<String, Value>, Refusal> {
    let (of, actor, catalogue) = (case.clone(), ctx.actor.clone(), Arc::clone(&services.catalogue));
    let today = ctx.now().date(Zone::Hebron);
    ctx.read(move |read| {
        let service = catalogue.of(&of).ok_or(Refusal::NoService)?;
        // Most folders ask with nothing but the number of whoever applies.
        if service.file.lookups.iter().all(|lookup| lookup.asks.is_empty()) {
            return Ok(Map::new());
        }
        let sources = facts::sources(read, service, &of, today, &actor)?;
        Ok(sources.askable(service, &of.answers))
    })
    .await
}

/// What a draft was told, and what is told now by those of these lookups that were
/// not asked yet.
///
/// # Errors
/// As of [`prefill`].
pub(crate) async fn hear(
    ctx: &Ctx,
    services: &Services,
    case: &Case,
    told: Vec<Told>,
    lookups: &[&Lookup],
) -> Result<Vec<Told>, Refusal> {
    let is_new = |lookup: &&&Lookup| !told.iter().any(|one| one.lookup == lookup.id);
    let open: Vec<&Lookup> = lookups.iter().filter(is_new).copied().collect();
    let more = prefill(ctx, services, case, &open, "case.form").await?;
    Ok(told.into_iter().chain(more).collect())
}

/// How sure we are of who acts.
pub(crate) fn assurance(ctx: &Ctx) -> Assurance {
    ctx.actor.assurance()
}

/// The assurance that a service asks for today, as its owner has set it.
pub(crate) async fn required(ctx: &Ctx, service: &Service) -> Result<Assurance, store::Error> {
    let (key, today) = (service.file.key.clone(), ctx.now().date(Zone::Hebron));
    ctx.read(move |read| identity::required_on(read, &key, today)).await
}

/// Sends a draft: the registers are asked once more, and the first step begins.
/// A silent register loses nothing: the case is sent, and marked to be checked.
///
/// # Errors
/// Answers are missing, a condition does not hold, it is no draft, its service has
/// another version since it was checked, whoever acts is not known well enough, or
/// the store's.
pub async fn submit(ctx: &Ctx, key: Key, services: &Arc<Services>, id: CaseId) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    let case = ctx.read(move |read| own(read, id, &actor)).await?;
    let (case, changed) = renewed(ctx, services, case).await?;
    if changed {
        // What was checked is not what would be sent.
        return Err(Refusal::Renewed);
    }
    let service = services.catalogue.of(&case).ok_or(Refusal::NoService)?;
    if assurance(ctx) < required(ctx, service).await? {
        return Err(Refusal::TooLow);
    }
    // What was sent already is not asked for: the same key finds its answer below.
    let told = match case.stage {
        Stage::Draft => told::ask_all(ctx, services, service, &case, "case.submit").await?,
        _ => Vec::new(),
    };
    let (services, actor) = (Arc::clone(services), ctx.actor.clone());
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        let service = services.catalogue.of(&case).ok_or(Refusal::NoService)?;
        send_in(tx, &services, service, &mut case, &told)
    })
    .await
}

fn send_in(
    tx: &mut Tx<'_>,
    services: &Services,
    service: &Service,
    case: &mut Case,
    told: &[Told],
) -> Result<(), Refusal> {
    if case.stage != Stage::Draft {
        return Err(Refusal::NotNow(case.stage.as_str(), "submit"));
    }
    let now = tx.now();
    let (today, actor) = (now.date(Zone::Hebron), tx.actor().clone());
    Doors::of(&service.file).admit(tx, case.person, today)?;
    // A register that falls silent now hides or opens no question: what was asked by
    // what it told before was asked rightly, and stays.
    let asked_by = catalogue::told::with_earlier(told, &told::told(tx, case)?);
    let sources = facts::sources_with(tx, service, case.person, asked_by, today, &actor)?;
    let facts = form::facts(service, today, &case.answers, &sources);
    let missing = form::missing(service, &facts);
    if !missing.is_empty() {
        return Err(Refusal::Incomplete(missing));
    }
    let verdict = Verdict::of(service, &facts, told);
    if !verdict.failing.is_empty() {
        return Err(Refusal::NotEligible(verdict.failing));
    }
    case.answers = form::visible(service, &facts);
    for step in &service.file.steps {
        if let StepKind::CoSign { field, .. } = &step.kind
            && case.answers.contains_key(field)
            && !co_sign::names_others(tx, case, field)?
        {
            return Err(Refusal::Incomplete(vec![field.clone()]));
        }
    }
    case.keep_answers_in(tx)?;
    // What is not sent, half arrived or of a page that does not show, is nobody's to keep.
    files::forget_in(tx, case, files::is_answer_of(case))?;
    told::keep_in(tx, case.id, case.person, told)?;
    told::forget_others_in(tx, case)?;
    case.submitted_at = Some(now);
    add_in(tx, case, Kind::Submitted, None, json!({ "service": case.service, "version": case.version }))?;
    count_in(tx, "submitted", &case.service, "", case.locale)?;
    if told::unheard(tx, service, case, told)? {
        let silent: Vec<&str> =
            told.iter().filter(|one| !one.heard.is_final()).map(|one| one.lookup.as_str()).collect();
        way::wait_in(tx, case, &json!({ "lookups": silent }))?;
    } else {
        way::advance_in(tx, &services.catalogue, case, told.to_vec())?;
    }
    case.keep_in(tx, Stage::Draft).map_err(Refusal::from)
}
