//! What a visitor of the demo can put out of order beside the registers: the
//! companies that bring messages and calls, and the bank. Gone at the next start.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use web::{Extension, Form, Page, Problem, Redirect, Right, Route};

use crate::outside::Sandbox;

/// A company outside that can be out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// It brings text messages to telephones.
    Sms,
    /// It rings telephones and speaks.
    Voice,
    /// It takes cards.
    Bank,
}

impl Company {
    /// Every company.
    pub const ALL: [Self; 3] = [Self::Sms, Self::Voice, Self::Bank];

    /// The word in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Bank => "bank",
        }
    }
}

/// Which of them are out.
#[derive(Default)]
pub struct Outages([AtomicBool; 3]);

impl Outages {
    /// Whether this one does not answer.
    #[must_use]
    pub fn is_out(&self, company: Company) -> bool {
        self.flag(company).load(Ordering::Relaxed)
    }
    /// Refuses what comes while a company is out.
    pub(crate) fn check(&self, company: Company) -> Result<(), Problem> {
        if self.is_out(company) { Err(Problem::unavailable()) } else { Ok(()) }
    }
    fn flag(&self, company: Company) -> &AtomicBool {
        let [sms, voice, bank] = &self.0;
        match company {
            Company::Sms => sms,
            Company::Voice => voice,
            Company::Bank => bank,
        }
    }
}

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::post("/demo/outages", Right::Demo, switch)]
}

#[derive(Deserialize)]
struct Switch {
    company: String,
    mode: String,
}

/// Turns a company off, or on again.
async fn switch(
    page: Page,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    form: Form<Switch>,
) -> Result<Redirect, Problem> {
    let company = Company::ALL.into_iter().find(|company| company.as_str() == form.company);
    let flag = sandbox.outages.flag(company.ok_or_else(Problem::not_found)?);
    flag.store(form.mode == "down", Ordering::Relaxed);
    Ok(Redirect::to(&page.to("/demo")))
}
