//! The provider through the router, on both engines: its documents, its pages,
//! its statements, and an account opened against registers.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use identity::{Config, Identity, Question, Registry, Unanswered};
use notify::Gateways;
use seal::SigningKey;
use serde_json::{Value, json};
use store::{Ctx, Schema};
use testkit::on_both_engines;
use web::{Listener, Site, System};

const SCHEMAS: &[Schema] = &[audit::SCHEMA, notify::SCHEMA, identity::SCHEMA];

/// What the registers say, and what they were asked.
#[derive(Clone, Default)]
struct Registers(Arc<Mutex<Vec<String>>>);

impl Registers {
    fn registry(&self) -> Registry {
        let asked = Arc::clone(&self.0);
        Registry::new(move |_: Ctx, question, number, _| {
            asked.lock().unwrap().push(format!("{question:?}"));
            let known = number.as_str() == "900000001";
            async move {
                match question {
                    Question::Person if known => Ok(json!({
                        "name": {
                            "ar": { "given": "سلمى", "father": "عادل", "grandfather": "خليل", "family": "عواد" },
                            "en": { "given": "Salma", "father": "Adel", "grandfather": "Khalil", "family": "Awwad" }
                        },
                        "birth_date": "1991-04-12",
                        "status": "alive",
                        "version": "1"
                    })),
                    Question::Numbers if known => Ok(json!({ "numbers": ["+970599000001"] })),
                    _ => Err(Unanswered::NotFound),
                }
            }
        })
    }
}

fn systems(registry: Registry) -> Vec<System> {
    let log = audit::LogKey::new("test", 1, SigningKey::ed25519_from_seed(&[1; 32]).unwrap());
    let config = Config { patience_ms: 1, ..Config::default() };
    vec![
        web::admin::system(),
        audit::system(audit::Audit { key: Arc::new(log) }),
        notify::system(Gateways::default()),
        identity::system(Arc::new(Identity::new(config, registry))),
    ]
}

fn schemas() -> Vec<Schema> {
    let web = Schema { system: "web", migrations: web::admin::system().migrations };
    std::iter::once(web).chain(SCHEMAS.iter().copied()).collect()
}

async fn ask(site: &Site, path: &str) -> (StatusCode, String) {
    let request = Request::builder().method(Method::GET).uri(path).header(header::HOST, "localhost:8080");
    let response = site.respond(Listener::Public, request.body(Body::empty()).unwrap()).await;
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[test]
fn every_statement_prepares() {
    on_both_engines(&schemas(), |world| async move {
        for statement in identity::STATEMENTS.iter().copied() {
            let prepared = world.ctx.read(move |read| read.prepare(&statement)).await;
            prepared.unwrap_or_else(|error| panic!("{:?} {}: {error}", world.engine, statement.name));
        }
        for invariant in systems(Registry::absent()).into_iter().flat_map(|system| system.invariants) {
            let name = invariant.name;
            assert_eq!(
                world.ctx.read(move |read| invariant.check(read)).await.unwrap(),
                Vec::<String>::new(),
                "{name}"
            );
        }
    });
}

#[test]
fn the_provider_says_what_it_can_and_with_which_keys() {
    on_both_engines(&schemas(), |world| async move {
        let systems = systems(Registry::absent());
        let site = Site::new(web::Config::default(), world.ctx.clone(), &systems, Vec::new()).unwrap();
        let (status, text) = ask(&site, "/.well-known/openid-configuration").await;
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &document["issuer"]), (StatusCode::OK, &json!("http://localhost:8080")));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["response_types_supported"], json!(["code"]));
        let (status, text) = ask(&site, "/oauth2/jwks").await;
        let keys: Value = serde_json::from_str(&text).unwrap();
        let keys = keys["keys"].as_array().unwrap();
        assert_eq!(status, StatusCode::OK);
        assert!(!keys.is_empty() && keys.iter().all(|key| key.get("d").is_none()), "public parts only");
        assert_eq!(ask(&site, "/oauth2/jwks").await.1, text, "the keys stay the same");
    });
}

#[test]
fn a_request_of_nobody_we_know_ends_on_a_page_and_leads_nowhere() {
    on_both_engines(&schemas(), |world| async move {
        let systems = systems(Registry::absent());
        let site = Site::new(web::Config::default(), world.ctx.clone(), &systems, Vec::new()).unwrap();
        for query in [
            "",
            "client_id=none&redirect_uri=https%3A%2F%2Fevil.example&response_type=code",
            "client_id=none&client_id=two",
            "client_id=%00",
        ] {
            let (status, text) = ask(&site, &format!("/oauth2/authorize?{query}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{query}: {text}");
            assert!(!text.contains("evil.example/"), "{query}");
        }
        for page in ["/account/open", "/en/account/open"] {
            let (status, text) = ask(&site, page).await;
            assert!(status == StatusCode::OK && text.contains("id=\"id-number\""), "{page}: {status}");
        }
    });
}

#[test]
fn the_registers_are_not_asked_before_somebody_asks() {
    on_both_engines(&schemas(), |world| async move {
        let registers = Registers::default();
        let systems = systems(registers.registry());
        let site = Site::new(web::Config::default(), world.ctx.clone(), &systems, Vec::new()).unwrap();
        assert_eq!(ask(&site, "/account/open").await.0, StatusCode::OK);
        assert!(registers.0.lock().unwrap().is_empty());
    });
}
