//! `/account/companies`: the companies that one signs for, what waits for one's
//! signature, and who acts for them; `…/give` is the form of a mandate for
//! another. Taking one up is the portal's (`relying_party`), as from the switcher.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use base::{Date, Locale, PersonId, Zone};
use store::{Ctx, Error, Read};
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route, Visit};

use super::account::{owner, refused};
use super::html;
use super::mandates::{Line, Nothing, Typed, id, known, line, unfit};
use crate::Identity;
use crate::company::{self, Company};
use crate::mandate::{Kept, Kind, company as signing, delegate, sign};
use crate::messages::Messages;
use crate::model::Refusal;
use crate::security::Owner;

pub(super) fn routes() -> Vec<Route> {
    const OWNER: Right = Right::Oneself;
    vec![
        Route::get("/account/companies", OWNER, list).states(&["ok", "empty"]),
        Route::post("/account/companies", OWNER, find),
        Route::post("/account/companies/{company}/second", OWNER, ask_second),
        Route::get("/account/companies/{company}/give", OWNER, give).states(&["ok", "low", "404"]),
        Route::post("/account/companies/{company}/give", OWNER, take_give),
        Route::post("/account/companies/mandates/{mandate}/sign", OWNER, sign_second),
        Route::post("/account/companies/mandates/{mandate}/refuse", OWNER, refuse),
        Route::post("/account/companies/mandates/{mandate}/end", OWNER, end),
    ]
}

const LIST: &str = "/account/companies";

/// A company as one of its signatories reads of it.
struct Card {
    id: PersonId,
    name: String,
    number: String,
    form: String,
    jointly: bool,
    active: bool,
    /// The reader's own mandate: what holds, or waits for the second signature.
    holds: Option<Line>,
    waits: Option<Line>,
    /// Who else acts for it, or shall.
    others: Vec<Line>,
}

/// What waits for the reader's signature.
struct Asked {
    company: String,
    /// Who asks.
    first: String,
    line: Line,
}

#[derive(Template)]
#[template(path = "companies.html")]
struct ListPage {
    page: Page,
    m: Messages,
    token: FormToken,
    low: bool,
    asked: Vec<Asked>,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "company_give.html")]
struct GivePage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    company: String,
    jointly: bool,
    low: bool,
    form: Typed,
    services: Vec<(String, String)>,
    error: Option<String>,
}

fn is_low(ctx: &Ctx) -> bool {
    ctx.actor.assurance() < base::Assurance::Substantial
}

fn company_id(text: &str) -> Result<PersonId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// A mandate in a company's name: who acts, and whether the reader may end it.
fn signed_line(
    read: &mut Read<'_>,
    m: Messages,
    kept: &Kept,
    owner: Owner,
    now: (Locale, Date),
) -> Result<Line, Error> {
    let mut line = line(read, m, kept, true, now)?;
    line.who = signing::agent_of(read, kept, now.0)?;
    line.endable = sign::may_end(read, kept, owner.person)?;
    Ok(line)
}

fn card(
    read: &mut Read<'_>,
    m: Messages,
    company: &Company,
    owner: Owner,
    now: (Locale, Date),
) -> Result<(Card, Vec<Asked>), Error> {
    let (locale, today) = now;
    let name = company.name(locale).to_owned();
    let mut card = Card {
        id: company.person,
        number: company.number.as_str().to_owned(),
        form: company.form(locale).to_owned(),
        jointly: company.jointly,
        active: company.active,
        holds: None,
        waits: None,
        others: Vec::new(),
        name,
    };
    let mut asked = Vec::new();
    for kept in signing::open_of(read, company.person)?.iter().filter(|kept| kept.until >= today) {
        let line = signed_line(read, m, kept, owner, now)?;
        let first = signing::signature(read, kept)?.map_or(owner.person, |signature| signature.first);
        match (kept.kind, kept.stage.as_str()) {
            (_, "awaiting") if first != owner.person => {
                let first = crate::mandate::name_of(read, first, locale)?;
                asked.push(Asked { company: card.name.clone(), first, line });
            }
            (Kind::Signatory, "awaiting") => card.waits = Some(line),
            (Kind::Signatory, _) if kept.agent == Some(owner.person) => card.holds = Some(line),
            _ => card.others.push(line),
        }
    }
    Ok((card, asked))
}

async fn list(ctx: Ctx, visit: Visit, token: FormToken) -> Result<Response, Problem> {
    let (owner, m, locale) = (owner(&ctx)?, Messages::new(ctx.locale), ctx.locale);
    let now = (locale, ctx.now().date(Zone::Hebron));
    let (cards, asked) = ctx
        .read(move |read| {
            let (mut cards, mut asked) = (Vec::new(), Vec::new());
            for company in company::signed_for(read, owner.person)? {
                let (card, waiting) = card(read, m, &company, owner, now)?;
                cards.push(card);
                asked.extend(waiting);
            }
            Ok::<_, Error>((cards, asked))
        })
        .await?;
    let page = ListPage { page: Page::of(&visit), m, token, low: is_low(&ctx), asked, cards };
    Ok(html(page.render()?, StatusCode::OK))
}

/// A refusal on the way back to the list.
fn back(ctx: &Ctx, visit: &Visit, done: Result<(), Refusal>) -> Result<Response, Problem> {
    let m = Messages::new(ctx.locale);
    match done {
        Ok(()) => Ok(Redirect::to(&visit.localised(LIST)).into_response()),
        // The page was older than the mandate.
        Err(Refusal::Stage { .. }) => Err(Problem::conflict(m.mandate_gone()).link(LIST, m.companies_title())),
        Err(Refusal::Gone) => Err(Problem::not_found()),
        Err(Refusal::NoMandate) => Err(Problem::refused(m.company_says_no()).link(LIST, m.companies_title())),
        Err(refusal) => Err(refused(ctx)(refusal).link(LIST, m.companies_title())),
    }
}

async fn find(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let m = Messages::new(ctx.locale);
    match signing::find(&ctx, &identity).await {
        Ok(0) => Err(Problem::refused(m.no_companies()).link("/account/acting", m.acting_title())),
        found => back(&ctx, &visit, found.map(drop)),
    }
}

async fn ask_second(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(company): Path<String>,
    form: Form<Nothing>,
) -> Result<Response, Problem> {
    let key = form.key("identity.company_second");
    let done = signing::ask_second(&ctx, &identity, key, company_id(&company)?).await;
    back(&ctx, &visit, done)
}

async fn sign_second(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(mandate): Path<String>,
    form: Form<Nothing>,
) -> Result<Response, Problem> {
    let done = sign::sign(&ctx, &identity, form.key("identity.company_sign"), id(&mandate)?).await;
    back(&ctx, &visit, done)
}

async fn refuse(ctx: Ctx, visit: Visit, Path(mandate): Path<String>, form: Form<Nothing>) -> Result<Response, Problem> {
    let done = sign::refuse(&ctx, form.key("identity.company_refuse"), id(&mandate)?).await;
    back(&ctx, &visit, done)
}

async fn end(ctx: Ctx, visit: Visit, Path(mandate): Path<String>, form: Form<Nothing>) -> Result<Response, Problem> {
    let done = sign::end(&ctx, form.key("identity.company_end"), id(&mandate)?).await;
    back(&ctx, &visit, done)
}

/// The form, for whoever may act for the company as its signatory.
async fn give_page(
    ctx: &Ctx,
    visit: &Visit,
    company: PersonId,
    form: Typed,
    fault: Option<(StatusCode, String)>,
) -> Result<Response, Problem> {
    let (owner, m, locale) = (owner(ctx)?, Messages::new(ctx.locale), ctx.locale);
    let (today, low) = (ctx.now().date(Zone::Hebron), is_low(ctx));
    let found = ctx.read(move |read| {
        delegate::acts_as_signatory(read, company, owner, today)?;
        Ok::<_, Refusal>((company::company(read, company)?.ok_or(Refusal::Gone)?, known(read, locale)?))
    });
    let (known, services) = found.await.map_err(refused(ctx))?;
    let (status, error) = fault.map_or((StatusCode::OK, None), |(status, error)| (status, Some(error)));
    let mut page = Page::of(visit);
    page.path = format!("{LIST}/{company}/give");
    let view = GivePage {
        action: page.to(&page.path),
        token: visit.form_token(),
        company: known.name(locale).to_owned(),
        jointly: known.jointly,
        low,
        m,
        page,
        form,
        services,
        error,
    };
    Ok(html(view.render()?, status))
}

async fn give(ctx: Ctx, visit: Visit, Path(company): Path<String>) -> Result<Response, Problem> {
    let today = ctx.now().date(Zone::Hebron);
    give_page(&ctx, &visit, company_id(&company)?, Typed::from_today(today), None).await
}

async fn take_give(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(company): Path<String>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    // Whoever has that number, and whether anybody has it here: the answer comes now.
    let answer_at = tokio::time::Instant::now() + std::time::Duration::from_millis(identity.config.patience_ms);
    let (m, key, company) = (Messages::new(ctx.locale), form.key("identity.company_give"), company_id(&company)?);
    let form = form.into_inner();
    let given = match form.read() {
        Ok(wanted) => delegate::give(&ctx, &identity, key, company, wanted).await,
        Err(part) => Err(Refusal::Unfit(part)),
    };
    tokio::time::sleep_until(answer_at).await;
    let fault = match given {
        Ok(_) => return back(&ctx, &visit, Ok(())),
        Err(Refusal::Unfit(part)) => (StatusCode::UNPROCESSABLE_ENTITY, unfit(m, part)),
        // What was typed stays on the page.
        Err(Refusal::CompaniesSilent) => (StatusCode::SERVICE_UNAVAILABLE, m.companies_silent()),
        Err(refusal) => return back(&ctx, &visit, Err(refusal)),
    };
    give_page(&ctx, &visit, company, form, Some((fault.0, fault.1.to_owned()))).await
}
