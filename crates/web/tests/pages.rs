//! Doors, forms, problems, headers: through the router.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

mod kit;

use axum::body::Body;
use http::{Request, StatusCode};
use kit::{Answer, Browser, ask, lines, schemas, site, systems};
use testkit::{Engine, World, world};
use web::config::FORM_BYTES_MAX;
use web::form::FORM_SECONDS_MAX;
use web::visit::PeerCertificate;
use web::{Config, Listener, Right, Route, Site, System};

fn start() -> World {
    world(Engine::Sqlite, &schemas())
}

fn demo() -> Config {
    Config { demo: true, ..Config::default() }
}

#[tokio::test]
async fn doors_lead_to_signing_in_and_back() {
    let world = start();
    let site = site(&world, Config::default());
    let mut browser = Browser::new(&site);
    let answer = browser.get("/en/mine?tab=bills").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/en/sign-in?return=/en/mine%3Ftab%3Dbills");
    assert_eq!(browser.get("/desk/queue").await.header("location"), "/desk/sign-in?return=/desk/queue");
    assert_eq!(browser.get_with("/mine", &[("accept", "application/json")]).await.status, StatusCode::UNAUTHORIZED);

    browser.get("/sign-in/low").await;
    for (path, status) in
        [("/mine", StatusCode::OK), ("/grave", StatusCode::FORBIDDEN), ("/desk/queue", StatusCode::FORBIDDEN)]
    {
        assert_eq!(browser.get(path).await.status, status, "{path}");
    }
    browser.get("/sign-in/clerk").await;
    assert_eq!(browser.get("/desk/queue").await.status, StatusCode::OK);
    assert_eq!(browser.get("/mine").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn machines_need_their_certificate() {
    let world = start();
    let site = site(&world, Config::default());
    let request = || Request::post("/api/biller/v1/inquire").body(Body::empty()).unwrap();
    assert_eq!(ask(&site, Listener::Mtls, request()).await.status, StatusCode::UNAUTHORIZED);
    let mut known = request();
    known.extensions_mut().insert(PeerCertificate::new(vec![vec![48, 0]]).unwrap());
    assert_eq!(ask(&site, Listener::Mtls, known).await.status, StatusCode::OK);
    let mut browser = Browser::new(&site);
    assert_eq!(browser.post("/api/biller/v1/inquire", "").await.status, StatusCode::NOT_FOUND, "another listener");
}

#[tokio::test]
async fn a_form_is_one_act_however_often_it_is_sent() {
    let world = start();
    let site = site(&world, Config::default());
    let mut browser = Browser::new(&site);
    let token = browser.get("/page").await.token();
    let first = browser.post("/lines", format!("words=a&{token}")).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let second = browser.post("/lines", format!("words=a&{token}")).await;
    assert_eq!((first.text(), lines(&world.ctx).await), (second.text(), 1), "sent twice");
    let edited = browser.post("/lines", format!("words=b&{token}")).await;
    assert_eq!((edited.status, lines(&world.ctx).await), (StatusCode::OK, 2), "back, and another answer");
    let token = browser.get("/page").await.token();
    browser.post("/lines", format!("words=a&{token}")).await;
    assert_eq!(lines(&world.ctx).await, 3, "a new form");
}

#[tokio::test]
async fn forged_and_foreign_forms_do_nothing() {
    let world = start();
    let site = site(&world, Config::default());
    let (mut victim, mut attacker) = (Browser::new(&site), Browser::new(&site));
    victim.get("/sign-in/high").await;
    let own = victim.get("/page").await.token();
    let foreign = attacker.get("/page").await.token();
    let page = ("accept", "text/html");
    for (body, headers, status) in [
        (format!("words=a&{foreign}"), vec![("sec-fetch-site", "same-origin"), page], StatusCode::BAD_REQUEST),
        ("words=a".to_owned(), vec![("sec-fetch-site", "same-origin"), page], StatusCode::BAD_REQUEST),
        (format!("words=a&{own}"), vec![("sec-fetch-site", "cross-site"), page], StatusCode::FORBIDDEN),
        (format!("words=a&{own}"), vec![("origin", "http://evil.example"), page], StatusCode::FORBIDDEN),
        (format!("words=a&{own}"), vec![("origin", "null"), page], StatusCode::FORBIDDEN),
    ] {
        assert_eq!(victim.post_with("/lines", body.clone(), &headers).await.status, status, "{body} {headers:?}");
    }
    assert_eq!(lines(&world.ctx).await, 0);
    let own = victim.post_with("/lines", format!("words=a&{own}"), &[("origin", "http://localhost:8080")]).await;
    assert_eq!((own.status, lines(&world.ctx).await), (StatusCode::OK, 1));
}

#[tokio::test]
async fn an_expired_form_keeps_what_was_typed() {
    let world = start();
    let site = site(&world, Config::default());
    let mut browser = Browser::new(&site);
    let token = browser.get("/page").await.token();
    world.clock.advance_seconds(FORM_SECONDS_MAX + 1);
    let typed = format!("words=%22%3Ca%3E&password=secret&{token}");
    let expired = browser.post("/en/lines", typed).await;
    assert_eq!(expired.status, StatusCode::BAD_REQUEST);
    let text = expired.text();
    assert!(text.contains("name=\"words\" value=\"&#34;&#60;a&#62;\""), "{text}");
    assert!(text.contains("action=\"/en/lines\"") && text.contains("Send again"), "{text}");
    assert!(!text.contains("secret"), "a password is not kept: {text}");
    let again = browser.post("/en/lines", format!("words=%22%3Ca%3E&{}", expired.token())).await;
    assert_eq!((again.status, lines(&world.ctx).await), (StatusCode::OK, 1), "{}", again.text());
}

#[tokio::test]
async fn hostile_bodies_get_a_clear_problem() {
    let world = start();
    let site = site(&world, Config::default());
    let mut browser = Browser::new(&site);
    let token = browser.get("/page").await.token();
    let long = "a".repeat(FORM_BYTES_MAX);
    for (body, status) in [
        (format!("words=%ff&{token}"), StatusCode::BAD_REQUEST),
        (format!("words=a%00&{token}"), StatusCode::BAD_REQUEST),
        (format!("words=a&admin=1&{token}"), StatusCode::BAD_REQUEST),
        (token.clone(), StatusCode::BAD_REQUEST),
        (format!("words={long}&{token}"), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = browser.post("/lines", body).await;
        assert_eq!(answer.status, status);
        assert!(answer.text().contains("1700 100 200"), "{}", answer.text());
    }
    let json = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
    let mut request = Request::post("/lines").header("host", "localhost:8080");
    for (name, value) in json {
        request = request.header(name, value);
    }
    let answer = ask(&site, Listener::Public, request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(lines(&world.ctx).await, 0);
}

#[tokio::test]
async fn problems_speak_to_people_and_machines() {
    let world = start();
    let site = site(&world, Config::default());
    let mut browser = Browser::new(&site);
    let page = browser.get("/nothing").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"));
    assert!(page.text().contains("الصفحة غير موجودة") && page.text().contains("HK-"), "{}", page.text());
    assert!(browser.get("/en/nothing").await.text().contains("Page not found"));

    let json = browser.get_with("/nothing", &[("accept", "application/json")]).await;
    assert_eq!(json.header("content-type"), "application/problem+json");
    let body: serde_json::Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!((body["status"].as_u64(), body["type"].as_str()), (Some(404), Some("urn:hukumati:problem:not-found")));
    assert_eq!(body["titles"]["en"], "Page not found");

    let method = browser.post("/who", "").await;
    assert_eq!((method.status, method.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
    let panic = browser.get("/panics").await;
    assert_eq!(panic.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!panic.text().contains("planted"), "{}", panic.text());
    assert_eq!(browser.get("/asked?number=x").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/asked?number=%ff").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/asked?number=%D9%A3&utm_source=x").await.text(), "Some(3)");
}

#[tokio::test]
async fn every_problem_has_its_page_in_every_language() {
    let world = start();
    let site = site(&world, demo());
    let mut browser = Browser::new(&site);
    for kind in web::problem::Kind::ALL {
        let (status, name) = kind.code();
        for prefix in ["", "/en"] {
            let answer = browser.get(&format!("{prefix}/demo/problems/{name}")).await;
            assert_eq!(answer.status, status, "{name}");
            assert!(answer.text().contains("HK-") && answer.text().contains("<h1"), "{name}");
        }
    }
    let live = Site::new(Config::default(), world.ctx.clone(), &systems(), Vec::new()).unwrap();
    assert_eq!(Browser::new(&live).get("/demo/problems/internal").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let world = start();
    let secure = Config { origin: "https://hukumati.ps".to_owned(), ..Config::default() };
    let site = site(&world, secure);
    let mut browser = Browser::new(&site);
    browser.host = "hukumati.ps";
    for path in ["/who", "/nothing", "/panics"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("strict-transport-security").contains("max-age=31536000"));
    }
    let token = browser.get("/page").await;
    assert!(token.header("set-cookie").starts_with("__Host-hukumati-form="), "{}", token.header("set-cookie"));
    assert!(token.header("set-cookie").ends_with("; Secure"));
    assert_eq!(token.header("cache-control"), "no-store");
}

#[tokio::test]
async fn only_our_hosts_and_one_framing_pass() {
    let world = start();
    let site = site(&world, Config::default());
    let answer = async |request: http::request::Builder| -> Answer {
        ask(&site, Listener::Public, request.body(Body::empty()).unwrap()).await
    };
    let get = |host: &str| Request::get("/who").header("host", host);
    for (request, status) in [
        (get("localhost:8080"), StatusCode::OK),
        (get("127.0.0.1:8080"), StatusCode::OK),
        (get("evil.example"), StatusCode::MISDIRECTED_REQUEST),
        (Request::get("/who"), StatusCode::MISDIRECTED_REQUEST),
        (get("localhost:8080").header("host", "localhost:8080"), StatusCode::BAD_REQUEST),
        (Request::get("http://evil.example/who").header("host", "localhost:8080"), StatusCode::MISDIRECTED_REQUEST),
        (Request::get("http://localhost:8080/who").header("host", "localhost:8080"), StatusCode::OK),
        (get("localhost:8080").header("transfer-encoding", "chunked"), StatusCode::BAD_REQUEST),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(answer(request).await.status, status, "{shown}");
    }
}

#[tokio::test]
async fn a_public_page_is_made_once_and_known_again() {
    let world = start();
    let site = site(&world, Config::default());
    let mut browser = Browser::new(&site);
    let plain = browser.get("/public").await;
    let brotli = browser.get_with("/public", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(brotli.header("content-encoding"), "br");
    assert!(brotli.bytes.len() * 10 < plain.bytes.len());
    let known = browser.get_with("/public", &[("if-none-match", plain.header("etag"))]).await;
    assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert!(browser.get("/en/public").await.text().starts_with("en "), "another language, another page");
    browser.get("/sign-in/low").await;
    let own = browser.get_with("/public", &[("if-none-match", plain.header("etag"))]).await;
    assert_eq!((own.status, own.header("cache-control")), (StatusCode::OK, "no-store"));
}

#[tokio::test]
async fn a_document_that_stands_is_sent_without_asking_until_it_is_over() {
    let world = start();
    let site = site(&world, Config::default());
    let mut browser = Browser::new(&site);
    let first = browser.get("/standing").await;
    world.clock.advance_seconds(59);
    let again = browser.get("/standing").await;
    assert_eq!((again.text(), &again.headers), (first.text(), &first.headers), "to the last header");
    assert!(again.header("cache-control").contains("max-age") && again.header("x-content-type-options") == "nosniff");
    let packed = browser.get_with("/standing", &[("accept-encoding", "br")]).await;
    assert_eq!((packed.header("content-encoding"), packed.header("etag")), ("br", first.header("etag")));
    // Whoever brings more, or knows it already, or asks another host, is heard as ever.
    assert_ne!(browser.get("/standing?x=1").await.text(), first.text(), "the handler was asked");
    browser.get("/standing").await;
    let known = browser.get_with("/standing", &[("if-none-match", "W/\"x\"")]).await;
    assert_eq!(known.status, StatusCode::OK);
    let foreign = Request::get("/standing").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(ask(&site, Listener::Public, foreign).await.status, StatusCode::MISDIRECTED_REQUEST);
    world.clock.advance_seconds(60);
    assert_ne!(browser.get("/standing").await.text(), first.text(), "it is over");
    // Each of them is counted under its route.
    let figures = Request::get("/metrics").header("host", "localhost").body(Body::empty()).unwrap();
    let figures = ask(&site, Listener::Admin, figures).await.text();
    let line = "hukumati_http_requests_total{listener=\"public\",method=\"GET\",route=\"/standing\",status=\"200\"} 7";
    assert!(figures.contains(line), "{figures}");
}

#[tokio::test]
async fn operators_see_what_is_missing_and_figures_without_persons() {
    let world = start();
    let check = web::kit::Check::new("exchange", |_ctx| async { Err("no configuration yet".to_owned()) });
    let site = Site::new(Config::default(), world.ctx.clone(), &systems(), vec![check]).unwrap();
    let get = |path: &str| Request::get(path.to_owned()).header("host", "127.0.0.1:9090").body(Body::empty()).unwrap();
    assert_eq!(ask(&site, Listener::Admin, get("/live")).await.text(), "alive\n");
    let ready = ask(&site, Listener::Admin, get("/ready")).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text().contains("\"exchange\":\"no configuration yet\""), "{}", ready.text());

    let mut browser = Browser::new(&site);
    browser.get("/sign-in/high").await;
    browser.get("/nothing/900000001").await;
    let metrics = ask(&site, Listener::Admin, get("/metrics")).await.text();
    assert!(metrics.contains("route=\"/sign-in/{who}\",status=\"200\"} 1"), "{metrics}");
    assert!(metrics.contains("route=\"unmatched\",status=\"404\"} 1"), "{metrics}");
    assert!(!metrics.contains("900000001"));
    assert_eq!(browser.get("/metrics").await.status, StatusCode::NOT_FOUND, "not on the public listener");
    let rebound = Request::get("/metrics").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(ask(&site, Listener::Admin, rebound).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[test]
fn a_route_that_is_there_twice_stops_the_start() {
    async fn hello() {}
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = start();
        let twice = || System { name: "x", routes: vec![Route::get("/a", Right::Public, hello)], ..System::default() };
        let error = Site::new(Config::default(), world.ctx.clone(), &[twice(), twice()], Vec::new()).err().unwrap();
        assert_eq!(error.to_string(), "two routes for GET /a on public");
    });
}
