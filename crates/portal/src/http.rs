//! Home, and the pages that every portal owes its people: privacy, terms,
//! accessibility.

use std::sync::Arc;

use askama::Template;
use services::Catalogue;
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
    paragraphs: Vec<&'static str>,
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
            let services = catalogue.services().map(|service| Card {
                href: format!("{}/services/{}", locale.prefix(), service.file.key),
                name: service.text(locale, "name"),
                note: service.text(locale, "promise"),
            });
            let (events, services) = (events.collect(), services.collect());
            HomePage { m: Messages::new(locale), events, services, page }.render()
        })
        .await
}

fn names(catalogue: &Catalogue, event: &str, locale: base::Locale) -> String {
    let names: Vec<String> = catalogue.of_event(event).map(|service| service.text(locale, "name")).collect();
    names.join(Messages::new(locale).list_comma())
}

async fn privacy(visit: Visit) -> Result<Response, Problem> {
    text(visit, |m| (m.privacy_title(), vec![m.privacy_1(), m.privacy_2(), m.privacy_3(), m.privacy_4()])).await
}

async fn terms(visit: Visit) -> Result<Response, Problem> {
    text(visit, |m| (m.terms_title(), vec![m.terms_1(), m.terms_2(), m.terms_3()])).await
}

async fn accessibility(visit: Visit) -> Result<Response, Problem> {
    text(visit, |m| {
        (
            m.accessibility_title(),
            vec![m.accessibility_1(), m.accessibility_2(), m.accessibility_3(), m.accessibility_4()],
        )
    })
    .await
}

async fn text(
    visit: Visit,
    words: impl FnOnce(Messages) -> (&'static str, Vec<&'static str>),
) -> Result<Response, Problem> {
    visit
        .public_page(env!("CARGO_PKG_VERSION"), |page| {
            let (title, paragraphs) = words(Messages::new(page.locale));
            TextPage { page, title, paragraphs }.render()
        })
        .await
}
