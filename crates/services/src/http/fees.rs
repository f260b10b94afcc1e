//! What a service costs, as pages say it. Before anybody has answered: what is owed
//! in any case, what for each of something, and what in some cases only. Before
//! sending: what these answers come to.

use base::{Currency, Money};
use catalogue::Service;
use catalogue::folder::{FeeFile, Quantity};
use store::Ctx;
use web::Page;

use crate::case::Refusal;
use crate::messages::Messages;
use crate::steps::pay;
use crate::system::Services;
use rules::Facts;

/// The sum of fees that are owed in any case, and the fees that answers decide on.
struct Priced<'s> {
    always: Option<Money>,
    others: Vec<(&'s FeeFile, Option<Money>)>,
}

/// By the seeded amounts; what is owed is computed from the finance register when
/// the bill is made.
fn priced(service: &Service) -> Priced<'_> {
    let mut priced = Priced { always: None, others: Vec::new() };
    for fee in &service.file.fees {
        let amount = seeded(service, fee);
        let summed = match (amount, priced.always) {
            (Some(amount), _) if fee.when.is_some() || fee.quantity.rule().is_some() => Err(Some(amount)),
            (Some(amount), None) => Ok(amount),
            (Some(amount), Some(sum)) => sum.plus(amount).map_err(|_| Some(amount)),
            (None, _) => Err(None),
        };
        match summed {
            Ok(sum) => priced.always = Some(sum),
            Err(amount) => priced.others.push((fee, amount)),
        }
    }
    priced
}

/// A fee's amount, of one where answers say how many.
fn seeded(service: &Service, fee: &FeeFile) -> Option<Money> {
    let known = service.file.register.fees.iter().rfind(|known| known.code == fee.code)?;
    let one = Money::parse(&known.amount, Currency::from_code(&known.currency)?).ok()?;
    let quantity = match fee.quantity {
        Quantity::Fixed(number) => i64::from(number),
        Quantity::Counted(_) => 1,
    };
    Some(Money::from_minor(one.minor().checked_mul(quantity)?, one.currency()))
}

fn name(service: &Service, fee: &FeeFile, page: &Page) -> String {
    let known = service.file.register.fees.iter().rfind(|known| known.code == fee.code);
    let name = known.and_then(|known| known.name.get(page.locale.tag()));
    name.cloned().unwrap_or_else(|| Messages::new(page.locale).fee().to_owned())
}

/// The fees that are owed in any case, and each other one with its amount.
pub(super) fn amounts(service: &Service) -> Vec<(Option<&FeeFile>, Money)> {
    let priced = priced(service);
    let always = priced.always.map(|sum| (None, sum));
    let others = priced.others.into_iter().filter_map(|(fee, amount)| Some((Some(fee), amount?)));
    always.into_iter().chain(others).collect()
}

/// Each fee on a line; none where the service is free.
pub(super) fn lines(service: &Service, page: &Page) -> Vec<String> {
    let (m, priced) = (Messages::new(page.locale), priced(service));
    let mut lines: Vec<String> = priced.always.map(|sum| page.money(sum)).into_iter().collect();
    for (fee, amount) in priced.others {
        let Some(amount) = amount.map(|amount| page.money(amount)) else {
            lines.push(m.fee_unknown().to_owned());
            continue;
        };
        let amount = match fee.quantity {
            Quantity::Fixed(_) => amount,
            Quantity::Counted(_) => m.fee_each(amount, service.text(page.locale, &fee.per_text())),
        };
        lines.push(if fee.when.is_some() { m.fee_sometimes(amount, name(service, fee, page)) } else { amount });
    }
    lines.dedup();
    lines
}

/// The same in a word or two, for a list; none where the service is free.
pub(super) fn short(service: &Service, page: &Page) -> Option<String> {
    let (m, priced) = (Messages::new(page.locale), priced(service));
    let Priced { always, others } = priced;
    let mut least = always;
    for (_, amount) in others.iter().filter(|(fee, _)| fee.when.is_none()) {
        // One at least is owed of what is counted.
        least = match (least, *amount) {
            (Some(sum), Some(amount)) => sum.plus(amount).ok().or(Some(sum)),
            (sum, amount) => sum.or(amount),
        };
    }
    match least {
        Some(sum) if others.is_empty() => Some(page.money(sum)),
        Some(sum) => Some(m.fee_from(page.money(sum))),
        None if others.is_empty() => None,
        None => Some(m.fee_depends().to_owned()),
    }
}

/// What a draft comes to by today's amounts and waivers: each fee and how much, as
/// far as its answers and the registers tell.
pub(super) async fn estimate(
    ctx: &Ctx,
    services: &std::sync::Arc<Services>,
    service: &Service,
    facts: &Facts,
    page: &Page,
) -> Result<Vec<(String, String)>, Refusal> {
    let (key, facts, services) = (service.file.key.clone(), facts.clone(), std::sync::Arc::clone(services));
    let read = ctx.read(move |read| {
        let service = services.catalogue.service(&key).ok_or(Refusal::NoService)?;
        pay::estimate(read, service, &facts)
    });
    let m = Messages::new(page.locale);
    let line = |(names, line): (payments::Wording, payments::BillLine)| {
        let name = names.get(page.locale).unwrap_or_else(|| m.fee()).to_owned();
        let amount = page.money(line.amount);
        let amount = if line.quantity > 1 { m.fee_times(amount, i64::from(line.quantity)) } else { amount };
        let waiver = line.waiver.as_ref().and_then(|waiver| waiver.names.get(page.locale));
        (name, waiver.map_or_else(|| amount.clone(), |why| [amount.as_str(), why].join(m.list_comma())))
    };
    Ok(read.await?.into_iter().map(line).collect())
}
