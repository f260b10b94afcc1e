//! The catalogue at its own size and at 1,400 folders: copies of the project's own
//! under other keys and fees. Lint, start, memory, home, lists and search.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use catalogue::Catalogue;

use crate::form::median;
use crate::server::{Demo, Process, binary, say};
use crate::{CLIENTS, asked, get};

/// Folders in all.
const FOLDERS: usize = 1_400;
/// How long a started demo is left alone before its memory is read.
const REST: Duration = Duration::from_secs(3);
/// How often the list of queries is asked.
const ROUNDS: usize = 20;

/// Both sizes.
pub async fn figures() {
    let own = Path::new("services");
    let many = tempfile::tempdir().expect("a folder");
    copies(own, many.path());
    for directory in [own, many.path()] {
        let catalogue = Catalogue::read(directory).unwrap_or_else(|faults| panic!("{faults:#?}"));
        say(&format!("── {} folders", catalogue.summaries().count()));
        searched(&catalogue);
        drop(catalogue);
        lint(directory).await;
        served(directory).await;
    }
}

/// Every golden query, as the catalogue alone answers it.
fn searched(catalogue: &Catalogue) {
    let (mut found, mut wanted, mut times) = (0, 0, Vec::new());
    for golden in catalogue.golden() {
        let hits = catalogue.find(&golden.query);
        // Copies of one folder are one service here.
        let mut firsts: Vec<&str> = Vec::new();
        for hit in &hits {
            let original = hit.key.split_once(COPY).map_or(hit.key.as_str(), |(original, _)| original);
            if !firsts.contains(&original) {
                firsts.push(original);
            }
        }
        wanted += 1;
        found += usize::from(match &golden.first {
            Some(first) => firsts.iter().take(3).any(|key| key == first),
            None => hits.is_empty(),
        });
    }
    for golden in catalogue.golden().iter().cycle().take(catalogue.golden().len() * ROUNDS) {
        let began = Instant::now();
        std::hint::black_box(catalogue.find(&golden.query));
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[times.len() * share / 100];
    say(&format!(
        "search: {found} of {wanted} queries find their service in the first three (bar 95 %); p50 {:.2} ms, p99 {:.2} ms (bar 10 ms)",
        at(50),
        at(99)
    ));
}

/// How long `hukumati service lint` takes, and how much memory.
async fn lint(directory: &Path) {
    let began = Instant::now();
    let mut child = Command::new(binary())
        .args(["service", "lint"])
        .arg(directory)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program");
    let mut most = 0;
    let status = loop {
        most = most.max(Process::peak_of(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().expect("a process") {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(status.success(), "lint found faults");
    say(&format!("service lint: {:.2} s, {} MiB at most", began.elapsed().as_secs_f64(), most >> 20));
}

async fn served(directory: &Path) {
    let began = Instant::now();
    let mut demo = Demo::of(directory);
    let page = demo.fetch(&get(demo.address, "/", "")).await;
    let first = began.elapsed().as_secs_f64();
    assert!(page.head.starts_with("HTTP/1.1 200"), "{}", page.head);
    tokio::time::sleep(REST).await;
    let after_first = demo.child.resident();
    let mut later = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        demo.restart(|_| ());
        demo.fetch(&get(demo.address, "/", "")).await;
        later.push(began.elapsed().as_secs_f64());
    }
    tokio::time::sleep(REST).await;
    let before = demo.child.processor_time();
    tokio::time::sleep(REST).await;
    let idle = (demo.child.processor_time() - before).as_secs_f64() / REST.as_secs_f64() * 100.0;
    say(&format!(
        "first start to the first page {first:.2} s (bar 3 s), later {:.2} s (bar 1 s, as the release program alone)\n  \
         resident {} MiB, later {} MiB (bar 150 MB); idle {idle:.1} % of a core",
        median(later),
        after_first >> 20,
        demo.child.resident() >> 20
    ));
    for path in ["/", "/services", "/en/life-events/health", "/search?q=%D8%B4%D9%87%D8%A7%D8%AF%D8%A9"] {
        let page = demo.fetch(&get(demo.address, path, "")).await;
        let load = asked(demo.address, CLIENTS, get(demo.address, path, "")).await;
        say(&format!("  {path}: {} octets as br, {:.0}/s, p99 {:.1} ms", page.body.len(), load.rate, load.p99_ms));
    }
}

/// What stands between a folder's name and the number of its copy.
const COPY: &str = ".copy-";

/// A directory of so many folders.
fn copies(from: &Path, to: &Path) {
    let all = std::fs::read_dir(from).expect("services").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = all.partition(|path| path.join("service.toml").is_file());
    for path in files {
        copy(&path, &to.join(path.file_name().expect("a name")));
    }
    for number in 0..FOLDERS {
        let folder = &folders[number % folders.len()];
        let key = folder.file_name().expect("a name").to_string_lossy().into_owned();
        match number / folders.len() {
            0 => copy(folder, &to.join(key)),
            number => other(folder, to, &key, number),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        std::fs::copy(from, to).expect("a copy");
        return;
    }
    std::fs::create_dir(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry").path();
        copy(&entry, &to.join(entry.file_name().expect("a name")));
    }
}

/// A folder under another key, with a name and fees of its own.
fn other(from: &Path, to: &Path, key: &str, number: usize) {
    let own = format!("{key}{COPY}{number}");
    let folder = to.join(&own);
    std::fs::create_dir(&folder).expect("a folder");
    let toml = std::fs::read_to_string(from.join("service.toml")).expect("service.toml");
    let quoted = |line: &str| Some(line.split_once('"')?.1.split_once('"')?.0.to_owned());
    let codes: BTreeSet<String> =
        toml.lines().filter(|line| line.starts_with("code = \"")).filter_map(quoted).collect();
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let mut text = std::fs::read_to_string(&path).expect("a text");
        text = text.replacen(&format!("key = \"{key}\""), &format!("key = \"{own}\""), 1);
        for code in &codes {
            let renamed = format!("{code}{COPY}{number}");
            text = text.replace(&format!("\"{code}\""), &format!("\"{renamed}\""));
            text = text.replace(
                &format!("fee-{}-per", code.replace('.', "-")),
                &format!("fee-{}-per", renamed.replace('.', "-")),
            );
        }
        let spoken = path.extension().is_some_and(|extension| extension == "ftl");
        let named = |line: &str| match line.strip_prefix("name = ").filter(|_| spoken) {
            Some(name) => format!("name = {name} {number}\n"),
            None => format!("{line}\n"),
        };
        let text: String = text.lines().map(named).collect();
        std::fs::write(folder.join(path.file_name().expect("a name")), text).expect("a file");
    }
}
