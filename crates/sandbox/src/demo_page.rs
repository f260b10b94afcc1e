//! `/demo`: whom one can be, with what, and every message that was sent.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::Locale;
use store::Ctx;
use web::{Extension, FormToken, Page, Problem, Right, Route};

use crate::messages::Messages;
use crate::outside::Sandbox;
use crate::phones::Message;
use crate::population::{DemoOfficer, DemoPerson, OFFICERS, PEOPLE};
use crate::registry::{Mode, Register};

/// Messages that the page shows.
const SHOWN: usize = 30;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/demo", Right::Demo, show).states(&["ok"])]
}

struct PersonLine {
    name: String,
    id_number: String,
    born: String,
    phone: Option<String>,
    password: Option<String>,
    story: String,
    tries: String,
}

struct OfficerLine {
    name: String,
    username: String,
    password: String,
    code: String,
    story: String,
}

struct RegisterLine {
    key: &'static str,
    name: &'static str,
    up: bool,
}

#[derive(Template)]
#[template(path = "demo.html")]
struct DemoPage {
    page: Page,
    m: Messages,
    token: FormToken,
    people: Vec<PersonLine>,
    officers: Vec<OfficerLine>,
    registers: Vec<RegisterLine>,
    messages: Vec<Message>,
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(sandbox): Extension<Arc<Sandbox>>,
) -> Result<Html<String>, Problem> {
    let (m, locale) = (Messages::new(page.locale), page.locale);
    let person = |person: &DemoPerson| PersonLine {
        name: if locale == Locale::EN { person.name.latin_full() } else { person.name.arabic_full() },
        id_number: person.id_number.as_str().to_owned(),
        born: person.born.to_string(),
        phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        password: person.account.as_ref().map(|account| account.password.clone()),
        story: person.story.get(locale).to_owned(),
        tries: person.tries.get(locale).to_owned(),
    };
    let now = ctx.now();
    let officer = |officer: &DemoOfficer| OfficerLine {
        name: officer.name.get(locale).to_owned(),
        username: officer.username.clone(),
        password: officer.password.clone(),
        code: totp(&officer.totp_secret, now.as_seconds()),
        story: officer.story.get(locale).to_owned(),
    };
    let register = |register: Register| RegisterLine {
        key: register.as_str(),
        name: match register {
            Register::Civil => m.register_civil(),
            Register::Operators => m.register_operators(),
            Register::Drivers => m.register_drivers(),
            Register::Fines => m.register_fines(),
        },
        up: sandbox.registers.mode(register) != Mode::Down,
    };
    let view = DemoPage {
        people: PEOPLE.iter().map(person).collect(),
        officers: OFFICERS.iter().map(officer).collect(),
        registers: Register::ALL.into_iter().map(register).collect(),
        messages: sandbox.mailbox.sent(None).into_iter().take(SHOWN).collect(),
        m,
        token,
        page,
    };
    Ok(Html(view.render()?))
}

/// The digits that an officer's device shows now (RFC 6238).
fn totp(secret: &str, seconds: i64) -> String {
    let secret = seal::digest::from_base32(secret).unwrap_or_default();
    let code = seal::digest::hmac_sha1_totp(&secret, &seconds.div_euclid(30).to_be_bytes());
    let offset = usize::from(code[19] & 15);
    let word = [code[offset] & 0x7f, code[offset + 1], code[offset + 2], code[offset + 3]];
    format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
}
