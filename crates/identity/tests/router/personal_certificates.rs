//! Citizens' own certificates: asked for, shown over real TLS, revoked; and what
//! others try with them, through the router on both engines. The authority here is
//! a small one of the test's; the real one is wired in `crates/hukumati`.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::kit::{Browser, PASSWORD, Page, Portal, cheap, schemas, start_certified};
use base::{Assurance, Clock, OsEntropy, Role, SystemClock};
use http::{Method, StatusCode};
use identity::{Config, Limits, PersonalAuthority};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use seal::digest::{from_pem, pem};
use seal::x509::{
    Attribute, Certificate, CertificateRequest, Name, Profile, SigningRequest, build_csr, issue, issue_root,
};
use seal::{Algorithm, PublicKey, Signer, SigningKey};
use store::Key;
use testkit::{World, on_both_engines};
use web::Listener;
use web::client::{Answer, ClientError, HttpClient};
use web::fields::encode;
use web::serve::{Bound, Stop, serve};

const NUMBER: &str = "900000001";
const PHONE: &str = "+970599123456";
/// Another citizen.
const OTHER: [&str; 2] = ["900000019", "+970599123457"];
const PAGE: &str = "/en/account/certificates";

mod sql {
    store::statements! {
        /// A certificate of an account that is not open.
        SHUT = "UPDATE identity_account SET stage = 'locked'";
    }
}

fn new_key() -> SigningKey {
    SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap()
}

fn wanted(name: &str, key: &PublicKey, serial: u8, hours: i64) -> CertificateRequest {
    let now = SystemClock.now();
    CertificateRequest {
        subject: Name::new(&[(Attribute::CommonName, name)]).unwrap(),
        public_key: key.clone(),
        not_before: now.plus_seconds(-hours * 3_600),
        not_after: now.plus_seconds(hours * 3_600),
        serial: vec![serial; 8],
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: Vec::new(),
        crl_url: None,
        ocsp_url: None,
        issuer_url: None,
    }
}

/// A certificate with its key, PKCS#8.
#[derive(Clone)]
struct Identified {
    der: Vec<u8>,
    key: Vec<u8>,
}

/// A root, the persons' authority and that of systems under it.
#[derive(Clone)]
struct House {
    root: Certificate,
    persons: (Certificate, Arc<SigningKey>),
    systems: (Certificate, Arc<SigningKey>),
    revoked: Arc<Mutex<BTreeSet<Vec<u8>>>>,
}

const YEARS: i64 = 30 * 365 * 24;

impl House {
    fn new() -> Self {
        let key = new_key();
        let root = Certificate::parse(&issue_root(&wanted("Root", key.public(), 1, YEARS), &key).unwrap()).unwrap();
        let under = |name: &str, serial: u8| {
            let own = new_key();
            let der = issue(Profile::Issuing, &wanted(name, own.public(), serial, YEARS - 9_000), &root, &key).unwrap();
            (Certificate::parse(&der).unwrap(), Arc::new(own))
        };
        Self { persons: under("Persons", 2), systems: under("Systems", 3), root, revoked: Arc::default() }
    }
    fn personal(&self) -> PersonalAuthority {
        let (certificate, key) = self.persons.clone();
        let (authority, revoked) = (certificate.clone(), Arc::clone(&self.revoked));
        PersonalAuthority::new(
            certificate,
            move |ctx, name, public_key, days| {
                let mut request = wanted(name, &public_key, 9, 0);
                request.serial = ctx.random::<8>().map(|octet| octet | 1).to_vec();
                request.not_before = ctx.now().plus_seconds(-300);
                request.not_after = ctx.now().plus_seconds(days * 86_400);
                request.dns_names.clear();
                Ok(issue(Profile::TlsClient, &request, &authority, &*key).unwrap())
            },
            |_, _| Ok(()),
            move |_, serial| Ok(!revoked.lock().unwrap().contains(serial)),
        )
    }
    /// What the persons' authority signed and identity never asked for, or
    /// what the systems' one did.
    fn issue(&self, of: &(Certificate, Arc<SigningKey>), profile: Profile, name: &str, serial: u8) -> Identified {
        let key = new_key();
        let der = issue(profile, &wanted(name, key.public(), serial, 20), &of.0, &*of.1).unwrap();
        Identified { der, key: pkcs8(&key) }
    }
}

fn pkcs8(key: &SigningKey) -> Vec<u8> {
    key.to_pkcs8().unwrap().to_vec()
}

fn private(key: &[u8]) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_vec()))
}

/// The listener for certificates.
struct Doors {
    origin: String,
    house: House,
    stop: Stop,
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.stop.send();
    }
}

impl Doors {
    /// As `hukumati` opens it: it trusts what machines' root vouches for (here the
    /// root of all), names the persons' authority, and asks without insisting.
    fn open(portal: &Portal, bound: Bound, house: House) -> Self {
        let origin = format!("https://localhost:{}", bound.address().port());
        let own = house.issue(&house.systems, Profile::TlsServer, "localhost", 4);
        let mut roots = RootCertStore::empty();
        for anchor in [&house.root, &house.persons.0] {
            roots.add(anchor.der().to_vec().into()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let chain = vec![CertificateDer::from(own.der), house.systems.0.der().to_vec().into()];
        let tls = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(clients.allow_unauthenticated().build().unwrap())
            .with_single_cert(chain, private(&own.key))
            .unwrap();
        let stop = Stop::new();
        tokio::spawn(serve(portal.site.clone(), Listener::Mtls, bound, Some(Arc::new(tls)), stop.clone()));
        Self { origin, house, stop }
    }
    /// A browser's visit with this certificate, and with who vouches for it.
    async fn send(
        &self,
        own: Option<(&Identified, Option<&Certificate>)>,
        method: Method,
        address: &str,
    ) -> Result<Answer, ClientError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(self.house.root.der().to_vec().into()).unwrap();
        let builder = builder.with_root_certificates(roots);
        let tls = match own {
            Some((own, vouches)) => {
                let mut chain = vec![CertificateDer::from(own.der.clone())];
                chain.extend(vouches.map(|certificate| CertificateDer::from(certificate.der().to_vec())));
                builder.with_client_auth_cert(chain, private(&own.key)).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        let kind = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
        HttpClient::new(tls).send(method, address, &kind, String::new()).await
    }
    /// Where showing a certificate at this address leads.
    async fn show(&self, own: Option<&Identified>, address: &str) -> String {
        let answer = self.send(own.map(|own| (own, None)), Method::GET, address).await.unwrap();
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{:?}", answer.body);
        answer.headers["location"].to_str().unwrap().to_owned()
    }
}

struct Scene {
    portal: Portal,
    doors: Doors,
    browser: Browser,
}

async fn scene(world: World) -> Scene {
    let bound = Bound::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let house = House::new();
    let certificates = format!("https://localhost:{}", bound.address().port());
    let limits = Limits { address_per_minute: 1_000, pair_per_minute: 1_000, ..Limits::default() };
    let config = Config { certificates, patience_ms: 5, refusal_ms: 5, limits, ..Config::default() };
    let name = house.persons.0.subject().der().to_vec();
    let portal = start_certified(world, config, cheap(), Some((house.personal(), name))).await;
    portal.citizen(NUMBER, Some(PHONE), Assurance::High).await;
    let (doors, browser) = (Doors::open(&portal, bound, house), portal.browser());
    Scene { portal, doors, browser }
}

async fn post(browser: &mut Browser, page: &Page, path: &str, more: &str) -> Page {
    let body = format!("{}{more}", page.token());
    browser.post(path, body).await
}

/// The page on which one signs in for `/who`, at a browser that has no session.
async fn begin(browser: &mut Browser) -> Page {
    let page = browser.visit("/en/sign-in?level=high&return=/who").await;
    assert!(page.text.contains("id=\"use-certificate\""), "{}", page.text);
    page
}

/// Types number and password.
async fn with_password(browser: &mut Browser, page: &Page, number: &str) -> Page {
    browser.answer(page, "password", &[("id_number", number), ("password", PASSWORD)]).await
}

/// Signs in with password and SMS.
async fn enter(portal: &Portal, browser: &mut Browser, [number, phone]: [&str; 2]) {
    portal.clock.advance_seconds(60);
    let page = browser.visit("/en/sign-in?level=substantial&return=/who").await;
    let page = with_password(browser, &page, number).await;
    let code = portal.code(phone).await;
    let page = browser.answer(&page, "code", &[("code", &code), ("by", "sms")]).await;
    assert!(page.text.contains("Citizen"), "{}", page.text);
}

fn request(key: &SigningKey) -> String {
    let subject = Name::new(&[(Attribute::CommonName, "900000001 Layla Khalil")]).unwrap();
    pem("CERTIFICATE REQUEST", &build_csr(&subject, &[], &[], key).unwrap())
}

async fn ask(browser: &mut Browser, request: &str) -> Page {
    let page = browser.get(PAGE).await;
    post(browser, &page, PAGE, &format!("&request={}", encode(request))).await
}

/// The address in a page's link.
fn link(page: &Page, start: &str) -> String {
    let text = page.text.split_once(start).unwrap_or_else(|| panic!("no {start} in {}", page.text)).1;
    let text = text.split_once("href=\"").unwrap().1;
    text.split('"').next().unwrap().to_owned()
}

/// Where the certificate is shown from here.
fn door(page: &Page) -> String {
    link(page, "id=\"use-certificate\"")
}

/// Gets a certificate by the pages.
async fn certified(browser: &mut Browser) -> Identified {
    let key = new_key();
    certified_for(browser, &request(&key), key.public(), pkcs8(&key)).await
}

/// The same for this request, and the key that it was made with.
async fn certified_for(browser: &mut Browser, request: &str, public: &PublicKey, key: Vec<u8>) -> Identified {
    let made = ask(browser, request).await;
    assert_eq!(made.header("location"), PAGE, "{}", made.text);
    let page = browser.get(PAGE).await;
    let file = browser.get(&link(&page, "class=\"download\"")).await;
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"HK-"), "{:?}", file.headers);
    let chain = Certificate::parse_pem(&file.text).unwrap();
    assert_eq!((chain.len(), chain[0].public_key()), (2, public));
    Identified { der: chain[0].der().to_vec(), key }
}

/// The step after a ticket.
async fn bring(browser: &mut Browser, address: &str) -> Page {
    let page = browser.get(address).await;
    browser.follow(page).await
}

async fn enters_with(scene: &mut Scene, own: &Identified) -> bool {
    let mut browser = scene.portal.browser();
    let page = begin(&mut browser).await;
    let there = scene.doors.show(Some(own), &door(&page)).await;
    let page = bring(&mut browser, &there).await;
    page.text.contains("id=\"certificate-shown\"")
}

#[test]
fn a_citizen_asks_for_a_certificate_and_signs_in_with_it_and_the_password() {
    on_both_engines(&schemas(), |world| async move {
        let mut scene = scene(world).await;
        enter(&scene.portal, &mut scene.browser, [NUMBER, PHONE]).await;
        let own = certified(&mut scene.browser).await;
        let made = Certificate::parse(&own.der).unwrap();
        // Neither number nor name, whatever the request said.
        let subject = made.subject().to_string();
        assert!(subject.contains("HK-") && !subject.contains(NUMBER) && !subject.contains("Layla"), "{subject}");
        let told = scene.portal.messages(PHONE).await;
        assert!(told.iter().any(|text| text.contains("a way to sign in was added")), "{told:?}");
        let page = scene.browser.get("/en/account/factors").await;
        assert!(page.text.contains("id=\"certificates-there\">One valid certificate<"), "{}", page.text);

        // Certificate first, then the password.
        let mut phone = scene.portal.browser();
        let page = begin(&mut phone).await;
        let there = scene.doors.show(Some(&own), &door(&page)).await;
        assert!(there.starts_with(&format!("{}/en/account/sign-in/", scene.portal.origin)), "{there}");
        let page = bring(&mut phone, &there).await;
        assert!(page.text.contains("id=\"certificate-shown\"") && page.text.contains("HK-"), "{}", page.text);
        assert!(!phone.get("/who").await.text.contains("Citizen"), "one factor is none");
        let wrong = phone.answer(&page, "certificate", &[("password", "olive-harvest-in-october")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("id=\"password-error\""), "{}", wrong.text);
        let inside = phone.answer(&wrong, "certificate", &[("password", PASSWORD)]).await;
        assert!(inside.text.contains("High"), "{}", inside.text);
        assert!(phone.get(PAGE).await.text.contains("Last used"));
        // Two factors were shown just now: what is one's own may be changed.
        assert!(!phone.get(PAGE).await.text.contains("id=\"again\""));

        // The password first, then the certificate in the place of the code.
        let mut desktop = scene.portal.browser();
        let page = begin(&mut desktop).await;
        let page = with_password(&mut desktop, &page, NUMBER).await;
        let there = scene.doors.show(Some(&own), &link(&page, "id=\"by-certificate\"")).await;
        let inside = bring(&mut desktop, &there).await;
        assert!(inside.text.contains("High"), "{}", inside.text);

        // Whoever has shown one and thinks again.
        let mut hasty = scene.portal.browser();
        let page = begin(&mut hasty).await;
        let there = scene.doors.show(Some(&own), &door(&page)).await;
        let page = bring(&mut hasty, &there).await;
        let action = format!("{}/leave", page.action());
        let left = post(&mut hasty, &page, &action, "").await;
        let page = hasty.follow(left).await;
        assert!(page.text.contains("id=\"id-number\""), "{}", page.text);
        scene.portal.holds().await;
    });
}

#[test]
fn without_a_telephone_the_certificate_is_the_second_factor() {
    on_both_engines(&schemas(), |world| async move {
        let mut scene = scene(world).await;
        scene.portal.citizen(OTHER[0], None, Assurance::High).await;
        // The password is all that there is, so it may add the first.
        let page = scene.browser.visit("/en/sign-in?return=/who").await;
        let page = with_password(&mut scene.browser, &page, OTHER[0]).await;
        assert!(page.text.contains("Citizen"), "{}", page.text);
        let own = certified(&mut scene.browser).await;
        scene.portal.clock.advance_seconds(60);
        let mut phone = scene.portal.browser();
        let page = begin(&mut phone).await;
        let page = with_password(&mut phone, &page, OTHER[0]).await;
        assert!(page.text.contains("Showing the certificate") && page.text.contains("id=\"skip\""), "{}", page.text);
        // From the password alone nothing of the factors is changed any more.
        let mut relative = phone.clone();
        let skipped = relative.answer(&page, "skip", &[]).await;
        assert!(skipped.text.contains("Low"), "{}", skipped.text);
        assert!(relative.get(PAGE).await.text.contains("id=\"again\""));
        let mut phone = scene.portal.browser();
        let page = begin(&mut phone).await;
        let page = with_password(&mut phone, &page, OTHER[0]).await;
        let none = scene.doors.show(None, &door(&page)).await;
        let page = bring(&mut phone, &none).await;
        assert!(page.text.contains("id=\"certificate-error\""), "{}", page.text);
        let there = scene.doors.show(Some(&own), &door(&page)).await;
        let inside = bring(&mut phone, &there).await;
        assert!(inside.text.contains("High"), "{}", inside.text);
        scene.portal.holds().await;
    });
}

#[test]
fn a_ticket_is_for_one_request_of_one_browser_within_a_minute() {
    on_both_engines(&schemas(), |world| async move {
        let mut scene = scene(world).await;
        enter(&scene.portal, &mut scene.browser, [NUMBER, PHONE]).await;
        let own = certified(&mut scene.browser).await;

        // Somebody sends their own ticket to a victim, to have them sign in as the
        // sender: another browser has nothing to go on with.
        let mut sender = scene.portal.browser();
        let page = begin(&mut sender).await;
        let ticket = scene.doors.show(Some(&own), &door(&page)).await;
        let mut victim = scene.portal.browser();
        assert_eq!(victim.get(&ticket).await.status, StatusCode::NOT_FOUND);
        let theirs = begin(&mut victim).await;
        assert_eq!(victim.get(&ticket).await.status, StatusCode::NOT_FOUND);
        // Nor in the victim's own request.
        let moved = format!("{}{}", theirs.action().rsplit_once('/').unwrap().0, "/certificate");
        let moved = format!("{moved}?{}", ticket.split_once('?').unwrap().1);
        let refused = victim.get(&moved).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("id=\"sign-in-error\"") && !refused.text.contains("certificate-shown"));

        // Somebody sends the link of their request to a victim, whose browser shows
        // its certificate: the ticket comes to the victim, and is nobody's there.
        let mut thief = scene.portal.browser();
        let page = begin(&mut thief).await;
        let ticket = scene.doors.show(Some(&own), &door(&page)).await;
        assert_eq!(scene.browser.get(&ticket).await.status, StatusCode::NOT_FOUND);
        let waits = thief.get(&page.action().replace("/passkey", "")).await;
        assert!(waits.text.contains("id=\"id-number\""), "nothing was shown here: {}", waits.text);
        assert!(!waits.text.contains("certificate-shown"));

        // Once, and within a minute.
        let mut phone = scene.portal.browser();
        let page = begin(&mut phone).await;
        let ticket = scene.doors.show(Some(&own), &door(&page)).await;
        let shown = bring(&mut phone, &ticket).await;
        assert!(shown.text.contains("id=\"certificate-shown\""), "{}", shown.text);
        let again = phone.get(&ticket).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        let late = scene.doors.show(Some(&own), &door(&page)).await;
        scene.portal.clock.advance_seconds(60);
        assert_eq!(phone.get(&late).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        for odd in ["", "?ticket=", "?ticket=abc", "?ticket=%00"] {
            let address = format!("{}{odd}", ticket.split_once('?').unwrap().0);
            let page = phone.get(&address).await;
            assert!(!page.text.contains("Citizen") && page.status != StatusCode::OK, "{odd} {}", page.status);
        }

        // After one person's password another's certificate is nothing.
        scene.portal.citizen(OTHER[0], Some(OTHER[1]), Assurance::High).await;
        let mut both = scene.portal.browser();
        let page = begin(&mut both).await;
        let page = with_password(&mut both, &page, OTHER[0]).await;
        let address = door(&begin(&mut scene.portal.browser()).await);
        let own_address = format!("{}{}?locale=en", address.rsplit_once('/').unwrap().0, request_of(&page));
        let ticket = scene.doors.show(Some(&own), &own_address).await;
        let refused = both.get(&ticket).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!both.get("/who").await.text.contains("Citizen"));
        // And their password after that certificate neither.
        let mut mixed = scene.portal.browser();
        let page = begin(&mut mixed).await;
        let ticket = scene.doors.show(Some(&own), &door(&page)).await;
        bring(&mut mixed, &ticket).await;
        let other = with_password(&mut mixed, &page, OTHER[0]).await;
        assert!(!other.text.contains("Citizen"), "{}", other.text);
        scene.portal.holds().await;
    });
}

/// `/{request}` of a page of the sign-in.
fn request_of(page: &Page) -> String {
    let action = page.action();
    let start = action.rsplit_once('/').unwrap().0;
    format!("/{}", start.rsplit_once('/').unwrap().1)
}

#[test]
fn what_is_not_a_persons_live_certificate_signs_nobody_in() {
    on_both_engines(&schemas(), |world| async move {
        let mut scene = scene(world).await;
        enter(&scene.portal, &mut scene.browser, [NUMBER, PHONE]).await;
        let own = certified(&mut scene.browser).await;
        let house = scene.doors.house.clone();
        let mut browser = scene.portal.browser();
        let page = begin(&mut browser).await;
        let there = door(&page);

        // None at all, an agency's server, one that nobody asked for, a foreign root.
        assert!(scene.doors.show(None, &there).await.ends_with("?certificate=none"));
        let said = bring(&mut browser, &scene.doors.show(None, &there).await).await;
        assert!(said.text.contains("The browser showed no certificate"), "{}", said.text);
        let server = house.issue(&house.systems, Profile::TlsPeer, "SS1", 11);
        let answer = scene.doors.send(Some((&server, Some(&house.systems.0))), Method::GET, &there).await.unwrap();
        assert!(answer.headers["location"].to_str().unwrap().ends_with("?certificate=refused"));
        let stray = house.issue(&house.persons, Profile::TlsClient, "HK-AAAA-AAAA", 12);
        assert!(scene.doors.show(Some(&stray), &there).await.ends_with("?certificate=refused"));
        let foreign = House::new();
        let look_alike = foreign.issue(&foreign.persons, Profile::TlsClient, "HK-AAAA-AAAA", 13);
        let vouched = Some((&look_alike, Some(&foreign.persons.0)));
        assert!(scene.doors.send(vouched, Method::GET, &there).await.is_err(), "TLS refuses it");

        // A person's certificate opens no machine's door, though the root vouches for it.
        for (path, status) in [("/oauth2/token", StatusCode::FORBIDDEN), ("/oauth2/userinfo", StatusCode::FORBIDDEN)] {
            let address = format!("{}{path}", scene.doors.origin);
            let answer = scene.doors.send(Some((&own, Some(&house.persons.0))), Method::POST, &address).await.unwrap();
            assert_eq!(answer.status, status, "{path}");
            let nobody = scene.doors.send(None, Method::POST, &address).await.unwrap();
            assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{path}");
        }

        // No request that waits for a citizen.
        for request in ["none", &"0".repeat(26)] {
            let address = format!("{}/account/certificate/{request}", scene.doors.origin);
            let answer = scene.doors.send(Some((&own, None)), Method::GET, &address).await.unwrap();
            let location = answer.headers.get("location").map(|value| value.to_str().unwrap());
            assert!(location.is_none_or(|there| !there.contains("ticket")), "{location:?}");
        }
        let officer = scene.portal.browser().visit("/en/desk/sign-in").await;
        assert!(!officer.text.contains("use-certificate"));
        let address = format!("{}{}", there.rsplit_once('/').unwrap().0, request_of(&officer));
        assert!(!scene.doors.show(Some(&own), &address).await.contains("ticket"));

        // Revoked at the authority alone, as an operator does.
        assert!(enters_with(&mut scene, &own).await);
        let serial = Certificate::parse(&own.der).unwrap().serial().to_vec();
        house.revoked.lock().unwrap().insert(serial.clone());
        assert!(!enters_with(&mut scene, &own).await);
        house.revoked.lock().unwrap().remove(&serial);
        // Two years later it is over.
        scene.portal.clock.advance_seconds(730 * 86_400);
        assert!(!enters_with(&mut scene, &own).await);
        scene.portal.holds().await;
    });
}

#[test]
fn a_revoked_certificate_ends_in_the_same_moment() {
    on_both_engines(&schemas(), |world| async move {
        let mut scene = scene(world).await;
        enter(&scene.portal, &mut scene.browser, [NUMBER, PHONE]).await;
        let own = certified(&mut scene.browser).await;
        // One who has shown it, and stands before the password.
        let mut phone = scene.portal.browser();
        let page = begin(&mut phone).await;
        let ticket = scene.doors.show(Some(&own), &door(&page)).await;
        let shown = bring(&mut phone, &ticket).await;
        let later = scene.doors.show(Some(&own), &door(&page)).await;
        let page = scene.browser.get(PAGE).await;
        let action = page.text.split_once("/revoke\"").unwrap().0.rsplit_once('"').unwrap().1.to_owned();
        // Not by somebody else.
        scene.portal.citizen(OTHER[0], Some(OTHER[1]), Assurance::High).await;
        let mut stranger = scene.portal.browser();
        enter(&scene.portal, &mut stranger, OTHER).await;
        let token = stranger.get(PAGE).await;
        post(&mut stranger, &token, &format!("{action}/revoke"), "").await;
        let file = link(&page, "class=\"download\"");
        assert_eq!(stranger.get(&file).await.status, StatusCode::NOT_FOUND);
        assert!(enters_with(&mut scene, &own).await, "a stranger revokes nothing");
        post(&mut scene.browser, &page, &format!("{action}/revoke"), "").await;
        assert!(scene.browser.get(PAGE).await.text.contains("Revoked on"));
        assert!(!enters_with(&mut scene, &own).await);
        let refused = phone.answer(&shown, "certificate", &[("password", PASSWORD)]).await;
        assert!(refused.text.contains("id=\"id-number\""), "{}", refused.text);
        assert_eq!(phone.get(&later).await.status, StatusCode::UNPROCESSABLE_ENTITY);

        // «This was not me», and a lock.
        let second = certified(&mut scene.browser).await;
        assert!(enters_with(&mut scene, &second).await);
        let page = scene.browser.get("/account").await;
        post(&mut scene.browser, &page, "/account/disown", "").await;
        assert!(!enters_with(&mut scene, &second).await);
        enter(&scene.portal, &mut scene.browser, [NUMBER, PHONE]).await;
        let third = certified(&mut scene.browser).await;
        assert!(enters_with(&mut scene, &third).await);
        let path = "/en/desk/identity/accounts";
        let mut officer = scene.portal.at_desk("imad", "moi.ids", Role::AuthenticationOfficer, path).await;
        let page = officer.get(path).await;
        let found = post(&mut officer, &page, path, &format!("&id_number={NUMBER}")).await;
        let account = found.header("location").to_owned();
        let page = officer.get(&account).await;
        assert!(page.text.contains("Certificate"), "{}", page.text);
        post(&mut officer, &page, &format!("{account}/lock"), "&reason=stolen").await;
        assert!(!enters_with(&mut scene, &third).await);
        scene.portal.holds().await;
        // The invariant sees what breaks it.
        let mut other = scene.portal.browser();
        enter(&scene.portal, &mut other, OTHER).await;
        certified(&mut other).await;
        let shut = scene.portal.ctx.write(Key::once(&scene.portal.ctx), |tx| tx.execute(&sql::SHUT, &[]).map(drop));
        shut.await.unwrap_or_else(|error: store::Error| panic!("{error}"));
        assert_eq!(scene.portal.broken().await, ["identity.live_certificates_have_open_accounts"]);
    });
}

/// The request, and its key, that `openssl` makes with such a key.
fn openssl(kind: &[&str]) -> [String; 2] {
    let folder = tempfile::tempdir().unwrap();
    let words = ["req", "-new", "-nodes", "-subj", "/", "-keyout", "key.pem", "-out", "request.pem"];
    let output = Command::new("openssl").args(words).args(kind).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{kind:?} {}", String::from_utf8_lossy(&output.stderr));
    ["request.pem", "key.pem"].map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap())
}

#[test]
fn a_key_on_p_384_signs_in_too() {
    on_both_engines(&schemas(), |world| async move {
        let mut scene = scene(world).await;
        enter(&scene.portal, &mut scene.browser, [NUMBER, PHONE]).await;
        let [request, key] = openssl(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"]);
        let der = from_pem("CERTIFICATE REQUEST", &request).unwrap().remove(0);
        let public = SigningRequest::parse(&der).unwrap().public_key;
        assert_eq!(public.algorithm(), Algorithm::P384);
        let key = from_pem("PRIVATE KEY", &key).unwrap().remove(0);
        let own = certified_for(&mut scene.browser, &request, &public, key).await;
        // Over real TLS, then the password.
        assert!(enters_with(&mut scene, &own).await);
        // A signature that is not of that key proves nothing.
        let mut bent = der;
        let last = bent.len() - 1;
        bent[last] ^= 1;
        let refused = ask(&mut scene.browser, &pem("CERTIFICATE REQUEST", &bent)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        scene.portal.holds().await;
    });
}

#[test]
fn requests_are_refused_with_what_is_wrong() {
    on_both_engines(&schemas(), |world| async move {
        let mut scene = scene(world).await;
        enter(&scene.portal, &mut scene.browser, [NUMBER, PHONE]).await;
        let browser = &mut scene.browser;
        let with = |kind: &[&str]| {
            let [request, _] = openssl(kind);
            request
        };
        let good = with(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        let key = pem("PRIVATE KEY", b"a secret that is nobody's business");
        for (text, said) in [
            ("olives".to_owned(), "no certificate request"),
            (good.replacen("MI", "MJ", 1), "damaged"),
            (with(&["-newkey", "rsa:2048"]), "3072"),
            (with(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"]), "This kind of key"),
            (with(&["-newkey", "rsa:3072", "-sha1"]), "This kind of key"),
            (format!("{key}{good}"), "private key"),
        ] {
            let refused = ask(browser, &text).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
            let error = refused.text.split_once("id=\"request-error\">").unwrap().1.split('<').next().unwrap();
            assert!(error.contains(said), "{said}: {error}");
            assert!(!refused.text.contains("BEGIN PRIVATE"), "a private key comes back to nobody");
        }
        // What is taken: each kind once, each key once, three at a time.
        let taken = ask(browser, &good).await;
        assert_eq!(taken.header("location"), PAGE, "{}", taken.text);
        let twice = ask(browser, &good).await;
        assert!(twice.text.contains("Each certificate needs a new key"), "{}", twice.text);
        for kind in [&["-newkey", "rsa:3072"][..], &["-newkey", "ed25519"]] {
            assert_eq!(ask(browser, &with(kind)).await.header("location"), PAGE, "{kind:?}");
        }
        let page = browser.get(PAGE).await;
        assert!(page.text.contains("id=\"full\"") && !page.text.contains("id=\"request\""), "{}", page.text);
        let token = browser.get("/en/account").await;
        let fields = format!("&request={}", encode(&request(&new_key())));
        let fourth = post(browser, &token, PAGE, &fields).await;
        assert_eq!(fourth.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Ten minutes later nothing is issued, and a low account gets none.
        scene.portal.clock.advance_seconds(601);
        let late = post(browser, &token, PAGE, &fields).await;
        assert_eq!(late.header("location"), PAGE);
        assert!(browser.get(PAGE).await.text.contains("id=\"again\""));
        scene.portal.citizen(OTHER[0], Some(OTHER[1]), Assurance::Substantial).await;
        let mut unseen = scene.portal.browser();
        enter(&scene.portal, &mut unseen, OTHER).await;
        let page = unseen.get(PAGE).await;
        assert!(page.text.contains("id=\"unseen\"") && !page.text.contains("id=\"request\""), "{}", page.text);
        let token = unseen.get("/en/account").await;
        let refused = post(&mut unseen, &token, PAGE, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("whom an office has seen"), "{}", refused.text);
        scene.portal.holds().await;
    });
}

#[test]
fn nothing_is_offered_where_no_listener_asks_for_certificates() {
    on_both_engines(&schemas(), |world| async move {
        let portal = crate::kit::start(world).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::High).await;
        let mut browser = portal.browser();
        let page = browser.visit("/en/sign-in?return=/who").await;
        assert!(!page.text.contains("certificate"), "{}", page.text);
        enter(&portal, &mut browser, [NUMBER, PHONE]).await;
        assert!(!browser.get("/en/account/factors").await.text.contains("to-certificates"));
        assert_eq!(browser.get(PAGE).await.status, StatusCode::NOT_FOUND);
    });
}
