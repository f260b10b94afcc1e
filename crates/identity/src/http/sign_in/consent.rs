//! Who is signed in already answers at once, but for what a service may be told
//! about them: that is asked.

use askama::Template;
use axum::http::StatusCode;
use base::{MandateId, Zone};
use serde::Deserialize;
use store::{Error, Key};
use web::{Form, FormToken, Page, Problem, Query, Response};

use super::super::provider::not_taken;
use super::certificate;
use super::stand::{Due, Stand};
use crate::authorize::prove_in;
use crate::consent;
use crate::factors::By;
use crate::mandate::{self, take};
use crate::messages::Messages;
use crate::model::Refusal;
use crate::sign_in::account_id;
use crate::sso::Sso;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    client: String,
    profile: bool,
    id_number: bool,
    company: bool,
    /// For whom one may act: mandates with names.
    others: Vec<(MandateId, String)>,
}

/// Which code somebody wants to type.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    by: Option<By>,
    /// How it went at the listener for certificates: `none`, `refused`, `wait`.
    certificate: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ConsentForm {
    answer: String,
    /// The mandate to take up; empty for oneself.
    #[serde(default)]
    acting: String,
}

pub(crate) async fn show(Due(stand): Due, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let answered = stand.is_answered();
    let Some(sso) = stand.sso.clone().filter(|_| answered) else {
        let error = wanted.certificate.map(|how| certificate::said(stand.m(), &how)).transpose()?;
        return stand.form(error.map(str::to_owned), String::new(), wanted.by).await;
    };
    let (client, asked, holder) = (stand.client.clone(), stand.there.asked.clone(), sso.holder.clone());
    let (meant, needed) = stand
        .ctx
        .read(move |read| {
            let needed = consent::is_needed(read, &client, &asked, account_id(&holder))?;
            let meant = asked.means(|domain, value| read.blind(domain, value), &client, &holder);
            Ok::<_, Error>((meant, needed))
        })
        .await?;
    if !meant {
        return stand.denied("login_required", "somebody else signed in than id_token_hint names");
    }
    if needed {
        let scopes = consent::telling(&stand.there.asked);
        let others = others(&stand, &sso).await?;
        let page = ConsentPage {
            page: stand.frame(),
            m: stand.m(),
            token: stand.visit.form_token(),
            action: stand.action(),
            client: stand.client_name(),
            profile: scopes.contains(&"profile"),
            id_number: scopes.contains(&"id_number"),
            company: scopes.contains(&"company"),
            others,
        };
        return Ok(stand.page(page.render()?, StatusCode::OK));
    }
    let named = stand.there.asked.mandate;
    prove(&stand, sso, None, named).await
}

/// For whom somebody may act at this client, by name.
async fn others(stand: &Stand, sso: &Sso) -> Result<Vec<(MandateId, String)>, Problem> {
    let (client, asked, holder) = (stand.client.clone(), stand.there.asked.clone(), sso.holder.clone());
    let (today, locale) = (stand.ctx.now().date(Zone::Hebron), stand.ctx.locale);
    let named = stand.ctx.read(move |read| {
        let mut named = Vec::new();
        for kept in take::offered(read, &client, &asked, &holder, today)? {
            named.push((kept.id, mandate::name_of(read, kept.principal, locale)?));
        }
        Ok::<_, Error>(named)
    });
    Ok(named.await?)
}

/// Gives the code to whoever the session says; with what they allowed, if asked,
/// and for whom they act.
async fn prove(
    stand: &Stand,
    sso: Sso,
    allowed: Option<base::AccountId>,
    acting: Option<MandateId>,
) -> Result<Response, Problem> {
    if let Some(mandate) = acting
        && let Err(refusal) = take::prepare(&stand.ctx, &stand.identity, mandate, &sso.holder).await
    {
        return not_taken(&stand.visit, &stand.identity.config.issuer, &stand.there.asked, refusal);
    }
    let (id, client, asked) = (stand.there.id, stand.there.client.clone(), stand.there.asked.clone());
    let session = sso.id;
    let proven = stand.ctx.write(Key::once(&stand.ctx), move |tx| {
        if let Some(account) = allowed {
            consent::give_in(tx, &client, &asked, account)?;
        }
        prove_in(tx, id, (&sso.holder, session), acting)
    });
    match proven.await {
        Ok(()) => stand.answer(session).await,
        Err(Refusal::Gone | Refusal::Stage { .. }) => Ok(stand.again()),
        Err(refusal) => Err(stand.refused(refusal)),
    }
}

pub(crate) async fn consent(Due(stand): Due, form: Form<ConsentForm>) -> Result<Response, Problem> {
    let Some(sso) = stand.sso.clone().filter(|_| stand.is_answered()) else { return Ok(stand.again()) };
    if form.answer != "allow" {
        return stand.denied("access_denied", "the person did not allow it");
    }
    let account = account_id(&sso.holder);
    let acting: Option<MandateId> = match form.acting.as_str() {
        "" => stand.there.asked.mandate,
        typed => Some(typed.parse().map_err(|_| Problem::not_found())?),
    };
    // Only what was offered: a mandate for some services says nothing to another house.
    if let Some(chosen) = acting.filter(|_| !stand.client.first_party)
        && !others(&stand, &sso).await?.iter().any(|(known, _)| *known == chosen)
    {
        return stand.denied("access_denied", "the mandate was not offered");
    }
    prove(&stand, sso, account, acting).await
}
