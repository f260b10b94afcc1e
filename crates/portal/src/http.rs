//! Home, and the pages that every portal owes its people: privacy, terms,
//! accessibility.

use std::sync::Arc;

use askama::Template;
use catalogue::Catalogue;
use web::{Extension, Page, Problem, Response, Right, Route, Visit};

use crate::messages::Messages;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("/", Right::Public, home).states(&["ok"]),
        Route::get("/privacy", Right::Public, privacy).states(&["ok"]),
        Route::get("/terms", Right::Public, terms).states(&["ok"]),
        Route::get("/accessibility", Right::Public, accessibility).states(&["ok"]),
    ];
    routes.extend(crate::app::routes());
    routes
}

/// Services that home names itself; all of them have a page of their own.
const SERVICES: usize = 24;
/// Services that are named under a life event.
const NAMED: usize = 8;

struct Card {
    href: String,
    name: String,
    note: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    m: Messages,
    events: Vec<Card>,
    services: Vec<Card>,
}

#[derive(Template)]
#[template(path = "text.html")]
struct TextPage {
    page: Page,
    title: &'static str,
    parts: Vec<Part>,
}

/// One matter of such a page.
struct Part {
    heading: &'static str,
    words: &'static str,
    /// Where one reads or does more about it: a path and its words.
    link: Option<(&'static str, &'static str)>,
}

impl Part {
    const fn new(heading: &'static str, words: &'static str) -> Self {
        Self { heading, words, link: None }
    }
    const fn leading_to(mut self, path: &'static str, label: &'static str) -> Self {
        self.link = Some((path, label));
        self
    }
}

async fn home(visit: Visit, Extension(catalogue): Extension<Arc<Catalogue>>) -> Result<Response, Problem> {
    let version = catalogue.version().to_owned();
    visit
        .public_page(&version, |page| {
            let locale = page.locale;
            let events = catalogue.life_events().map(|event| Card {
                href: format!("{}/life-events/{}", locale.prefix(), event.key),
                name: event.name(locale).to_owned(),
                note: names(&catalogue, &event.key, locale),
            });
            let services = catalogue.summaries().take(SERVICES).map(|service| Card {
                href: format!("{}/services/{}", locale.prefix(), service.key),
                name: service.name(locale).to_owned(),
                note: service.promise(locale).to_owned(),
            });
            let (events, services) = (events.collect(), services.collect());
            HomePage { m: Messages::new(locale), events, services, page }.render()
        })
        .await
}

fn names(catalogue: &Catalogue, event: &str, locale: base::Locale) -> String {
    let mut all = catalogue.of_event(event).map(|service| service.name(locale));
    let names: Vec<&str> = all.by_ref().take(NAMED).collect();
    let more = if all.next().is_some() { "…" } else { "" };
    names.join(Messages::new(locale).list_comma()) + more
}

async fn privacy(visit: Visit) -> Result<Response, Problem> {
    text(visit, |m| {
        let parts = vec![
            Part::new(m.privacy_kept_title(), m.privacy_kept()),
            Part::new(m.privacy_how_title(), m.privacy_how()),
            Part::new(m.privacy_asked_title(), m.privacy_asked()),
            Part::new(m.privacy_seen_title(), m.privacy_seen()).leading_to("/looks", m.privacy_seen_link()),
            Part::new(m.privacy_cookies_title(), m.privacy_cookies()),
            Part::new(m.privacy_mend_title(), m.privacy_mend()),
        ];
        (m.privacy_title(), parts)
    })
    .await
}

async fn terms(visit: Visit) -> Result<Response, Problem> {
    text(visit, |m| {
        let parts = vec![
            Part::new(m.terms_use_title(), m.terms_use()),
            Part::new(m.terms_fees_title(), m.terms_fees()),
            Part::new(m.terms_papers_title(), m.terms_papers()).leading_to("/verify", m.terms_papers_link()),
        ];
        (m.terms_title(), parts)
    })
    .await
}

async fn accessibility(visit: Visit) -> Result<Response, Problem> {
    text(visit, |m| {
        let help = Part::new(m.accessibility_help_title(), m.accessibility_help());
        let parts = vec![
            Part::new(m.accessibility_standard_title(), m.accessibility_standard()),
            Part::new(m.accessibility_works_title(), m.accessibility_works()),
            Part::new(m.accessibility_lacks_title(), m.accessibility_lacks()),
            help.leading_to("/offices", m.accessibility_help_link()),
        ];
        (m.accessibility_title(), parts)
    })
    .await
}

async fn text(visit: Visit, words: impl FnOnce(Messages) -> (&'static str, Vec<Part>)) -> Result<Response, Problem> {
    visit
        .public_page(env!("CARGO_PKG_VERSION"), |page| {
            let (title, parts) = words(Messages::new(page.locale));
            TextPage { page, title, parts }.render()
        })
        .await
}
