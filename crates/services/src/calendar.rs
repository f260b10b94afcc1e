//! The working calendar's entries as they are kept: what a demo begins with, and who
//! changes it from then on. How much working time lies between two instants is the
//! catalogue's arithmetic.

pub mod decree;

use catalogue::Catalogue;
use store::{Ctx, Error, Key};

/// Begins a demo's calendar with what the folder suggests; a later start changes
/// nothing.
///
/// # Errors
/// The store's.
pub async fn seed(ctx: &Ctx, catalogue: &Catalogue) -> Result<(), Error> {
    let entries = catalogue.calendar_file().entries(catalogue.offices());
    ctx.write(Key::new("services.calendar", "1"), move |tx| {
        for entry in &entries {
            let entry = entry(tx.mint());
            decree::begin_in(tx, &entry)?;
        }
        Ok::<_, Error>(())
    })
    .await
}
