//! `hukumati verify`: one line for each invariant; the exit code is 1 if any is
//! broken.

use std::process::ExitCode;

use anyhow::{Context, Result};
use exchange::server;
use store::{Db, Invariant};

use crate::cli::{Place, print};
use crate::folder::{self, Holds};
use crate::{security_server, systems};

/// Offenders that one line names at most.
const NAMED: usize = 5;

/// Runs every invariant of what lies there: the portal's with the security
/// servers below it, or one security server's.
pub(crate) fn run(place: &Place) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    let mut whole = true;
    match folder::holds(place)? {
        Holds::SecurityServer => {
            let opened = folder::inspect(place, &security_server::schemas())?;
            whole &= runtime.block_on(check_all(&opened.db, "", server::invariants()))?;
        }
        Holds::Portal => {
            let opened = folder::inspect(place, &systems::schemas(&systems::for_tables()?))?;
            let systems = systems::listed(opened.log);
            let own = systems.iter().flat_map(|system| system.invariants.iter().cloned());
            let invariants = own.chain(web::ids::invariants(&systems)).collect();
            whole &= runtime.block_on(check_all(&opened.db, "", invariants))?;
            for code in folder::servers(place) {
                let db = folder::open_server(place, &code, &security_server::schemas())?;
                whole &= runtime.block_on(check_all(&db, &format!("{code}: "), server::invariants()))?;
            }
        }
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks one database: these invariants, its blobs, its own pages.
async fn check_all(db: &Db, whose: &str, invariants: Vec<Invariant>) -> Result<bool> {
    let mut whole = true;
    for invariant in invariants.into_iter().chain([store::integrity()]) {
        let name = format!("{whose}{}", invariant.name);
        let found = db.inspect(move |read| invariant.check(read)).await.with_context(|| name.clone())?;
        whole &= report(&name, &found);
    }
    let mut found = Vec::new();
    for id in db.blobs().list()? {
        if let Err(error) = db.blobs().get(id).await {
            found.push(error.to_string());
        }
    }
    Ok(report(&format!("{whose}store.blobs_match_their_names"), &found) && whole)
}

fn report(name: &str, found: &[String]) -> bool {
    if found.is_empty() {
        print(&format!("holds   {name}"));
    } else {
        let more = if found.len() > NAMED { format!(" and {} more", found.len() - NAMED) } else { String::new() };
        let named: Vec<&str> = found.iter().take(NAMED).map(String::as_str).collect();
        print(&format!("BROKEN  {name}: {}{more}", named.join(", ")));
    }
    found.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit::LogKey;
    use seal::SigningKey;

    #[test]
    fn every_column_of_blobs_is_known_to_the_collector() {
        for system in systems::for_tables().unwrap() {
            let text: String = system.migrations.iter().map(|migration| migration.sql).collect();
            let columns = text.lines().filter(|line| line.trim_start().starts_with("blob ")).count();
            assert_eq!(system.blobs.len(), columns, "{}: what is not given here is collected", system.name);
        }
    }

    #[test]
    fn every_link_has_a_home_and_every_invariant_a_name_of_its_own() {
        let log = LogKey::new("test", 1, SigningKey::ed25519_from_seed(&[0; 32]).unwrap());
        let systems = systems::listed(log);
        let homes: Vec<&str> = systems.iter().flat_map(|system| &system.homes).map(|home| home.kind).collect();
        for link in systems.iter().flat_map(|system| &system.links) {
            assert!(link.kind.is_none_or(|kind| homes.contains(&kind)), "{} has no home", link.name);
        }
        let own = systems.iter().flat_map(|system| system.invariants.iter().cloned());
        let mut names: Vec<&str> = own.chain(web::ids::invariants(&systems)).map(|invariant| invariant.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert!(names.len() == all && all >= 40, "{names:?}");
    }
}
