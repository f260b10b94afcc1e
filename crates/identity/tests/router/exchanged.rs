//! A token that was exchanged for a person's ends with what that person's stood on:
//! session, account, consent, mandate, or the token itself. On both engines.

use crate::kit::forms::post;
use crate::kit::mandates::{LIST, SON, accept, give, with_two};
use crate::kit::ministry::{Ministry, NUMBER, answer, code_for, request, to_the_client, with_policy};
use crate::kit::{Browser, Portal, schemas};
use base::{AccountId, Role};
use http::StatusCode;
use identity::{Grant, Policy, Preset};
use serde_json::json;
use testkit::{World, on_both_engines};

const KIND: &str = "urn:ietf:params:oauth:token-type:access_token";

mod sql {
    store::statements! {
        /// What is remembered of such tokens.
        KEPT = "SELECT hash FROM identity_exchanged";
    }
}

fn policy() -> Policy {
    Policy {
        preset: Preset::Standard,
        grants: vec![Grant::TokenExchange, Grant::ClientCredentials],
        scopes: vec!["school:read".to_owned()],
        accepts: vec!["health".to_owned()],
        ..Policy::default()
    }
}

/// A citizen whom a ministry knows, with the token that it exchanged for another.
struct Exchanged {
    portal: Portal,
    ministry: Ministry,
    browser: Browser,
    subject: String,
    token: String,
}

impl Exchanged {
    async fn new(world: World) -> Self {
        let (portal, mut ministry, mut browser) = with_policy(world, policy()).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let subject = ministry.exchange(&code).await.json()["access_token"].as_str().unwrap().to_owned();
        let token = Self::exchange(&mut ministry, &subject).await.unwrap();
        Self { portal, ministry, browser, subject, token }
    }
    async fn exchange(ministry: &mut Ministry, subject: &str) -> Option<String> {
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", subject),
            ("subject_token_type", KIND),
            ("audience", "school"),
            ("scope", "school:read"),
        ];
        let given = ministry.ask("/oauth2/token", &fields).await.json();
        given["access_token"].as_str().map(str::to_owned)
    }
    /// What the system that takes the token is told, and the one that gave it.
    async fn is_active(&mut self) -> bool {
        let token = self.token.clone();
        let mut said = Vec::new();
        for asker in ["school", "health"] {
            self.ministry.id = asker;
            let answer = self.ministry.ask("/oauth2/introspect", &[("token", &token)]).await.json();
            if answer["active"] == json!(false) {
                assert_eq!(answer, json!({ "active": false }), "and nothing else");
            }
            said.push(answer["active"] == json!(true));
        }
        assert_eq!(said[0], said[1]);
        self.ministry.id = "health";
        said[0]
    }
    async fn post(&mut self, path: &str) {
        let page = self.browser.get("/en/account").await;
        let page = self.browser.post(path, page.token()).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    }
    /// It has ended at once, and no other is given for the same.
    async fn has_ended(mut self) {
        assert!(!self.is_active().await);
        assert_eq!(Self::exchange(&mut self.ministry, &self.subject).await, None);
        self.portal.holds().await;
    }
}

#[test]
fn it_stands_while_the_session_does_and_ends_with_it() {
    on_both_engines(&schemas(), |world| async move {
        let mut exchanged = Exchanged::new(world).await;
        assert!(exchanged.is_active().await);
        exchanged.browser.visit("/en/sign-in?return=/who").await;
        exchanged.post("/en/account/sessions/end").await;
        exchanged.has_ended().await;
    });
}

#[test]
fn it_ends_with_the_consent() {
    on_both_engines(&schemas(), |world| async move {
        let mut exchanged = Exchanged::new(world).await;
        exchanged.browser.visit("/en/sign-in?return=/who").await;
        exchanged.post("/en/account/consents/health/withdraw").await;
        exchanged.has_ended().await;
    });
}

#[test]
fn it_ends_with_the_token_that_it_was_made_of() {
    on_both_engines(&schemas(), |world| async move {
        let mut exchanged = Exchanged::new(world).await;
        let subject = exchanged.subject.clone();
        let revoked = exchanged.ministry.ask("/oauth2/revoke", &[("token", &subject)]).await;
        assert_eq!(revoked.status, StatusCode::OK);
        exchanged.has_ended().await;
    });
}

/// The token that a ministry gets for somebody who signed in to it, perhaps for another.
async fn given(ministry: &mut Ministry, browser: &mut Browser, scope: &str, acting: &str) -> String {
    let page = browser.get(&request(&[("scope", scope)])).await;
    let mut page = to_the_client(browser, page).await;
    if page.text.contains("id=\"allow\"") {
        page = answer(browser, &page, "consent", &[("answer", "allow"), ("acting", acting)]).await;
    }
    let code = page.parameter("code").unwrap_or_else(|| panic!("{}", page.text));
    ministry.exchange(&code).await.json()["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn it_says_for_whom_and_ends_with_the_mandate() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let mut ministry = Ministry::register(&portal, policy()).await;
        give(&portal, &mut father, SON[0], &[]).await;
        let id = accept(&mut son).await;
        ministry.now = portal.ctx.now().as_seconds();
        let mut told = Vec::new();
        for (sons, scope, acting) in
            [(false, "openid", ""), (true, "openid", ""), (true, "openid mandate", id.as_str())]
        {
            let browser = if sons { &mut son } else { &mut father };
            let subject = given(&mut ministry, browser, scope, acting).await;
            let token = Exchanged::exchange(&mut ministry, &subject).await.unwrap();
            told.push((seal::jose::peek_claims(&token).unwrap(), subject, token));
        }
        let (acting, subject, token) = told.pop().unwrap();
        // Whoever takes it knows the father and the son as it always does, and who asked for it.
        assert_eq!(acting["sub"], told[0].0["sub"]);
        assert_eq!(acting["act"], json!({ "sub": "health", "act": { "sub": told[1].0["sub"] } }));
        assert_eq!(told[1].0["act"], json!({ "sub": "health" }));
        let mut exchanged = Exchanged { portal, ministry, browser: son, subject, token };
        assert!(exchanged.is_active().await);
        let ended = post(&mut father, LIST, &format!("{LIST}/{id}/end"), &[]).await;
        assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text);
        exchanged.has_ended().await;
    });
}

#[test]
fn it_ends_when_an_officer_locks_the_account() {
    on_both_engines(&schemas(), |world| async move {
        let exchanged = Exchanged::new(world).await;
        let number = base::IdNumber::parse(NUMBER).unwrap();
        let account: Option<AccountId> = exchanged
            .portal
            .ctx
            .read(move |read| {
                let person = identity::person_of_id_number(read, &number)?;
                person.map(|person| identity::account_of(read, person)).transpose().map(Option::flatten)
            })
            .await
            .unwrap()
            .map(|account| account.id);
        let path = format!("/en/desk/identity/accounts/{}", account.unwrap());
        let role = Role::AuthenticationOfficer;
        let mut desk = exchanged.portal.at_desk("imad", "moi", role, "/en/desk/identity").await;
        let page = desk.get(&path).await;
        let locked = desk.post(&format!("{path}/lock"), format!("{}&reason=lost", page.token())).await;
        assert_eq!(locked.status, StatusCode::SEE_OTHER, "{}", locked.text);
        exchanged.has_ended().await;
    });
}

#[test]
fn a_system_s_own_token_ends_with_nobody() {
    on_both_engines(&schemas(), |world| async move {
        let mut exchanged = Exchanged::new(world).await;
        let fields = [("grant_type", "client_credentials"), ("scope", "school:read"), ("resource", "school")];
        let own = exchanged.ministry.ask("/oauth2/token", &fields).await.json();
        exchanged.token = own["access_token"].as_str().unwrap().to_owned();
        exchanged.browser.visit("/en/sign-in?return=/who").await;
        exchanged.post("/en/account/disown").await;
        assert!(exchanged.is_active().await);
    });
}

#[test]
fn what_is_remembered_of_it_is_forgotten_with_it() {
    on_both_engines(&schemas(), |world| async move {
        let exchanged = Exchanged::new(world).await;
        let portal = &exchanged.portal;
        let kept = async || portal.ctx.read(|read| read.rows(&sql::KEPT, &[])).await.unwrap().len();
        assert_eq!(kept().await, 1);
        portal.clock.advance_seconds(300 + 901);
        for job in portal.systems.iter().flat_map(|system| system.jobs.clone()) {
            if job.name == "identity.clear" {
                job.run_once(&portal.ctx, "test").await.unwrap();
            }
        }
        assert_eq!(kept().await, 0);
    });
}
