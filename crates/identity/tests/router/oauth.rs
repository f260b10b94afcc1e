//! The provider's endpoints against clients that err and clients that attack,
//! on both engines. A client of another house, with its own key.

use crate::kit::ministry::{
    CALLBACK, Ministry, NUMBER, PHONE, VERIFIER, answer, challenge, code_for, parameters, request, to_the_client,
    with_citizen,
};
use crate::kit::{Browser, PASSWORD, schemas};
use base::{Assurance, SeededEntropy};
use http::{Method, StatusCode};
use seal::digest::base64url;
use seal::jose;
use seal::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};
use store::Key;
use testkit::on_both_engines;
use web::fields::encode;

#[test]
fn what_was_not_shown_is_not_told() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let page = browser.get(&request(&[])).await;
        let page = to_the_client(&mut browser, page).await;
        let page = answer(&mut browser, &page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        // The password alone, though a number is bound to the account.
        let page = answer(&mut browser, &page, "skip", &[]).await;
        let page = answer(&mut browser, &page, "consent", &[("answer", "allow")]).await;
        ministry.now = portal.ctx.now().as_seconds();
        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await.json();
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let info = browser.send(Method::GET, "/oauth2/userinfo", String::new(), &[("authorization", &bearer)]).await;
        let info = info.json();
        assert!(info.get("id_number").is_none() && info.get("sub").is_some(), "{info}");
    });
}

#[test]
fn a_ministry_signs_a_citizen_in_with_consent() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let page = browser.get(&request(&[("ui_locales", "en-GB ar")])).await;
        let page = to_the_client(&mut browser, page).await;
        assert!(page.text.contains("To go on to \u{2068}Ministry of Health"), "{}", page.text);
        assert!(page.header("content-security-policy").contains("form-action 'self' https://health.example;"));
        let back = answer(&mut browser.clone(), &page, "cancel", &[]).await;
        assert_eq!(back.parameter("error").as_deref(), Some("access_denied"));
        assert_eq!(back.parameter("state").as_deref(), Some("s&1"));
        let page = answer(&mut browser, &page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = portal.code(PHONE).await;
        let page = answer(&mut browser, &page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("id=\"allow\"") && page.text.contains("ID number"), "{}", page.text);
        let denied = answer(&mut browser.clone(), &page, "consent", &[("answer", "deny")]).await;
        assert_eq!(denied.parameter("error").as_deref(), Some("access_denied"));
        let page = answer(&mut browser, &page, "consent", &[("answer", "allow")]).await;
        assert_eq!(page.parameter("state").as_deref(), Some("s&1"));
        assert_eq!(page.parameter("iss").as_deref(), Some(portal.origin.as_str()));
        assert_eq!(page.parameter("from").as_deref(), Some("hukumati"), "the registered query stays");

        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
        assert_eq!(tokens.header("cache-control"), "no-store");
        let tokens = tokens.json();
        let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        assert_eq!((text("nonce"), text("acr")), ("n1".into(), "substantial".into()));
        assert!(
            !claims.contains_key("name") && !claims.contains_key("id_number"),
            "it travels in addresses: {claims:?}"
        );
        assert_eq!(claims["amr"], json!(["pwd", "sms"]));
        assert!(!claims.contains_key("person") && !claims.contains_key("account"), "only our own clients learn these");
        assert_eq!(claims["auth_time"], ministry.now);

        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let info = browser.send(Method::GET, "/oauth2/userinfo", String::new(), &[("authorization", &bearer)]).await;
        let info = info.json();
        assert_eq!((&info["sub"], &info["id_number"]), (&claims["sub"], &json!(NUMBER)));
        assert_eq!((&info["name"], &info["name#en"]), (&json!("ليلى خليل"), &json!("Layla Khalil")));
        // The session answers the next request, and consent is remembered.
        let again = browser.get(&request(&[("prompt", "none")])).await;
        assert!(again.parameter("code").is_some(), "{again:?}");
        portal.holds().await;
    });
}

#[test]
fn a_replayed_code_revokes_what_it_gave() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let info = async |browser: &mut Browser| {
            browser.send(Method::GET, "/oauth2/userinfo", String::new(), &[("authorization", &bearer)]).await.status
        };
        assert_eq!(info(&mut browser).await, StatusCode::OK);
        let replayed = ministry.exchange(&code).await;
        assert_eq!((replayed.status, &replayed.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
        assert_eq!(info(&mut browser).await, StatusCode::UNAUTHORIZED);
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let refused =
            ministry.ask("/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
        assert_eq!(refused.json()["error"], "invalid_grant");
        portal.holds().await;
    });
}

#[test]
fn a_code_is_good_for_its_client_its_place_its_verifier_and_a_minute() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let good = |code: &str| {
            vec![
                ("grant_type".to_owned(), "authorization_code".to_owned()),
                ("code".to_owned(), code.to_owned()),
                ("redirect_uri".to_owned(), CALLBACK.to_owned()),
                ("code_verifier".to_owned(), VERIFIER.to_owned()),
            ]
        };
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        for (place, value, error) in [
            (0, "password", "unsupported_grant_type"),
            (1, "nonsense", "invalid_grant"),
            (2, "https://health.example/callback", "invalid_grant"),
            (3, "another verifier, forty-three characters ok", "invalid_grant"),
            (3, "", "invalid_grant"),
        ] {
            let mut fields = good(&code);
            value.clone_into(&mut fields[place].1);
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let refused = ministry.ask("/oauth2/token", &fields).await;
            assert_eq!((refused.status, refused.json()["error"].as_str().unwrap()), (StatusCode::BAD_REQUEST, error));
        }
        let fields = good(&code);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let stranger = ministry.assertion("school");
        let refused = ministry.call("/oauth2/token", &stranger, &fields).await;
        assert_eq!(refused.json()["error"], "invalid_grant", "another client's code");
        portal.clock.advance_seconds(61);
        ministry.now += 61;
        assert_eq!(ministry.exchange(&code).await.json()["error"], "invalid_grant", "a minute is over");
        portal.holds().await;
    });
}

#[test]
fn requests_that_err_are_told_where_it_is_safe() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut browser) = with_citizen(world).await;
        let long = "x".repeat(2_100);
        for (changes, error) in [
            (vec![("code_challenge", "")], "invalid_request"),
            (vec![("code_challenge_method", "plain")], "invalid_request"),
            (vec![("code_challenge_method", "")], "invalid_request"),
            (vec![("code_challenge", "short")], "invalid_request"),
            (vec![("response_type", "token")], "unsupported_response_type"),
            (vec![("response_type", "code id_token")], "unsupported_response_type"),
            (vec![("response_mode", "fragment")], "invalid_request"),
            (vec![("scope", "profile")], "invalid_scope"),
            (vec![("prompt", "none login")], "invalid_request"),
            (vec![("prompt", "none")], "login_required"),
            (vec![("max_age", "soon")], "invalid_request"),
            (vec![("request", "eyJhbGciOiJub25lIn0.e30.")], "request_not_supported"),
            (vec![("request_uri", "https://evil.example/r")], "request_uri_not_supported"),
        ] {
            let page = browser.get(&request(&changes)).await;
            assert!(page.header("location").starts_with(CALLBACK), "{changes:?} {}", page.text);
            assert_eq!(page.parameter("error").as_deref(), Some(error), "{changes:?}");
            assert_eq!(page.parameter("state").as_deref(), Some("s&1"));
            assert_eq!(page.parameter("iss").as_deref(), Some(portal.origin.as_str()));
            assert!(page.parameter("code").is_none());
        }
        for changes in [
            vec![("redirect_uri", "https://evil.example/")],
            vec![("redirect_uri", "https://health.example/callback")],
            vec![("redirect_uri", "https://health.example/callback?from=hukumati#x")],
            vec![("redirect_uri", "")],
            vec![("client_id", "nobody")],
            vec![("state", &long)],
            vec![("request_uri", "urn:ietf:params:oauth:request_uri:01KZZZZZZZZZZZZZZZZZZZZZZZ")],
        ] {
            let page = browser.get(&request(&changes)).await;
            assert_eq!((page.status, page.header("location")), (StatusCode::BAD_REQUEST, ""), "{changes:?}");
        }
        let twice = browser.get(&format!("{}&client_id=health", request(&[]))).await;
        assert_eq!(twice.status, StatusCode::BAD_REQUEST);
        let posted = browser.post("/oauth2/authorize", request(&[]).split_once('?').unwrap().1).await;
        assert!(posted.header("location").starts_with("/oauth2/authorize?client_id=health"), "{posted:?}");
    });
}

#[test]
fn clients_prove_who_they_are_once() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, _browser) = with_citizen(world).await;
        let now = ministry.now;
        let claims = |changes: &[(&str, Value)]| {
            let mut claims =
                json!({ "iss": "health", "sub": "health", "aud": portal.origin, "jti": "x", "exp": now + 60 });
            for (name, value) in changes {
                claims[*name] = value.clone();
            }
            claims
        };
        let other = SigningKey::generate(Algorithm::P256, &SeededEntropy::new(10)).unwrap();
        let forged = jose::sign(&other, "JWT", claims(&[]).to_string().as_bytes()).unwrap();
        let none = format!(
            "{}.{}.",
            base64url(br#"{"alg":"none","typ":"JWT"}"#),
            base64url(claims(&[]).to_string().as_bytes())
        );
        // HMAC with the public key as its secret: the key's confusion of old libraries.
        let head = base64url(br#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{head}.{}", base64url(claims(&[]).to_string().as_bytes()));
        let mac = seal::digest::hmac_sha256(ministry.key.public().spki(), signed.as_bytes());
        let confused = format!("{signed}.{}", base64url(&mac));
        for (name, assertion) in [
            ("forged", forged),
            ("none", none),
            ("confused", confused),
            ("another audience", ministry.sign(claims(&[("aud", json!("https://evil.example"))]))),
            ("another subject", ministry.sign(claims(&[("sub", json!("school"))]))),
            ("over", ministry.sign(claims(&[("exp", json!(now - 60))]))),
            ("far ahead", ministry.sign(claims(&[("exp", json!(now + 86_400))]))),
            ("without jti", ministry.sign(claims(&[("jti", json!(""))]))),
            ("unknown", ministry.sign(claims(&[("iss", json!("nobody")), ("sub", json!("nobody"))]))),
            ("garbage", "a.b.c".to_owned()),
        ] {
            let refused = ministry.call("/oauth2/par", &assertion, &[]).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{name}: {}", refused.text);
            assert_eq!(refused.json()["error"], "invalid_client", "{name}");
        }
        let once = ministry.assertion("health");
        let fields = [("token", "unknown")];
        assert_eq!(ministry.call("/oauth2/revoke", &once, &fields).await.status, StatusCode::OK);
        assert_eq!(ministry.call("/oauth2/revoke", &once, &fields).await.json()["error"], "invalid_client", "twice");
        let large = "x".repeat(20_000);
        let refused = ministry.ask("/oauth2/token", &[("grant_type", &large)]).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", refused.text);
        let broken = ministry.browser.post("/oauth2/token", "grant_type=%ff").await;
        assert_eq!(broken.json()["error"], "invalid_request");
    });
}

#[test]
fn a_pushed_request_is_taken_up_once() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let challenge = challenge();
        let wrong = parameters(&challenge, &[("redirect_uri", "https://evil.example/")]);
        assert_eq!(ministry.ask("/oauth2/par", &wrong).await.json()["error"], "invalid_request");
        let pushed = ministry.ask("/oauth2/par", &parameters(&challenge, &[])).await;
        assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text);
        let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let address =
            |client: &str, uri: &str| format!("/oauth2/authorize?client_id={client}&request_uri={}", encode(uri));
        assert_eq!(browser.get(&address("school", &uri)).await.status, StatusCode::BAD_REQUEST, "another client's");
        // Whoever only looks does not use it up; whoever comes later takes it over.
        let mut looker = portal.browser();
        let looked = looker.get(&address("health", &uri)).await;
        let looked = to_the_client(&mut looker, looked).await;
        assert!(looked.text.contains("id-number"), "{}", looked.text);
        let page = code_for(&portal, &mut browser, &address("health", &uri)).await;
        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await;
        assert_eq!(tokens.status, StatusCode::OK, "{}", tokens.text);
        assert_eq!(browser.get(&address("health", &uri)).await.status, StatusCode::BAD_REQUEST, "twice");
        let stale = answer(&mut looker, &looked, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        assert_eq!(stale.status, StatusCode::NOT_FOUND, "it is another browser's by now");
        let late = ministry.ask("/oauth2/par", &parameters(&challenge, &[])).await.json();
        portal.clock.advance_seconds(61);
        let late = late["request_uri"].as_str().unwrap();
        assert_eq!(browser.get(&address("health", late)).await.status, StatusCode::BAD_REQUEST, "a minute is over");
        let seen = ministry.ask("/oauth2/par", &parameters(&challenge, &[("prompt", "login")])).await.json();
        let seen = address("health", seen["request_uri"].as_str().unwrap());
        assert_eq!(browser.get(&seen).await.status, StatusCode::SEE_OTHER);
        portal.clock.advance_seconds(61);
        // Whoever began goes on, as after a reload; for others its minute is over (RFC 9126 §4).
        assert_eq!(browser.get(&seen).await.status, StatusCode::SEE_OTHER);
        assert_eq!(looker.get(&seen).await.status, StatusCode::BAD_REQUEST, "looking does not make it last");
        portal.holds().await;
    });
}

#[test]
fn refresh_tokens_rotate_and_a_used_one_revokes_its_family() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let first = ministry.exchange(&code).await.json();
        let token = |tokens: &Value| tokens["refresh_token"].as_str().unwrap().to_owned();
        let renew = |token: String| [("grant_type", "refresh_token".to_owned()), ("refresh_token", token)];
        let ask = async |ministry: &mut Ministry, token: String| {
            let fields = renew(token);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            ministry.ask("/oauth2/token", &fields).await
        };
        let second = ask(&mut ministry, token(&first)).await.json();
        assert_ne!(token(&first), token(&second));
        let active = ministry.ask("/oauth2/introspect", &[("token", second["access_token"].as_str().unwrap())]).await;
        assert_eq!((&active.json()["active"], &active.json()["client_id"]), (&json!(true), &json!("health")));
        let reused = ask(&mut ministry, token(&first)).await;
        assert_eq!(reused.json()["error"], "invalid_grant");
        let after = ask(&mut ministry, token(&second)).await;
        assert_eq!(after.json()["error"], "invalid_grant", "the family is revoked");
        let dead = ministry.ask("/oauth2/introspect", &[("token", second["access_token"].as_str().unwrap())]).await;
        assert_eq!(dead.json(), json!({ "active": false }));
        portal.holds().await;
    });
}

#[test]
fn prompts_ages_and_levels_ask_again() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        code_for(&portal, &mut browser, &request(&[])).await;
        portal.clock.advance_seconds(100);
        ministry.now += 100;
        for (changes, asked) in [
            (vec![], false),
            (vec![("prompt", "login")], true),
            (vec![("max_age", "99")], true),
            (vec![("max_age", "0")], true),
            (vec![("max_age", "500")], false),
            (vec![("acr_values", "substantial")], false),
            (vec![("acr_values", "high low")], true),
        ] {
            let page = browser.clone().get(&request(&changes)).await;
            assert_eq!(page.parameter("code").is_none(), asked, "{changes:?} {page:?}");
        }
        let page = code_for(&portal, &mut browser, &request(&[("max_age", "1"), ("prompt", "login")])).await;
        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await.json();
        let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!(claims["auth_time"], ministry.now, "a new proof");
        portal.holds().await;
    });
}

#[test]
fn a_hint_says_whom_the_client_means() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let hint = tokens["id_token"].as_str().unwrap();
        let with = |hint: &str, prompt: &str| request(&[("id_token_hint", hint), ("prompt", prompt)]);
        let page = browser.get(&with(hint, "none")).await;
        assert!(page.parameter("code").is_some(), "{page:?}");
        let claims = ministry.claims(hint).await;
        let forged = ministry.sign(Value::Object(claims));
        for wrong in ["a.b.c", &forged] {
            let page = browser.get(&with(wrong, "none")).await;
            assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"), "{page:?}");
        }

        // Somebody else sits before the page.
        portal.citizen("800000002", None, Assurance::Low).await;
        let mut other = portal.browser();
        let page = other.get(&with(hint, "login")).await;
        let page = to_the_client(&mut other, page).await;
        let typed = [("id_number", "800000002"), ("password", PASSWORD)];
        let page = answer(&mut other, &page, "password", &typed).await;
        assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{page:?}");
        let page = other.get(&with(hint, "none")).await;
        assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{page:?}");
        portal.holds().await;
    });
}

#[test]
fn signing_out_ends_tokens_and_asks_when_nobody_names_the_session() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let page = browser.get("/oauth2/end-session?post_logout_redirect_uri=https://evil.example/").await;
        assert!(page.text.contains("id=\"sign-out\"") && page.header("location").is_empty(), "{page:?}");
        let hint = tokens["id_token"].as_str().unwrap();
        let bye = encode("https://health.example/bye");
        let address = format!("/oauth2/end-session?id_token_hint={hint}&post_logout_redirect_uri={bye}&state=z");
        let page = browser.get(&address).await;
        assert_eq!(page.header("location"), "https://health.example/bye?state=z");
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let info = browser.send(Method::GET, "/oauth2/userinfo", String::new(), &[("authorization", &bearer)]).await;
        assert_eq!(info.status, StatusCode::UNAUTHORIZED);
        let none = browser.get(&request(&[("prompt", "none")])).await;
        assert_eq!(none.parameter("error").as_deref(), Some("login_required"));
        portal.holds().await;
    });
}

#[test]
fn who_leaves_one_service_may_stay_in_the_others() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let begun = browser.get("/sign-in?return=/who").await;
        browser.follow(begun).await;
        let at_portal = browser.get("/who").await.text;
        assert!(at_portal.contains("Citizen"), "{at_portal}");
        let hint = tokens["id_token"].as_str().unwrap();
        let query = format!("id_token_hint={hint}&post_logout_redirect_uri={}", encode("https://health.example/bye"));
        let asks = browser.get(&format!("/oauth2/end-session?{query}")).await;
        assert!(asks.text.contains("id=\"others\"") && asks.header("location").is_empty(), "{}", asks.text);
        let form = |asks: &crate::kit::Page, more: &str| format!("{}&query={}{more}", asks.token(), encode(&query));
        let left = browser.post("/oauth2/end-session", form(&asks, "&only=1")).await;
        assert_eq!(left.header("location"), "https://health.example/bye");
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let info = browser.send(Method::GET, "/oauth2/userinfo", String::new(), &[("authorization", &bearer)]).await;
        assert_eq!(info.status, StatusCode::UNAUTHORIZED, "what that service was given is over");
        assert_eq!(browser.get("/who").await.text, at_portal, "the portal's session goes on");

        // It is entered again without asking, and left with everything.
        let page = browser.get(&request(&[("prompt", "none")])).await;
        let page = to_the_client(&mut browser, page).await;
        ministry.exchange(&page.parameter("code").unwrap()).await;
        let asks = browser.get(&format!("/oauth2/end-session?{query}")).await;
        let left = browser.post("/oauth2/end-session", form(&asks, "")).await;
        assert_eq!(left.header("location"), "https://health.example/bye");
        let none = browser.get(&request(&[("prompt", "none")])).await;
        assert_eq!(none.parameter("error").as_deref(), Some("login_required"));
        portal.clock.advance_seconds(1);
        assert!(!browser.get("/who").await.text.contains("Citizen"));
        portal.holds().await;
    });
}

#[test]
fn what_came_of_signing_in_is_said_in_the_language_that_it_began_in() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut browser) = with_citizen(world).await;
        for (start, language, said) in
            [("/en/sign-in", "en", "Signing in was not completed"), ("/sign-in", "ar", "لم يكتمل تسجيل الدخول")]
        {
            let begun = browser.get(&format!("{start}?return=/who")).await;
            let (state, there) = (begun.parameter("state").unwrap(), begun.parameter("redirect_uri").unwrap());
            let path = there.strip_prefix(&portal.origin).unwrap();
            assert_eq!(path, format!("{start}/callback"));
            let there = format!("{path}?error=server_error&state={state}&iss={}", encode(&portal.origin));
            let page = browser.get(&there).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST);
            assert!(
                page.text.contains(&format!("<html lang=\"{language}\"")) && page.text.contains(said),
                "{}",
                page.text
            );
        }
        // And a sign-in that goes well ends where it began.
        let page = browser.visit("/en/sign-in?level=substantial&return=/en/who").await;
        let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = portal.code(PHONE).await;
        let page = browser.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("Citizen"), "{}", page.text);
    });
}

#[test]
fn the_portal_believes_no_answer_that_it_did_not_ask_for() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut browser) = with_citizen(world).await;
        portal.citizen("800000002", None, Assurance::Low).await;
        let begun = browser.get("/sign-in?return=/who").await;
        let state = begun.parameter("state").unwrap();
        let page = browser.follow(begun).await;
        let action = page.action();
        let start = action.rsplit_once('/').unwrap().0;
        let body = format!("{}&id_number=800000002&password={}", page.token(), encode(PASSWORD));
        let answered = browser.post(&format!("{start}/password"), body).await;
        let callback = answered.header("location").to_owned();
        let code = answered.parameter("code").unwrap();
        let iss = encode(&portal.origin);
        for address in [
            format!("/sign-in/callback?code={code}&state={state}"),
            format!("/sign-in/callback?code={code}&state={state}&iss=https%3A%2F%2Fevil.example"),
            format!("/sign-in/callback?code={code}&state=x{}&iss={iss}", &state[1..]),
            format!("/sign-in/callback?code={code}&iss={iss}"),
            format!("/sign-in/callback?error=access_denied&state={state}&iss={iss}"),
            format!("/sign-in/callback?code=another&state={state}&iss={iss}"),
        ] {
            let mut copy = browser.clone();
            let page = copy.get(&address).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{address} {}", page.text);
            assert!(copy.get("/who").await.text.contains("Anonymous"));
        }
        // A victim who follows the attacker's callback is not signed in as the attacker.
        let stolen = portal.browser().get(&callback).await;
        assert_eq!(stolen.status, StatusCode::BAD_REQUEST);
        let page = browser.visit(&callback).await;
        assert!(page.text.contains("Citizen"), "{}", page.text);
        assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST, "once");
        portal.holds().await;
    });
}

mod sql {
    store::statements! {
        /// Breaks something.
        STRAY = "INSERT INTO identity_credential (holder, kind, secret, last_step, made_at) VALUES ('nobody', 'password', $1, 0, 0)";
        /// Breaks something.
        MUTE = "DELETE FROM identity_credential WHERE kind = 'password'";
        /// Breaks something.
        CROOKED = "UPDATE identity_account SET level = 'low'";
        /// Breaks something.
        CODE = "INSERT INTO identity_code (id, deal, about, hash, tail, sent_at, ends_at, tries, stage) VALUES ('c', 'none', $1, $1, '00', 0, 0, 0, 'sent')";
        /// Breaks something.
        TRIES = "INSERT INTO identity_code (id, deal, about, hash, tail, sent_at, ends_at, tries, stage) VALUES ('d', 'none', $1, $1, '00', 0, 0, 6, 'locked')";
        /// Breaks something.
        FACELESS = "UPDATE identity_authorization SET holder = NULL";
        /// Breaks something.
        UNDEAD = "UPDATE identity_session SET stage = 'ended'";
        /// Breaks something.
        HALF = "DELETE FROM identity_credential WHERE kind = 'totp'";
    }
}

#[test]
fn each_invariant_sees_what_breaks_it() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        portal.officer("sami").await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        assert_eq!(ministry.exchange(&code).await.status, StatusCode::OK);
        portal.holds().await;
        for (statement, name, wants) in [
            (sql::HALF, "identity.officers_have_both_factors", 0),
            (sql::STRAY, "identity.credentials_have_holders", 1),
            (sql::CROOKED, "identity.levels_agree_with_proven_numbers", 0),
            (sql::CODE, "identity.open_codes_have_transactions", 1),
            (sql::TRIES, "identity.codes_keep_their_limit", 1),
            (sql::UNDEAD, "identity.live_tokens_have_live_sessions", 0),
            (sql::FACELESS, "identity.codes_given_name_somebody", 0),
            (sql::MUTE, "identity.open_accounts_have_passwords", 0),
        ] {
            assert!(!portal.broken().await.contains(&name), "{name} holds before");
            let broken = portal.ctx.write(Key::once(&portal.ctx), move |tx| {
                let bytes: Vec<u8> = vec![1];
                let params = store::params![bytes];
                tx.execute(&statement, &params[..wants]).map(drop)
            });
            broken.await.unwrap_or_else(|error: store::Error| panic!("{}: {error}", statement.name));
            let broken = portal.broken().await;
            assert!(broken.contains(&name), "{name}: {broken:?}");
        }
    });
}
