//! The binary as an operator uses it: init, serve, mTLS, backup, restore,
//! verify, and one sentence for each thing that is not as it must be.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, OsEntropy, SystemClock};
use seal::x509::{Attribute, Certificate, CertificateRequest, Name, Profile, issue, issue_root};
use seal::{Algorithm, Signer, SigningKey};
use web::client::{ClientError, HttpClient};

struct Serving {
    child: Child,
    /// What it printed until it served.
    said: Vec<String>,
    /// Where its log goes.
    log: tempfile::NamedTempFile,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn services() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services")
}

fn hukumati(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hukumati"));
    command.args(words);
    command
}

fn run(words: &[&str]) -> Output {
    hukumati(words).output().unwrap()
}

fn sentence(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "one sentence, not: {text}");
    text
}

/// Serves the project's services on free ports until dropped.
fn serve(data: &Path, more: &[&str]) -> Serving {
    serve_folders(&services(), data, more)
}

/// Serves folders of services on free ports until dropped. Whoever started it is told once it serves.
fn serve_folders(folders: &Path, data: &Path, more: &[&str]) -> Serving {
    let manager = tempfile::tempdir().unwrap();
    let manager = (manager.path().join("notify"), manager);
    let told = UnixDatagram::bind(&manager.0).unwrap();
    told.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut command = hukumati(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    command.args(["--exchange-listen", "127.0.0.1:0", "--peer-listen", "127.0.0.2:0"]);
    command.args(["--mtls-listen", "127.0.0.1:0", "--data"]).arg(data).arg("--services").arg(folders).args(more);
    command.env("NOTIFY_SOCKET", &manager.0);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log.reopen().unwrap()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while !said.iter().any(|line: &String| line.starts_with("Operators:")) {
        match lines.next() {
            Some(line) => said.push(line.unwrap()),
            None => panic!("it ended: {}", fs::read_to_string(log.path()).unwrap()),
        }
    }
    let mut word = [0; 16];
    let length = told.recv(&mut word).unwrap();
    assert_eq!(&word[..length], b"READY=1");
    // Its further words are nobody's concern, but must not block it.
    std::thread::spawn(move || lines.for_each(drop));
    Serving { child, said, log }
}

impl Serving {
    fn address(&self, word: &str) -> String {
        let line =
            self.said.iter().find(|line| line.contains(word)).unwrap_or_else(|| panic!("{word}: {:?}", self.said));
        let start = line.find("http").unwrap();
        line[start..].split([' ', '/']).collect::<Vec<_>>()[..3].join("/")
    }
    /// What it logged so far.
    fn logged(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }
}

#[test]
fn what_is_not_as_it_must_be_gets_one_sentence_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let (foreign, missing) = (folder.path().join("foreign"), folder.path().join("missing"));
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("letter.txt"), "mine").unwrap();
    let services = services();
    let serve = |data: &Path, more: &[&str]| {
        let mut words = vec!["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--services"];
        words.push(services.to_str().unwrap());
        words.extend(["--data", data.to_str().unwrap()]);
        words.extend(more);
        sentence(&run(&words))
    };
    assert!(serve(&foreign, &["--demo"]).contains("empty or a new folder"));
    assert!(serve(&missing, &[]).contains("hukumati init"));
    let busy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let taken = sentence(&run(&["serve", "--demo", "--listen", &address, "--services", services.to_str().unwrap()]));
    assert!(taken.contains("is in use"), "{taken}");
    assert!(serve(&missing, &["--demo", "--only", "nothing"]).contains("no system is named nothing"));
    assert!(sentence(&run(&["verify", "--data", foreign.to_str().unwrap()])).contains("is not a data folder"));
}

#[test]
fn a_demo_folder_and_a_production_folder_are_not_mistaken_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (demo, real) = (folder.path().join("demo"), folder.path().join("real"));
    drop(serve(&demo, &["--demo"]));
    let services = services();
    let words = |data: &Path| {
        let words = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--services"];
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        words.extend([services.display().to_string(), "--data".to_owned(), data.display().to_string()]);
        words
    };
    let as_words =
        |words: &[String]| sentence(&Command::new(env!("CARGO_BIN_EXE_hukumati")).args(words).output().unwrap());
    assert!(as_words(&words(&demo)).contains("--demo"));
    assert!(run(&["init", "--data", real.to_str().unwrap()]).status.success());
    let mut with_demo = words(&real);
    with_demo.push("--demo".to_owned());
    assert!(as_words(&with_demo).contains("without --demo"));
}

#[test]
fn a_served_folder_is_backed_up_restored_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy, file) = (folder.path().join("data"), folder.path().join("copy"), folder.path().join("b.tar"));
    let serving = serve(&data, &["--demo"]);
    let second = run(&[
        "serve",
        "--demo",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--services",
        services().to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
    ]);
    assert!(sentence(&second).contains("another hukumati serves this folder"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("{}/search?q=qwzx", serving.address("localhost"));
    let answer = runtime.block_on(HttpClient::public().send(http::Method::GET, &url, &[], "")).unwrap();
    assert_eq!(answer.status, 200);
    let words = ["backup", "--data", data.to_str().unwrap(), "--to", file.to_str().unwrap()];
    let done = run(&words);
    assert!(done.status.success(), "{done:?}");
    drop(serving);
    let restored = run(&["restore", "--from", file.to_str().unwrap(), "--data", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    let keys = folder.path().join("data-keys");
    let verified = run(&["verify", "--data", copy.to_str().unwrap(), "--keys", keys.to_str().unwrap()]);
    let text = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && text.lines().count() >= 10, "{text}");
    assert!(text.lines().all(|line| line.starts_with("holds ")), "{text}");

    // The same on the other engine: as many lines, and all of them hold there too.
    let url = testkit::postgres_schema();
    let copying = ["copy", "--from", copy.to_str().unwrap(), "--to", &url];
    let copied = run(&copying);
    assert!(copied.status.success(), "{copied:?}");
    assert!(sentence(&run(&copying)).contains("copy into an empty database"));
    let words = ["verify", "--data", copy.to_str().unwrap(), "--keys", keys.to_str().unwrap(), "--database", &url];
    let there = run(&words);
    let (here, there) = (text, String::from_utf8(there.stdout).unwrap());
    assert_eq!(here, there);
    let folders = run(&["copy", "--from", data.to_str().unwrap(), "--to", copy.to_str().unwrap()]);
    assert!(sentence(&folders).contains("`hukumati backup` and `restore`"));
    let twice = run(&["restore", "--from", file.to_str().unwrap(), "--data", copy.to_str().unwrap()]);
    assert!(sentence(&twice).contains("empty or a new folder"));
}

/// The newest signed tree, once it covers more than so many acts.
fn checkpoint(serving: &Serving, more_than: u64) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = format!("{}/audit/checkpoint", serving.address("localhost"));
    let began = SystemClock.now();
    loop {
        let answer = runtime.block_on(HttpClient::public().send(http::Method::GET, &url, &[], "")).unwrap();
        let note = String::from_utf8(answer.body.to_vec()).unwrap();
        if answer.status == 200 && size(&note) > more_than {
            return note;
        }
        assert!(SystemClock.now().seconds_since(began) < 20, "no tree of more than {more_than} acts");
        std::thread::yield_now();
    }
}

fn size(note: &str) -> u64 {
    note.lines().nth(1).unwrap().parse().unwrap()
}

/// Whether the newer tree extends the older one, as the command says.
fn extends(folder: &Path, serving: &Serving, keys: &Path, notes: [&str; 2]) -> bool {
    let [old, new, proof, trusted] = ["old", "new", "proof", "trust"].map(|name| folder.join(name));
    fs::write(&old, notes[0]).unwrap();
    fs::write(&new, notes[1]).unwrap();
    let data = keys.to_str().unwrap().trim_end_matches("-keys").to_owned();
    fs::write(&trusted, run(&["trust", "--data", &data, "--keys", keys.to_str().unwrap()]).stdout).unwrap();
    let mut words = vec!["audit", "consistency", old.to_str().unwrap(), new.to_str().unwrap()];
    words.extend(["--trust", trusted.to_str().unwrap()]);
    if size(notes[1]) > size(notes[0]) {
        let origin = serving.address("localhost");
        let url = format!("{origin}/audit/consistency/{}/{}", size(notes[0]), size(notes[1]));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let answer = runtime.block_on(HttpClient::public().send(http::Method::GET, &url, &[], "")).unwrap();
        fs::write(&proof, &answer.body).unwrap();
        words.extend(["--proof", proof.to_str().unwrap()]);
    }
    let output = run(&words);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.success(), !said.contains("does NOT extend"), "{output:?}");
    output.status.success()
}

#[test]
fn a_database_put_back_is_exposed_and_a_restored_one_says_so_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (data, yesterday, file) =
        (folder.path().join("data"), folder.path().join("yesterday"), folder.path().join("b.tar"));
    let keys = folder.path().join("data-keys");
    let serving = serve(&data, &["--demo"]);
    let first = checkpoint(&serving, 0);
    assert!(run(&["backup", "--data", data.to_str().unwrap(), "--to", file.to_str().unwrap()]).status.success());
    drop(serving);
    let copied = Command::new("cp").args(["-r", data.to_str().unwrap(), yesterday.to_str().unwrap()]).status().unwrap();
    assert!(copied.success());
    // Each start at other ports joins its security servers anew: acts, signed and published.
    let serving = serve(&data, &["--demo"]);
    let signed = checkpoint(&serving, size(&first));
    assert!(extends(folder.path(), &serving, &keys, [&first, &signed]));
    drop(serving);

    // Somebody puts yesterday's copy back without a word.
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&yesterday, &data).unwrap();
    let serving = serve(&data, &["--demo"]);
    let forged = checkpoint(&serving, size(&first));
    assert!(!extends(folder.path(), &serving, &keys, [&signed, &forged]));
    drop(serving);

    // A restore goes on under another name and says what it follows.
    fs::remove_dir_all(&data).unwrap();
    assert!(run(&["restore", "--from", file.to_str().unwrap(), "--data", data.to_str().unwrap()]).status.success());
    let serving = serve(&data, &["--demo"]);
    let restored = checkpoint(&serving, size(&first));
    assert!(restored.starts_with("hukumati/audit/2\n") && first.starts_with("hukumati/audit/1\n"), "{restored}");
    assert!(extends(folder.path(), &serving, &keys, [&first, &restored]));
    drop(serving);
    // Both security servers' logs are looked at too.
    let verified = run(&["verify", "--data", data.to_str().unwrap()]);
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success(), "{said}");
    for code in ["SS1", "SS2"] {
        assert!(said.contains(&format!("holds   {code}: exchange.signatures_are_of_their_messages")), "{said}");
    }
}

#[test]
fn a_production_folder_gets_its_first_officer_and_stands_behind_a_named_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let (data, config) = (folder.path().join("data"), folder.path().join("hukumati.toml"));
    let data = data.to_str().unwrap();
    assert!(run(&["init", "--data", data]).status.success());
    let add = |roles: &str| {
        let names = ["--username", "first", "--name-ar", "أولى", "--name-en", "First", "--unit", "mtde"];
        run(&[&["officer", "add", "--data", data, "--roles", roles][..], &names[..]].concat())
    };
    assert!(sentence(&add("king")).contains("there are clerk, supervisor"));
    let added = add("technical-operator,auditor");
    let said = String::from_utf8(added.stdout).unwrap();
    assert!(added.status.success() && said.contains("otpauth://totp/"), "{said}");
    assert!(sentence(&add("auditor")).contains("there already"));
    let told = |username: &str, email: &str| {
        run(&["officer", "email", "--data", data, "--username", username, "--email", email])
    };
    // Whoever has the machine lets an officer in again: with another password and app.
    let again = |username: &str| run(&["officer", "again", "--data", data, "--username", username]);
    assert!(sentence(&again("second")).contains("no officer named second may sign in"));
    let renewed = again("first");
    let anew = String::from_utf8(renewed.stdout).unwrap();
    assert!(renewed.status.success() && anew.contains("what was there before is over"), "{anew}");
    for word in ["  password  ", "  device    "] {
        let value = |text: &str| text.lines().find_map(|line| line.strip_prefix(word).map(str::to_owned)).unwrap();
        assert_ne!(value(&anew), value(&said), "{word}");
    }
    assert!(told("first", "first@ministry.example").status.success());
    assert!(sentence(&told("second", "first@ministry.example")).contains("no officer named second"));
    for odd in ["first", "@ministry.example", "a@b@c.example", "first@ministry .example"] {
        assert!(sentence(&told("first", odd)).contains("is not an e-mail address"), "{odd}");
    }

    let services = services();
    let refused = |text: &str| {
        fs::write(&config, text).unwrap();
        let words = ["serve", "--data", data, "--config", config.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let more = ["--admin-listen", "127.0.0.1:0", "--services", services.to_str().unwrap()];
        sentence(&run(&[&words[..], &more[..]].concat()))
    };
    assert!(refused("[web]\norigin = \"http://portal.example\"\n").contains("in the clear"));
    assert!(refused("[web]\norigin = \"https://portal.example\"\n").contains("trusted_proxies"));
    let behind = "[web]\norigin = \"https://portal.example\"\ntrusted_proxies = [\"127.0.0.1\"]\n";
    // Citizens' certificates need a listener that asks for them.
    for (origin, said) in [
        ("http://id.example.ps", "write https://host"),
        ("https://id.example.ps/here", "write https://host"),
        ("https://id.example.ps:8443", "say in [mtls]"),
    ] {
        let refusal = refused(&format!("{behind}[identity]\ncertificates = \"{origin}\"\n"));
        assert!(refusal.contains(said), "{refusal}");
    }
    fs::write(&config, behind).unwrap();
    drop(serve(Path::new(data), &["--config", config.to_str().unwrap()]));
    // While it is served, nobody else writes.
    let serving = serve(Path::new(data), &["--config", config.to_str().unwrap()]);
    for refused in [add("auditor"), again("first")] {
        assert!(sentence(&refused).contains("another hukumati serves"));
    }
    drop(serving);

    // A portal's folder is no security server's: not even with an invitation.
    let invitation = folder.path().join("SS7.invitation.json");
    let words = r#"{"instance":"PS","code":"SS7","subsystems":["PS/GOV/A/B"],"configuration_url":"http://127.0.0.1:1/",
        "enrol_url":"http://127.0.0.1:1/","central":"","token":""}"#;
    fs::write(&invitation, words).unwrap();
    fs::write(&config, format!("[security-server]\ninvitation = {invitation:?}\n")).unwrap();
    let words = ["serve", "--only", "exchange", "--data", data, "--config", config.to_str().unwrap()];
    let doors = ["--exchange-listen", "127.0.0.1:0", "--peer-listen", "127.0.0.2:0", "--admin-listen", "127.0.0.1:0"];
    assert!(sentence(&run(&[&words[..], &doors[..]].concat())).contains("another kind of server"));
}

/// A small authority: the root, and certificates it vouches for.
struct Authority {
    root: Certificate,
    key: SigningKey,
}

impl Authority {
    fn new() -> Self {
        let key = SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap();
        // It outlives what it issues.
        let mut wanted = request("root", key.public().clone(), 1);
        wanted.not_before = wanted.not_before.plus_seconds(-3_600);
        wanted.not_after = wanted.not_after.plus_seconds(3_600);
        let root = issue_root(&wanted, &key).unwrap();
        Self { root: Certificate::parse(&root).unwrap(), key }
    }
    fn issue(&self, profile: Profile, name: &str, serial: u8) -> (Vec<u8>, SigningKey) {
        let key = SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap();
        let wanted = request(name, key.public().clone(), serial);
        (issue(profile, &wanted, &self.root, &self.key).unwrap(), key)
    }
}

fn request(name: &str, public_key: seal::PublicKey, serial: u8) -> CertificateRequest {
    let now = SystemClock.now();
    CertificateRequest {
        subject: Name::new(&[(Attribute::CommonName, name)]).unwrap(),
        public_key,
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

fn client(authority: &Authority, own: Option<(Vec<u8>, SigningKey)>) -> HttpClient {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.root.der().to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let tls = match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.to_pkcs8().unwrap().to_vec());
            builder.with_client_auth_cert(vec![certificate.into()], key.into()).unwrap()
        }
    };
    HttpClient::new(tls)
}

/// The line of `[mtls]` that registers a collector's certificate.
fn collector(name: &str, certificate: &[u8]) -> String {
    let print = seal::digest::hex(&seal::digest::sha256(certificate));
    format!("collectors = {{ {name} = [\"{print}\"] }}\n")
}

/// A demo whose listener for machines trusts this authority.
fn serve_machines(folder: &Path, authority: &Authority, more: &str) -> Serving {
    let (certificate, key) = authority.issue(Profile::TlsServer, "localhost", 2);
    let write = |name: &str, label: &str, der: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, seal::digest::pem(label, der)).unwrap();
        path.display().to_string()
    };
    let config = format!(
        "[mtls]\ncertificate = \"{}\"\nkey = \"{}\"\nclients = \"{}\"\n{more}",
        write("server.pem", "CERTIFICATE", &certificate),
        write("server.key", "PRIVATE KEY", &key.to_pkcs8().unwrap()),
        write("clients.pem", "CERTIFICATE", authority.root.der()),
    );
    let config_path = folder.join("hukumati.toml");
    fs::write(&config_path, config).unwrap();
    serve(&folder.join("data"), &["--demo", "--config", config_path.to_str().unwrap()])
}

#[test]
fn collectors_come_in_by_their_certificate_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Authority::new(), Authority::new());
    let own = ours.issue(Profile::TlsClient, "till 3 of Nablus", 3);
    let serving = serve_machines(folder.path(), &ours, &collector("palpay", &own.0));
    let url = format!("{}/api/biller/v1/inquire", serving.address("Machines"));
    let ask = |client: HttpClient| {
        let url = url.clone();
        async move {
            let headers = [("content-type", "application/json")];
            client.send(http::Method::POST, &url, &headers, "{\"code\":\"10000000000000\"}").await
        }
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(ask(client(&ours, Some(own)))).unwrap();
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(answer.status == 200 && text.contains("\"state\""), "{} {text}", answer.status);
    // Its name makes nobody a collector.
    let named = client(&ours, Some(ours.issue(Profile::TlsClient, "palpay", 5)));
    assert_eq!(runtime.block_on(ask(named)).unwrap().status, 403);
    for stranger in [client(&ours, None), client(&ours, Some(theirs.issue(Profile::TlsClient, "palpay", 4)))] {
        let refused = runtime.block_on(ask(stranger));
        assert!(matches!(refused, Err(ClientError::Lost(..) | ClientError::Unreachable(..))), "{refused:?}");
    }
}

#[test]
fn where_citizens_show_certificates_machines_still_must() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Authority::new(), Authority::new());
    let own = ours.issue(Profile::TlsClient, "palpay", 3);
    let certificates = "[identity]\ncertificates = \"https://id.example.ps:8443\"\n";
    let more = format!("{}{certificates}", collector("palpay", &own.0));
    let serving = serve_machines(folder.path(), &ours, &more);
    let door = serving.address("Machines");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ask = |client: HttpClient, method: http::Method, path: &str| {
        let headers = [("content-type", "application/json"), ("accept", "text/html")];
        runtime.block_on(client.send(method, &format!("{door}{path}"), &headers, "{\"code\":\"10000000000000\"}"))
    };
    let inquire = |client| ask(client, http::Method::POST, "/api/biller/v1/inquire");
    assert_eq!(inquire(client(&ours, Some(own))).unwrap().status, 200);
    assert_eq!(inquire(client(&ours, None)).unwrap().status, 401);
    assert!(inquire(client(&ours, Some(theirs.issue(Profile::TlsClient, "palpay", 4)))).is_err());
    // Who has none is led back to the portal; a machine's signs nobody in.
    let (portal, request) = (serving.address("http://localhost"), "0".repeat(26));
    for own in [None, Some(ours.issue(Profile::TlsClient, "palpay", 5))] {
        let shown = own.is_some();
        let answer =
            ask(client(&ours, own), http::Method::GET, &format!("/account/certificate/{request}?locale=en")).unwrap();
        let there = answer.headers["location"].to_str().unwrap().to_owned();
        assert!(answer.status == 303 && there.starts_with(&format!("{portal}/en/account/sign-in/")), "{there}");
        assert!(!there.contains("ticket") && (shown || there.ends_with("?certificate=none")), "{there}");
    }
}

#[test]
fn a_system_has_tokens_of_its_own_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new();
    let machines = "https://machines.example.ps";
    let serving = serve_machines(folder.path(), &ours, &format!("[identity]\nmachines = \"{machines}\"\n"));
    let (portal, door) = (serving.address("http://localhost"), serving.address("Machines"));
    let (certificate, key) = ours.issue(Profile::TlsClient, "health", 3);
    let thumbprint = seal::digest::base64url(&seal::digest::sha256(&certificate));
    let public = seal::jose::Jwk::new(key.public().clone()).to_json();
    let mut jwk = public;
    jwk["x5c"] = vec![seal::digest::base64(&certificate)].into();
    let registration = serde_json::json!({
        "client_name": "Health", "grant_types": ["client_credentials"], "scope": "beds:read",
        "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": { "keys": [jwk] },
    });
    let (own, other) = (client(&ours, Some((certificate, key))), ours.issue(Profile::TlsClient, "health", 4));
    let other = client(&ours, Some(other));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let json = |answer: &web::client::Answer| serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap();
    let send = |client: &HttpClient, url: String, kind: &str, body: String| {
        let headers = [("content-type", kind)];
        runtime.block_on(client.send(http::Method::POST, &url, &headers, body)).unwrap()
    };
    let anybody = HttpClient::public();
    let metadata = format!("{portal}/.well-known/openid-configuration");
    let known = runtime.block_on(anybody.send(http::Method::GET, &metadata, &[], "")).unwrap();
    assert_eq!(json(&known)["mtls_endpoint_aliases"]["token_endpoint"], format!("{machines}/oauth2/token"));
    let registered = send(&anybody, format!("{portal}/demo/clients"), "application/json", registration.to_string());
    let id = json(&registered)["client_id"].as_str().unwrap().to_owned();
    let form = "application/x-www-form-urlencoded";
    let ask = format!("client_id={id}&grant_type=client_credentials");
    let tokens = json(&send(&own, format!("{door}/oauth2/token"), form, ask.clone()));
    let token = tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"));
    assert_eq!(seal::jose::peek_claims(token).unwrap()["cnf"]["x5t#S256"], thumbprint);
    for (client, door) in [(&other, &door), (&anybody, &portal)] {
        let refused = send(client, format!("{door}/oauth2/token"), form, ask.clone());
        assert_eq!((refused.status.as_u16(), &json(&refused)["error"]), (401, &"invalid_client".into()));
    }
}

#[test]
fn a_folder_of_services_is_looked_through_with_line_and_remedy() {
    let lint = |folder: &Path| run(&["service", "lint", folder.to_str().unwrap()]);
    let own = services();
    let fine = lint(&own);
    assert!(fine.status.success(), "{}", String::from_utf8_lossy(&fine.stdout));
    let copy = tempfile::tempdir().unwrap();
    copy_into(&own, copy.path());
    let file = copy.path().join("mot.licence.renew/service.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("answers.health == 'changed'", "answers.health == 'chanced'")).unwrap();
    let said = String::from_utf8(lint(copy.path()).stdout).unwrap();
    let line = text.lines().position(|line| line.contains("answers.health")).unwrap() + 1;
    assert!(said.contains(&format!("service.toml:{line}: ")) && said.contains("'chanced'"), "{said}");
}

/// Asks until it is so.
#[track_caller]
fn until(what: &str, so: impl Fn() -> bool) {
    let began = SystemClock.now();
    while !so() {
        assert!(SystemClock.now().seconds_since(began) < 20, "{what} did not come");
        std::thread::yield_now();
    }
}

#[test]
fn a_demo_offers_a_folder_as_it_is_saved_and_keeps_the_last_that_was_whole() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    copy_into(&services(), copy.path());
    let data = folder.path().join("data");
    let own = copy.path().join("moi.family.extract");
    let save = |name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(own.join(name)).unwrap();
        let saved = text.replacen(from, to, 1);
        assert_ne!(text, saved, "{from}");
        // As an editor saves: whole or not at all.
        fs::write(own.join("saved"), saved).unwrap();
        fs::rename(own.join("saved"), own.join(name)).unwrap();
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let serving = serve_folders(copy.path(), &data, &["--demo"]);
    let says = |serving: &Serving, words: &str| {
        let url = format!("{}/en/services/moi.family.extract", serving.address("localhost"));
        let answer = runtime.block_on(HttpClient::public().send(http::Method::GET, &url, &[], "")).unwrap();
        assert_eq!(answer.status, 200);
        String::from_utf8_lossy(&answer.body).contains(words)
    };
    assert!(says(&serving, "Within ten minutes"));
    save("en.ftl", "Within ten minutes", "Within eleven minutes");
    until("the saved text", || says(&serving, "Within eleven minutes"));

    // A fault is told with its file at each saving, and what was whole before goes on.
    let told =
        |serving: &Serving, times: usize| serving.logged().matches("what was saved is not offered").count() >= times;
    save("service.toml", "kind = \"pay\"", "kind = \"dance\"");
    until("the fault", || told(&serving, 1));
    save("en.ftl", "Within eleven minutes", "Within twelve minutes");
    until("the fault, again", || told(&serving, 2));
    let logged = serving.logged();
    assert!(logged.contains("moi.family.extract/service.toml") && logged.contains("`dance`"), "{logged}");
    assert!(says(&serving, "Within eleven minutes"));
    // With that fault nothing is served at the next start either, and the sentence says why.
    drop(serving);
    let words = ["serve", "--demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let places = ["--data", data.to_str().unwrap(), "--services", copy.path().to_str().unwrap()];
    let refused = run(&[&words[..], &places[..]].concat());
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("`dance`"), "{refused:?}");

    // Mended, it is offered with all that was saved meanwhile: at a start, and while it serves.
    save("service.toml", "kind = \"dance\"", "kind = \"pay\"");
    let serving = serve_folders(copy.path(), &data, &["--demo"]);
    assert!(says(&serving, "Within twelve minutes"));
    save("service.toml", "kind = \"pay\"", "kind = \"dance\"");
    until("the fault", || told(&serving, 1));
    save("en.ftl", "Within twelve minutes", "Within thirteen minutes");
    save("service.toml", "kind = \"dance\"", "kind = \"pay\"");
    until("the mended folder", || says(&serving, "Within thirteen minutes"));
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&there).unwrap();
            copy_into(&path, &there);
        } else {
            fs::copy(&path, &there).unwrap();
        }
    }
}
