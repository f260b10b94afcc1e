//! A client of another house, and a citizen who signs in to it.

use base::{Assurance, SeededEntropy};
use http::{Method, StatusCode};
use identity::{Client, Holders, Policy};
use seal::digest::{base64url, sha256};
use seal::jose::{self, ClaimRules, Jwk, JwsAlgorithm, KeySet, Object, Rules};
use seal::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};
use web::fields::encode;

use super::{Browser, PASSWORD, Page, Portal, start};

pub const NUMBER: &str = "900000001";
pub const PHONE: &str = "+970599123456";
pub const CALLBACK: &str = "https://health.example/callback?from=hukumati";
pub const VERIFIER: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// A ministry's system.
pub struct Ministry {
    pub id: &'static str,
    pub key: SigningKey,
    /// The key that it proves to hold, if its tokens are bound to one.
    pub prover: Option<SigningKey>,
    pub nonce: String,
    pub origin: String,
    pub browser: Browser,
    pub now: i64,
    jti: u32,
}

impl Ministry {
    /// Registers `health` and, with the same key, `school`: what is given to one
    /// is not the other's.
    pub async fn register(portal: &Portal, policy: Policy) -> Self {
        let key = SigningKey::generate(Algorithm::P256, &SeededEntropy::new(9)).unwrap();
        let client = Client {
            id: "health".to_owned(),
            names: vec!["وزارة الصحة".to_owned(), "Ministry of Health".to_owned()],
            holders: Holders::Citizens,
            first_party: false,
            sector: "health".to_owned(),
            redirects: vec![CALLBACK.to_owned()],
            farewells: vec!["https://health.example/bye".to_owned()],
            jwks: KeySet::new(vec![Jwk::new(key.public().clone())]).to_json(),
            policy,
            secret: None,
        };
        assert_eq!(client.faults(true), Vec::new());
        identity::seed::client(&portal.ctx, client.clone()).await.unwrap();
        let school = Client { id: "school".to_owned(), sector: "school".to_owned(), ..client };
        identity::seed::client(&portal.ctx, school).await.unwrap();
        Self {
            id: "health",
            key,
            prover: None,
            nonce: String::new(),
            origin: portal.origin.clone(),
            browser: portal.browser(),
            now: portal.ctx.now().as_seconds(),
            jti: 0,
        }
    }
    fn next(&mut self) -> String {
        self.jti += 1;
        format!("a{}", self.jti)
    }
    pub fn assertion(&mut self, client: &str) -> String {
        let jti = self.next();
        self.sign(json!({
            "iss": client, "sub": client, "aud": self.origin, "jti": jti, "iat": self.now, "exp": self.now + 60,
        }))
    }
    pub fn sign(&self, claims: Value) -> String {
        jose::sign(&self.key, "JWT", claims.to_string().as_bytes()).unwrap()
    }
    /// A proof for one call, with changes to its claims.
    pub fn proof(&mut self, method: &str, path: &str, changes: &[(&str, Value)]) -> String {
        let jti = self.next();
        let prover = self.prover.as_ref().unwrap();
        let mut claims = json!({
            "jti": jti, "htm": method, "htu": format!("{}{path}", self.origin), "iat": self.now, "nonce": self.nonce,
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        let mut header = Object::new();
        header.insert("typ".to_owned(), "dpop+jwt".into());
        header.insert("jwk".to_owned(), Jwk::new(prover.public().clone()).to_json());
        jose::sign_with_header(prover, header, claims.to_string().as_bytes()).unwrap()
    }
    pub async fn call(&mut self, path: &str, assertion: &str, fields: &[(&str, &str)]) -> Page {
        let proof = if self.prover.is_some() { self.proof("POST", path, &[]) } else { String::new() };
        self.call_with(path, assertion, &proof, fields).await
    }
    pub async fn call_with(&mut self, path: &str, assertion: &str, proof: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = format!(
            "client_assertion_type={}&client_assertion={assertion}",
            encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        );
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", encode(value)));
        }
        let mut headers = vec![("accept", "application/json")];
        if !proof.is_empty() {
            headers.push(("dpop", proof));
        }
        self.browser.send(Method::POST, path, body, &headers).await
    }
    /// Calls, and calls again when a nonce is asked for, as a library would.
    pub async fn ask(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let assertion = self.assertion(self.id);
        let page = self.call(path, &assertion, fields).await;
        page.header("dpop-nonce").clone_into(&mut self.nonce);
        if page.status != StatusCode::BAD_REQUEST || page.json()["error"] != "use_dpop_nonce" {
            return page;
        }
        let assertion = self.assertion(self.id);
        self.call(path, &assertion, fields).await
    }
    pub async fn exchange(&mut self, code: &str) -> Page {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.ask("/oauth2/token", &fields).await
    }
    /// Claims of an ID token, verified as a client would.
    pub async fn claims(&mut self, token: &str) -> Object {
        let jwks = self.browser.get("/oauth2/jwks").await.json();
        let keys = KeySet::from_json(&jwks).unwrap();
        let rules = Rules { algorithms: &[JwsAlgorithm::Es256, JwsAlgorithm::Rs256], typ: None };
        let claims = jose::verify(token, &keys, &rules).unwrap().claims().unwrap();
        let now = base::Timestamp::from_seconds(self.now);
        let rules =
            ClaimRules { issuer: &self.origin, audience: self.id, now, leeway_seconds: 0, max_age_seconds: Some(300) };
        jose::check_claims(&claims, &rules).unwrap();
        claims
    }
}

pub fn parameters<'a>(challenge: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("client_id", "health"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile id_number offline_access"),
        ("state", "s&1"),
        ("nonce", "n1"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

pub fn challenge() -> String {
    base64url(&sha256(VERIFIER.as_bytes()))
}

pub fn request(changes: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let fields: Vec<String> = parameters(&challenge, changes)
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    format!("/oauth2/authorize?{}", fields.join("&"))
}

/// Follows our own redirects and stops at the client's door.
pub async fn to_the_client(browser: &mut Browser, mut page: Page) -> Page {
    for _ in 0..8 {
        let next = page.header("location").to_owned();
        if page.status != StatusCode::SEE_OTHER || next.starts_with("https://health.example/") {
            return page;
        }
        page = browser.get(&next).await;
    }
    panic!("redirects never end");
}

/// Posts one form of the page without following where it leads.
pub async fn answer(browser: &mut Browser, page: &Page, step: &str, fields: &[(&str, &str)]) -> Page {
    let action = page.action();
    let start = action.rsplit_once('/').unwrap().0;
    let mut body = page.token();
    for (name, value) in fields {
        body.push_str(&format!("&{name}={}", encode(value)));
    }
    let page = browser.post(&format!("{start}/{step}"), body).await;
    to_the_client(browser, page).await
}

/// Signs a citizen in for the ministry, with two factors and consent.
pub async fn code_for(portal: &Portal, browser: &mut Browser, address: &str) -> Page {
    let page = browser.get(address).await;
    let mut page = to_the_client(browser, page).await;
    if page.text.contains("id-number") {
        page = answer(browser, &page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = portal.code(PHONE).await;
        page = answer(browser, &page, "code", &[("code", &code)]).await;
    }
    if page.text.contains("id=\"allow\"") {
        page = answer(browser, &page, "consent", &[("answer", "allow")]).await;
    }
    assert!(page.header("location").starts_with(CALLBACK), "{} {}", page.status, page.text);
    page
}

pub async fn with_citizen(world: testkit::World) -> (Portal, Ministry, Browser) {
    with_policy(world, Policy::standard()).await
}

pub async fn with_policy(world: testkit::World, policy: Policy) -> (Portal, Ministry, Browser) {
    let portal = start(world).await;
    portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
    let ministry = Ministry::register(&portal, policy).await;
    let browser = portal.browser();
    (portal, ministry, browser)
}
