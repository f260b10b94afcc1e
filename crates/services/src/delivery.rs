//! How a paper reaches its person, changed while that is still possible: another
//! post office, or the wallet alone, as long as nothing left for an office.
//!
//! What else a service asks is not changed: an answer that another rule reads is
//! left as it was sent.

use std::sync::Arc;

use base::{Actor, CaseId, Date, Zone};
use catalogue::chosen::Sources;
use catalogue::form::{facts, pages};
use catalogue::{Catalogue, FieldFile, FieldKind, PageFile, Service, StepKind};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::case::{Case, Refusal, Stage, own};
use crate::messages::Messages;
use crate::parcel::{self, PARCEL};
use crate::timeline::{Kind, add_in};
use crate::way::complete_in;
use crate::{facts, sql};
use rules::Rule;

/// Answers that change together; none takes one away.
type Changes = Vec<(String, Option<Value>)>;

/// What a person can still choose for their paper.
pub(crate) struct Ways {
    /// The office that it goes to; none where it only comes into the wallet.
    pub(crate) office: Option<String>,
    /// The question for the office.
    field: String,
    /// What must change so that it goes to an office at all.
    to_office: Option<Changes>,
    /// What must change so that it only comes into the wallet.
    to_wallet: Option<Changes>,
}

impl Ways {
    pub(crate) const fn has_offices(&self) -> bool {
        self.to_office.is_some()
    }
    pub(crate) const fn has_wallet(&self) -> bool {
        self.to_wallet.is_some()
    }
}

/// What can be chosen for a case's paper as it stands; none when it is too late,
/// or when the service leaves no choice.
pub(crate) fn ways(
    read: &mut Read<'_>,
    service: &Service,
    case: &Case,
    today: Date,
    actor: &Actor,
) -> Result<Option<Ways>, Error> {
    if !is_changeable(read, service, case)? {
        return Ok(None);
    }
    let Some((page, field)) = question(service) else { return Ok(None) };
    let sources = facts::sources(read, service, case, today, actor)?;
    let office = service.collection_office(&case.answers);
    let way = Asked { service, case, page, field, today, sources };
    let ways = Ways {
        field: field.id.clone(),
        to_office: way.shown(true),
        to_wallet: service.file.delivery.iter().any(|way| way == "wallet").then(|| way.wallet()).flatten(),
        office,
    };
    Ok((ways.to_office.is_some() || ways.to_wallet.is_some()).then_some(ways))
}

/// The page that asks for the post office: the one that `collection_office` reads.
fn question(service: &Service) -> Option<(&PageFile, &FieldFile)> {
    let asked = |page: &'_ PageFile| page.field.as_ref().is_some_and(|field| field.kind == FieldKind::PostOffice);
    let page = service.file.pages.iter().rev().find(|page| asked(page))?;
    Some((page, page.field.as_ref()?))
}

/// Nothing left yet, and the paper is still to be delivered.
fn is_changeable(read: &mut Read<'_>, service: &Service, case: &Case) -> Result<bool, Error> {
    match case.stage {
        Stage::Checking | Stage::Paying | Stage::Deciding | Stage::Asked | Stage::Waiting | Stage::Issuing => {
            let ahead = usize::try_from(case.step + 1).unwrap_or(0);
            Ok(service.file.steps.iter().skip(ahead).any(|step| matches!(step.kind, StepKind::Deliver)))
        }
        Stage::Delivering => Ok(parcel::stage_of(read, case.id)?.as_deref() == Some(PARCEL.start)),
        _ => Ok(false),
    }
}

/// The question for the office, as one case was asked it.
struct Asked<'a> {
    service: &'a Service,
    case: &'a Case,
    page: &'a PageFile,
    field: &'a FieldFile,
    today: Date,
    sources: Sources,
}

impl Asked<'_> {
    /// Whether the page shows when this answer is another.
    fn shows(&self, change: Option<(&str, &str)>) -> bool {
        let mut answers = self.case.answers.clone();
        if let Some((field, option)) = change {
            answers.insert(field.to_owned(), json!(option));
        }
        let facts = facts(self.service, self.today, &answers, &self.sources);
        pages(self.service, &facts).iter().any(|page| page.id == self.page.id)
    }

    /// What must change so that the page shows, or does not: nothing, or the one
    /// choice that alone decides it and that no other rule reads.
    fn shown(&self, wanted: bool) -> Option<Changes> {
        if self.shows(None) == wanted {
            return Some(Vec::new());
        }
        let choices = self.service.file.pages.iter().filter_map(|page| page.field.as_ref());
        let choices = choices.filter(|field| field.kind == FieldKind::Choice && !self.is_read_elsewhere(&field.id));
        let pairs =
            choices.flat_map(|field| field.options.iter().map(move |option| (field.id.as_str(), option.as_str())));
        let mut found = pairs.filter(|pair| self.shows(Some(*pair)) == wanted);
        let (field, option) = found.next()?;
        found.next().is_none().then(|| vec![(field.to_owned(), Some(json!(option)))])
    }

    /// What must change so that no office is asked for.
    fn wallet(&self) -> Option<Changes> {
        if self.is_read_elsewhere(&self.field.id) {
            return None;
        }
        let gone = (self.field.id.clone(), None);
        match &self.page.when {
            Some(_) => self.shown(false).map(|changes| changes.into_iter().chain([gone]).collect()),
            None => (!self.field.required).then(|| vec![gone]),
        }
    }

    /// Whether a rule reads an answer that has nothing to do with the office.
    fn is_read_elsewhere(&self, name: &str) -> bool {
        let file = &self.service.file;
        let pages = file.pages.iter().filter(|page| page.id != self.page.id).filter_map(|page| page.when.as_ref());
        let checks = file.pages.iter().flat_map(PageFile::fields).filter_map(|field| field.check.as_ref());
        let steps = file.steps.iter().filter(|step| !matches!(step.kind, StepKind::Deliver));
        let steps = steps.flat_map(|step| {
            let own = match &step.kind {
                StepKind::Decide { rule, .. } => rule.as_ref(),
                _ => None,
            };
            let bodies = step.kind.bodies().iter().filter_map(|body| body.rule.as_ref());
            step.when.as_ref().into_iter().chain(own).chain(bodies)
        });
        let mut rules = pages.chain(checks).chain(steps).chain(file.cohorts.values());
        rules.any(|rule: &Rule| rule.reads_answer(name))
    }
}

/// The paper is to go to this post office.
///
/// # Errors
/// Not a case of this person, too late, no such office, or the store's.
pub async fn deliver_to(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: CaseId,
    office: &str,
) -> Result<(), Refusal> {
    let listed = catalogue.offices().iter().any(|known| known.key == office && known.kind == "post");
    if !listed {
        return Err(Refusal::NoCase);
    }
    let (moved, office) = (Arc::clone(catalogue), office.to_owned());
    change(ctx, key, catalogue, id, move |tx, case, ways| {
        if ways.office.as_deref() == Some(office.as_str()) {
            return Ok(());
        }
        let changes = ways.to_office.clone().ok_or(Refusal::TooLate)?;
        apply(case, changes);
        case.answers.insert(ways.field.clone(), json!(office));
        case.keep_answers_in(tx)?;
        if case.stage == Stage::Delivering {
            let now = tx.now();
            tx.execute_one(&sql::TURN_PARCEL, &params![office, now, case.id])?;
            case.unit = Some(office.clone());
            case.keep_in(tx, Stage::Delivering)?;
        }
        let name = moved.office_name(&office, case.locale);
        add_in(tx, case, Kind::DeliveryChanged, Some(&name), json!({ "office": office }))?;
        Ok(())
    })
    .await
}

/// The paper is only to come into the wallet.
///
/// # Errors
/// Not a case of this person, too late, not offered, or the store's.
pub async fn deliver_to_wallet(ctx: &Ctx, key: Key, catalogue: &Arc<Catalogue>, id: CaseId) -> Result<(), Refusal> {
    change(ctx, key, catalogue, id, move |tx, case, ways| {
        if ways.office.is_none() {
            return Ok(());
        }
        let changes = ways.to_wallet.clone().ok_or(Refusal::TooLate)?;
        apply(case, changes);
        case.keep_answers_in(tx)?;
        let note = Messages::new(case.locale).delivery_wallet();
        add_in(tx, case, Kind::DeliveryChanged, Some(note), json!({ "wallet": true }))?;
        if case.stage == Stage::Delivering {
            parcel::cancel_in(tx, case.id)?;
            complete_in(tx, case)?;
            case.keep_in(tx, Stage::Delivering)?;
        }
        Ok(())
    })
    .await
}

fn apply(case: &mut Case, changes: Changes) {
    for (name, value) in changes {
        match value {
            Some(value) => drop(case.answers.insert(name, value)),
            None => drop(case.answers.remove(&name)),
        }
    }
}

async fn change(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: CaseId,
    act: impl Fn(&mut Tx<'_>, &mut Case, &Ways) -> Result<(), Refusal> + Send + Sync + 'static,
) -> Result<(), Refusal> {
    let (catalogue, actor) = (Arc::clone(catalogue), ctx.actor.clone());
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let today = tx.now().date(Zone::Hebron);
        let ways = ways(tx, service, &case, today, &actor)?.ok_or(Refusal::TooLate)?;
        act(tx, &mut case, &ways)
    })
    .await
}
