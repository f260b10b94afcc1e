//! Operations that a security server answers from their files: what is wrong
//! with them, and the samples behind the sample ones.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use exchange::connector::{Places, lint as look};

use crate::cli::print;
use crate::config;

/// Says what is wrong with a folder of operations.
pub(crate) fn lint(operations: PathBuf, registers: Option<PathBuf>, config: Option<&Path>) -> Result<ExitCode> {
    let settings = config::load(config)?.security_server;
    let databases = settings.as_ref().map(|settings| settings.databases.clone()).unwrap_or_default();
    let registers = registers.or_else(|| settings?.registers);
    let places = Places { operations, registers, databases };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no threads")?;
    let looked = runtime.block_on(look(&places));
    let findings = looked.with_context(|| format!("{} cannot be read", places.operations.display()))?;
    for finding in &findings {
        print(&finding.to_string());
    }
    if findings.is_empty() {
        print("every operation is in order");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// Writes the sample registers as they stand today.
#[cfg(feature = "sandbox")]
pub(crate) fn samples(folder: &Path) -> Result<ExitCode> {
    use base::{Clock, SystemClock, Zone};
    let registers = sandbox::registry::Registers::new(SystemClock.now().date(Zone::Hebron));
    sandbox::samples::write(&registers, folder)
        .with_context(|| format!("the samples cannot be written to {}", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
