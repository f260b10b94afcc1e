//! A portal on a loopback socket, registers in a table, and a browser that
//! keeps cookies and follows nothing by itself.

pub mod companies;
pub mod desk;
pub mod device;
pub mod forms;
pub mod mandates;
pub mod ministry;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{Assurance, Date, IdNumber, Locale, PersonName, Phone, Role};
use http::{HeaderMap, Method, StatusCode};
use identity::password::Hasher;
use identity::{
    Config, Country, Facts, Identity, Limits, Mission, NewAccount, NewOfficer, PersonalAuthority, Question, Registry,
    Unanswered, seed, totp,
};
use relying_party::RelyingParty;
use serde_json::{Value, json};
use store::{Ctx, Schema};
use testkit::{FakeClock, World};
use web::client::HttpClient;
use web::serve::{Bound, Stop, serve};
use web::{Listener, Right, Route, Site, System, Visit};

mod sql {
    store::statements! {
        /// E-mails, the last first.
        MAILS = "SELECT person, sealed FROM notify_message WHERE channel = 'email' ORDER BY id DESC";
    }
}

pub const PASSWORD: &str = "تين وزيتون على السطح";
pub const TOTP: &[u8] = b"12345678901234567890";

pub fn schemas() -> Vec<Schema> {
    vec![
        Schema { system: "web", migrations: web::admin::system().migrations },
        audit::SCHEMA,
        notify::SCHEMA,
        identity::SCHEMA,
    ]
}

/// What the registers say: records by number; `None` inside is silence.
#[derive(Clone, Default)]
pub struct Registers(
    pub Arc<Mutex<BTreeMap<String, Option<Value>>>>,
    Arc<Mutex<BTreeMap<String, Duration>>>,
    companies::Companies,
);

impl Registers {
    pub fn put(&self, number: &str, born: &str, status: &str, phones: &[&str]) {
        let name = |parts: [&str; 4]| json!({ "given": parts[0], "father": parts[1], "grandfather": parts[2], "family": parts[3] });
        let numbers: Vec<Value> = phones.iter().map(|phone| json!({ "number": phone })).collect();
        let record = json!({
            "id_number": number, "birth_date": born, "status": status, "version": 7, "numbers": numbers,
            "name": { "ar": name(["ليلى", "محمود", "سعيد", "خليل"]), "en": name(["Layla", "Mahmoud", "Said", "Khalil"]) },
        });
        self.0.lock().unwrap().insert(number.to_owned(), Some(record));
    }
    /// A person's children: number, day of birth, status.
    pub fn family(&self, number: &str, children: &[[&str; 3]]) {
        let members = children.iter().map(|[number, born, status]| {
            json!({ "relation": "child", "id_number": number, "birth_date": born, "status": status })
        });
        let members: Vec<Value> = members.collect();
        if let Some(Some(record)) = self.0.lock().unwrap().get_mut(number) {
            record["members"] = members.into();
        }
    }
    /// The registry has a photo of this person.
    pub fn portray(&self, number: &str) {
        let png = seal::digest::base64(b"\x89PNG\r\n\x1a\n sample");
        let mut table = self.0.lock().unwrap();
        let record = table.get_mut(number).unwrap().as_mut().unwrap();
        record["photo"] = json!({ "media_type": "image/png", "base64": png, "taken_on": "2020-01-01", "sample": true });
    }
    pub fn silence(&self, number: &str) {
        self.0.lock().unwrap().insert(number.to_owned(), None);
    }
    /// What is asked about this number is answered later.
    pub fn slow(&self, number: &str, pause: Duration) {
        self.1.lock().unwrap().insert(number.to_owned(), pause);
    }
    fn registry(&self) -> Registry {
        let (table, pauses) = (Arc::clone(&self.0), Arc::clone(&self.1));
        let (listed, asked) = (self.2.clone(), self.2.clone());
        let humans = Registry::new(move |_ctx, question, number, _person| {
            let found = table.lock().unwrap().get(number.as_str()).cloned();
            let pause = pauses.lock().unwrap().get(number.as_str()).copied();
            let signed_for = (question == Question::Signatory).then(|| listed.signed_for(number.as_str()));
            async move {
                if let Some(signed_for) = signed_for {
                    return signed_for;
                }
                if let Some(pause) = pause {
                    tokio::time::sleep(pause).await;
                }
                match (found, question) {
                    (Some(None), _) => Err(Unanswered::Unavailable("planted".to_owned())),
                    (Some(Some(record)), Question::Portrait) => Ok(record),
                    (Some(Some(mut record)), Question::Person | Question::Represented) => {
                        record.as_object_mut().unwrap().remove("photo");
                        Ok(record)
                    }
                    (Some(Some(record)), Question::Family) => Ok(json!({ "members": record["members"] })),
                    (Some(Some(record)), Question::Numbers) => Ok(json!({ "numbers": record["numbers"] })),
                    (None, _) => Err(Unanswered::NotFound),
                    (_, Question::Signatory) => unreachable!(),
                }
            }
        });
        humans.with_companies(move |_ctx, number, _company| {
            let answer = asked.company(number.as_str());
            async move { answer }
        })
    }
    /// The companies' register.
    pub fn companies(&self) -> &companies::Companies {
        &self.2
    }
}

/// A mission, and the office that sees people of all other countries.
fn missions() -> Vec<Mission> {
    let both = |arabic: &str, latin: &str| vec![arabic.to_owned(), latin.to_owned()];
    let jordan = Country { code: "JO".to_owned(), names: both("الأردن", "Jordan") };
    let mission = |key: &str, names, serves| Mission {
        key: key.to_owned(),
        names,
        addresses: both("شارع العيّنة", "Sample Street"),
        hours: both("الأحد", "Sundays, 9 to 2"),
        phone: "+962 6 000 0301".to_owned(),
        sample: true,
        serves,
    };
    vec![
        mission("mission.amman", both("سفارة عمّان", "Amman embassy"), vec![jordan]),
        mission("consular.ramallah", both("الشؤون القنصلية", "Consular affairs"), Vec::new()),
    ]
}

async fn who(visit: Visit) -> String {
    let session = visit.session();
    format!("{} {:?}", session.map_or("-", |session| &session.display_name), visit.actor())
}

/// The portal and the desk as clients of the provider in this database.
async fn party(ctx: &Ctx, [issuer, reach, origin]: [&str; 3]) -> Arc<RelyingParty> {
    let [portal, desk] = relying_party::clients(origin);
    let keys = [seed::own_client(ctx, portal).await.unwrap(), seed::own_client(ctx, desk).await.unwrap()];
    Arc::new(RelyingParty::new([issuer, reach, origin], keys, HttpClient::public()))
}

/// A running portal.
pub struct Portal {
    pub ctx: Ctx,
    pub clock: Arc<FakeClock>,
    pub registers: Registers,
    pub origin: String,
    pub systems: Vec<System>,
    pub site: Site,
    /// Id, number and text of each message that was delivered.
    sent: Mutex<Vec<[String; 3]>>,
    stop: Stop,
    _folder: tempfile::TempDir,
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.stop.send();
    }
}

/// The cheapest hash that argon2 makes: these tests are of everything else. Its full cost
/// is paid by its own tests (`src/password.rs`) and by the journeys in a browser.
pub fn cheap() -> Hasher {
    Hasher::of_cost(8, 1)
}

pub async fn start(world: World) -> Portal {
    start_with(world, Limits { address_per_minute: 1_000, ..Limits::default() }).await
}

pub async fn start_with(world: World, limits: Limits) -> Portal {
    let config = Config { patience_ms: 5, refusal_ms: 5, lookup_limit_ms: 1_000, limits, ..Config::default() };
    start_as(world, config, cheap()).await
}

pub async fn start_as(world: World, config: Config, hasher: Hasher) -> Portal {
    start_certified(world, config, hasher, None).await
}

/// The same with an authority of people's certificates, and its name as they carry it.
pub async fn start_certified(
    world: World,
    config: Config,
    hasher: Hasher,
    personal: Option<(PersonalAuthority, Vec<u8>)>,
) -> Portal {
    let bound = Bound::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let origin = format!("http://{}", bound.address());
    let registers = Registers::default();
    let config = Config { issuer: origin.clone(), ..config };
    let counters = [
        ("post.nablus", "مكتب بريد نابلس", "Nablus post office"),
        ("post.ramallah", "مكتب بريد رام الله", "Ramallah post office"),
        ("mission.amman", "سفارة عمّان", "Amman embassy"),
    ];
    let counters = counters.map(|(unit, arabic, latin)| (unit.to_owned(), vec![arabic.to_owned(), latin.to_owned()]));
    let identity = Identity::new(config, registers.registry()).with_hasher(hasher).with_http(HttpClient::public());
    let identity = identity.with_counters(counters.into()).with_missions(missions());
    let people = personal.as_ref().map(|(_, name)| name.clone());
    let identity = match personal {
        Some((authority, _)) => identity.with_personal_authority(authority),
        None => identity,
    };
    let identity = Arc::new(identity);
    let ctx = world.ctx.clone();
    let party = party(&ctx, [&origin, &origin, &origin]).await;
    let pages = System {
        name: "pages",
        routes: vec![
            Route::get("/who", Right::Public, who),
            Route::get("/mine", Right::SignedIn, who),
            Route::get("/grave", Right::Citizen(Assurance::Substantial), who),
            Route::get("/desk/queue", Right::Officer(&[Role::Clerk]), who),
        ],
        ..System::default()
    };
    let systems = vec![web::admin::system(), identity::system(identity), relying_party::system(party), pages];
    let subscribers: Vec<_> = systems.iter().flat_map(|system| system.subscribers.clone()).collect();
    ctx.db.set_subscribers(&subscribers);
    let config = web::Config { origin: origin.clone(), people, ..web::Config::default() };
    let site = Site::new(config, ctx.clone(), &systems, Vec::new()).unwrap();
    let stop = Stop::new();
    tokio::spawn(serve(site.clone(), Listener::Public, bound, None, stop.clone()));
    let World { clock, folder, .. } = world;
    Portal { ctx, clock, registers, origin, systems, site, sent: Mutex::default(), stop, _folder: folder }
}

impl Portal {
    /// A second process: a portal without the provider, at an address of its
    /// own, over the same database.
    pub async fn apart(&self) -> (String, Stop) {
        let bound = Bound::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let origin = format!("http://{}", bound.address());
        let party = party(&self.ctx, [&self.origin, &self.origin, &origin]).await;
        let pages = System { name: "pages", routes: vec![Route::get("/who", Right::Public, who)], ..System::default() };
        let systems = [web::admin::system(), relying_party::system(party), pages];
        let form_targets = vec![self.origin.clone()];
        let config = web::Config { origin: origin.clone(), form_targets, ..web::Config::default() };
        let site = Site::new(config, self.ctx.clone(), &systems, Vec::new()).unwrap();
        let stop = Stop::new();
        tokio::spawn(serve(site, Listener::Public, bound, None, stop.clone()));
        (origin, stop)
    }
    pub fn browser(&self) -> Browser {
        Browser { origin: self.origin.clone(), cookies: BTreeMap::new(), http: HttpClient::public() }
    }
    /// The last code that was sent to a number; messages wait in the outbox.
    pub async fn code(&self, phone: &str) -> String {
        let text = self.messages(phone).await.pop().unwrap_or_else(|| panic!("nothing was sent to {phone}"));
        text.rsplit_once('#').expect("an origin-bound line").1.to_owned()
    }
    /// Every message to a number, delivered through the real gateway protocol.
    pub async fn messages(&self, phone: &str) -> Vec<String> {
        let sink = Sink::start().await;
        let gateways = notify::Gateways { sms_url: Some(sink.url.clone()), ..notify::Gateways::default() };
        let subscribers = notify::system(gateways).subscribers;
        store::dispatch_once(&self.ctx, &subscribers).await.unwrap();
        let mut all = self.sent.lock().unwrap();
        all.append(&mut sink.taken.lock().unwrap());
        // Ids are in the order of time; deliveries need not be.
        all.sort();
        let mine = all.iter().filter(|[_, to, _]| to == phone);
        mine.map(|[_, _, text]| text.clone()).collect()
    }
    /// The text of the last e-mail to an address; e-mails wait in the outbox.
    pub async fn mail(&self, address: &str) -> Option<Value> {
        let address = address.to_owned();
        let read = self.ctx.read(move |read| {
            let mut found = None;
            for row in read.rows(&sql::MAILS, &[])? {
                let bytes =
                    read.open(row.get::<base::PersonId>(0)?, "notify_message.sealed", &row.get::<Vec<u8>>(1)?)?;
                let mail: Value = serde_json::from_slice(&bytes).unwrap();
                found = found.or_else(|| (mail["to"] == json!(address)).then_some(mail));
            }
            Ok::<_, store::Error>(found)
        });
        read.await.unwrap()
    }
    pub async fn citizen(&self, number: &str, phone: Option<&str>, level: Assurance) -> base::AccountId {
        self.citizen_hashed(number, phone, level, &cheap()).await
    }
    pub async fn citizen_hashed(
        &self,
        number: &str,
        phone: Option<&str>,
        level: Assurance,
        hasher: &Hasher,
    ) -> base::AccountId {
        let name = PersonName {
            arabic: ["ليلى", "محمود", "سعيد", "خليل"].map(str::to_owned),
            latin: ["Layla", "Mahmoud", "Said", "Khalil"].map(str::to_owned),
        };
        let born = Date::parse("1988-03-27").unwrap();
        let facts = Facts { name, born, alive: true, version: "7".to_owned() };
        let new = NewAccount {
            id_number: IdNumber::parse(number).unwrap(),
            born,
            facts: Some(facts),
            phone: phone.map(|phone| Phone::parse(phone).unwrap()),
            password: PASSWORD.to_owned(),
            level,
        };
        seed::account_hashed(&self.ctx, new, hasher).await.unwrap().1
    }
    pub async fn officer(&self, username: &str) -> base::OfficerId {
        let name = ["سامي حداد".to_owned(), "Sami Haddad".to_owned()];
        self.staff(username, "mot.ramallah", Role::Clerk, name).await
    }
    async fn staff(&self, username: &str, unit: &str, role: Role, name: [String; 2]) -> base::OfficerId {
        let new = NewOfficer {
            username: username.to_owned(),
            unit: unit.to_owned(),
            roles: vec![role],
            name,
            password: PASSWORD.to_owned(),
            totp_secret: TOTP.to_vec(),
        };
        seed::new_officer_hashed(&self.ctx, new, &cheap()).await.unwrap().unwrap()
    }
    /// An officer of a unit who has signed in at their desk, on the way to a page.
    pub async fn at_desk(&self, username: &str, unit: &str, role: Role, path: &str) -> Browser {
        self.staff(username, unit, role, ["عماد خضر".to_owned(), format!("Officer {username}")]).await;
        self.back_at_desk(username, path).await
    }
    /// An officer who signs in again.
    pub async fn back_at_desk(&self, username: &str, path: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.visit(path).await;
        let code = totp::digits(TOTP, totp::step_at(self.ctx.now()));
        let fields = [("username", username), ("password", PASSWORD), ("code", code.as_str())];
        browser.answer(&page, "officer", &fields).await;
        browser
    }
    pub async fn holds(&self) {
        for invariant in self.systems.iter().flat_map(|system| system.invariants.clone()) {
            let name = invariant.name;
            let broken = self.ctx.read(move |read| invariant.check(read)).await.unwrap();
            assert!(broken.is_empty(), "{name}: {broken:?}");
        }
    }
    pub async fn broken(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for invariant in self.systems.iter().flat_map(|system| system.invariants.clone()) {
            let name = invariant.name;
            if !self.ctx.read(move |read| invariant.check(read)).await.unwrap().is_empty() {
                names.push(name);
            }
        }
        names
    }
}

/// An SMS company.
struct Sink {
    url: String,
    taken: Arc<Mutex<Vec<[String; 3]>>>,
}

impl Sink {
    async fn start() -> Self {
        let taken: Arc<Mutex<Vec<[String; 3]>>> = Arc::default();
        let kept = Arc::clone(&taken);
        let take = move |axum::Json(body): axum::Json<Value>| {
            let kept = Arc::clone(&kept);
            async move {
                let text = |name: &str| body[name].as_str().unwrap().to_owned();
                kept.lock().unwrap().push([text("id"), text("to"), text("text")]);
            }
        };
        let router = axum::Router::new().route("/sms", axum::routing::post(take));
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}/sms", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, taken }
    }
}

/// An answer, read.
#[derive(Debug)]
pub struct Page {
    /// Scheme, host and port that it came from.
    pub origin: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// The hidden fields of the first form.
    pub fn token(&self) -> String {
        let value = |name: &str| {
            let start = format!("name=\"{name}\" value=\"");
            let text =
                self.text.split_once(&start).unwrap_or_else(|| panic!("{} no {name} in {}", self.status, self.text));
            text.1.split('"').next().unwrap()
        };
        format!("_csrf={}&_key={}", value("_csrf"), value("_key"))
    }
    /// The action of the first form.
    pub fn action(&self) -> String {
        let rest = self.text.split_once("action=\"").unwrap_or_else(|| panic!("no form in {}", self.text)).1;
        rest.split('"').next().unwrap().to_owned()
    }
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {}", self.status, self.text))
    }
    /// A parameter of the address that it leads to.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.header("location").split_once('?')?.1;
        let fields = web::fields::parse(query.as_bytes()).unwrap();
        fields.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// Keeps cookies, sends what browsers send.
#[derive(Clone)]
pub struct Browser {
    pub origin: String,
    pub cookies: BTreeMap<String, String>,
    http: HttpClient,
}

impl Browser {
    pub async fn send(&mut self, method: Method, address: &str, body: String, headers: &[(&str, &str)]) -> Page {
        let address = if address.starts_with('/') { format!("{}{address}", self.origin) } else { address.to_owned() };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
        let mut all = vec![("accept", "text/html"), ("cookie", cookies.as_str()), ("user-agent", agent)];
        if method == Method::POST {
            all.push(("content-type", "application/x-www-form-urlencoded"));
            all.push(("sec-fetch-site", "same-origin"));
        }
        all.extend(headers);
        let answer = self.http.send(method, &address, &all, body).await.unwrap();
        for set in answer.headers.get_all("set-cookie") {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        Page {
            origin: address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/"),
            status: answer.status,
            headers: answer.headers,
            text,
        }
    }
    pub async fn get(&mut self, address: &str) -> Page {
        self.send(Method::GET, address, String::new(), &[]).await
    }
    pub async fn post(&mut self, address: &str, body: impl Into<String>) -> Page {
        self.send(Method::POST, address, body.into(), &[]).await
    }
    /// Follows redirects until there is a page.
    pub async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..8 {
            if page.status != StatusCode::SEE_OTHER {
                return page;
            }
            let next = page.header("location").to_owned();
            // A local path belongs to the host that sent it.
            let next = if next.starts_with('/') { format!("{}{next}", page.origin) } else { next };
            page = self.get(&next).await;
        }
        panic!("redirects never end");
    }
    pub async fn visit(&mut self, address: &str) -> Page {
        let page = self.get(address).await;
        self.follow(page).await
    }
    /// Answers the first form of a page; `step` ends its action.
    pub async fn answer(&mut self, page: &Page, step: &str, fields: &[(&str, &str)]) -> Page {
        let action = page.action();
        let action = match action.rsplit_once('/') {
            Some((start, _)) if !step.is_empty() => format!("{start}/{step}"),
            _ => action,
        };
        let mut body = page.token();
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", web::fields::encode(value)));
        }
        let answered = self.post(&action, body).await;
        self.follow(answered).await
    }
}

/// Locale-independent words of the pages.
pub fn words(locale: Locale) -> identity::messages::Messages {
    identity::messages::Messages::new(locale)
}
