//! Services' folders: what is wrong with them.

use std::path::Path;
use std::process::ExitCode;

use services::Catalogue;

use crate::cli::print;

/// Says what is wrong with a folder of services: nothing is served from one with
/// a fault.
pub(crate) fn lint(folder: &Path) -> ExitCode {
    match Catalogue::read(folder) {
        Ok(catalogue) => {
            print(&format!("{} services, all in order", catalogue.services().count()));
            ExitCode::SUCCESS
        }
        Err(faults) => {
            faults.iter().for_each(|fault| print(&fault.to_string()));
            ExitCode::FAILURE
        }
    }
}
