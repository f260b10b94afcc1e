//! A draft as its pages see it: what was answered and told so far, and what is
//! asked of registers on the way.

use std::sync::Arc;

use base::Zone;
use catalogue::chosen::Sources;
use catalogue::form::facts_asked;
use catalogue::{Lookup, Service};
use serde_json::{Map, Value};
use store::Ctx;
use web::{Problem, throttle};

use super::{case_id, person, problem};
use crate::case::{Case, Refusal, own};
use crate::draft::{hear, prefill};
use crate::facts;
use crate::renew::renewed;
use crate::system::Services;
use rules::Facts;

/// How often one person may have registers asked with answers of a form in an hour:
/// a form is no way to read a register from end to end.
const ASKED: u32 = 60;
const HOUR: u32 = 3_600;

/// A draft of whoever is signed in, its folder, and what rules may look at.
pub(super) struct Draft<'s> {
    pub(super) case: Case,
    pub(super) service: &'s Service,
    pub(super) sources: Sources,
    pub(super) facts: Facts,
}

impl Draft<'_> {
    /// What rules may look at with these answers.
    pub(super) fn with(&self, answers: &Map<String, Value>) -> Facts {
        facts_asked(self.service, self.facts.today, answers, &self.sources)
    }

    /// Takes other answers.
    pub(super) fn answer(&mut self, answers: Map<String, Value>) {
        self.case.answers = answers;
        self.sources.told.retain(|one| one.holds(&self.case.answers));
        self.facts = self.with(&self.case.answers);
    }

    /// Asks those of these lookups that were not asked yet.
    pub(super) async fn hear(&mut self, ctx: &Ctx, services: &Services, lookups: &[&Lookup]) -> Result<(), Problem> {
        let is_new = |lookup: &&Lookup| !self.sources.told.iter().any(|one| one.lookup == lookup.id);
        let lookups: Vec<&Lookup> = lookups.iter().copied().filter(is_new).collect();
        if lookups.is_empty() {
            return Ok(());
        }
        bounded(ctx, &self.case, &lookups).await?;
        let told = std::mem::take(&mut self.sources.told);
        let heard = hear(ctx, services, &self.case, told, &lookups).await;
        self.sources.told = heard.map_err(|refusal| problem(ctx.locale, refusal))?;
        self.facts = self.with(&self.case.answers);
        Ok(())
    }

    /// Asks these lookups, whatever they told before.
    pub(super) async fn hear_anew(
        &mut self,
        ctx: &Ctx,
        services: &Services,
        lookups: &[&Lookup],
    ) -> Result<(), Problem> {
        if lookups.is_empty() {
            return Ok(());
        }
        bounded(ctx, &self.case, lookups).await?;
        let told = prefill(ctx, services, &self.case, lookups, "case.form").await;
        let told = told.map_err(|refusal| problem(ctx.locale, refusal))?;
        self.sources.told = catalogue::told::heard_after(&self.sources.told, told);
        self.facts = self.with(&self.case.answers);
        Ok(())
    }
}

pub(super) async fn draft<'s>(ctx: &Ctx, services: &'s Services, id: &str) -> Result<Draft<'s>, Problem> {
    person(ctx)?;
    let (id, actor, today) = (case_id(id)?, ctx.actor.clone(), ctx.now().date(Zone::Hebron));
    let catalogue = Arc::clone(&services.catalogue);
    let read = ctx.read(move |read| {
        let case = own(read, id, &actor)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let sources = facts::sources(read, service, &case, today, &actor)?;
        Ok::<_, Refusal>((case, sources))
    });
    let (case, mut sources) = read.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let (case, changed) = renewed(ctx, services, case).await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
    if changed {
        let (catalogue, own, actor) = (Arc::clone(&services.catalogue), case.clone(), ctx.actor.clone());
        let again = ctx.read(move |read| {
            let service = catalogue.of(&own).ok_or(Refusal::NoService)?;
            Ok::<_, Refusal>(facts::sources(read, service, &own, today, &actor)?)
        });
        sources = again.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    }
    let facts = facts_asked(service, today, &case.answers, &sources);
    Ok(Draft { case, service, sources, facts })
}

/// Counts a look that is made with answers.
async fn bounded(ctx: &Ctx, case: &Case, lookups: &[&Lookup]) -> Result<(), Problem> {
    let is_asked = |lookup: &&Lookup| {
        !lookup.asks.is_empty() && lookup.asks.values().any(|field| case.answers.contains_key(field))
    };
    if lookups.iter().any(is_asked) {
        throttle::hit(ctx, "services.asked", &ctx.actor.reference(), ASKED, HOUR).await?.or_problem()?;
    }
    Ok(())
}
