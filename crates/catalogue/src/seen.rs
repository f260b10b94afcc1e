//! What somebody sees who watches a catalogue: which steps cases entered, and how
//! these ended. The player of examples does; nobody watches while it serves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base::{CaseId, Timestamp};

use crate::coverage::Ending;

/// What was seen. See the module.
#[derive(Debug, Default)]
pub struct Seen(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    entered: BTreeMap<CaseId, Vec<(Timestamp, usize)>>,
    services: BTreeMap<String, (BTreeSet<usize>, BTreeSet<Ending>)>,
}

impl Seen {
    /// The steps that a case entered, as places in the folder's list, in order.
    #[must_use]
    pub fn steps_of(&self, case: CaseId) -> Vec<usize> {
        self.known().entered.get(&case).map_or_else(Vec::new, |all| all.iter().map(|(_, step)| *step).collect())
    }

    /// Looks at a case of a service as it stands: how parts of its steps ended.
    pub fn look(&self, case: CaseId, service: &str, ended: BTreeSet<Ending>) {
        let steps = self.steps_of(case);
        let mut known = self.known();
        let (entered, endings) = known.services.entry(service.to_owned()).or_default();
        entered.extend(steps);
        endings.extend(ended);
    }

    /// The steps that cases of a service entered, and how these ended.
    pub(crate) fn of_service(&self, service: &str) -> (BTreeSet<usize>, BTreeSet<Ending>) {
        self.known().services.get(service).cloned().unwrap_or_default()
    }

    /// A case enters a step. A commit that is tried again enters it once.
    pub(crate) fn enter(&self, case: CaseId, at: Timestamp, step: usize) {
        let mut known = self.known();
        let steps = known.entered.entry(case).or_default();
        if !steps.contains(&(at, step)) {
            steps.push((at, step));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
