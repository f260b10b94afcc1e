//! What needs two officers: what waits, what was decided, and one proposal with
//! what it changes.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{OfficerId, Timestamp, Zone};
use store::{Ctx, Error};
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect};

use super::super::mandates;
use super::clients::facts;
use super::{Nothing, level, named, officer_name, refused};
use crate::Identity;
use crate::messages::Messages;
use crate::model::ProposalId;
use crate::proposal::{self, Change, Decided, Proposal};
use crate::revocation::{self, Held, What};
use crate::{client, mandate, person, readmission, requirement};

struct Line {
    id: ProposalId,
    title: String,
    by: String,
    when: String,
    stage: &'static str,
}

#[derive(Template)]
#[template(path = "desk_identity_proposals.html")]
struct ListPage {
    page: Page,
    m: Messages,
    waiting: Vec<Line>,
    decided: Vec<Line>,
}

/// One thing beside what it would become.
struct Difference {
    label: String,
    now: Vec<String>,
    then: Vec<String>,
}

impl Difference {
    fn differs(&self) -> bool {
        self.now != self.then
    }
}

#[derive(Template)]
#[template(path = "desk_identity_proposal.html")]
struct ProposalPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: ProposalId,
    title: String,
    by: String,
    when: String,
    reason: Option<String>,
    own: bool,
    waits: bool,
    stage: &'static str,
    decided_by: Option<String>,
    decided_at: Option<String>,
    differences: Vec<Difference>,
    /// What the reader gives to the officer who comes in again.
    half: Option<String>,
}

fn title(m: Messages, proposal: &Proposal) -> String {
    let thing = proposal.about.split_once(':').map_or(proposal.about.as_str(), |(_, thing)| thing);
    match &proposal.change {
        Some(Change::Client(_)) => m.proposal_client(thing),
        Some(Change::Resume { .. }) => m.proposal_resume(thing),
        Some(Change::Unlock { .. }) => m.proposal_unlock().to_owned(),
        Some(Change::Revoke { factor, .. }) => m.proposal_revoke(revocation::name(m, kind_of(factor))),
        Some(Change::Readmit { .. }) => m.proposal_readmit().to_owned(),
        Some(Change::Mandate { rests_on, .. }) => m.proposal_mandate(mandates::kind(m, *rests_on)),
        Some(Change::Assurance { .. }) => m.proposal_assurance(thing),
        None => m.proposal_erased().to_owned(),
    }
}

/// `passkey` of `passkey:01J…`.
fn kind_of(factor: &str) -> &str {
    factor.split(':').next().unwrap_or_default()
}

fn stage(m: Messages, stage: &str) -> &'static str {
    match stage {
        "proposed" => m.stage_proposed(),
        "applied" => m.stage_applied(),
        "rejected" => m.stage_rejected(),
        "withdrawn" => m.stage_withdrawn(),
        _ => m.stage_stale(),
    }
}

pub(super) async fn list(ctx: Ctx, page: Page) -> Result<Html<String>, Problem> {
    let (m, locale) = (Messages::new(page.locale), page.locale);
    let [waiting, decided] = ctx
        .read(move |read| {
            let mut lists = [Vec::new(), Vec::new()];
            for (list, proposals) in lists.iter_mut().zip(proposal::proposals(read)?) {
                for proposal in proposals {
                    list.push(Line {
                        id: proposal.id,
                        title: title(m, &proposal),
                        by: officer_name(read, proposal.proposed_by, locale)?,
                        when: proposal.proposed_at.local_minute(Zone::Hebron),
                        stage: stage(m, &proposal.stage),
                    });
                }
            }
            Ok::<_, Error>(lists)
        })
        .await?;
    Ok(Html(ListPage { page, m, waiting, decided }.render()?))
}

fn id(text: &str) -> Result<ProposalId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

pub(super) async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Path(proposal): Path<String>,
) -> Result<Html<String>, Problem> {
    let (m, locale, id) = (Messages::new(page.locale), page.locale, id(&proposal)?);
    let now = ctx.now();
    let officer = ctx.actor.officer();
    let found = ctx
        .read(move |read| {
            let Some(there) = proposal::proposal(read, id)? else { return Ok(None) };
            let by = officer_name(read, there.proposed_by, locale)?;
            let decided_by = there.decided_by.map(|by| officer_name(read, by, locale)).transpose()?;
            let differences = differences(read, m, &there, (locale, now))?;
            let half = half(read, &there, officer, now)?;
            Ok::<_, Error>(Some((there, by, decided_by, differences, half)))
        })
        .await?;
    let (there, by, decided_by, differences, half) = found.ok_or_else(Problem::not_found)?;
    let view = ProposalPage {
        title: title(m, &there),
        when: there.proposed_at.local_minute(Zone::Hebron),
        reason: there.change.as_ref().and_then(Change::reason).map(str::to_owned),
        own: officer == Some(there.proposed_by),
        waits: there.stage == "proposed" && there.change.is_some(),
        stage: stage(m, &there.stage),
        decided_at: there.decided_at.map(|at| at.local_minute(Zone::Hebron)),
        page,
        m,
        token,
        id,
        by,
        decided_by,
        differences,
        half,
    };
    Ok(Html(view.render()?))
}

/// The half of the code that this officer gives to the one who comes in again.
fn half(
    read: &mut store::Read<'_>,
    there: &Proposal,
    reader: Option<OfficerId>,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    if !matches!(there.change, Some(Change::Readmit { .. })) || there.stage != "applied" {
        return Ok(None);
    }
    let first = reader == Some(there.proposed_by);
    let second = reader.is_some() && reader == there.decided_by;
    if first || second { readmission::half_of(read, there.id, second, now) } else { Ok(None) }
}

/// What is there beside what is proposed. After the decision both may be the same.
fn differences(
    read: &mut store::Read<'_>,
    m: Messages,
    there: &Proposal,
    (locale, now): (base::Locale, Timestamp),
) -> Result<Vec<Difference>, Error> {
    Ok(match &there.change {
        Some(Change::Client(registration)) => {
            let client = registration.client();
            let kept = client::kept(read, &client.id)?;
            let now = kept.map(|kept| facts(m, &kept.client)).unwrap_or_default();
            let then = facts(m, &client).into_iter().enumerate().map(|(place, fact)| Difference {
                label: fact.label.to_owned(),
                now: now.get(place).map(|fact| fact.values.clone()).unwrap_or_default(),
                then: fact.values,
            });
            then.collect()
        }
        Some(Change::Resume { client, .. }) => {
            let kept = client::kept(read, client)?;
            let name = kept.map(|kept| named(&kept.client.names, locale)).unwrap_or_default();
            let (now, then) = (vec![m.client_suspended().to_owned()], vec![m.client_open().to_owned()]);
            vec![Difference { label: name, now, then }]
        }
        Some(Change::Unlock { .. }) => {
            let (now, then) = (vec![m.account_locked().to_owned()], vec![m.account_open().to_owned()]);
            vec![Difference { label: m.account_stage().to_owned(), now, then }]
        }
        Some(Change::Revoke { account, factor, .. }) => {
            let account = person::account(read, *account)?;
            let held = account.map(|account| revocation::held(read, &account, now)).transpose()?.unwrap_or_default();
            let ended = What::parse(factor);
            let stays = |one: &&Held| ended != Some(What::All) && ended != Some(What::One(one.factor));
            let lines = |all: Vec<&Held>| all.into_iter().map(|one| revocation::line(m, one)).collect::<Vec<_>>();
            let (now, then) = (lines(held.iter().collect()), lines(held.iter().filter(stays).collect()));
            vec![Difference { label: m.account_factors().to_owned(), now, then }]
        }
        Some(Change::Readmit { officer, .. }) => {
            let then = vec![m.readmission_then().to_owned()];
            vec![Difference { label: officer_name(read, *officer, locale)?, now: Vec::new(), then }]
        }
        Some(Change::Mandate { principal, agent, rests_on, scope, .. }) => {
            let name = |read: &mut store::Read<'_>, person| mandate::name_of(read, person, locale);
            let fact =
                |label: &str, then: String| Difference { label: label.to_owned(), now: Vec::new(), then: vec![then] };
            let (principal, agent) = (name(read, *principal)?, name(read, *agent)?);
            let services = mandates::services(read, m, scope.services.as_deref(), locale)?;
            vec![
                fact(m.mandate_kind(), mandates::kind(m, *rests_on).to_owned()),
                fact(m.mandate_principal(), principal),
                fact(m.mandate_agent(), agent),
                Difference { label: m.mandate_services().to_owned(), now: Vec::new(), then: services },
                fact(m.mandate_ceiling(), mandates::ceiling(m, scope.ceiling_minor)),
                fact(m.mandate_days(), m.from_until(scope.from.as_str(), scope.until.as_str())),
            ]
        }
        Some(Change::Assurance { service, level: word, valid_from, .. }) => {
            let names = requirement::names(read, service)?;
            let label = names.get(locale.tag()).cloned().unwrap_or_else(|| service.clone());
            let day = base::Date::parse(valid_from).ok_or_else(|| Error::Corrupt("a proposal".to_owned()))?;
            let now = requirement::required_on(read, service, day)?;
            let (now, then) = (level(m, now.as_str()).to_owned(), m.level_from(level(m, word), valid_from));
            vec![Difference { label, now: vec![now], then: vec![then] }]
        }
        None => Vec::new(),
    })
}

pub(super) async fn approve(
    ctx: Ctx,
    page: Page,
    Extension(identity): Extension<Arc<Identity>>,
    Path(proposal): Path<String>,
    form: Form<Nothing>,
) -> Result<Redirect, Problem> {
    let id = id(&proposal)?;
    let decided = proposal::approve(&ctx, form.key("identity.approve"), id, identity.here).await;
    let there = format!("/desk/identity/proposals/{id}");
    match decided.map_err(refused(page.locale))? {
        Decided::Applied => Ok(Redirect::to(&page.to(&there))),
        Decided::Stale => {
            let m = Messages::new(page.locale);
            Err(Problem::conflict(m.proposal_stale()).link(there, m.proposal_back()))
        }
    }
}

pub(super) async fn refuse(
    ctx: Ctx,
    page: Page,
    Path(proposal): Path<String>,
    form: Form<Nothing>,
) -> Result<Redirect, Problem> {
    let refused_now = proposal::refuse(&ctx, form.key("identity.refuse"), id(&proposal)?).await;
    refused_now.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to("/desk/identity/proposals")))
}
