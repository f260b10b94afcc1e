//! `/demo`: whom one can be, with what, and every message that was sent.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::Locale;
use store::Ctx;
use web::{Extension, FormToken, Page, Problem, Right, Route};

use crate::messages::Messages;
use crate::outages::Company;
use crate::outside::Sandbox;
use crate::phones::Message;
use crate::population::{DemoOfficer, DemoPerson, OFFICERS, PEOPLE};
use crate::registry::{Mode, Register};
use crate::samples;

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
    /// The two lines of a passport.
    passport: Vec<String>,
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
    companies: Vec<RegisterLine>,
    /// Operations whose registers a security server reads itself, and whether they are in order.
    samples: Vec<(&'static str, bool)>,
    messages: Vec<Message>,
    /// Where another house begins to sign somebody in.
    municipality: String,
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
        passport: person.passport.iter().flatten().cloned().collect(),
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
            Register::Companies => m.register_companies(),
        },
        up: sandbox.registers.mode(register) != Mode::Down,
    };
    let company = |company: Company| RegisterLine {
        key: company.as_str(),
        name: match company {
            Company::Sms => m.company_sms(),
            Company::Voice => m.company_voice(),
            Company::Bank => m.company_bank(),
        },
        up: !sandbox.outages.is_out(company),
    };
    let view = DemoPage {
        people: PEOPLE.iter().map(person).collect(),
        officers: OFFICERS.iter().map(officer).collect(),
        registers: Register::ALL.into_iter().map(register).collect(),
        samples: samples::states(&sandbox.config().registers),
        companies: Company::ALL.into_iter().map(company).collect(),
        municipality: page.to(&sign_in_elsewhere(&sandbox.config().portal_origin, locale)),
        messages: sandbox.mailbox.sent(None).into_iter().take(SHOWN).collect(),
        m,
        token,
        page,
    };
    Ok(Html(view.render()?))
}

/// An authorization request as another house would send it: it asks for name
/// and ID number, and asks again every time.
fn sign_in_elsewhere(origin: &str, locale: Locale) -> String {
    let back = web::fields::encode(&format!("{origin}/demo"));
    let (client, tag) = (crate::MUNICIPALITY, locale.tag());
    // The challenge of a verifier that nobody keeps: the code that comes back is not used.
    let challenge = seal::digest::base64url(&seal::digest::sha256(client.as_bytes()));
    format!(
        "/oauth2/authorize?client_id={client}&response_type=code&redirect_uri={back}&scope=openid+profile+id_number\
         &state=demo&nonce=demo&prompt=consent&ui_locales={tag}&code_challenge={challenge}&code_challenge_method=S256"
    )
}

/// The digits that an officer's device shows now (RFC 6238).
fn totp(secret: &str, seconds: i64) -> String {
    let secret = seal::digest::from_base32(secret).unwrap_or_default();
    let code = seal::digest::hmac_sha1_totp(&secret, &seconds.div_euclid(30).to_be_bytes());
    let offset = usize::from(code[19] & 15);
    let word = [code[offset] & 0x7f, code[offset + 1], code[offset + 2], code[offset + 3]];
    format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
}
