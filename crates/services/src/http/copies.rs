//! One more copy of the paper of a case, where it costs something: what it costs, and the
//! button that makes its bill.

use std::sync::Arc;

use base::{Actor, Date, Money};
use catalogue::form::facts;
use catalogue::{Catalogue, Service};
use serde::Deserialize;
use store::{Ctx, Read};
use web::{Extension, Form, Page, Path, Problem, Redirect, Right, Route};

use super::{case_id, problem};
use crate::case::{Case, Refusal, Stage};
use crate::copies;
use crate::facts::sources;
use crate::system::Services;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::post("/cases/{case}/copies", Right::SignedIn, ask_post)]
}

/// What one more copy of a case's paper costs, where one can be asked for.
pub(super) fn price(
    read: &mut Read<'_>,
    catalogue: &Catalogue,
    case: &Case,
    today: Date,
    actor: &Actor,
) -> Result<Option<Money>, Refusal> {
    let priced = |service: &&Service| service.file.paper.as_ref().is_some_and(|paper| paper.more_fee.is_some());
    let Some(service) = catalogue.of(case).filter(priced).filter(|_| case.stage == Stage::Closed) else {
        return Ok(None);
    };
    let sources = sources(read, service, case, today, actor)?;
    let facts = facts(service, today, &case.answers, &sources);
    Ok(copies::offered(read, service, case, &facts)?.map(|offer| offer.price))
}

#[derive(Deserialize)]
struct Nothing {}

async fn ask_post(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Nothing>,
) -> Result<Redirect, Problem> {
    let asked = copies::ask(&ctx, form.key("services.copy"), &services.catalogue, case_id(&id)?).await;
    asked.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}"))))
}
