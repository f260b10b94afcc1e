//! Every example of every service's folder, on both engines, by the command that
//! authors use; and that command itself, over a folder that has every kind of step,
//! and over examples that are wrong.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[path = "examples/papers.rs"]
mod papers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use testkit::POSTGRES_VARIABLE;

fn services() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services")
}

fn service(words: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hukumati"));
    command.arg("service").args(words).arg(folder).env("HUKUMATI_LOG", "error").output().unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn comes_true(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

fn postgres() -> String {
    std::env::var(POSTGRES_VARIABLE).unwrap()
}

#[test]
fn every_example_comes_true_on_sqlite_and_nothing_is_left_unhit() {
    let kept = tempfile::tempdir().unwrap();
    comes_true(&service(&["test", "--coverage", "--papers", kept.path().to_str().unwrap()], &services()));
    papers::are_whole_and_say_what_their_data_says(kept.path(), &services());
}

#[test]
fn every_example_comes_true_on_postgresql() {
    comes_true(&service(&["test", "--database", &postgres()], &services()));
}

/// A folder of services with one of the test's own in place of the project's.
fn sample(examples: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(services()).unwrap() {
        let path = entry.unwrap().path();
        let target = folder.path().join(path.file_name().unwrap());
        if path.is_file() {
            fs::copy(path, target).unwrap();
        } else if path.ends_with("operations") {
            copy(&path, &target);
        }
    }
    // Neither leads to a service that is not there.
    fs::write(folder.path().join("search.toml"), "query = []\n").unwrap();
    fs::write(folder.path().join("life-events.toml"), "event = []\n").unwrap();
    let own = folder.path().join("test.sample");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples/test.sample"), &own);
    if !examples.is_empty() {
        fs::write(own.join("examples.toml"), examples).unwrap();
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_new_service_lints_and_plays_as_it_is_written() {
    let folder = sample("");
    let directory = folder.path().to_str().unwrap();
    let written = service(&["new", "lg.stall.permit", "--services"], folder.path());
    assert!(written.status.success(), "{written:?}");
    assert!(service(&["lint"], folder.path()).status.success());
    comes_true(&service(&["test", "--coverage", "--service", "lg.stall.permit"], folder.path()));
    // Nothing is written over, and nothing is written for nobody.
    assert!(!service(&["new", "lg.stall.permit", "--services"], folder.path()).status.success());
    for key in ["lg.stall", "lg..permit", "LG.stall.permit", "nobody.stall.permit", "lg.../../x.y"] {
        assert!(!service(&["new", key, "--services"], folder.path()).status.success(), "{key} in {directory}");
    }
}

/// The files that `docs/services.md` shows, each by the name before its block.
fn documented() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/services.md");
    let page = fs::read_to_string(page).unwrap();
    let mut files = Vec::new();
    let (mut name, mut block): (Option<String>, Option<String>) = (None, None);
    for line in page.lines() {
        match &mut block {
            Some(text) if line == "```" => {
                if let Some(name) = name.take() {
                    files.push((name, std::mem::take(text)));
                }
                block = None;
            }
            Some(text) => text.push_str(&format!("{line}\n")),
            None if line.starts_with("```") => block = Some(String::new()),
            None => {
                let named = line.strip_prefix("**`").and_then(|rest| rest.split_once("`**"));
                name = named.map(|(name, _)| name.to_owned()).or(name);
            }
        }
    }
    files
}

#[test]
fn the_documented_service_is_whole_and_every_part_of_it_is_played() {
    let (folder, files) = (sample(""), documented());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let key = "mot.parking.card";
    let own = ["service.toml", "ar.ftl", "en.ftl", "paper.typ", "examples.toml"].map(|file| format!("{key}/{file}"));
    let others = ["operations/mot.parking.assessment.toml", "operations/mot.parking.csv"];
    assert_eq!(names, own.iter().map(String::as_str).chain(others).collect::<Vec<_>>());
    for (name, text) in &files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    comes_true(&service(&["lint"], folder.path()));
    let operations = folder.path().join("operations");
    let checked = Command::new(env!("CARGO_BIN_EXE_hukumati")).args(["operation", "lint"]).arg(&operations).output();
    let faults = said(&checked.unwrap());
    assert!(!faults.contains("mot.parking"), "{faults}");
    comes_true(&service(&["test", "--coverage", "--service", key], folder.path()));
    comes_true(&service(&["test", "--database", &postgres(), "--service", key], folder.path()));
}

#[test]
fn every_kind_of_step_is_played_to_each_of_its_ends() {
    let folder = sample("");
    comes_true(&service(&["lint"], folder.path()));
    comes_true(&service(&["test", "--coverage"], folder.path()));
    comes_true(&service(&["test", "--database", &postgres()], folder.path()));
}

const STRAIGHT: &str = "person = \"salma\"\nanswers = { purpose = \"work\", partners = [\"tareq\"] }\n";

#[test]
fn what_differs_is_named() {
    let example = |name: &str, rest: &str| format!("[[example]]\nname = \"{name}\"\n{STRAIGHT}{rest}\n");
    let steps = "steps = [\"decide\", \"pay\", \"co-sign\"]\noutcome = \"waiting\"\n";
    let examples = [
        example("true", steps),
        example("steps", "steps = [\"decide\"]\noutcome = \"waiting\"\n"),
        example("outcome", "steps = [\"decide\", \"pay\", \"co-sign\"]\noutcome = \"closed\"\n"),
        example("fee", &format!("fee = \"7.00 ILS\"\n{steps}")),
        example("paper", &format!("paper = {{ name = \"x\" }}\n{steps}")),
        example("fault", "fault = { field = \"purpose\" }\n"),
        example("hidden", &format!("hidden = [\"خدمة للاختبار\"]\n{steps}")),
        example("act", &format!("acts = [{{ officer = \"clerk.ramallah\", does = \"approve\" }}]\n{steps}")),
        example("strange sign", &format!("acts = [{{ person = \"samir\", does = \"sign\" }}]\n{steps}")),
        "[[example]]\nname = \"refused\"\nperson = \"salma\"\nanswers = { purpose = \"work\" }\n\
         steps = []\noutcome = \"waiting\"\n"
            .to_owned(),
    ];
    let played = service(&["test"], sample(&examples.concat()).path());
    assert!(!played.status.success());
    let text = said(&played);
    for line in [
        "ok       test.sample: true",
        "steps: expected decide, got decide, pay, co-sign",
        "outcome: expected closed, got waiting (waiting)",
        "fee: expected 7.00 ILS, got 5.00 ILS",
        "no paper was issued",
        "the form: expected a refusal at the field `purpose`, got a form that is sent",
        "the person reads “خدمة للاختبار”, which is hidden from them",
        "act 1: clerk.ramallah cannot take it: 404",
        "act 1: `samir` is not asked to sign",
        "the form: expected a form that is sent, got a refusal at the field `partners`",
        "10 examples, 9 differ",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    // And what no example hits.
    let covered = said(&service(&["test", "--coverage", "--name", "true"], sample(&examples[0]).path()));
    for line in
        ["step 12 (deliver): no case enters it", "step 4 (clear), `tax`: its clock never runs out", "no appeal wins"]
    {
        assert!(covered.contains(line), "{line} is not in:\n{covered}");
    }
}

#[test]
fn a_faulty_file_is_refused_before_anything_is_played() {
    for (examples, about) in [
        ("[[example]]\nname = \"a\"\n", "person"),
        ("[[example]]\nname = \"a\"\nperson = \"salma\"\nwho = 1\n", "who"),
        ("[[example]]\nname = \"a\"\nperson = \"salma\"\n", "give steps and outcome, or fault"),
        (
            "[[example]]\nname = \"a\"\nperson = \"salma\"\nanswers = { x = 1 }\nfault = { field = \"purpose\" }\n",
            "does not ask `x`",
        ),
        ("[[example]]\nname = \"a\"\nperson = \"salma\"\nsteps = [\"dance\"]\noutcome = \"closed\"\n", "dance"),
        (
            "[[example]]\nname = \"a\"\nperson = \"salma\"\nsteps = []\noutcome = \"closed\"\ndelivered = \"moon\"\n",
            "moon",
        ),
        (
            "[[example]]\nname = \"a\"\nperson = \"salma\"\nsteps = []\noutcome = \"closed\"\npaper = { x = 1 }\n",
            "no value `x`",
        ),
        (
            "[[example]]\nname = \"a\"\nperson = \"salma\"\nsteps = []\noutcome = \"closed\"\nfee = \"much\"\n",
            "5.00 ILS",
        ),
        (
            "[[example]]\nname = \"a\"\nperson = \"salma\"\nsteps = []\noutcome = \"closed\"\n\
             acts = [{ officer = \"clerk.ramallah\", does = \"answer\", body = \"moon\", answer = \"yes\" }]\n",
            "no step asks the body `moon`",
        ),
        ("", "there is no example"),
        ("\n", "there is no example"),
    ] {
        let folder = sample(if examples.is_empty() { "\n" } else { examples });
        for words in [["lint"], ["test"]] {
            let refused = service(&words, folder.path());
            assert!(!refused.status.success() && said(&refused).contains(about), "{about}: {}", said(&refused));
        }
    }
    let nobody = "[[example]]\nname = \"a\"\nperson = \"moon\"\nsteps = []\noutcome = \"closed\"\n\
                  acts = [{ officer = \"sun\", does = \"approve\" }]\n";
    let refused = said(&service(&["test"], sample(nobody).path()));
    assert!(refused.contains("called `moon`") && refused.contains("called `sun`"), "{refused}");
}
