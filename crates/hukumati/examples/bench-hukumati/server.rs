//! The servers that are measured: the release binary as a demo, and a bare one.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::routing::{get, post};

use crate::browser::{Answer, Socket};

/// How many small durable writes show whether a disk is calm.
const FLUSHES: usize = 200;
/// How long a disk may take to become so.
const CALM_WITHIN: Duration = Duration::from_secs(120);

/// Passwords of demo people with accounts, as the page `/demo` shows them.
pub const PASSWORDS: [&str; 2] = ["olive-harvest-in-october", "soap-works-of-the-old-town"];

/// Prints a line.
pub fn say(line: &str) {
    // A closed pipe is nobody's loss.
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// The demo, in a folder of its own.
pub struct Demo {
    /// Where people reach it.
    pub address: SocketAddr,
    /// Where systems reach its security server.
    pub exchange: SocketAddr,
    /// The program.
    pub child: Process,
    services: PathBuf,
    folder: tempfile::TempDir,
}

/// A process that ends with its owner.
pub struct Process(Child);

impl Process {
    /// Starts it and waits until it says a line that begins so.
    pub fn start(command: &mut Command, word: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a process");
        let lines = BufReader::new(child.stdout.take().expect("its words")).lines();
        let said = lines.map_while(Result::ok).any(|line| line.starts_with(word));
        assert!(said, "the process ended before it said {word}");
        Self(child)
    }

    /// Ends it at once; its files are then nobody's.
    fn end(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }

    /// How much memory of it is resident, bytes (`proc_pid_status(5)`: `VmRSS`).
    pub fn resident(&self) -> usize {
        memory(self.0.id(), "VmRSS:").expect("its memory")
    }

    /// How much memory of a process was ever resident, as long as there is one.
    pub fn peak_of(process: u32) -> Option<usize> {
        memory(process, "VmHWM:")
    }

    /// How much processor time it has used (`proc_pid_stat(5)`: fields 14 and 15,
    /// hundredths of a second).
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).expect("a process");
        let after_name = stat.rsplit_once(')').expect("a name").1;
        let ticks: u64 =
            after_name.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }
}

/// A line of a process's memory, bytes.
fn memory(process: u32, name: &str) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next().and_then(|number| number.parse::<usize>().ok()).map(|kibibytes| kibibytes * 1_024)
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// An address that nobody listens on.
pub fn free_port() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|door| door.local_addr()).expect("a free port")
}

/// The program beside this one.
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("a program");
    let folder = here.parent().and_then(std::path::Path::parent).expect("the folder of programs");
    folder.join("hukumati")
}

fn serve(services: &Path, data: &Path, address: SocketAddr, exchange: SocketAddr) -> Process {
    let mut command = Command::new(binary());
    command.args(["serve", "--demo", "--data"]).arg(data).arg("--services").arg(services);
    command.args(["--listen", &address.to_string(), "--exchange-listen", &exchange.to_string()]);
    command.args(["--mtls-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--peer-listen", "127.0.0.2:0"]);
    Process::start(&mut command, "Operators:")
}

/// The slowest of some small durable writes.
fn slowest_flush(folder: &Path) -> Duration {
    let mut file = tempfile::tempfile_in(folder).expect("a file");
    let flush = |_| {
        let began = Instant::now();
        file.write_all(&[0; 4_096]).and_then(|()| file.sync_data()).expect("a durable write");
        began.elapsed()
    };
    (0..FLUSHES).map(flush).max().unwrap_or_default()
}

/// Waits until the disk has written what it was given: after some gigabytes at once it
/// is busy with them for a while, which is no property of the program.
fn calm(folder: &Path, usual: Duration) {
    let files =
        std::fs::read_dir(folder).expect("a folder").filter_map(|entry| std::fs::File::open(entry.ok()?.path()).ok());
    files.for_each(|file| drop(file.sync_all()));
    let began = Instant::now();
    let mut slowest = slowest_flush(folder);
    while slowest > 2 * usual && began.elapsed() < CALM_WITHIN {
        slowest = slowest_flush(folder);
    }
    if slowest > 2 * usual {
        say(&format!("  the disk is not calm: a small durable write takes {slowest:.1?}, {usual:.1?} before"));
    }
}

impl Demo {
    /// Starts it and waits for its address.
    pub fn start() -> Self {
        Self::of(Path::new("services"))
    }

    /// The same with these services.
    pub fn of(services: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (address, exchange) = (free_port(), free_port());
        let child = serve(services, &folder.path().join("data"), address, exchange);
        Self { address, exchange, child, services: services.to_owned(), folder }
    }

    /// Starts it again on the same folder and addresses; `between` works on the
    /// folder while nobody else does. What that wrote is on the disk before the start.
    pub fn restart(&mut self, between: impl FnOnce(&Path)) {
        self.child.end();
        let data = self.folder.path().join("data");
        let usual = slowest_flush(&data);
        between(&data);
        calm(&data, usual);
        self.child = serve(&self.services, &data, self.address, self.exchange);
    }

    /// One answer, over a connection of its own.
    pub async fn fetch(&self, request: &str) -> Answer {
        let mut socket = Socket::open(self.address).await.expect("a connection");
        socket.send(request.as_bytes()).await.expect("an answer")
    }

    async fn configuration(&self) -> serde_json::Value {
        let request = crate::get(self.address, "/exchange/configuration", "").replace("accept-encoding: br\r\n", "");
        let answer = self.fetch(&request).await;
        let signed: serde_json::Value = serde_json::from_slice(&answer.body).expect("the configuration");
        serde_json::from_str(signed["configuration"].as_str().expect("text")).expect("the configuration")
    }

    /// The first operation whose identifier ends so.
    pub async fn operation(&self, end: &str) -> String {
        let known = self.configuration().await;
        let mut names = known["operations"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str());
        names.find(|name| name.ends_with(end)).expect("an operation").to_owned()
    }

    /// Who asks, in the first agreement.
    pub async fn subsystem(&self) -> String {
        self.configuration().await["agreements"][0]["consumer"].as_str().expect("an agreement").to_owned()
    }

    /// The ID number of somebody whom the register knows.
    pub async fn somebody(&self) -> String {
        let page = self.fetch(&crate::get(self.address, "/en/demo", "").replace("accept-encoding: br\r\n", "")).await;
        let text = String::from_utf8_lossy(&page.body).into_owned();
        let number = text.split("<dd><bdi dir=\"ltr\">").nth(1).and_then(|rest| rest.split('<').next());
        number.expect("a person").to_owned()
    }
}

/// The bare server in a process of its own.
pub struct Bare {
    /// Where it answers.
    pub address: SocketAddr,
    #[expect(dead_code, reason = "it ends with this")]
    child: Process,
    #[expect(dead_code, reason = "its rows go after it")]
    folder: Option<tempfile::TempDir>,
}

impl Bare {
    /// Serves the octets of this answer, with its headers.
    pub fn start(page: &Answer) -> Self {
        Self::run(page, None)
    }

    /// The same, and saves rows durably, by the house's own store and with nothing
    /// around it.
    pub fn with_store(page: &Answer) -> Self {
        Self::run(page, Some(tempfile::tempdir().expect("a folder")))
    }

    fn run(page: &Answer, folder: Option<tempfile::TempDir>) -> Self {
        let address = free_port();
        let file = std::env::temp_dir().join(format!("hukumati-bench-{}", address.port()));
        let headers = page.head.lines().skip(1).collect::<Vec<_>>().join("\n");
        std::fs::write(&file, [headers.as_bytes(), b"\n\n", &page.body].concat()).expect("a file");
        let me = std::env::current_exe().expect("a program");
        let mut command = Command::new(me);
        command.args(["bare", &address.to_string()]).arg(&file);
        command.args(folder.iter().map(tempfile::TempDir::path));
        let child = Process::start(&mut command, "ready");
        std::fs::remove_file(&file).expect("the file goes");
        Self { address, child, folder }
    }
}

mod sql {
    store::statements! {
        /// A row like a draft's answers.
        SAVE = "INSERT INTO bench_row (id, answers) VALUES ($1, $2)";
    }
}
const ROWS: store::Schema = store::Schema {
    system: "bench",
    migrations: &[store::Migration {
        version: 1,
        sql: "CREATE TABLE bench_row (id TEXT NOT NULL PRIMARY KEY, answers BYTEA NOT NULL);",
    }],
};
/// Octets of a draft's sealed answers.
const ANSWERS: usize = 120;

/// Saves a row in one durable commit, with others that come meanwhile.
async fn save_row(ctx: &store::Ctx) {
    let (id, answers): ([u8; 16], [u8; ANSWERS]) = (ctx.random(), [7; ANSWERS]);
    let kept = ctx.write(store::Key::once(ctx), move |tx| {
        let id = base::id::to_text(u128::from_be_bytes(id));
        tx.execute_one(&sql::SAVE, &store::params![id, answers])
    });
    kept.await.map_err(|error: store::Error| error).expect("a row");
}

/// The process of [`Bare`]: `/page` gives the octets, `/render` compresses them first;
/// with a folder, `/save` keeps a row before that, and `/redirect` leads to it.
pub async fn bare() {
    let words: Vec<String> = std::env::args().collect();
    let file = std::fs::read(&words[3]).expect("a file");
    let end = file.windows(2).position(|two| two == b"\n\n").expect("headers");
    let head = String::from_utf8_lossy(&file[..end]).into_owned();
    let body = Bytes::from(file[end + 2..].to_vec());
    let headers: Vec<(HeaderName, HeaderValue)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !["content-length", "date", "connection"].contains(name))
        .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
        .collect();
    let with_headers = move |body: Bytes| {
        let mut response = body.into_response();
        for (name, value) in &headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    };
    let (page, rendered) = (body.clone(), with_headers.clone());
    let rendering = with_headers.clone();
    let compressed: Bytes = body.clone();
    let mut app = axum::Router::new()
        .route("/page", get(move || std::future::ready(with_headers(page.clone()))))
        .route("/render", get(move || std::future::ready(rendered(web::compress::brotli_quick(&body).into()))));
    if let Some(folder) = words.get(4) {
        let ctx = testkit::on_disk(Path::new(folder), &[ROWS], "bench");
        let other = ctx.clone();
        let save = move |_: Bytes| async move {
            save_row(&ctx).await;
            rendering(web::compress::brotli_quick(&compressed).into())
        };
        let redirect = move |_: Bytes| async move {
            save_row(&other).await;
            axum::response::Redirect::to("/render")
        };
        app = app.route("/save", post(save)).route("/redirect", post(redirect));
    }
    let door = tokio::net::TcpListener::bind(&words[2]).await.expect("a port");
    say("ready");
    axum::serve(door, app).await.expect("served");
}
