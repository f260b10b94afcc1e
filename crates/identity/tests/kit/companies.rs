//! A companies' register in a table, and what signatories do on their page.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use identity::Unanswered;
use serde_json::{Value, json};

use super::forms::post;
use super::{Browser, Page};

pub const COMPANIES: &str = "/en/account/companies";
pub const ACTING: &str = "/en/account/acting";

/// A company of the table.
#[derive(Clone)]
struct Entry {
    status: &'static str,
    signing: &'static str,
    signatories: Vec<String>,
}

/// Companies by number; the flag is silence.
#[derive(Clone, Default)]
pub struct Companies(Arc<Mutex<(BTreeMap<String, Entry>, bool)>>);

impl Companies {
    /// `signing` is `alone` or `joint`.
    pub fn put(&self, number: &str, signing: &'static str, signatories: &[&str]) {
        let signatories = signatories.iter().map(|&one| one.to_owned()).collect();
        self.0.lock().unwrap().0.insert(number.to_owned(), Entry { status: "active", signing, signatories });
    }
    pub fn strike_off(&self, number: &str) {
        self.0.lock().unwrap().0.get_mut(number).unwrap().status = "struck-off";
    }
    pub fn silence(&self, silent: bool) {
        self.0.lock().unwrap().1 = silent;
    }
    fn ask(&self) -> Result<BTreeMap<String, Entry>, Unanswered> {
        let (companies, silent) = self.0.lock().unwrap().clone();
        if silent { Err(Unanswered::Unavailable("planted".to_owned())) } else { Ok(companies) }
    }
    pub(super) fn signed_for(&self, id_number: &str) -> Result<Value, Unanswered> {
        let companies = self.ask()?;
        let own = companies.iter().filter(|(_, entry)| entry.signatories.iter().any(|one| one == id_number));
        let own = own
            .map(|(number, entry)| json!({ "company_number": number, "name": name(number), "status": entry.status }));
        Ok(json!({ "id_number": id_number, "companies": own.collect::<Vec<_>>(), "sample": true }))
    }
    pub(super) fn company(&self, number: &str) -> Result<Value, Unanswered> {
        let entry = self.ask()?.remove(number).ok_or(Unanswered::NotFound)?;
        let signatories = entry.signatories.iter().map(|one| json!({ "id_number": one }));
        Ok(json!({
            "company_number": number, "name": name(number), "status": entry.status, "signing": entry.signing,
            "form_text": { "ar": "شركة عادية عامة", "en": "General partnership" },
            "signatories": signatories.collect::<Vec<_>>(), "sample": true, "version": 1,
        }))
    }
}

fn name(number: &str) -> Value {
    json!({ "ar": format!("شركة {number}"), "en": format!("Company {number}") })
}

/// Asks the register from the switcher.
pub async fn ask(browser: &mut Browser) -> Page {
    post(browser, ACTING, COMPANIES, &[]).await
}

/// The hidden field of the first button that begins to act for a company.
pub fn beginnable(page: &Page) -> Option<String> {
    let rest = page.text.split_once("name=\"mandate\" value=\"")?.1;
    rest.split('"').next().map(str::to_owned)
}

/// The company of the first form or link that ends in `how`.
pub fn company(page: &Page, how: &str) -> String {
    super::mandates::first(page, how)
}
