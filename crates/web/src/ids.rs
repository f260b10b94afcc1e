//! Ids that cross systems. No foreign key can hold them, because a table
//! belongs to one crate alone: each system says which ids are at home with it
//! and which of its columns name ids of others, and `verify` brings the two
//! together.
//!
//! A column's text is an id alone, or kind and id, `case:01J…`, as leaves and
//! timelines write it. What is nobody's id (`machine:seed`) is not looked for.

use std::collections::HashSet;

use store::{Error, Invariant, Read, Statement, params};

use crate::system::System;

/// Ids that one look remembers to have found: many rows name the same officer.
const REMEMBERED: usize = 10_000;

/// Where ids of a kind are at home.
#[derive(Debug, Clone, Copy)]
pub struct Home {
    /// The word before the colon: `case`.
    pub kind: &'static str,
    /// Finds the row of the id `$1`.
    pub find: Statement,
}

/// A column that names ids of other systems.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// `payments.bills_have_cases`.
    pub name: &'static str,
    /// What an id alone is; `None` when each says it.
    pub kind: Option<&'static str>,
    /// The rows after `$1`, a page of them in order: the row's own id, what it names.
    pub page: Statement,
}

/// One invariant for each column of these systems that names ids.
#[must_use]
pub fn invariants(systems: &[System]) -> Vec<Invariant> {
    let homes: Vec<Home> = systems.iter().flat_map(|system| system.homes.iter().copied()).collect();
    let links = systems.iter().flat_map(|system| system.links.iter().copied());
    links
        .map(|link| {
            let homes = homes.clone();
            Invariant::new(link.name, move |read| unresolved(read, &homes, link))
        })
        .collect()
}

fn unresolved(read: &mut Read<'_>, homes: &[Home], link: Link) -> Result<Vec<String>, Error> {
    let (mut broken, mut found) = (Vec::new(), HashSet::new());
    let mut after = String::new();
    loop {
        let rows = read.rows(&link.page, &params![after])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let (own, named): (String, String) = (row.get(0)?, row.get(1)?);
            let (kind, id) = match link.kind {
                Some(kind) => (kind, named.as_str()),
                None => named.split_once(':').unwrap_or(("", "")),
            };
            let Some(home) = homes.iter().find(|home| home.kind == kind) else { continue };
            if found.contains(&named) {
                continue;
            }
            if read.row(&home.find, &params![id])?.is_none() {
                broken.push(format!("{own} names {kind}:{id}"));
            } else if found.len() < REMEMBERED {
                found.insert(named);
            }
        }
    }
}
