//! The presets of clients, tokens that are bound to keys, tokens without a
//! browser, answers by form, keys that change, sessions that end everywhere: on
//! both engines, each against what an attacker or a hasty developer would send.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use crate::kit::ministry::{
    CALLBACK, Ministry, answer, challenge, code_for, parameters, request, to_the_client, with_policy,
};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas};
use base::SeededEntropy;
use http::{Method, StatusCode};
use identity::{Client, Grant, Policy, Preset};
use seal::digest::{base64, base64url, sha256};
use seal::jose::{self, JwsAlgorithm, KeySet, Rules};
use seal::{Algorithm, SigningKey};
use serde_json::{Value, json};
use testkit::on_both_engines;
use web::fields::encode;

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::P256, &SeededEntropy::new(seed)).unwrap()
}

async fn with_fapi(world: testkit::World) -> (Portal, Ministry, Browser) {
    let (portal, mut ministry, browser) = with_policy(world, Policy::default()).await;
    ministry.prover = Some(key(21));
    (portal, ministry, browser)
}

/// Pushes a request and gives where the browser goes with it.
async fn push(ministry: &mut Ministry, changes: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let fields = parameters(&challenge, changes);
    let pushed = ministry.ask("/oauth2/par", &fields).await;
    assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    format!("/oauth2/authorize?client_id=health&request_uri={}", encode(&uri))
}

async fn sign_in(portal: &Portal, ministry: &mut Ministry, browser: &mut Browser) -> Value {
    let address = push(ministry, &[]).await;
    let code = code_for(portal, browser, &address).await.parameter("code").unwrap();
    let tokens = ministry.exchange(&code).await;
    assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
    tokens.json()
}

async fn userinfo(browser: &mut Browser, headers: &[(&str, &str)]) -> Page {
    browser.send(Method::GET, "/oauth2/userinfo", String::new(), headers).await
}

fn ath(token: &str) -> (&'static str, Value) {
    ("ath", base64url(&sha256(token.as_bytes())).into())
}

#[test]
fn a_client_of_fapi_pushes_and_binds_what_it_gets() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_fapi(world).await;
        let plain = browser.get(&request(&[])).await;
        assert_eq!(plain.parameter("error").as_deref(), Some("invalid_request"), "not pushed: {plain:?}");
        let tokens = sign_in(&portal, &mut ministry, &mut browser).await;
        assert_eq!(tokens["token_type"], "DPoP");
        let access = tokens["access_token"].as_str().unwrap().to_owned();
        let scheme = format!("DPoP {access}");
        let proof = ministry.proof("GET", "/oauth2/userinfo", &[ath(&access)]);
        let told = userinfo(&mut browser, &[("authorization", &scheme), ("dpop", &proof)]).await;
        assert_eq!((told.status, &told.json()["name#en"]), (StatusCode::OK, &json!("Layla Khalil")));
        let replayed = userinfo(&mut browser, &[("authorization", &scheme), ("dpop", &proof)]).await;
        assert_eq!(
            (replayed.status, &replayed.json()["error"]),
            (StatusCode::UNAUTHORIZED, &json!("invalid_dpop_proof"))
        );
        // Whoever has the token alone has nothing.
        for (authorization, proof) in [
            (format!("Bearer {access}"), None),
            (scheme.clone(), None),
            (scheme.clone(), Some(ministry.proof("GET", "/oauth2/userinfo", &[]))),
            (scheme.clone(), Some(ministry.proof("GET", "/oauth2/userinfo", &[ath("another")]))),
            (scheme.clone(), Some(ministry.proof("POST", "/oauth2/userinfo", &[ath(&access)]))),
            (scheme.clone(), Some(ministry.proof("GET", "/oauth2/token", &[ath(&access)]))),
        ] {
            let mut headers = vec![("authorization", authorization.as_str())];
            headers.extend(proof.as_deref().map(|proof| ("dpop", proof)));
            let refused = userinfo(&mut browser, &headers).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{headers:?} {}", refused.text);
            assert!(refused.header("www-authenticate").contains("error="), "{refused:?}");
        }
        let thief = ministry.prover.replace(key(22));
        let proof = ministry.proof("GET", "/oauth2/userinfo", &[ath(&access)]);
        let refused = userinfo(&mut browser, &[("authorization", &scheme), ("dpop", &proof)]).await;
        assert_eq!(refused.json()["error"], "invalid_token", "another key");
        ministry.prover = thief;
        portal.holds().await;
    });
}

#[test]
fn a_proof_must_be_fresh_ours_and_new() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_fapi(world).await;
        let address = push(&mut ministry, &[]).await;
        let code = code_for(&portal, &mut browser, &address).await.parameter("code").unwrap();
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", "unknown")];
        let now = ministry.now;
        let try_proof = async |ministry: &mut Ministry, proof: &str| {
            let assertion = ministry.assertion("health");
            let page = ministry.call_with("/oauth2/token", &assertion, proof, &refresh).await;
            assert!(!page.header("dpop-nonce").is_empty(), "each answer brings a nonce");
            page.json()["error"].as_str().unwrap().to_owned()
        };
        for (changes, error) in [
            (vec![("nonce", json!("guessed"))], "use_dpop_nonce"),
            (vec![("nonce", Value::Null)], "use_dpop_nonce"),
            (vec![("iat", json!(now - 120))], "invalid_dpop_proof"),
            (vec![("iat", json!(now + 120))], "invalid_dpop_proof"),
            (vec![("iat", Value::Null)], "invalid_dpop_proof"),
            (vec![("htm", json!("GET"))], "invalid_dpop_proof"),
            (vec![("htu", json!("https://evil.example/oauth2/token"))], "invalid_dpop_proof"),
            (vec![("jti", json!(""))], "invalid_dpop_proof"),
            // A query does not count (RFC 9449 §4.3): the proof holds, the token is unknown.
            (vec![("htu", json!(format!("{}/oauth2/token?x=1", portal.origin)))], "invalid_grant"),
        ] {
            let proof = ministry.proof("POST", "/oauth2/token", &changes);
            assert_eq!(try_proof(&mut ministry, &proof).await, error, "{changes:?}");
        }
        let proof = ministry.proof("POST", "/oauth2/token", &[]);
        assert_eq!(try_proof(&mut ministry, &proof).await, "invalid_grant");
        assert_eq!(try_proof(&mut ministry, &proof).await, "invalid_dpop_proof", "a second time");
        assert_eq!(try_proof(&mut ministry, "").await, "invalid_request", "none at all");
        // Signed by one key, naming another.
        let other = key(23);
        let honest = ministry.proof("POST", "/oauth2/token", &[]);
        let signed = honest.rsplit_once('.').unwrap().0;
        let forged = format!("{signed}.{}", base64url(&seal::Signer::sign(&other, signed.as_bytes()).unwrap()));
        assert_eq!(try_proof(&mut ministry, &forged).await, "invalid_dpop_proof");
        let untyped = jose::sign(ministry.prover.as_ref().unwrap(), "JWT", b"{}").unwrap();
        assert_eq!(try_proof(&mut ministry, &untyped).await, "invalid_dpop_proof");
        // The code is bound to the key that was proven when the request was pushed.
        let former = ministry.prover.replace(key(24));
        assert_eq!(ministry.exchange(&code).await.json()["error"], "invalid_grant");
        ministry.prover = former;
        assert_eq!(ministry.exchange(&code).await.status, StatusCode::OK);
        portal.clock.advance_seconds(130);
        ministry.now += 130;
        let proof = ministry.proof("POST", "/oauth2/token", &[]);
        assert_eq!(try_proof(&mut ministry, &proof).await, "use_dpop_nonce", "two minutes are over");
        portal.holds().await;
    });
}

#[test]
fn fapi_takes_its_issuer_alone_and_keeps_refresh_tokens() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_fapi(world).await;
        let ends = ministry.now + 60;
        let claims =
            |aud: Value, jti: &str| json!({ "iss": "health", "sub": "health", "aud": aud, "jti": jti, "exp": ends });
        for (aud, jti) in [(json!(format!("{}/oauth2/token", portal.origin)), "t"), (json!([portal.origin]), "l")] {
            let assertion = ministry.sign(claims(aud, jti));
            let refused = ministry.call("/oauth2/par", &assertion, &[]).await;
            assert_eq!(refused.json()["error"], "invalid_client", "{jti}");
        }
        let tokens = sign_in(&portal, &mut ministry, &mut browser).await;
        let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
        for _ in 0..2 {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
            let renewed = ministry.ask("/oauth2/token", &fields).await;
            assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text);
            assert!(renewed.json().get("refresh_token").is_none(), "it stays the same");
        }
        portal.clock.advance_seconds(12 * 3_600 + 1);
        ministry.now += 12 * 3_600 + 1;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        assert_eq!(ministry.ask("/oauth2/token", &fields).await.json()["error"], "invalid_grant", "it ends");
        portal.holds().await;
    });
}

#[test]
fn refresh_tokens_that_rotate_end_when_the_first_would_have() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_policy(world, Policy::standard()).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let mut tokens = ministry.exchange(&code).await.json();
        for hours in [6, 7] {
            portal.clock.advance_seconds(hours * 3_600);
            ministry.now += hours * 3_600;
            let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
            let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
            tokens = ministry.ask("/oauth2/token", &fields).await.json();
        }
        assert_eq!(tokens["error"], "invalid_grant");
    });
}

/// `health` may ask in its own name and hand persons' tokens on to `school`.
async fn with_grants(world: testkit::World) -> (Portal, Ministry, Browser) {
    let policy = Policy {
        preset: Preset::Standard,
        grants: vec![Grant::ClientCredentials, Grant::TokenExchange],
        scopes: vec!["school:read".to_owned(), "school:write".to_owned()],
        accepts: vec!["health".to_owned(), "school".to_owned()],
        ..Policy::default()
    };
    with_policy(world, policy).await
}

#[test]
fn a_system_has_tokens_in_its_own_name() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, _browser) = with_grants(world).await;
        let ask = [("grant_type", "client_credentials"), ("scope", "school:read"), ("resource", "school")];
        let tokens = ministry.ask("/oauth2/token", &ask).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
        let tokens = tokens.json();
        assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
        let access = tokens["access_token"].as_str().unwrap().to_owned();
        let jwks = KeySet::from_json(&ministry.browser.get("/oauth2/jwks").await.json()).unwrap();
        let rules = Rules { algorithms: &[JwsAlgorithm::Es256], typ: Some("at+jwt") };
        let claims = jose::verify(&access, &jwks, &rules).unwrap().claims().unwrap();
        assert_eq!(
            (&claims["sub"], &claims["aud"], &claims["scope"]),
            (&json!("health"), &json!("school"), &json!("school:read"))
        );
        // Whoever takes it may ask about it; whoever gave it may end it.
        let said = ministry.ask("/oauth2/introspect", &[("token", access.as_str())]).await.json();
        assert_eq!((&said["active"], &said["aud"]), (&json!(true), &json!("school")));
        ministry.id = "school";
        assert_eq!(
            ministry.ask("/oauth2/introspect", &[("token", access.as_str())]).await.json()["active"],
            json!(true)
        );
        assert_eq!(ministry.ask("/oauth2/revoke", &[("token", access.as_str())]).await.status, StatusCode::OK);
        assert_eq!(
            ministry.ask("/oauth2/introspect", &[("token", access.as_str())]).await.json()["active"],
            json!(true)
        );
        ministry.id = "health";
        assert_eq!(ministry.ask("/oauth2/revoke", &[("token", access.as_str())]).await.status, StatusCode::OK);
        assert_eq!(
            ministry.ask("/oauth2/introspect", &[("token", access.as_str())]).await.json(),
            json!({ "active": false })
        );
        let broken = format!("{}A", &access[..access.len() - 1]);
        assert_eq!(
            ministry.ask("/oauth2/introspect", &[("token", broken.as_str())]).await.json(),
            json!({ "active": false })
        );
        for (changes, error) in [
            (("scope", "school:read admin"), "invalid_scope"),
            (("resource", "portal"), "invalid_target"),
            (("resource", "nobody"), "invalid_target"),
        ] {
            let mut fields = ask.to_vec();
            fields.retain(|(name, _)| *name != changes.0);
            fields.push(changes);
            assert_eq!(ministry.ask("/oauth2/token", &fields).await.json()["error"], error, "{changes:?}");
        }
        // No person stands behind it.
        let bearer = format!("Bearer {access}");
        assert_eq!(
            userinfo(&mut portal.browser(), &[("authorization", &bearer)]).await.status,
            StatusCode::UNAUTHORIZED
        );
        portal.holds().await;
    });
}

#[test]
fn a_person_s_token_is_exchanged_for_one_that_another_system_takes() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_grants(world).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let access = tokens["access_token"].as_str().unwrap().to_owned();
        let own = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        let ask = |token: &str, audience: &str| {
            vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".to_owned()),
                ("subject_token", token.to_owned()),
                ("subject_token_type", kind.to_owned()),
                ("audience", audience.to_owned()),
                ("scope", "school:read".to_owned()),
            ]
        };
        let send = async |ministry: &mut Ministry, fields: Vec<(&'static str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            ministry.ask("/oauth2/token", &fields).await.json()
        };
        portal.clock.advance_seconds(100);
        ministry.now += 100;
        let exchanged = send(&mut ministry, ask(&access, "school")).await;
        assert_eq!(exchanged["issued_token_type"], kind, "{exchanged}");
        assert_eq!(exchanged["expires_in"], 200, "no longer than what it was exchanged for");
        let claims = jose::peek_claims(exchanged["access_token"].as_str().unwrap()).unwrap();
        assert_eq!((&claims["aud"], &claims["act"]), (&json!("school"), &json!({ "sub": "health" })));
        assert_eq!(claims["acr"], "substantial");
        assert_ne!(claims["sub"], own["sub"], "each sector knows the person by another name");
        assert_ne!(claims["sid"], own["sid"], "and the session too");
        assert_eq!(send(&mut ministry, ask(&access, "portal")).await["error"], "invalid_target");
        assert_eq!(send(&mut ministry, ask("unknown", "school")).await["error"], "invalid_grant");
        ministry.id = "school";
        assert_eq!(send(&mut ministry, ask(&access, "school")).await["error"], "invalid_grant", "not its own");
        ministry.id = "health";
        portal.clock.advance_seconds(301);
        ministry.now += 301;
        assert_eq!(send(&mut ministry, ask(&access, "school")).await["error"], "invalid_grant", "it is over");
        portal.holds().await;
    });
}

#[test]
fn a_grant_that_was_not_allowed_is_refused() {
    on_both_engines(&schemas(), |world| async move {
        let (_portal, mut ministry, _browser) = with_policy(world, Policy::standard()).await;
        let refused = ministry.ask("/oauth2/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(refused.json()["error"], "unauthorized_client");
    });
}

#[test]
fn a_shared_secret_serves_until_its_day() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, ministry, mut browser) = with_policy(world, Policy::standard()).await;
        let secret = "s3cret of 256 bits: of course/";
        let client = portal.ctx.read(|read| identity::client(read, "health")).await.unwrap().unwrap();
        let policy =
            |last: &str| Policy { preset: Preset::Legacy, secret_until: Some(last.to_owned()), ..Policy::default() };
        let today = portal.ctx.now().date(base::Zone::Hebron).to_string();
        let set = async |last: &str| {
            let secret = Some(sha256(secret.as_bytes()).to_vec());
            let client = Client { policy: policy(last), secret, ..client.clone() };
            identity::seed::client(&portal.ctx, client).await.unwrap();
        };
        set(&today).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let body = |more: &str| {
            format!(
                "grant_type=authorization_code&code={code}&redirect_uri={}&code_verifier=0123456789abcdefghijklmnopqrstuvwxyzABCDEFG{more}",
                encode(CALLBACK)
            )
        };
        let basic = |name: &str, secret: &str| {
            format!("Basic {}", base64(format!("{}:{}", encode(name), encode(secret)).as_bytes()))
        };
        let send = async |browser: &mut Browser, header: &str, body: String| {
            browser.send(Method::POST, "/oauth2/token", body, &[("authorization", header)]).await
        };
        for (header, more) in [
            (basic("health", "guess"), ""),
            (basic("nobody", secret), ""),
            (basic("health", secret), "&client_id=school"),
            ("Basic !".to_owned(), ""),
        ] {
            let refused = send(&mut browser, &header, body(more)).await;
            assert_eq!(
                (refused.status, &refused.json()["error"]),
                (StatusCode::UNAUTHORIZED, &json!("invalid_client"))
            );
            assert!(refused.header("www-authenticate").starts_with("Basic"), "{refused:?}");
        }
        set("2020-01-01").await;
        let late = send(&mut browser, &basic("health", secret), body("")).await;
        assert_eq!(late.json()["error"], "invalid_client", "its day is over");
        set(&today).await;
        let posted =
            browser.post("/oauth2/token", body(&format!("&client_id=health&client_secret={}", encode("x")))).await;
        assert_eq!(posted.json()["error"], "invalid_client");
        let tokens = send(&mut browser, &basic("health", secret), body("")).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
        drop(ministry);
        portal.holds().await;
    });
}

#[test]
fn an_answer_may_come_by_form() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_policy(world, Policy::standard()).await;
        code_for(&portal, &mut browser, &request(&[])).await;
        let page = browser.get(&request(&[("response_mode", "form_post"), ("state", "\"><b>")])).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(page.text.contains("value=\"&#34;&#62;&#60;b&#62;\""), "{}", page.text);
        assert!(page.header("content-security-policy").contains("form-action 'self' https://health.example;"));
        let value = |name: &str| {
            let rest = page.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
            rest.split('"').next().unwrap().to_owned()
        };
        assert_eq!(ministry.exchange(&value("code")).await.status, StatusCode::OK);
        let refused = browser.get(&request(&[("response_mode", "form_post"), ("response_type", "token")])).await;
        assert!(refused.text.contains("unsupported_response_type"), "errors too: {}", refused.text);
    });
}

#[test]
fn claims_are_told_by_name_after_consent_and_assurance_can_be_insisted_on() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_policy(world, Policy::standard()).await;
        let claims = r#"{"userinfo":{"id_number":null},"id_token":{"acr":{"essential":true,"value":"substantial"}}}"#;
        let changes = [("scope", "openid"), ("claims", claims)];
        let page = browser.get(&request(&changes)).await;
        let page = to_the_client(&mut browser, page).await;
        let page = answer(
            &mut browser,
            &page,
            "password",
            &[("id_number", crate::kit::ministry::NUMBER), ("password", PASSWORD)],
        )
        .await;
        let code = portal.code(crate::kit::ministry::PHONE).await;
        let asks = answer(&mut browser, &page, "code", &[("code", &code)]).await;
        assert!(asks.text.contains("id=\"allow\"") && asks.text.contains("رقم الهوية"), "{}", asks.text);
        let page = answer(&mut browser, &asks, "consent", &[("answer", "allow")]).await;
        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await.json();
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let told = userinfo(&mut browser, &[("authorization", &bearer)]).await.json();
        assert_eq!((&told["id_number"], told.get("name")), (&json!(crate::kit::ministry::NUMBER), None));
        let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        assert!(!claims.contains_key("id_number"), "it was asked for elsewhere");
        // A token may come in a form too (RFC 6750 §2.2).
        let body = format!("access_token={}", tokens["access_token"].as_str().unwrap());
        let by_form = browser.send(Method::POST, "/oauth2/userinfo", body, &[]).await;
        assert_eq!(by_form.json(), told);
        let wrong = browser.send(Method::POST, "/oauth2/userinfo", "access_token=guessed".to_owned(), &[]).await;
        assert_eq!((wrong.status, &wrong.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_token")));
        let in_token = r#"{"id_token":{"id_number":{"essential":true}}}"#;
        let asked = request(&[("scope", "openid"), ("claims", in_token), ("prompt", "none")]);
        let code = browser.get(&asked).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!(claims["id_number"], crate::kit::ministry::NUMBER);
        portal.clock.advance_seconds(31);
        ministry.now += 31;
        let insisted = r#"{"id_token":{"acr":{"essential":true,"value":"high"}}}"#;
        let page = browser.get(&request(&[("scope", "openid"), ("claims", insisted)])).await;
        let page = to_the_client(&mut browser, page).await;
        let page = answer(
            &mut browser,
            &page,
            "password",
            &[("id_number", crate::kit::ministry::NUMBER), ("password", PASSWORD)],
        )
        .await;
        let code = portal.code(crate::kit::ministry::PHONE).await;
        let page = answer(&mut browser, &page, "code", &[("code", &code)]).await;
        assert_eq!(page.parameter("error").as_deref(), Some("unmet_authentication_requirements"), "{page:?}");
        portal.holds().await;
    });
}

#[test]
fn rs256_is_there_for_who_knows_nothing_else() {
    on_both_engines(&schemas(), |world| async move {
        let policy = Policy { rs256: true, ..Policy::standard() };
        let (portal, mut ministry, mut browser) = with_policy(world, policy).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let token = tokens["id_token"].as_str().unwrap().to_owned();
        assert_eq!(jose::peek_header(&token).unwrap()["alg"], "RS256");
        ministry.claims(&token).await;
        // It also names the session that is to be ended.
        let page = browser.get(&format!("/oauth2/end-session?id_token_hint={token}")).await;
        assert!(!page.text.contains("id=\"sign-out\""), "{}", page.text);
    });
}

#[test]
fn keys_change_by_themselves_and_old_tokens_are_still_read() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_policy(world, Policy::standard()).await;
        let kids = async |browser: &mut Browser| {
            let keys = browser.get("/oauth2/jwks").await.json();
            let keys = keys["keys"].as_array().unwrap().clone();
            keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let rotate = async || {
            let jobs = portal.systems.iter().flat_map(|system| system.jobs.clone());
            for job in jobs.filter(|job| job.name == "identity.rotate" || job.name == "identity.clear") {
                job.run_once(&portal.ctx, "test").await.unwrap();
            }
        };
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let first = ministry.exchange(&code).await.json()["id_token"].as_str().unwrap().to_owned();
        let before = kids(&mut browser).await;
        rotate().await;
        assert_eq!(kids(&mut browser).await, before, "nothing is due");
        let day = 86_400;
        portal.clock.advance_seconds(89 * day + 60);
        rotate().await;
        rotate().await;
        let published = kids(&mut browser).await;
        assert_eq!(published.len(), 4, "one more of each kind, ahead of its time");
        let kid = |token: &str| jose::peek_header(token).unwrap()["kid"].as_str().unwrap().to_owned();
        let own = async |ministry: &mut Ministry, browser: &mut Browser| {
            ministry.now = portal.ctx.now().as_seconds();
            browser.cookies.clear();
            let code = code_for(&portal, browser, &request(&[])).await.parameter("code").unwrap();
            ministry.exchange(&code).await.json()["id_token"].as_str().unwrap().to_owned()
        };
        let still = own(&mut ministry, &mut browser).await;
        assert_eq!(kid(&still), kid(&first), "the old one signs until the new one is known everywhere");
        portal.clock.advance_seconds(day + 60);
        rotate().await;
        let next = own(&mut ministry, &mut browser).await;
        assert_ne!(kid(&next), kid(&first));
        assert!(published.contains(&kid(&next)) && kids(&mut browser).await.contains(&kid(&first)));
        portal.clock.advance_seconds(day + 1_000);
        rotate().await;
        let left = kids(&mut browser).await;
        assert_eq!(left.len(), 2);
        assert!(!left.contains(&kid(&first)), "nobody needs the old ones any more");
    });
}

/// A client's own door for the word that a session ended.
async fn door(statuses: Vec<u16>) -> (String, Arc<Mutex<Vec<String>>>) {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let (kept, left) = (Arc::clone(&heard), Arc::new(Mutex::new(statuses)));
    let take = move |body: String| {
        kept.lock().unwrap().push(body);
        let status = left.lock().unwrap().pop().unwrap_or(200);
        async move { StatusCode::from_u16(status).unwrap() }
    };
    let router = axum::Router::new().route("/bye", axum::routing::post(take));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = format!("http://{}/bye", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, heard)
}

#[test]
fn clients_are_told_that_a_session_ended() {
    on_both_engines(&schemas(), |world| async move {
        // The first try meets a client that is not well.
        let (address, heard) = door(vec![503]).await;
        let policy = Policy { back_channel: Some(address), ..Policy::standard() };
        let (portal, mut ministry, mut browser) = with_policy(world, policy).await;
        let subscribers: Vec<_> = portal.systems.iter().flat_map(|system| system.subscribers.clone()).collect();
        let deliver = async || store::dispatch_once(&portal.ctx, &subscribers).await.unwrap();
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        deliver().await;
        assert!(heard.lock().unwrap().is_empty());
        let hint = tokens["id_token"].as_str().unwrap();
        let page = browser.get(&format!("/oauth2/end-session?id_token_hint={hint}")).await;
        assert!(!page.text.contains("id=\"sign-out\""), "the token names the session: {}", page.text);
        deliver().await;
        assert_eq!(heard.lock().unwrap().len(), 1);
        portal.clock.advance_seconds(700);
        deliver().await;
        deliver().await;
        let words = heard.lock().unwrap().clone();
        assert_eq!(words.len(), 2, "told again after a failure, and not a third time");
        let fields = web::fields::parse(words[1].as_bytes()).unwrap();
        let token = &fields.iter().find(|(name, _)| name == "logout_token").unwrap().1;
        let jwks = KeySet::from_json(&browser.get("/oauth2/jwks").await.json()).unwrap();
        let rules = Rules { algorithms: &[JwsAlgorithm::Es256], typ: Some("logout+jwt") };
        let told = jose::verify(token, &jwks, &rules).unwrap().claims().unwrap();
        assert_eq!((&told["sid"], &told["sub"], &told["aud"]), (&claims["sid"], &claims["sub"], &json!("health")));
        assert!(told["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
        assert!(told.get("nonce").is_none(), "it must not look like an ID token");
        portal.holds().await;
    });
}
