//! Papers on their way: sent by manifest, received, handed over at a counter.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::Role;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Problem, Redirect};

use super::unit;
use crate::http::{case_id, problem};
use crate::messages::Messages;
use crate::parcel::{Handed, Shown, at_office, hand_over, of_unit, receive, send, unlock};
use crate::system::Services;

#[derive(Template)]
#[template(path = "desk_parcels.html")]
struct ParcelsPage {
    page: Page,
    m: Messages,
    token: FormToken,
    offices: Vec<(String, String, i64)>,
    /// Cases whose handing over is locked, with their office: for supervisors.
    locked: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "desk_collection.html")]
struct CollectionPage {
    page: Page,
    m: Messages,
    token: FormToken,
    office: String,
    coming: Vec<String>,
    here: i64,
    typed: String,
    error: Option<String>,
    handed: bool,
}

pub(super) async fn parcels(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
) -> Result<Html<String>, Problem> {
    let own = unit(&ctx)?;
    let found =
        ctx.read(move |read| Ok::<_, store::Error>((of_unit(read, &own, "waiting")?, of_unit(read, &own, "locked")?)));
    let (parcels, mut stopped) = found.await?;
    stopped.retain(|_| ctx.actor.has_role(Role::Supervisor));
    let named = |office: &str| services.catalogue.office_name(office, page.locale);
    let locked = stopped.iter().map(|parcel| (parcel.case.to_string(), named(&parcel.office))).collect();
    let mut offices: Vec<(String, String, i64)> = Vec::new();
    for parcel in parcels {
        match offices.iter_mut().find(|(key, _, _)| *key == parcel.office) {
            Some((_, _, count)) => *count += 1,
            None => offices.push((parcel.office.clone(), named(&parcel.office), 1)),
        }
    }
    Ok(Html(ParcelsPage { m: Messages::new(page.locale), page, token, offices, locked }.render()?))
}

#[derive(Deserialize)]
pub(super) struct ToOffice {
    office: String,
}

pub(super) async fn send_post(ctx: Ctx, page: Page, form: Form<ToOffice>) -> Result<Redirect, Problem> {
    let sent = send(&ctx, form.key("services.send"), &form.office).await;
    sent.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to("/desk/parcels")))
}

#[derive(Deserialize)]
pub(super) struct OfCase {
    case: String,
}

pub(super) async fn unlock_post(ctx: Ctx, page: Page, form: Form<OfCase>) -> Result<Redirect, Problem> {
    let unlocked = unlock(&ctx, form.key("services.unlock"), case_id(&form.case)?).await;
    unlocked.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to("/desk/parcels")))
}

async fn collection_page(
    ctx: &Ctx,
    services: &Services,
    page: Page,
    token: FormToken,
) -> Result<CollectionPage, Problem> {
    let office = unit(ctx)?;
    let wanted = office.clone();
    let (coming, here) = ctx
        .read(move |read| {
            Ok::<_, store::Error>((at_office(read, &wanted, "sent")?, at_office(read, &wanted, "arrived")?))
        })
        .await?;
    let mut manifests: Vec<String> = coming.into_iter().filter_map(|parcel| parcel.manifest).collect();
    manifests.sort();
    manifests.dedup();
    Ok(CollectionPage {
        m: Messages::new(page.locale),
        office: services.catalogue.office_name(&office, page.locale),
        coming: manifests,
        here: i64::try_from(here.len()).unwrap_or(i64::MAX),
        typed: String::new(),
        error: None,
        handed: false,
        token,
        page,
    })
}

pub(super) async fn collection(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
) -> Result<Html<String>, Problem> {
    Ok(Html(collection_page(&ctx, &services, page, token).await?.render()?))
}

#[derive(Deserialize)]
pub(super) struct Manifest {
    manifest: String,
}

pub(super) async fn receive_post(ctx: Ctx, page: Page, form: Form<Manifest>) -> Result<Redirect, Problem> {
    let received = receive(&ctx, form.key("services.receive"), &unit(&ctx)?, &form.manifest).await;
    received.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to("/desk/collection")))
}

#[derive(Deserialize)]
pub(super) struct HandOver {
    case: String,
    pick_up: String,
    #[serde(default)]
    compared: bool,
    /// Which document was shown.
    shown: Option<Shown>,
}

pub(super) async fn hand_over_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    form: Form<HandOver>,
) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    let error = match (form.shown.filter(|_| form.compared), form.case.trim().parse()) {
        (None, _) => Some(m.compare_first().to_owned()),
        (Some(_), Err(_)) => Some(m.parcel_not_here().to_owned()),
        (Some(shown), Ok(case)) => {
            let (key, office) = (form.key("services.hand_over"), unit(&ctx)?);
            let handed = hand_over(&ctx, key, &office, case, &form.pick_up, shown).await;
            match handed.map_err(|refusal| problem(page.locale, refusal))? {
                Handed::Over => None,
                Handed::Wrong(left) => Some(m.code_wrong(left)),
                Handed::Locked => Some(m.parcel_locked().to_owned()),
                Handed::NotHere => Some(m.parcel_not_here().to_owned()),
            }
        }
    };
    let typed = form.case.clone();
    let mut view = collection_page(&ctx, &services, page, token).await?;
    view.handed = error.is_none();
    view.typed = if view.handed { String::new() } else { typed };
    view.error = error;
    Ok(Html(view.render()?))
}
