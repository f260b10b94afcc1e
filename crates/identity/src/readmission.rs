//! An officer who has lost every way to sign in comes in again, under the name that
//! they have: one authentication officer proposes it, another approves, and each
//! has half of a code, which they give to the officer who stands before them. With
//! both halves the officer sets another password and app; whatever they signed in
//! with before ends. Neither of the two can come in as the third alone.
//!
//! Not here: the same at the machine itself (`officer again`, in `seed`).

use openid::secret;
use std::net::IpAddr;

use audit::Leaf;
use base::{Locale, OfficerId, Timestamp};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::holder::Holder;
use crate::messages::Messages;
use crate::model::{ProposalId, READMISSION, Refusal, SsoId, step};
use crate::password::PasswordHash;
use crate::recover::WAIT_SECONDS;
use crate::sign_in::count_try;
use crate::{Identity, authenticator, officer, sheet, sql, sso, totp};

/// The act.
const READMITTED: &str = "identity.officer_readmitted";
/// How long the halves serve, seconds.
const OPEN_SECONDS: i64 = 3_600;
/// How long the officer may take then, seconds.
const SECONDS: i64 = 900;
/// Wrong codes that it bears.
const TRIES: i64 = 5;
/// Sessions that one write ends.
const ENDED_AT_ONCE: usize = 20;

/// Half of a code, for the first or the second officer: 80 bits, derived from the
/// key file, so that a page can show it again.
fn half(blind: impl Fn(&str, &str) -> Vec<u8>, id: ProposalId, second: bool) -> String {
    let whose = if second { "second" } else { "first" };
    sheet::printed(&secret::of(blind, "readmission", &format!("{id}:{whose}")))
}

/// Opens the way in, in the commit that approves it.
pub(crate) fn open_in(tx: &mut Tx<'_>, id: ProposalId, officer: OfficerId) -> Result<(), Refusal> {
    let until = tx.now().plus_seconds(OPEN_SECONDS);
    tx.execute_one(&sql::INSERT_READMISSION, &params![id, officer, READMISSION.start, until])?;
    Ok(())
}

/// One that is not over.
struct Way {
    id: ProposalId,
    officer: OfficerId,
    browser: Option<Vec<u8>>,
    stage: String,
    tries: i64,
}

fn load(read: &mut Read<'_>, id: ProposalId, now: Timestamp) -> Result<Option<Way>, Error> {
    let Some(row) = read.row(&sql::READMISSION, &params![id, now])? else { return Ok(None) };
    Ok(Some(Way { id, officer: row.get(0)?, browser: row.get(1)?, stage: row.get(2)?, tries: row.get(3)? }))
}

/// The half that an officer who proposed or approved gives to the one who stands
/// before them, as long as it serves.
pub(crate) fn half_of(
    read: &mut Read<'_>,
    id: ProposalId,
    second: bool,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let open = load(read, id, now)?.is_some_and(|way| way.stage == READMISSION.start);
    Ok(open.then(|| half(|domain, value| read.blind(domain, value), id, second)))
}

/// First step: the name and both halves, in either order. Unknown and wrong hear
/// the same.
pub(crate) async fn enter(
    ctx: &Ctx,
    identity: &Identity,
    (browser, address): ([u8; 32], IpAddr),
    username: &str,
    codes: [String; 2],
) -> Result<Option<ProposalId>, Refusal> {
    count_try(ctx, identity, &format!("officer\0{username}"), address).await?;
    let name = username.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let officer = officer::factors_of(tx, &name)?.map(|known| known.officer);
        let row = officer.map(|officer| tx.row(&sql::READMISSION_OF, &params![officer, now])).transpose()?.flatten();
        let way = row.map(|row| row.get(0)).transpose()?.map(|id| load(tx, id, now)).transpose()?.flatten();
        let Some(way) = way else { return Ok(None) };
        let blind = |domain: &str, value: &str| tx.blind(domain, value);
        let mut wanted = [half(blind, way.id, false), half(blind, way.id, true)].map(|half| sheet::plain(&half));
        let mut typed = codes.clone().map(|code| sheet::plain(&code));
        wanted.sort();
        typed.sort();
        if !seal::digest::equal(wanted.concat().as_bytes(), typed.concat().as_bytes()) {
            wrong_in(tx, &way)?;
            return Ok(None);
        }
        let (stage, until) = (step(&READMISSION, &way.stage, "both halves")?, now.plus_seconds(SECONDS));
        let tries = way.tries;
        tx.execute_one(&sql::SET_READMISSION, &params![stage, tries, browser, until, way.id, way.stage])?;
        Ok(Some(way.id))
    })
    .await
}

fn wrong_in(tx: &mut Tx<'_>, way: &Way) -> Result<(), Refusal> {
    let tries = way.tries + 1;
    if tries >= TRIES {
        let (stage, now) = (step(&READMISSION, &way.stage, "wrong codes")?, tx.now());
        tx.execute_one(&sql::SET_READMISSION, &params![stage, tries, None::<Vec<u8>>, now, way.id, way.stage])?;
    } else {
        tx.execute_one(&sql::TRY_READMISSION, &params![tries, way.id])?;
    }
    let leaf = Leaf::new("identity.sign_in_failed", format!("officer:{}", way.officer));
    audit::record_in(tx, &leaf.with(json!({ "factor": "readmission" })))?;
    Ok(())
}

fn begun(read: &mut Read<'_>, id: ProposalId, browser: &[u8; 32], now: Timestamp) -> Result<Way, Refusal> {
    let theirs = |way: &Way| way.stage == "begun" && way.browser.as_deref() == Some(browser.as_slice());
    load(read, id, now)?.filter(theirs).ok_or(Refusal::Gone)
}

/// Who stands before the second step in this browser, and their name.
pub(crate) async fn seen(ctx: &Ctx, id: ProposalId, browser: [u8; 32]) -> Result<(OfficerId, String), Refusal> {
    let (now, locale) = (ctx.now(), ctx.locale);
    ctx.read(move |read| {
        let officer = begun(read, id, &browser, now)?.officer;
        Ok((officer, officer::name_in(read, officer, locale)?))
    })
    .await
}

/// The secret of the app that the second step sets up.
pub(crate) fn app_secret(ctx: &Ctx, id: ProposalId, officer: OfficerId) -> Vec<u8> {
    authenticator::secret_of(ctx, Holder::Officer(officer), &id.to_string())
}

/// Second step: another password, its fitness checked, and a code of the app that
/// was set up; false when the code is not of that app.
pub(crate) async fn finish(
    ctx: &Ctx,
    identity: &Identity,
    id: ProposalId,
    browser: [u8; 32],
    [password, typed]: [&str; 2],
) -> Result<bool, Refusal> {
    let (officer, _) = seen(ctx, id, browser).await?;
    let app = app_secret(ctx, id, officer);
    let typed = base::digits::only_digits(typed).unwrap_or_default();
    let Some(taken) = totp::accept(&app, &typed, ctx.now(), 0) else { return Ok(false) };
    let hash = identity.hasher.hash(password, ctx.random()).await?;
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let way = begun(tx, id, &browser, now)?;
        let stage = step(&READMISSION, &way.stage, "set anew")?;
        tx.execute_one(&sql::SET_READMISSION, &params![stage, way.tries, browser, now, id, way.stage])?;
        renew_in(tx, way.officer, &hash, &app, locale)?;
        // The code that confirmed the app signs nobody in.
        tx.execute_one(&sql::TAKE_STEP, &params![taken, way.officer, "totp"])?;
        audit::record_in(tx, &Leaf::new(READMITTED, format!("officer:{}", way.officer)).with(json!({ "way": id })))?;
        Ok(true)
    })
    .await
}

/// Everything that an officer signs in with is this password and this app; they
/// are out everywhere, and told.
pub(crate) fn renew_in(
    tx: &mut Tx<'_>,
    id: OfficerId,
    password: &PasswordHash,
    app: &[u8],
    locale: Locale,
) -> Result<(), Refusal> {
    let (holder, now) = (Holder::Officer(id), tx.now());
    tx.execute(&sql::DELETE_CREDENTIALS, &params![id])?;
    tx.execute(&sql::DELETE_PASSKEYS, &params![id])?;
    officer::keep_credentials_in(tx, id, password, app)?;
    tx.execute_one(&sql::GUARD_OFFICER, &params![now.plus_seconds(WAIT_SECONDS), id])?;
    for row in tx.rows(&sql::SESSIONS_OF, &params![holder.reference()])?.iter().take(ENDED_AT_ONCE) {
        let session: SsoId = row.get(0)?;
        sso::end_in(tx, session, "signed out", None)?;
        web::session::end_linked_in(tx, &session.to_string())?;
    }
    let Some(email) = officer::email(tx, id)? else { return Ok(()) };
    let m = Messages::new(locale);
    let title = m.readmitted_title();
    Ok(notify::officer_email_in(tx, id, &email, title, &format!("{title}\n\n{}", m.staff_changed_next()))?)
}
