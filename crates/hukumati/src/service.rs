//! Services' folders: what is wrong with them, and whether their examples come true.

#[cfg(feature = "sandbox")]
mod actors;
#[cfg(feature = "sandbox")]
mod acts;
#[cfg(feature = "sandbox")]
mod browser;
#[cfg(feature = "sandbox")]
mod compare;
#[cfg(feature = "sandbox")]
mod form;
#[cfg(feature = "sandbox")]
mod play;
#[cfg(feature = "sandbox")]
mod registers;
#[cfg(feature = "sandbox")]
mod stage;

use std::path::Path;
use std::process::ExitCode;

use catalogue::{Catalogue, examples};

use crate::cli::print;

#[cfg(feature = "sandbox")]
pub(crate) use play::{TestOptions, test};

/// Says what is wrong with a folder of services: nothing is served from one with
/// a fault.
pub(crate) fn lint(folder: &Path) -> ExitCode {
    let catalogue = Catalogue::read(folder);
    let faults = match &catalogue {
        Ok(catalogue) => examples::faults(folder, catalogue),
        Err(faults) => faults.clone(),
    };
    faults.iter().for_each(|fault| print(&fault.to_string()));
    match catalogue {
        Ok(catalogue) if faults.is_empty() => {
            print(&format!("{} services, all in order", catalogue.summaries().count()));
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}
