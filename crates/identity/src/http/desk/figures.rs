//! Figures by day and client: sign-ins and failures, accounts opened, messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Currency, Date, Money, Zone};
use store::{Ctx, Error};
use web::{Extension, Page, Problem};

use super::named;
use crate::Identity;
use crate::client;
use crate::figures::{Event, Totals, figures};
use crate::messages::Messages;

/// Days that the page shows.
const DAYS: i32 = 31;

struct SignInLine {
    day: String,
    client: String,
    done: u64,
    password: u64,
    code: u64,
    officer: u64,
    other: u64,
}

struct OpeningLine {
    day: String,
    proven: u64,
    low: u64,
    no_match: u64,
    has_account: u64,
    left: u64,
    /// Of those that ended one way or another, how many were proven, in percent.
    share_percent: Option<u64>,
    median: Option<i64>,
}

struct CounterLine {
    day: String,
    same: u64,
    different: u64,
    no_photo: u64,
    unheard: u64,
    decided: u64,
    median_hours: Option<i64>,
}

struct SmsLine {
    day: String,
    client: String,
    sent: u64,
    called: u64,
    cost: String,
}

#[derive(Template)]
#[template(path = "desk_identity_figures.html")]
struct FiguresPage {
    page: Page,
    m: Messages,
    days: i32,
    price: String,
    call_price: String,
    sign_ins: Vec<SignInLine>,
    openings: Vec<OpeningLine>,
    counters: Vec<CounterLine>,
    messages: Vec<SmsLine>,
}

pub(super) async fn show(
    ctx: Ctx,
    page: Page,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Html<String>, Problem> {
    let (m, locale) = (Messages::new(page.locale), page.locale);
    let from = ctx.now().date(Zone::Hebron).plus_days(1 - DAYS);
    let (lines, names) = ctx
        .read(move |read| {
            let lines = figures(read, from)?;
            let mut names = BTreeMap::new();
            for (_, id, _) in &lines {
                if !id.is_empty() && !names.contains_key(id) {
                    let kept = client::kept(read, id)?;
                    names.insert(id.clone(), kept.map_or_else(|| id.clone(), |kept| named(&kept.client.names, locale)));
                }
            }
            Ok::<_, Error>((lines, names))
        })
        .await?;
    let name = |id: &String| names.get(id).cloned().unwrap_or_else(|| m.figures_opening().to_owned());
    let mut view = FiguresPage {
        page,
        m,
        days: DAYS,
        price: shekels(cost(identity.config.sms_price_minor, 1)),
        call_price: shekels(cost(identity.config.call_price_minor, 1)),
        sign_ins: Vec::new(),
        openings: Vec::new(),
        counters: Vec::new(),
        messages: Vec::new(),
    };
    for (day, client, totals) in &lines {
        let (sent, called, day) = (totals.all(Event::Sms), totals.all(Event::Call), *day);
        if totals.all(Event::SignIn) + totals.all(Event::Failure) > 0 {
            view.sign_ins.push(sign_ins(day, name(client), totals));
        }
        if totals.all(Event::Opening) > 0 {
            view.openings.push(openings(day, totals));
        }
        if totals.all(Event::Comparison) + totals.all(Event::Doubt) > 0 {
            view.counters.push(counters(day, totals));
        }
        if sent + called > 0 {
            let (messages, calls) = (identity.config.sms_price_minor, identity.config.call_price_minor);
            let cost = shekels(cost(messages, sent).saturating_add(cost(calls, called)));
            view.messages.push(SmsLine { day: day.to_string(), client: name(client), sent, called, cost });
        }
    }
    Ok(Html(view.render()?))
}

fn sign_ins(day: Date, client: String, totals: &Totals) -> SignInLine {
    let failed = |detail: &str| totals.of(Event::Failure, detail);
    SignInLine {
        day: day.to_string(),
        client,
        done: totals.all(Event::SignIn),
        password: failed("password"),
        code: failed("sms"),
        officer: failed("officer"),
        other: totals.other(Event::Failure, &["password", "sms", "officer"]),
    }
}

fn openings(day: Date, totals: &Totals) -> OpeningLine {
    let outcome = |detail: &str| totals.of(Event::Opening, detail);
    let ended = totals.all(Event::Opening);
    let proven = outcome("substantial") + outcome("high");
    OpeningLine {
        day: day.to_string(),
        proven,
        low: outcome("low"),
        no_match: outcome("no_match"),
        has_account: outcome("has_account"),
        left: outcome("left"),
        share_percent: (proven * 100).checked_div(ended),
        median: totals.median_wait_seconds(),
    }
}

fn counters(day: Date, totals: &Totals) -> CounterLine {
    let outcome = |detail: &str| totals.of(Event::Comparison, detail);
    CounterLine {
        day: day.to_string(),
        same: outcome("same"),
        different: outcome("different"),
        no_photo: outcome("no-photo"),
        unheard: totals.other(Event::Comparison, &["same", "different", "no-photo"]),
        decided: totals.all(Event::Doubt),
        median_hours: totals.median_queued_hours(),
    }
}

/// What so many messages or calls cost, minor units.
fn cost(price_minor: u32, sent: u64) -> i64 {
    i64::try_from(sent).unwrap_or(i64::MAX).saturating_mul(i64::from(price_minor))
}

fn shekels(minor: i64) -> String {
    Money::from_minor(minor, Currency::Ils).number()
}
