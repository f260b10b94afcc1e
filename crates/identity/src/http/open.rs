//! `/account/open`: one question a page. Every answer leads back to
//! `/account/open/{opening}`, which shows where one stands.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use base::{Date, IdNumber};
use serde::Deserialize;
use store::Ctx;
use tokio::time::Instant;
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, ReturnPath, Visit,
};

use super::code_step::{CodeStep, Resend, wrong};
use super::{browser_of, device_of, host_of, html, problem, unfit};
use crate::Identity;
use crate::code::Tried;
use crate::messages::Messages;
use crate::model::{OpeningId, Refusal};
use crate::opening::{self, Ended, Opening};

#[derive(Template)]
#[template(path = "open_number.html")]
struct NumberPage {
    page: Page,
    m: Messages,
    token: FormToken,
    return_to: String,
    typed: String,
    /// Set when the check digit did not fit: the same number again is taken.
    asked_again: bool,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "open_born.html")]
struct BornPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    typed: [String; 3],
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "open_choose.html")]
struct ChoosePage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    tails: Vec<String>,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "open_password.html")]
struct PasswordPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    low: bool,
    chars_min: usize,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "open_refused.html")]
struct RefusedPage {
    page: Page,
    m: Messages,
    /// Whether the code was right: then it may be said that there is an account.
    proven: bool,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(rename = "return")]
    return_to: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct NumberForm {
    id_number: String,
    return_to: String,
    #[serde(default)]
    asked_again: String,
}

#[derive(Deserialize)]
pub(crate) struct BornForm {
    day: String,
    month: String,
    year: String,
}

#[derive(Deserialize)]
pub(crate) struct ChoiceForm {
    choice: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct CodeForm {
    code: String,
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    new_password: String,
    again_password: String,
}

/// Where somebody is within the wizard.
struct Stand {
    identity: Arc<Identity>,
    page: Page,
    visit: Visit,
    token: FormToken,
}

impl Stand {
    fn of(visit: &Visit, identity: &Arc<Identity>) -> Self {
        Self { identity: Arc::clone(identity), page: Page::of(visit), visit: visit.clone(), token: visit.form_token() }
    }
    /// At an opening: the language switch leads to the step that is due, also
    /// from an answer to a form.
    fn at(visit: &Visit, identity: &Arc<Identity>, id: OpeningId) -> Self {
        let mut stand = Self::of(visit, identity);
        stand.page.path = format!("/account/open/{id}");
        stand
    }
    fn m(&self) -> Messages {
        Messages::new(self.page.locale)
    }
    fn action(&self, id: OpeningId) -> String {
        self.visit.localised(&format!("/account/open/{id}"))
    }
}

fn back(visit: &Visit, id: OpeningId) -> Response {
    Redirect::to(&visit.localised(&format!("/account/open/{id}"))).into_response()
}

pub(crate) async fn number(
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let stand = Stand::of(&visit, &identity);
    let return_to =
        asked.return_to.as_deref().and_then(ReturnPath::parse).map_or(String::new(), |path| path.to_string());
    let page = NumberPage {
        m: stand.m(),
        page: stand.page,
        token: stand.token,
        return_to,
        typed: String::new(),
        asked_again: false,
        error: None,
    };
    Ok(html(page.render()?, StatusCode::OK))
}

pub(crate) async fn take_number(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<NumberForm>,
) -> Result<Response, Problem> {
    let stand = Stand::of(&visit, &identity);
    let m = stand.m();
    let number = IdNumber::parse(&form.id_number);
    let confirmed =
        number.as_ref().is_some_and(|number| number.check_digit_fits() || form.asked_again == number.as_str());
    let Some(number) = number.clone().filter(|_| confirmed) else {
        // A check digit that does not fit is asked about once; the registry decides.
        let error = if number.is_some() { m.id_number_looks_wrong() } else { m.id_number_wrong() };
        let page = NumberPage {
            m,
            page: stand.page,
            token: stand.token,
            return_to: form.return_to.clone(),
            typed: number.as_ref().map_or_else(|| form.id_number.clone(), |number| number.as_str().to_owned()),
            asked_again: number.is_some(),
            error: Some(error.to_owned()),
        };
        return Ok(html(page.render()?, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let return_to = ReturnPath::parse(&form.return_to).map_or(String::new(), |path| path.to_string());
    let address = opening::counted(visit.client());
    let key = form.key("identity.open");
    let begun = opening::begin(&ctx, &identity, key, number, [return_to, address], browser_of(&visit)).await;
    Ok(back(&visit, begun.map_err(|refusal| problem(refusal, ctx.locale))?))
}

fn parse(id: &str) -> Result<OpeningId, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}

async fn load(ctx: &Ctx, visit: &Visit, id: OpeningId) -> Result<Opening, Problem> {
    let (browser, now) = (browser_of(visit), ctx.now());
    let found = ctx.read(move |read| opening::own(read, id, &browser, now)).await;
    found.map_err(|refusal| problem(refusal, ctx.locale))
}

/// A step that came when another is due, or twice, leads to the one that is due.
async fn settled(
    outcome: Result<(), Refusal>,
    ctx: &Ctx,
    visit: &Visit,
    (id, stage): (OpeningId, &str),
) -> Result<Response, Problem> {
    match outcome {
        Ok(()) | Err(Refusal::Stage { .. }) => Ok(back(visit, id)),
        // Of two clicks the second waits for nothing: the first one did it.
        Err(Refusal::Wait(_)) if load(ctx, visit, id).await?.stage != stage => Ok(back(visit, id)),
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

pub(crate) async fn show(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let opening = load(&ctx, &visit, parse(&id)?).await?;
    let stand = Stand::at(&visit, &identity, opening.id);
    if opening.stage == "opened" {
        return Ok(onward(&visit, &opening.return_to));
    }
    render(&ctx, stand, &opening, None).await
}

/// The page of the step that is due, with what is wrong with the answer.
async fn render(ctx: &Ctx, stand: Stand, opening: &Opening, error: Option<String>) -> Result<Response, Problem> {
    let (m, action) = (stand.m(), stand.action(opening.id));
    let Stand { identity, page, token, .. } = stand;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = match opening.stage.as_str() {
        "number" => BornPage { page, m, token, action, typed: Default::default(), error }.render()?,
        "choose" => ChoosePage { page, m, token, action, tails: opening.tails(), error }.render()?,
        "code" => CodeStep::new(&identity, page, token, [action, opening.id.to_string()]).render(ctx, error).await?,
        "proven" | "low" => {
            let low = opening.stage == "low";
            PasswordPage { page, m, token, action, low, chars_min: opening.chars_min(), error }.render()?
        }
        _ => RefusedPage { page, m, proven: !opening.tails().is_empty() }.render()?,
    };
    Ok(html(body, status))
}

pub(crate) async fn take_born(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<BornForm>,
) -> Result<Response, Problem> {
    // Whatever the registers say, the answer comes at this instant.
    let answer_at = Instant::now() + Duration::from_millis(identity.config.patience_ms);
    let id = parse(&id)?;
    let opening = load(&ctx, &visit, id).await?;
    if opening.stage != "number" {
        return Ok(back(&visit, id));
    }
    let typed = [form.day.clone(), form.month.clone(), form.year.clone()];
    let today = ctx.now().date(base::Zone::Hebron);
    let Some(born) = date(&typed).filter(|born| *born <= today && born.years_until(today) < 130) else {
        let stand = Stand::at(&visit, &identity, id);
        let (m, action) = (stand.m(), stand.action(id));
        let error = Some(m.birth_date_wrong().to_owned());
        let page = BornPage { page: stand.page, m, token: stand.token, action, typed, error };
        return Ok(html(page.render()?, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let outcome = opening::born(&ctx, &identity, id, browser_of(&visit), (born, host_of(&visit))).await;
    tokio::time::sleep_until(answer_at).await;
    settled(outcome, &ctx, &visit, (id, "number")).await
}

fn date([day, month, year]: &[String; 3]) -> Option<Date> {
    let number = |text: &str| base::digits::only_digits(text)?.parse::<i16>().ok();
    Date::new(number(year)?, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?)
}

pub(crate) async fn take_choice(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<ChoiceForm>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let Some(choice) = form.choice else {
        let opening = load(&ctx, &visit, id).await?;
        let stand = Stand::at(&visit, &identity, id);
        let error = Some(stand.m().choose_wrong().to_owned());
        return render(&ctx, stand, &opening, error).await;
    };
    let outcome = opening::choose(&ctx, &identity, id, browser_of(&visit), (choice, host_of(&visit))).await;
    settled(outcome, &ctx, &visit, (id, "choose")).await
}

pub(crate) async fn take_code(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<CodeForm>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let error = match opening::code(&ctx, &identity, id, browser_of(&visit), &form.code).await {
        Ok(Tried::Right) => return Ok(back(&visit, id)),
        Ok(tried) => wrong(Messages::new(ctx.locale), tried),
        Err(refusal) => return settled(Err(refusal), &ctx, &visit, (id, "code")).await,
    };
    let opening = load(&ctx, &visit, id).await?;
    render(&ctx, Stand::at(&visit, &identity, id), &opening, error).await
}

pub(crate) async fn resend(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<Resend>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let outcome = opening::resend(&ctx, &identity, id, browser_of(&visit), (host_of(&visit), form.way)).await;
    settled(outcome, &ctx, &visit, (id, "code")).await
}

pub(crate) async fn take_password(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<PasswordForm>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let opening = load(&ctx, &visit, id).await?;
    if !matches!(opening.stage.as_str(), "proven" | "low" | "opened") {
        return Ok(back(&visit, id));
    }
    let m = Messages::new(ctx.locale);
    let error = if opening.stage == "opened" {
        None
    } else {
        unfit(m, [&form.new_password, &form.again_password], opening.chars_min(), &opening.own_words())
    };
    if error.is_some() {
        return render(&ctx, Stand::at(&visit, &identity, id), &opening, error).await;
    }
    let key = form.key("identity.open.password");
    let typed = (key, form.new_password.as_str());
    let came = [device_of(&headers), identity.networks.name(visit.client()).to_owned()];
    let ended = opening::password(&ctx, &identity, id, browser_of(&visit), typed, came).await;
    match ended.map_err(|refusal| problem(refusal, ctx.locale))? {
        Ended::Refused => Ok(back(&visit, id)),
        Ended::Opened(_, session) => {
            if let Some(cookie) = crate::sso::cookie(&ctx, session, visit.is_secure()) {
                visit.add_header(axum::http::header::SET_COOKIE, cookie);
            }
            Ok(onward(&visit, &opening.return_to))
        }
    }
}

/// On to where one came from: the sign-in that is waiting, or the portal's.
fn onward(visit: &Visit, return_to: &str) -> Response {
    let place = match ReturnPath::parse(return_to) {
        Some(path) if path.as_str().contains("/account/sign-in/") => path.to_string(),
        Some(path) => format!("{}?return={}", visit.localised("/sign-in"), path.encoded()),
        None => visit.localised("/sign-in"),
    };
    Redirect::to(&place).into_response()
}
