//! Authentication officers at their desks: what one proposes, another decides.

use base::Role;
use http::StatusCode;

use super::forms::post;
use super::{Browser, Page, Portal};

/// Where a client is registered.
pub const NEW: &str = "/en/desk/identity/clients/new";

/// An officer at their desk.
pub async fn officer(portal: &Portal, username: &str, role: Role) -> Browser {
    portal.at_desk(username, "civil", role, "/en/desk/identity").await
}

/// Two who may decide on each other's proposals.
pub async fn two(portal: &Portal) -> [Browser; 2] {
    let role = Role::AuthenticationOfficer;
    [officer(portal, "imad", role).await, officer(portal, "sahar", role).await]
}

/// Proposes, and gives the proposal's address.
pub async fn propose(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let page = post(browser, path, path, fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.header("location").to_owned()
}

/// What is decided has no form any more: any page's token serves.
pub async fn decide(browser: &mut Browser, proposal: &str, how: &str) -> Page {
    post(browser, NEW, &format!("{proposal}/{how}"), &[]).await
}
