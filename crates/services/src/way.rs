//! The way of a case after it is sent: the folder's steps one after another,
//! each beginning in the commit that ended the one before. This is the only
//! place that knows a case's whole way.

use std::sync::Arc;

use base::{CaseId, Locale, Timestamp, Zone};
use documents::{NewPaper, PaperIssued, PaperRevoked};
use payments::{BillPaid, BillRequest, FeeUse, MoneyHeld, Wording};
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Tx, Work};

use crate::case::{Case, Refusal, Stage, case, case_of};
use crate::catalogue::Catalogue;
use crate::count::count_in;
use crate::folder::{Decider, PaperFile, Service, StepFile};
use crate::messages::Messages;
use crate::rules::{Facts, holds};
use crate::system::Services;
use crate::timeline::{Kind, add_in};
use crate::{form, promise, told};

/// The queue of cases whose registers have yet to be heard.
pub(crate) const CHECK: &str = "services.check";
/// A silent register is asked again after this, seconds.
const AGAIN_S: i64 = 5;
/// And at least this often, seconds.
const SELDOM_S: i64 = 600;

/// Goes on with the next step, as far as nobody has to be waited for; what is
/// complete and paid is promised.
pub(crate) fn advance_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    case: &mut Case,
    registers: &Value,
) -> Result<(), Refusal> {
    step_in(tx, catalogue, case, registers)?;
    promise::begin_in(tx, catalogue, case).map_err(Refusal::from)
}

fn step_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case, registers: &Value) -> Result<(), Refusal> {
    let service = catalogue.service(&case.service).ok_or(Refusal::NoService)?;
    let facts = form::facts(tx.now().date(Zone::Hebron), &case.answers, registers.clone());
    loop {
        case.step += 1;
        let at = usize::try_from(case.step).unwrap_or(usize::MAX);
        match service.file.steps.get(at) {
            None => return complete_in(tx, case),
            Some(StepFile::Pay) => return bill_in(tx, catalogue, service, case, &facts),
            Some(StepFile::Decide { by: Decider::Rule, rule, reason, .. }) => {
                let yes = match rule.as_deref().map(|rule| holds(rule, &facts)) {
                    Some(Ok(yes)) => yes,
                    // Never a no: what it needs may be heard yet.
                    Some(Err(none)) => {
                        case.step -= 1;
                        return wait_in(tx, case, &json!({ "rule": none.to_string() }));
                    }
                    None => false,
                };
                if !yes {
                    let key = format!("reason-{}", reason.as_deref().unwrap_or_default());
                    return refuse_in(tx, case, &service.text(case.locale, &key), "rule");
                }
                // Where somebody decides after it, a rule only lets the case go on.
                let mut later = service.file.steps.iter().skip(at + 1);
                let last = !later.any(|step| matches!(step, StepFile::Decide { .. }));
                let kind = if last { Kind::Approved } else { Kind::Eligible };
                add_in(tx, case, kind, None, json!({ "by": "rule", "rule": rule }))?;
            }
            Some(StepFile::Decide { by: Decider::Clerk, unit, .. }) => {
                case.take("decide")?;
                case.unit.clone_from(unit);
                // Whoever decided an earlier step is of another unit.
                case.officer = None;
                return Ok(());
            }
            Some(StepFile::Issue) => {
                case.take("issue")?;
                return order_in(tx, catalogue, service, case, registers);
            }
            Some(StepFile::Deliver) => {
                if let Some(office) = collection_office(service, case) {
                    case.take("deliver")?;
                    crate::parcel::open_in(tx, case, &office)?;
                    case.unit = Some(office);
                    return Ok(());
                }
            }
        }
    }
}

/// The office where the person wants to collect, if they chose one.
pub(crate) fn collection_office(service: &Service, case: &Case) -> Option<String> {
    let mut fields = service.file.pages.iter().rev().filter_map(|page| page.field.as_ref());
    let office = fields.find(|field| field.kind == crate::folder::FieldKind::PostOffice)?;
    case.answers.get(&office.id)?.as_str().map(str::to_owned)
}

pub(crate) fn refuse_in(tx: &mut Tx<'_>, case: &mut Case, reason: &str, by: &str) -> Result<(), Refusal> {
    case.take("refuse")?;
    case.closed_at = Some(tx.now());
    case.outcome = Some("refused".to_owned());
    add_in(tx, case, Kind::Refused, Some(reason), json!({ "by": by, "reason": reason }))?;
    count_in(tx, "refused", &case.service, by, case.locale)?;
    Ok(())
}

/// Waits for what registers have yet to tell; the next step is tried again then.
pub(crate) fn wait_in(tx: &mut Tx<'_>, case: &mut Case, lacking: &Value) -> Result<(), Refusal> {
    case.take("check")?;
    if !case.marked {
        case.marked = true;
        add_in(tx, case, Kind::Marked, None, lacking.clone())?;
    }
    let due = tx.now().plus_seconds(pause_s(case, tx.now()));
    tx.enqueue(CHECK, &case.id.to_string(), &case.id, due).map_err(Refusal::from)
}

pub(crate) fn complete_in(tx: &mut Tx<'_>, case: &mut Case) -> Result<(), Refusal> {
    case.take("complete")?;
    case.closed_at = Some(tx.now());
    case.outcome = Some("completed".to_owned());
    add_in(tx, case, Kind::Completed, None, json!({}))?;
    count_in(tx, "completed", &case.service, "", case.locale)?;
    Ok(())
}

fn bill_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    service: &Service,
    case: &mut Case,
    facts: &Facts,
) -> Result<(), Refusal> {
    case.take("pay")?;
    let cohorts = service.file.cohorts.iter().filter(|(_, rule)| holds(rule, facts).unwrap_or(false));
    let today = tx.now().date(Zone::Hebron).to_string();
    let request = BillRequest {
        case: case.id,
        payer: case.person,
        service: case.service.clone(),
        names: Wording::of(|locale| service.text(locale, "name")),
        issuer: Wording::of(|locale| catalogue.agency(&service.file.provider, &today, locale)),
        fees: service.file.fees.iter().map(|fee| FeeUse { code: fee.code.clone(), quantity: fee.quantity }).collect(),
        cohorts: cohorts.map(|(name, _)| name.clone()).collect(),
    };
    let bill = payments::bill_in(tx, &request)?;
    add_in(tx, case, Kind::Billed, None, json!({ "bill": bill.id.to_string(), "total": bill.total.to_string() }))?;
    Ok(())
}

fn order_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    service: &Service,
    case: &Case,
    registers: &Value,
) -> Result<(), Refusal> {
    let Some(paper) = &service.file.paper else { return Err(Refusal::NoService) };
    let today = tx.now().date(Zone::Hebron);
    let both = |text: &dyn Fn(Locale) -> String| [text(Locale::AR), text(Locale::EN)];
    let issuer = both(&|locale| catalogue.agency(&service.file.provider, &today.to_string(), locale));
    let title = both(&|locale| service.text(locale, "paper-title"));
    let new = NewPaper {
        person: case.person,
        about: case.object(),
        template: case.service.clone(),
        prefix: paper.serial.clone(),
        issuer,
        title,
        values: values(service, paper, case, registers),
        public: paper.public.clone(),
        valid_until: paper.valid_days.and_then(|days| i32::try_from(days).ok()).map(|days| today.plus_days(days)),
        unit: case.unit.clone(),
    };
    documents::order_in(tx, &new)?;
    Ok(())
}

/// The paper's values: from a register's answer, or from the person's own.
fn values(service: &Service, paper: &PaperFile, case: &Case, registers: &Value) -> Map<String, Value> {
    let mut values = Map::new();
    for wanted in &paper.values {
        let value = if wanted.lookup == "answers" {
            let field = wanted.path.trim_start_matches('/');
            case.answers.get(field).map(|answer| spell(service, field, answer))
        } else {
            registers.get(&wanted.lookup).and_then(|body| body.pointer(&wanted.path)).cloned()
        };
        values.insert(wanted.id.clone(), value.unwrap_or(Value::Null));
    }
    values
}

/// A choice in words, in every language; anything else as it was typed.
pub(crate) fn spell(service: &Service, field: &str, answer: &Value) -> Value {
    let Some(word) = answer.as_str() else { return answer.clone() };
    let key = format!("option-{field}-{word}");
    let text = |locale: Locale| service.texts.get(locale.index()).and_then(|bundle| bundle.get(&key));
    match (text(Locale::AR), text(Locale::EN)) {
        (Some(ar), Some(en)) => json!({ "ar": ar, "en": en }),
        _ => answer.clone(),
    }
}

/// A register was silent when the case was sent: asks again, and goes on once
/// it is heard.
pub(crate) async fn check(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: CaseId = work.parse()?;
    let Some(found) = ctx.read(move |read| case(read, id)).await? else { return Ok(()) };
    let Some(service) = services.catalogue.service(&found.service) else { return Ok(()) };
    if found.stage != Stage::Checking {
        return Ok(());
    }
    let lookups: Vec<_> = service.file.lookups.iter().collect();
    let told = told::ask(&ctx, &services.exchange, &found, &lookups, "case.check").await?;
    let moved = Arc::clone(&services);
    let gone_on = ctx.write(work.write_key(), move |tx| {
        let Some(mut now) = case(tx, id)?.filter(|case| case.stage == Stage::Checking) else { return Ok(()) };
        let Some(service) = moved.catalogue.service(&now.service) else { return Ok(()) };
        told::keep_in(tx, id, now.person, &told)?;
        if told::unheard(service, &told) {
            return wait_in(tx, &mut now, &json!({}));
        }
        advance_in(tx, &moved.catalogue, &mut now, &told::registers(&told))?;
        now.marked = now.stage == Stage::Checking;
        now.keep_in(tx, Stage::Checking).map_err(Refusal::from)
    });
    gone_on.await.map_err(store_error)
}

/// The longer a register is silent, the less often it is asked.
fn pause_s(case: &Case, now: Timestamp) -> i64 {
    let silent = case.submitted_at.map_or(0, |since| now.seconds_since(since));
    (silent / 4).clamp(AGAIN_S, SELDOM_S)
}

/// The bill was settled: the next step begins.
pub(crate) async fn paid(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let event: BillPaid = work.parse()?;
    let gone_on = ctx.write(work.write_key(), move |tx| {
        let Some(mut now) = case(tx, event.case)?.filter(|case| case.stage == Stage::Paying) else { return Ok(()) };
        let waived = payments::bill(tx, event.bill)?.is_some_and(|bill| bill.waived().is_some());
        let kind = if waived { Kind::Waived } else { Kind::Paid };
        add_in(tx, &now, kind, None, json!({ "bill": event.bill.to_string() }))?;
        count_in(tx, "paid", &now.service, "", now.locale)?;
        let told = told::told(tx, now.id, now.person)?;
        advance_in(tx, &services.catalogue, &mut now, &told::registers(&told))?;
        now.keep_in(tx, Stage::Paying).map_err(Refusal::from)
    });
    gone_on.await.map_err(store_error)
}

/// Money came beside what settled the bill: its payer is told that it goes back.
pub(crate) async fn money_held(ctx: Ctx, work: Work) -> Result<(), Error> {
    let event: MoneyHeld = work.parse()?;
    let told = ctx.write(work.write_key(), move |tx| {
        let Some(now) = case(tx, event.case)? else { return Ok(()) };
        let m = Messages::new(now.locale);
        let amount = event.money().map(|money| web::money_in(now.locale, money));
        let note = m.money_held(amount.as_deref().unwrap_or(&event.amount), &event.receipt);
        add_in(tx, &now, Kind::MoneyHeld, Some(&note), json!({ "receipt": event.receipt })).map(drop)
    });
    told.await
}

/// The paper was made: the next step begins.
pub(crate) async fn issued(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let event: PaperIssued = work.parse()?;
    let Some(id) = case_of(&event.about) else { return Ok(()) };
    let gone_on = ctx.write(work.write_key(), move |tx| {
        let Some(mut now) = case(tx, id)?.filter(|case| case.stage == Stage::Issuing) else { return Ok(()) };
        add_in(tx, &now, Kind::Issued, None, json!({ "paper": event.paper.to_string() }))?;
        let told = told::told(tx, now.id, now.person)?;
        advance_in(tx, &services.catalogue, &mut now, &told::registers(&told))?;
        now.keep_in(tx, Stage::Issuing).map_err(Refusal::from)
    });
    gone_on.await.map_err(store_error)
}

/// The paper does not hold any more: its person is told, wherever the case stands.
pub(crate) async fn revoked(ctx: Ctx, work: Work) -> Result<(), Error> {
    let event: PaperRevoked = work.parse()?;
    let Some(id) = case_of(&event.about) else { return Ok(()) };
    ctx.write(work.write_key(), move |tx| {
        let (Some(case), Some(paper)) = (case(tx, id)?, documents::paper(tx, event.paper)?) else { return Ok(()) };
        let detail = json!({ "paper": event.paper.to_string() });
        add_in(tx, &case, Kind::Revoked, paper.reason.as_deref(), detail).map(drop)
    })
    .await
}

pub(crate) fn store_error(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Store(error) | Refusal::Payments(payments::Refusal::Store(error)) => error,
        other => Error::Corrupt(other.to_string()),
    }
}
