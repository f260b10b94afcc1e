//! Clients that show a certificate, and tokens that are bound to it (RFC 8705),
//! over real TLS on both engines: what serves with the certificate, and what a
//! thief with another one, or with none, has.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::kit::ministry::{CALLBACK, Ministry, NUMBER, PHONE, VERIFIER, challenge, code_for, parameters};
use crate::kit::{Portal, cheap, schemas, start_as};
use base::{Assurance, Clock, OsEntropy, SystemClock};
use http::{Method, StatusCode};
use identity::{Config, Grant, Policy, Preset};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use seal::digest::{base64url, sha256};
use seal::jose::{self, JwsAlgorithm, KeySet, Rules};
use seal::x509::{Attribute, Certificate, CertificateRequest, Name, Profile, issue, issue_root};
use seal::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};
use testkit::{World, on_both_engines};
use web::Listener;
use web::client::{Answer, ClientError, HttpClient};
use web::fields::encode;
use web::serve::{Bound, Stop, serve};

/// Where the metadata says that machines call; the tests call the listener itself.
const MACHINES: &str = "https://machines.example.ps";

/// A certificate with its key.
struct Identified {
    der: Vec<u8>,
    key: SigningKey,
}

impl Identified {
    fn thumbprint(&self) -> String {
        base64url(&sha256(&self.der))
    }
}

/// The listener for machines, and the authority of its clients.
struct Machines {
    origin: String,
    root: Certificate,
    key: SigningKey,
    stop: Stop,
}

impl Drop for Machines {
    fn drop(&mut self) {
        self.stop.send();
    }
}

fn wanted(name: &str, key: &SigningKey, serial: u8) -> CertificateRequest {
    let now = SystemClock.now();
    CertificateRequest {
        subject: Name::new(&[(Attribute::CommonName, name)]).unwrap(),
        public_key: key.public().clone(),
        not_before: now.plus_seconds(-3_600),
        not_after: now.plus_seconds(86_400),
        serial: vec![serial; 8],
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: vec![Ipv4Addr::LOCALHOST.into()],
        crl_url: None,
        ocsp_url: None,
        issuer_url: None,
    }
}

fn new_key() -> SigningKey {
    SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap()
}

fn pkcs8(key: &SigningKey) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_pkcs8().unwrap().to_vec()))
}

impl Machines {
    fn authority() -> (Certificate, SigningKey) {
        let key = new_key();
        let mut root = wanted("root", &key, 1);
        // It outlives what it issues.
        root.not_before = root.not_before.plus_seconds(-3_600);
        root.not_after = root.not_after.plus_seconds(3_600);
        (Certificate::parse(&issue_root(&root, &key).unwrap()).unwrap(), key)
    }
    fn open(portal: &Portal, (root, key): (Certificate, SigningKey)) -> Self {
        let bound = Bound::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let origin = format!("https://localhost:{}", bound.address().port());
        let machines = Self { origin, root, key, stop: Stop::new() };
        let own = machines.issue(Profile::TlsServer, "localhost", 2);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(machines.roots()), Arc::clone(&provider));
        let tls = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(clients.build().unwrap())
            .with_single_cert(vec![CertificateDer::from(own.der)], pkcs8(&own.key))
            .unwrap();
        tokio::spawn(serve(portal.site.clone(), Listener::Mtls, bound, Some(Arc::new(tls)), machines.stop.clone()));
        machines
    }
    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().to_vec().into()).unwrap();
        roots
    }
    fn issue(&self, profile: Profile, name: &str, serial: u8) -> Identified {
        issued(&(&self.root, &self.key), profile, name, serial)
    }
    async fn send(
        &self,
        own: Option<&Identified>,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Result<Answer, ClientError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(self.roots());
        let tls = match own {
            Some(own) => {
                builder.with_client_auth_cert(vec![CertificateDer::from(own.der.clone())], pkcs8(&own.key)).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        HttpClient::new(tls).send(method, &format!("{}{path}", self.origin), &all, body.join("&")).await
    }
    /// A form of `health`, without any other proof than the certificate.
    async fn ask(&self, own: &Identified, path: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut all = vec![("client_id", "health")];
        all.extend(fields.iter().filter(|(name, _)| *name != "client_id"));
        let answer = self.send(Some(own), Method::POST, path, &[], &all).await.unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }
    async fn userinfo(&self, own: &Identified, token: &str) -> (StatusCode, Value) {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = self.send(Some(own), Method::GET, "/oauth2/userinfo", &headers, &[]).await.unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }
}

fn issued((root, key): &(&Certificate, &SigningKey), profile: Profile, name: &str, serial: u8) -> Identified {
    let own = new_key();
    let der = issue(profile, &wanted(name, &own, serial), root, *key).unwrap();
    Identified { der, key: own }
}

/// `health` shows a certificate and nothing else.
async fn with_certificate(world: World) -> (Portal, Ministry, Machines, Identified) {
    let (root, key) = Machines::authority();
    let own = issued(&(&root, &key), Profile::TlsClient, "health", 3);
    let config = Config { machines: MACHINES.to_owned(), refusal_ms: 5, ..Config::default() };
    let portal = start_as(world, config, cheap()).await;
    portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
    let policy = Policy {
        grants: vec![Grant::ClientCredentials],
        scopes: vec!["beds:read".to_owned()],
        certificate: Some(own.thumbprint()),
        ..Policy::default()
    };
    assert_eq!(policy.preset, Preset::Fapi2);
    let ministry = Ministry::register(&portal, policy).await;
    let machines = Machines::open(&portal, (root, key));
    (portal, ministry, machines, own)
}

#[test]
fn a_system_with_a_certificate_has_tokens_that_only_it_can_use() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, machines, own) = with_certificate(world).await;
        let known = ministry.browser.get("/.well-known/openid-configuration").await.json();
        assert_eq!(known["tls_client_certificate_bound_access_tokens"], true);
        for (name, path) in [
            ("token_endpoint", "token"),
            ("pushed_authorization_request_endpoint", "par"),
            ("introspection_endpoint", "introspect"),
            ("revocation_endpoint", "revoke"),
            ("userinfo_endpoint", "userinfo"),
        ] {
            assert_eq!(known["mtls_endpoint_aliases"][name], format!("{MACHINES}/oauth2/{path}"), "{name}");
        }
        let ask = [("grant_type", "client_credentials"), ("scope", "beds:read")];
        let (status, tokens) = machines.ask(&own, "/oauth2/token", &ask).await;
        assert_eq!((status, &tokens["token_type"]), (StatusCode::OK, &json!("Bearer")), "{tokens}");
        let token = tokens["access_token"].as_str().unwrap();
        let jwks = KeySet::from_json(&ministry.browser.get("/oauth2/jwks").await.json()).unwrap();
        let rules = Rules { algorithms: &[JwsAlgorithm::Es256], typ: Some("at+jwt") };
        let claims = jose::verify(token, &jwks, &rules).unwrap().claims().unwrap();
        let bound = json!({ "x5t#S256": own.thumbprint() });
        assert_eq!((&claims["cnf"], &claims["sub"]), (&bound, &json!("health")));
        let (_, said) = machines.ask(&own, "/oauth2/introspect", &[("token", token)]).await;
        assert_eq!((&said["active"], &said["cnf"]), (&json!(true), &bound), "whoever takes it learns of which");

        // Another certificate of the same authority is not this client; none is nobody.
        let other = machines.issue(Profile::TlsClient, "health", 4);
        for (path, fields) in [
            ("/oauth2/token", &ask[..]),
            ("/oauth2/introspect", &[("token", token)]),
            ("/oauth2/revoke", &[("token", token)]),
            ("/oauth2/par", &[]),
            ("/oauth2/device_authorization", &[("scope", "openid")]),
        ] {
            let (status, refused) = machines.ask(&other, path, fields).await;
            assert_eq!((status, &refused["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")), "{path}");
            let lost = machines.send(None, Method::POST, path, &[], fields).await;
            assert!(matches!(lost, Err(ClientError::Lost(..) | ClientError::Unreachable(..))), "{path} {lost:?}");
        }
        let body = "client_id=health&grant_type=client_credentials";
        assert_eq!(ministry.browser.post("/oauth2/token", body).await.json()["error"], "invalid_client");
        let stranger = Machines::authority();
        let foreign = issued(&(&stranger.0, &stranger.1), Profile::TlsClient, "health", 5);
        assert!(machines.send(Some(&foreign), Method::POST, "/oauth2/token", &[], &ask).await.is_err());
        let (status, _) = machines.ask(&own, "/oauth2/revoke", &[("token", token)]).await;
        let (_, said) = machines.ask(&own, "/oauth2/introspect", &[("token", token)]).await;
        assert_eq!((status, said), (StatusCode::OK, json!({ "active": false })));
        portal.holds().await;
    });
}

#[test]
fn a_person_s_token_is_worth_nothing_without_the_certificate() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, machines, own) = with_certificate(world).await;
        let challenge = challenge();
        let (status, pushed) = machines.ask(&own, "/oauth2/par", &parameters(&challenge, &[])).await;
        assert_eq!(status, StatusCode::CREATED, "{pushed}");
        let uri = encode(pushed["request_uri"].as_str().unwrap());
        let mut browser = portal.browser();
        let address = format!("/oauth2/authorize?client_id=health&request_uri={uri}");
        let code = code_for(&portal, &mut browser, &address).await.parameter("code").unwrap();
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let (status, tokens) = machines.ask(&own, "/oauth2/token", &exchange).await;
        assert_eq!((status, &tokens["token_type"]), (StatusCode::OK, &json!("Bearer")), "{tokens}");
        let token = tokens["access_token"].as_str().unwrap();
        let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        let (status, told) = machines.userinfo(&own, token).await;
        assert_eq!((status, &told["sub"]), (StatusCode::OK, &claims["sub"]), "{told}");
        let (_, said) = machines.ask(&own, "/oauth2/introspect", &[("token", token)]).await;
        assert_eq!(said["cnf"], json!({ "x5t#S256": own.thumbprint() }));

        let thief = machines.issue(Profile::TlsClient, "health", 4);
        let (status, refused) = machines.userinfo(&thief, token).await;
        assert_eq!((status, &refused["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_token")));
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let bare = browser.send(Method::GET, "/oauth2/userinfo", String::new(), &headers).await;
        assert_eq!((bare.status, &bare.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_token")));

        // A refresh token is its client's, who shows the certificate each time.
        let renew = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        assert_eq!(machines.ask(&thief, "/oauth2/token", &renew).await.1["error"], "invalid_client");
        let (status, renewed) = machines.ask(&own, "/oauth2/token", &renew).await;
        assert_eq!(status, StatusCode::OK, "{renewed}");
        let renewed = renewed["access_token"].as_str().unwrap();
        assert_eq!(machines.userinfo(&own, renewed).await.0, StatusCode::OK);
        machines.ask(&own, "/oauth2/revoke", &[("token", renewed)]).await;
        assert_eq!(machines.userinfo(&own, renewed).await.0, StatusCode::UNAUTHORIZED);
        portal.holds().await;
    });
}

#[test]
fn who_signs_assertions_is_bound_to_the_connection_or_to_the_proof() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, machines, own) = with_certificate(world).await;
        let other = machines.issue(Profile::TlsClient, "another server of health", 4);
        let assertion = ministry.assertion("health");
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let ask = |assertion: String| {
            [
                ("grant_type", "client_credentials".to_owned()),
                ("client_assertion_type", kind.to_owned()),
                ("client_assertion", assertion),
            ]
        };
        let given = async |headers: &[(&str, &str)], assertion: String| {
            let fields = ask(assertion);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = machines.send(Some(&other), Method::POST, "/oauth2/token", headers, &fields).await.unwrap();
            let nonce = answer.headers["dpop-nonce"].to_str().unwrap().to_owned();
            (nonce, serde_json::from_slice::<Value>(&answer.body).unwrap())
        };
        let cnf = |tokens: &Value| {
            let token = tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"));
            jose::peek_claims(token).unwrap()["cnf"].clone()
        };
        let (nonce, tokens) = given(&[], assertion).await;
        assert_eq!(cnf(&tokens), json!({ "x5t#S256": other.thumbprint() }), "not that of the policy");
        assert_ne!(other.thumbprint(), own.thumbprint());
        // A proof is made for the address that was called (RFC 9449 §4.2).
        ministry.nonce = nonce;
        ministry.prover = Some(new_key());
        let there = ministry.proof("POST", "/x", &[("htu", json!(format!("{MACHINES}/oauth2/token")))]);
        let assertion = ministry.assertion("health");
        let (_, tokens) = given(&[("dpop", &there)], assertion).await;
        assert_eq!((&tokens["token_type"], cnf(&tokens)["jkt"].is_string()), (&json!("DPoP"), true));
        let here = ministry.proof("POST", "/oauth2/token", &[]);
        let assertion = ministry.assertion("health");
        assert_eq!(given(&[("dpop", &here)], assertion).await.1["error"], "invalid_dpop_proof");
        portal.holds().await;
    });
}
