//! Which registers a form needs, page by page: each is asked on the first page that
//! needs it, and not before.

use std::collections::BTreeSet;

use crate::folder::{Lookup, PageFile, Service};
use crate::rules::Rule;

/// The lookups that the rule under which a page shows reads.
pub(crate) fn of_when<'s>(service: &'s Service, page: &PageFile) -> Vec<&'s Lookup> {
    read_by(service, page.when.iter())
}

/// The lookups that any rule of a page reads.
pub(crate) fn of_rules<'s>(service: &'s Service, page: &PageFile) -> Vec<&'s Lookup> {
    let checks = page.fields().filter_map(|field| field.check.as_ref());
    read_by(service, page.when.iter().chain(checks))
}

/// The lookups whose answers a page shows.
pub(crate) fn of_values<'s>(service: &'s Service, page: &PageFile) -> Vec<&'s Lookup> {
    let wanted: BTreeSet<&str> = page.known.iter().map(|known| known.lookup.as_str()).collect();
    service.file.lookups.iter().filter(|lookup| wanted.contains(lookup.id.as_str())).collect()
}

fn read_by<'s, 'r>(service: &'s Service, rules: impl Iterator<Item = &'r Rule>) -> Vec<&'s Lookup> {
    let rules: Vec<&Rule> = rules.collect();
    let reads =
        |rule: &&Rule, name: &str, member: &str| rule.members_of(name).is_none_or(|members| members.contains(&member));
    let is_read = |lookup: &&Lookup| rules.iter().any(|rule| reads(rule, "registers", &lookup.id));
    service.file.lookups.iter().filter(is_read).collect()
}
