//! The citizens' shell: the home page and what joins systems.
//!
//! Not here: any service's page (services), money (payments), SQL of any kind.

mod app;
mod http;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

use std::sync::Arc;

use services::Editions;
use web::System;

/// The system as the binary mounts it.
#[must_use]
pub fn system(editions: &Arc<Editions>) -> System {
    let editions = Arc::clone(editions);
    let now = move || Arc::clone(&editions.now().catalogue);
    System { name: "portal", routes: http::routes(), ..System::default() }.with_live(now)
}
