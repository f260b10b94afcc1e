//! Whether one may apply at all: the folder's conditions over what registers tell,
//! looked at before a draft is begun and once more when it is sent. A register that
//! is silent makes it unknown, never a no.

use std::collections::BTreeSet;

use base::{Assurance, Zone};
use catalogue::chosen::Sources;
use catalogue::told::Told;
use catalogue::{Service, Verdict, form};
use serde_json::Map;
use store::{Ctx, Error};

use crate::draft::assurance;
use crate::system::Services;
use crate::told;

/// How they stand for whoever is signed in, or is acted for, before there is a case.
/// Only the registers are asked that the conditions read; a `low` account is told
/// nothing, and nothing is asked for it.
pub(crate) async fn look(ctx: &Ctx, services: &Services, service: &Service) -> Result<Verdict, Error> {
    if assurance(ctx) < Assurance::Substantial {
        return Ok(Verdict { unknown: !service.file.eligible.is_empty(), ..Verdict::default() });
    }
    let told = ask(ctx, services, service).await?;
    let sources = Sources { told: told.clone(), ..Sources::default() };
    let facts = form::facts(service, ctx.now().date(Zone::Hebron), &Map::new(), &sources);
    Ok(Verdict::of(service, &facts, &told))
}

async fn ask(ctx: &Ctx, services: &Services, service: &Service) -> Result<Vec<Told>, Error> {
    let Some(person) = ctx.actor.person() else { return Ok(Vec::new()) };
    let wanted: BTreeSet<&str> = service.file.eligible.iter().flat_map(|one| one.rule.lookups()).collect();
    let lookups = service.file.lookups.iter().filter(|lookup| wanted.contains(lookup.id.as_str()));
    told::ask_before(ctx, &services.exchange, person, &lookups.collect::<Vec<_>>()).await
}
