//! The assurance that each service asks for: what holds, what comes, and the
//! form that proposes another from a day on.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Date, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Problem, Redirect};

use super::{level, refused};
use crate::Identity;
use crate::messages::Messages;
use crate::proposal::{self, Change};
use crate::requirement::{self, Requirement};

struct Line {
    service: String,
    name: String,
    level: &'static str,
    from: String,
    decision: String,
    sample: bool,
    /// It will hold, or holds now; what held before is not shown.
    comes: bool,
}

#[derive(Template)]
#[template(path = "desk_identity_assurance.html")]
struct AssurancePage {
    page: Page,
    m: Messages,
    token: FormToken,
    lines: Vec<Line>,
    services: Vec<(String, String)>,
    tomorrow: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    service: String,
    level: String,
    valid_from: String,
    decision: String,
}

pub(super) async fn list(ctx: Ctx, page: Page, token: FormToken) -> Result<Html<String>, Problem> {
    let (m, today) = (Messages::new(page.locale), ctx.now().date(Zone::Hebron));
    let all = ctx.read(requirement::requirements).await?;
    let tag = page.locale.tag();
    let name = |one: &Requirement| one.names.get(tag).cloned().unwrap_or_else(|| one.service.clone());
    let mut lines: Vec<Line> = Vec::new();
    let mut services: Vec<(String, String)> = Vec::new();
    for one in &all {
        let comes = one.valid_from > today;
        // Of what began already, only the latest holds.
        if let Some(former) = lines.last_mut().filter(|former| former.service == one.service && !comes) {
            *former = line(m, one, name(one), comes);
        } else {
            lines.push(line(m, one, name(one), comes));
        }
        if services.last().is_none_or(|(service, _)| *service != one.service) {
            services.push((one.service.clone(), name(one)));
        }
    }
    let tomorrow = today.plus_days(1).to_string();
    Ok(Html(AssurancePage { page, m, token, lines, services, tomorrow }.render()?))
}

fn line(m: Messages, one: &Requirement, name: String, comes: bool) -> Line {
    Line {
        service: one.service.clone(),
        name,
        level: level(m, one.level.as_str()),
        from: one.valid_from.to_string(),
        decision: one.decision.clone(),
        sample: one.sample,
        comes,
    }
}

pub(super) async fn propose(
    ctx: Ctx,
    page: Page,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<Asked>,
) -> Result<Redirect, Problem> {
    let m = Messages::new(page.locale);
    let back = |problem: Problem| problem.link("/desk/identity/assurance", m.assurance_title());
    let typed = base::digits::to_western(form.valid_from.trim());
    // What held yesterday was relied on yesterday: only today and later are set.
    let today = ctx.now().date(Zone::Hebron);
    let Some(day) = Date::parse(&typed).filter(|day| *day >= today) else {
        return Err(back(Problem::refused(m.day_wrong())));
    };
    if base::Assurance::parse(&form.level).is_none() {
        return Err(Problem::bad_request(Vec::new()));
    }
    let change = Change::Assurance {
        service: form.service.clone(),
        level: form.level.clone(),
        valid_from: day.to_string(),
        decision: form.decision.trim().to_owned(),
    };
    let proposed = proposal::propose(&ctx, form.key("identity.propose_assurance"), change, identity.here).await;
    let proposed = proposed.map_err(|refusal| back(refused(page.locale)(refusal)))?;
    Ok(Redirect::to(&page.to(&format!("/desk/identity/proposals/{proposed}"))))
}
