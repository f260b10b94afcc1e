//! What the state offers at the moment. A request, a job, a subscriber takes it
//! once and stays with it; a new edition holds for the next.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use base::Zone;
use store::{Ctx, Error};

use crate::catalogue::{Catalogue, saved};
use crate::folder::Fault;
use crate::shapes::Shapes;
use crate::system::Services;
use crate::version::{self, Put};

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
/// A fault of a folder, or the store's.
pub async fn as_saved(ctx: &Ctx, directory: &Path) -> Result<Edition, NoEdition> {
    let catalogue = Catalogue::read(directory).map_err(NoEdition::Faults)?;
    let shapes = Shapes::read(&directory.join("operations")).map_err(|fault| NoEdition::Faults(vec![fault]))?;
    for (files, service) in saved(directory).map_err(NoEdition::Faults)? {
        version::keep_saved(ctx, &service, &files).await?;
    }
    let catalogue = catalogue.with_former(version::signed(ctx).await?, &shapes);
    Ok(Edition { catalogue, altered: Vec::new() })
}

/// The edition elsewhere: what was signed, from its day on, to the byte. A folder
/// that is new is put up for signatures.
///
/// # Errors
/// A fault of a folder, or the store's.
pub async fn as_signed(ctx: &Ctx, directory: &Path) -> Result<Edition, NoEdition> {
    let mut altered = Vec::new();
    for (files, service) in saved(directory).map_err(NoEdition::Faults)? {
        if version::put_up(ctx, &service, &files).await? == Put::Altered {
            altered.push(format!("{}, version {}", service.file.key, service.file.version));
        }
    }
    let today = ctx.now().date(Zone::Hebron);
    let catalogue = Catalogue::of_versions(directory, version::signed(ctx).await?, today);
    Ok(Edition { catalogue: catalogue.map_err(NoEdition::Faults)?, altered })
}
