//! The archive of `cargo xtask dist`, installed on a blank Debian that has no
//! network, word by word as `docs/operate/install.md` tells an operator: its
//! `sh` blocks are run and its first `toml` block is the configuration.
//!
//! It needs root (a container of its own) and is not part of `cargo xtask test`,
//! because it needs a release build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::install;
use crate::run::{exists, read, run, say};
use crate::workspace::Workspace;

const RELEASE: &str = "bookworm";
const CONFIGURATION: &str = "/etc/hukumati/hukumati.toml";
/// Where the installation ends in the text: what follows is for later days.
const LATER: &str = "\n## Upgrading";
/// How long the container may take to boot, and the portal to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Installs and tries the newest archive.
pub fn try_archive(workspace: &Workspace) -> Result<()> {
    if !install::is_root() {
        bail!("a blank Debian is booted in a container, which needs root");
    }
    let archive = archive(&workspace.path("target/dist"))?;
    install::debian_package("debootstrap", || exists("debootstrap"))?;
    install::debian_package("systemd-container", || exists("systemd-nspawn"))?;
    let home = workspace.path("target/blank-debian");
    let root = fresh_root(&home)?;
    let at = root.join("root");
    for file in [archive.clone(), with_more(&archive, ".sha256")] {
        fs::copy(&file, at.join(file.file_name().context("a file has a name")?))?;
    }
    let text = fs::read_to_string(workspace.path("docs/operate/install.md"))?;
    fs::write(at.join("install.sh"), script(&text)?)?;

    let container = Container::boot(&root)?;
    run(&mut container.command(&["bash", "-eux", "/root/install.sh"]))?;
    let page = container.until_answered("portal.example.ps", 8080, "/")?;
    if !page.starts_with("HTTP/1.1 200") || !page.contains("حكومتي") {
        bail!("the portal answers with {page}");
    }
    let live = container.until_answered("127.0.0.1", 9090, "/live")?;
    if !live.starts_with("HTTP/1.1 200") {
        bail!("the operators' page answers with {live}");
    }
    run(&mut container.command(&["systemctl", "stop", "hukumati"]))?;
    let data = ["--data", "/var/lib/hukumati/data", "--keys", "/var/lib/hukumati/keys"];
    let verify = ["runuser", "-u", "hukumati", "--", "/opt/hukumati/hukumati", "verify"];
    run(&mut container.command(&[&verify[..], &data[..]].concat()))?;
    run(&mut container.command(&["systemctl", "start", "hukumati"]))?;
    container.until_answered("portal.example.ps", 8080, "/en/services")?;
    say("blank: installed by docs/operate/install.md, served, verified, and served again, without a network");
    Ok(())
}

/// The newest archive.
fn archive(dist: &Path) -> Result<PathBuf> {
    let missing = || format!("{} holds no archive; run `cargo xtask dist` first", dist.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(dist).with_context(missing)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".tar.gz") {
            found.push((fs::metadata(&path)?.modified()?, path));
        }
    }
    found.sort();
    Ok(found.pop().with_context(missing)?.1)
}

fn with_more(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

/// A Debian as its installer leaves it. The packages are fetched once.
fn fresh_root(home: &Path) -> Result<PathBuf> {
    let (base, root) = (home.join("base"), home.join("root"));
    if !base.join("etc/debian_version").exists() {
        fs::create_dir_all(home)?;
        say("fetching a blank Debian by debootstrap");
        run(Command::new("debootstrap").arg(RELEASE).arg(&base).args(mirror()).stdout(Stdio::null()))?;
    }
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    run(Command::new("cp").arg("--archive").args([&base, &root]))?;
    Ok(root)
}

/// Where this machine's own packages come from.
fn mirror() -> Option<String> {
    let sources = fs::read_dir("/etc/apt/sources.list.d").ok()?;
    let texts = sources.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
    let lines = texts.chain(fs::read_to_string("/etc/apt/sources.list"));
    let lines: Vec<String> = lines.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let words = lines.iter().filter(|line| line.starts_with("URIs:") || line.starts_with("deb "));
    let mut addresses = words.filter_map(|line| line.split_whitespace().find(|word| word.contains("://")));
    addresses.find(|address| address.trim_end_matches('/').ends_with("/debian")).map(str::to_owned)
}

/// The text's own commands, and its configuration where it stands in the text.
fn script(text: &str) -> Result<String> {
    let text = &text[..text.find(LATER).context("the text has no end of the installation")?];
    let (mut script, mut configured) = (String::from("cd /root\n"), false);
    for block in text.split("```").skip(1).step_by(2) {
        let (language, body) = block.split_once('\n').context("a block without lines")?;
        match language {
            "sh" => script.push_str(body),
            "toml" if !configured => {
                configured = true;
                script.push_str(&format!("cat > {CONFIGURATION} <<'END'\n{body}END\n"));
            }
            _ => {}
        }
    }
    if !configured {
        bail!("the text has no configuration");
    }
    Ok(script)
}

/// A booted Debian without a network.
struct Container {
    nspawn: Child,
    /// Its first process, as this machine counts.
    leader: String,
}

impl Container {
    fn boot(root: &Path) -> Result<Self> {
        let mut nspawn = Command::new("systemd-nspawn")
            .arg("--directory")
            .arg(root)
            .args(["--private-network", "--register=no", "--keep-unit", "--boot"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("systemd-nspawn cannot be started")?;
        let began = Instant::now();
        let leader = loop {
            let children = format!("/proc/{0}/task/{0}/children", nspawn.id());
            let children = fs::read_to_string(children).unwrap_or_default();
            if let Some(leader) = children.split_whitespace().next() {
                break leader.to_owned();
            }
            if nspawn.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                bail!("the container does not start");
            }
            std::thread::park_timeout(Duration::from_millis(50));
        };
        let container = Self { nspawn, leader };
        // "degraded" is a running system too: a container lacks some devices.
        let up = "until s=$(systemctl is-system-running --wait); [ -n \"$s\" ] && [ \"$s\" != offline ]; do :; done; \
                  echo $s";
        loop {
            if let Ok(state) = read(&mut container.command(&["timeout", "60", "sh", "-c", up])) {
                say(format!("blank: Debian {RELEASE} is {}", state.trim()));
                return Ok(container);
            }
            if began.elapsed() > PATIENCE {
                bail!("the container does not boot");
            }
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    /// A command inside.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--"]).args(words);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/root");
        command
    }

    /// Asks until something comes back: head and body.
    fn until_answered(&self, host: &str, port: u16, path: &str) -> Result<String> {
        let ask = format!(
            "exec 3<>/dev/tcp/127.0.0.1/{port}; \
             printf 'GET {path} HTTP/1.1\\r\\nhost: {host}\\r\\nconnection: close\\r\\n\\r\\n' >&3; cat <&3"
        );
        let began = Instant::now();
        loop {
            match read(&mut self.command(&["bash", "-c", &ask])) {
                Ok(answer) if !answer.is_empty() => return Ok(answer),
                _ if began.elapsed() > PATIENCE => {
                    run(&mut self.command(&["journalctl", "--no-pager", "--unit", "hukumati"]))?;
                    bail!("nothing answers at port {port}");
                }
                _ => std::thread::park_timeout(Duration::from_millis(100)),
            }
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // The container is thrown away: how it ends is nobody's concern.
        drop(self.nspawn.kill());
        drop(self.nspawn.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_s_own_commands_are_run_in_its_order() {
        let text = "# A\n```sh\none\n```\n```toml\nx = 1\n```\n```toml\ny = 2\n```\n```sh\ntwo\n```\n## Upgrading\n```sh\nno\n```\n";
        let expected = format!("cd /root\none\ncat > {CONFIGURATION} <<'END'\nx = 1\nEND\ntwo\n");
        assert_eq!(script(text).unwrap(), expected);
        assert!(script("```sh\none\n```\n## Upgrading\n").is_err());
    }
}
