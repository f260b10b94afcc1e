//! What the handlers and subscribers of cases stand on.

use std::sync::Arc;

use documents::PaperIssued;
use payments::BillPaid;
use store::{Event, Subscriber};

use crate::catalogue::Catalogue;
use crate::way;

/// The folders, and the way to the registers.
pub struct Services {
    /// Every service.
    pub catalogue: Arc<Catalogue>,
    /// Our own security server.
    pub exchange: exchange::Client,
}

/// What cases hear from the systems below.
pub(crate) fn subscribers(services: &Arc<Services>) -> Vec<Subscriber> {
    let (checking, paying, issuing) = (Arc::clone(services), Arc::clone(services), Arc::clone(services));
    vec![
        Subscriber::new(way::CHECK, way::CHECK, move |ctx, work| way::check(ctx, Arc::clone(&checking), work)),
        Subscriber::new("services.bill_paid", BillPaid::TOPIC, move |ctx, work| {
            way::paid(ctx, Arc::clone(&paying), work)
        }),
        Subscriber::new("services.paper_issued", PaperIssued::TOPIC, move |ctx, work| {
            way::issued(ctx, Arc::clone(&issuing), work)
        }),
    ]
}
