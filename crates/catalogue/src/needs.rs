//! Which registers a form needs, page by page: each is asked on the first page that
//! needs it, and not before.

use std::collections::BTreeSet;

use crate::folder::{Lookup, PageFile, Service};
use rules::Rule;

/// What pages and papers call things that were chosen, in the place of a lookup.
pub const CHOSEN: &str = "chosen";

/// The lookup that lists what a question offers.
fn lists<'s>(service: &'s Service, field: &str) -> Option<&'s str> {
    let mut fields = service.file.pages.iter().filter_map(|page| page.field.as_ref());
    fields.find(|known| known.id == field)?.lookup.as_deref()
}

/// The lookups that the rule under which a page shows reads.
#[must_use]
pub fn of_when<'s>(service: &'s Service, page: &PageFile) -> Vec<&'s Lookup> {
    read_by(service, page.when.iter())
}

/// The lookups that any rule of a page reads.
#[must_use]
pub fn of_rules<'s>(service: &'s Service, page: &PageFile) -> Vec<&'s Lookup> {
    let checks = page.fields().filter_map(|field| field.check.as_ref());
    read_by(service, page.when.iter().chain(checks))
}

/// The lookups whose answers a page shows.
#[must_use]
pub fn of_values<'s>(service: &'s Service, page: &PageFile) -> Vec<&'s Lookup> {
    let known = page.known.iter().filter_map(|known| match known.lookup.as_str() {
        CHOSEN => lists(service, known.path.split('/').nth(1)?),
        lookup => Some(lookup),
    });
    let listed = page.field.iter().filter_map(|field| field.lookup.as_deref());
    let wanted: BTreeSet<&str> = known.chain(listed).collect();
    service.file.lookups.iter().filter(|lookup| wanted.contains(lookup.id.as_str())).collect()
}

fn read_by<'s, 'r>(service: &'s Service, rules: impl Iterator<Item = &'r Rule>) -> Vec<&'s Lookup> {
    let rules: Vec<&Rule> = rules.collect();
    let reads =
        |rule: &&Rule, name: &str, member: &str| rule.members_of(name).is_none_or(|members| members.contains(&member));
    let listed = service.file.pages.iter().filter_map(|page| page.field.as_ref());
    let listed: Vec<(&str, &str)> =
        listed.filter_map(|field| Some((field.id.as_str(), field.lookup.as_deref()?))).collect();
    let is_read = |lookup: &&Lookup| {
        let chosen = |rule: &&Rule| listed.iter().any(|(field, of)| *of == lookup.id && reads(rule, CHOSEN, field));
        rules.iter().any(|rule| reads(rule, "registers", &lookup.id) || chosen(rule))
    };
    service.file.lookups.iter().filter(is_read).collect()
}
