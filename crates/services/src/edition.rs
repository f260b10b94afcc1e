//! What the state offers at the moment. A request, a job, a subscriber takes it
//! once and stays with it; a new edition holds for the next.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use base::Zone;
use catalogue::{Catalogue, Fault, Kept, Saved, Summary};
use store::{Ctx, Error};

use crate::system::Services;
use crate::version::{self, Put, Version};

/// The edition in force, which a later one replaces at once.
pub struct Editions(RwLock<Arc<Services>>);

impl Editions {
    /// Begins with an edition.
    #[must_use]
    pub fn new(services: Services) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Arc::new(services))))
    }

    /// What holds now.
    #[must_use]
    pub fn now(&self) -> Arc<Services> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another catalogue holds from now on.
    pub fn replace(&self, catalogue: Arc<Catalogue>) {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (exchange, intake) = (now.exchange.clone(), now.intake.clone());
        *now = Arc::new(Services { catalogue, exchange, intake });
    }
}

/// Why there is no edition.
#[derive(Debug, thiserror::Error)]
pub enum NoEdition {
    /// Folders have faults.
    #[error("the services have faults:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// The store's.
    #[error(transparent)]
    Store(#[from] Error),
}

/// An edition, and the folders that are not in it because somebody altered what
/// was put up under the same number.
pub struct Edition {
    /// What is offered.
    pub catalogue: Catalogue,
    /// `moi.family.extract, version 2`.
    pub altered: Vec<String>,
}

/// A demo's edition: every folder as it was saved, and the versions that cases
/// began on.
///
/// # Errors
/// A fault of an earlier version, or the store's.
pub async fn as_saved(ctx: &Ctx, saved: Saved) -> Result<Edition, NoEdition> {
    let known = version::digests(ctx).await?;
    let is_kept = |folder: &&Kept| known.get(&folder.name()).is_some_and(|(digest, _)| *digest == folder.digest);
    let first_day = |folder: &Kept| saved.catalogue.summary(&folder.service).and_then(Summary::first_day);
    let new = saved.folders.iter().filter(|folder| !is_kept(folder));
    let new = new.map(|folder| (folder.clone(), first_day(folder))).collect();
    let now: BTreeSet<_> = saved.folders.iter().map(Kept::name).collect();
    let former = known.iter().filter(|(name, (_, stage))| stage == "signed" && !now.contains(*name));
    let former = former.map(|(name, _)| name.clone()).collect();
    version::keep_saved(ctx, new).await?;
    let former = version::versions(ctx, former).await?;
    let catalogue = saved.catalogue.with_former(former.into_iter().map(Kept::from).collect());
    Ok(Edition { catalogue, altered: Vec::new() })
}

/// The edition elsewhere: what was signed, from its day on, to the byte. A folder
/// that is new is put up for signatures.
///
/// # Errors
/// A fault of what was signed, or the store's.
pub async fn as_signed(ctx: &Ctx, saved: Saved) -> Result<Edition, NoEdition> {
    let (known, mut altered) = (version::digests(ctx).await?, Vec::new());
    for folder in &saved.folders {
        let put = match known.get(&folder.name()) {
            Some((digest, _)) if *digest == folder.digest => Put::Known,
            Some(_) => Put::Altered,
            None => {
                let from = saved.catalogue.summary(&folder.service).and_then(Summary::first_day);
                version::put_up(ctx, folder, from).await?
            }
        };
        if put == Put::Altered {
            altered.push(format!("{}, version {}", folder.service, folder.version));
        }
    }
    let today = ctx.now().date(Zone::Hebron);
    let (now, others) = version::in_force(version::signed(ctx).await?, today);
    let kept = |versions: Vec<Version>| versions.into_iter().map(Kept::from).collect();
    let catalogue = Catalogue::of_versions(&saved, kept(now.into_values().collect()), kept(others));
    Ok(Edition { catalogue: catalogue.map_err(NoEdition::Faults)?, altered })
}
