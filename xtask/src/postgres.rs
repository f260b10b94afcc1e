//! A PostgreSQL of the tests' own: made for one run, on a loopback port that
//! was free, gone afterwards. The machine's cluster is never touched.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::install::is_root;
use crate::run::{run, say};

/// How long a new cluster may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Folders of clusters are called so, and by the process that owns them.
const FOLDER: &str = "hukumati-test-pg-";

/// A running cluster; dropping it stops it and removes its folder.
pub struct Cluster {
    server: Child,
    /// In the system's folder for temporary files: the server runs as another
    /// account, which may not be allowed into the workspace, and a path to a
    /// socket has at most 107 bytes.
    folder: PathBuf,
    /// Where tests connect to, as `postgres://…`.
    pub url: String,
    /// What its certificate, for `localhost` only, is checked against.
    pub root: PathBuf,
}

/// The folder of the newest server programs on this machine.
pub fn programs() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").ok();
    let mut versions: Vec<(u32, PathBuf)> = installed
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().map(|(_, programs)| programs)
}

impl Cluster {
    /// Makes and starts one.
    pub fn start() -> Result<Self> {
        remove_abandoned();
        let programs = programs().context("no PostgreSQL server is installed")?;
        let folder = std::env::temp_dir().join(format!("{FOLDER}{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(&folder))?;
        }
        let data = folder.join("data");
        run(as_server(&programs.join("initdb"))
            .current_dir(&folder)
            .args(["--auth=trust", "--username=hukumati", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
            .arg(&data)
            .stdout(Stdio::null()))?;
        let root = certify(&folder)?;
        let port = free_port()?;
        let log = fs::File::create(folder.join("log")).context("the server's log cannot be made")?;
        let mut server = as_server(&programs.join("postgres"));
        server.current_dir(&folder).arg("-D").arg(&data).arg("-k").arg(&folder).args(["-p", &port.to_string()]);
        for setting in settings() {
            server.args(["-c", setting]);
        }
        for (setting, file) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
            server.args(["-c", &format!("{setting}={}", folder.join(file).display())]);
        }
        let server = server.stdout(log.try_clone()?).stderr(log).spawn().context("postgres cannot be started")?;
        let url = format!("postgres://hukumati@127.0.0.1:{port}/postgres");
        let mut cluster = Self { server, folder, url, root };
        cluster.wait(&programs, port)?;
        say(format!("a PostgreSQL for the tests answers at {}", cluster.url));
        Ok(cluster)
    }

    /// Until the server answers, or has ended, or has had its time.
    fn wait(&mut self, programs: &Path, port: u16) -> Result<()> {
        let began = Instant::now();
        loop {
            let mut asked = Command::new(programs.join("pg_isready"));
            // It waits a second by itself when nobody listens yet.
            asked.args(["--quiet", "--timeout=1", "--host=127.0.0.1", "--port", &port.to_string()]);
            if asked.status().is_ok_and(|status| status.success()) {
                return Ok(());
            }
            let ended = self.server.try_wait()?;
            if ended.is_some() || began.elapsed() > START_LIMIT {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("the tests' PostgreSQL does not answer; its log says:\n{log}");
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT is "now, but in order". Whatever fails here must not hide why
        // the run itself failed.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// For tests: nothing needs to survive a power cut, and many connect at once.
fn settings() -> [&'static str; 8] {
    [
        "ssl=on",
        "listen_addresses=127.0.0.1",
        "fsync=off",
        "full_page_writes=off",
        "max_connections=400",
        "shared_buffers=128MB",
        "max_wal_size=2GB",
        "logging_collector=off",
    ]
}

/// Makes a root and the server's certificate under it; gives the root's file.
fn certify(folder: &Path) -> Result<PathBuf> {
    const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let openssl = |words: &[&str]| {
        let mut command = as_server(Path::new("openssl"));
        command.current_dir(folder).args(words).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let root =
        ["req", "-x509", "-days", "2", "-subj", "/CN=root of the tests", "-keyout", "root.key", "-out", "root.crt"];
    run(openssl(&root).args(NEW_KEY))?;
    run(openssl(&["req", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"]).args(NEW_KEY))?;
    let extensions = folder.join("server.ext");
    fs::write(&extensions, "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")?;
    let signed = ["x509", "-req", "-in", "server.csr", "-CA", "root.crt", "-CAkey", "root.key", "-CAcreateserial"];
    run(openssl(&signed).args(["-days", "2", "-extfile", "server.ext", "-out", "server.crt"]))?;
    Ok(folder.join("root.crt"))
}

/// PostgreSQL refuses to run as root; and it must not outlive this process,
/// whatever ends it.
fn as_server(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=INT");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"]);
    }
    command.arg(program);
    command
}

/// A port that nobody listens on at this moment.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no loopback port is free")?;
    Ok(listener.local_addr()?.port())
}

/// Removes what a killed run left behind: folders whose process is gone.
fn remove_abandoned() {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let Some(owner) = name.to_str().and_then(|name| name.strip_prefix(FOLDER)) else { continue };
        if !Path::new("/proc").join(owner).exists() {
            // Somebody else's folder stays; it is not in the way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
