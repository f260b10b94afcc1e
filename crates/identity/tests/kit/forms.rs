//! Posting what a page's form would, and reading what a page says.

use web::fields::encode;

use super::{Browser, Page};

/// Posts fields with a page's token.
pub async fn send(browser: &mut Browser, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
    let mut body = page.token();
    for (name, value) in fields {
        body.push_str(&format!("&{name}={}", encode(value)));
    }
    browser.post(path, body).await
}

/// Opens a page first.
pub async fn post(browser: &mut Browser, from: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(from).await;
    send(browser, &page, path, fields).await
}

/// What a page says, without the signs that isolate names and numbers.
pub fn words(page: &Page) -> String {
    page.text.replace(['\u{2068}', '\u{2069}'], "")
}
