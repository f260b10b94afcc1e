//! `service test`: plays every example of every folder with the production pages
//! and verbs, and says for each whether it came true.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use base::{Assurance, CaseId};
use catalogue::examples::{Example, Outcome, Pay, Since};
use catalogue::{Catalogue, Coverage, FieldKind, Service, examples};
use clap::Args;
use http::StatusCode;
use services::Stage as CaseStage;

use super::actors;
use super::acts::Acting;
use super::compare::{self, Differences};
use super::form::{Filled, Form};
use super::stage::{Stage, World, strangers};
use crate::cli::print;

/// What to play.
#[derive(Args)]
pub(crate) struct TestOptions {
    /// The folder of services.
    #[arg(default_value = "services")]
    folder: PathBuf,
    /// Only the examples of this service.
    #[arg(long)]
    service: Option<String>,
    /// Only examples whose name holds this text.
    #[arg(long)]
    name: Option<String>,
    /// Say too what no example hits of the folders' rules and steps; fail if there is any.
    #[arg(long)]
    coverage: bool,
    /// A PostgreSQL server on which databases may be made and dropped; SQLite in a temporary
    /// folder without it.
    #[arg(long)]
    database: Option<String>,
    /// Keep what was issued in this folder: for each example its last paper and what is on it,
    /// and the root that its seal leads to.
    #[arg(long)]
    papers: Option<PathBuf>,
}

/// An example of a folder.
struct Played {
    service: String,
    example: Example,
}

/// Plays them; fails if one does not come true.
pub(crate) fn test(options: &TestOptions) -> Result<ExitCode> {
    let catalogue = match Catalogue::read(&options.folder) {
        Ok(catalogue) => catalogue,
        Err(faults) => return Ok(refused(&faults)),
    };
    let faults: Vec<_> = examples::faults(&options.folder, &catalogue);
    let own = |file: &str| options.service.as_ref().is_none_or(|key| file.contains(&format!("/{key}/")));
    let faults: Vec<_> = faults.into_iter().filter(|fault| own(&fault.file)).collect();
    if !faults.is_empty() {
        return Ok(refused(&faults));
    }
    let mut all = Vec::new();
    for service in catalogue.services() {
        let key = &service.file.key;
        if options.service.as_ref().is_some_and(|wanted| wanted != key) {
            continue;
        }
        for example in examples::read(&options.folder.join(key)).unwrap_or_default() {
            if options.name.as_ref().is_none_or(|part| example.name.contains(part)) {
                all.push(Played { service: key.clone(), example });
            }
        }
    }
    if all.is_empty() {
        bail!("there is no such example in {}", options.folder.display());
    }
    let unknown = strangers(&all.iter().map(|played| &played.example).collect::<Vec<_>>());
    if !unknown.is_empty() {
        unknown.iter().for_each(|line| print(line));
        return Ok(ExitCode::FAILURE);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    runtime.block_on(play_all(options, catalogue, all))
}

fn refused(faults: &[catalogue::Fault]) -> ExitCode {
    faults.iter().for_each(|fault| print(&fault.to_string()));
    ExitCode::FAILURE
}

async fn play_all(options: &TestOptions, catalogue: Catalogue, all: Vec<Played>) -> Result<ExitCode> {
    let examples: Vec<Example> = all.iter().map(|played| played.example.clone()).collect();
    let stage = Stage::open(&options.folder, catalogue, &examples, options.database.as_deref()).await?;
    if let Some(folder) = &options.papers {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let kept: Option<Arc<Path>> = options.papers.as_deref().map(Arc::from);
    let (stage, all, next) = (Arc::new(stage), Arc::new(all), Arc::new(AtomicUsize::new(0)));
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(all.len());
    let mut playing = tokio::task::JoinSet::new();
    for _ in 0..workers {
        let (stage, all, next, kept) = (Arc::clone(&stage), Arc::clone(&all), Arc::clone(&next), kept.clone());
        playing.spawn(async move {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let Some(played) = all.get(number) else { return done };
                done.push((number, play(&stage, number, played, kept.as_deref()).await));
            }
        });
    }
    let mut results: Vec<(usize, Vec<String>)> = Vec::new();
    while let Some(done) = playing.join_next().await {
        results.extend(done.context("an example panicked")?);
    }
    stage.close().await?;
    results.sort_by_key(|(number, _)| *number);
    let mut failed = 0;
    for (number, differences) in &results {
        let Played { service, example } = &all[*number];
        if differences.is_empty() {
            print(&format!("ok       {service}: {}", example.name));
            continue;
        }
        failed += 1;
        print(&format!("DIFFERS  {service}: {}", example.name));
        differences.iter().for_each(|line| print(&format!("         {line}")));
    }
    print(&format!("{} examples, {failed} differ", results.len()));
    let whole = !options.coverage || covered(options, &stage);
    Ok(if failed == 0 && whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says for each folder what no example hits; whether there is nothing.
fn covered(options: &TestOptions, stage: &Stage) -> bool {
    let mut whole = true;
    for service in stage.catalogue.services() {
        let key = &service.file.key;
        if options.service.as_ref().is_some_and(|wanted| wanted != key) {
            continue;
        }
        let coverage = Coverage::of(service, &stage.seen);
        print(&format!("{key}: {} % of {} ways", coverage.percent(), coverage.all));
        coverage.missing.iter().for_each(|line| print(&format!("         {line}")));
        whole &= coverage.missing.is_empty();
    }
    whole
}

/// Plays one example in a world of its own; gives what differed.
async fn play(stage: &Stage, number: usize, played: &Played, kept: Option<&Path>) -> Vec<String> {
    let mut differences = Differences(Vec::new());
    match stage.world(number).await {
        Ok(world) => {
            let name = format!("{}.{number:03}", played.service);
            let done = match (play_in(&world, played, &mut differences).await, kept) {
                (Ok(Some(case)), Some(folder)) => keep(&world, case, folder, &name).await,
                (done, _) => done.map(drop),
            };
            if let Err(error) = done {
                differences.add(format!("{error:#}"));
            }
            match world.broken().await {
                Ok(broken) => {
                    broken.into_iter().for_each(|one| differences.add(format!("an invariant is broken: {one}")))
                }
                Err(error) => differences.add(format!("{error:#}")),
            }
            if let Err(error) = world.close().await {
                differences.add(format!("{error:#}"));
            }
        }
        Err(error) => differences.add(format!("it cannot be played: {error:#}")),
    }
    differences.0
}

/// Writes the last paper of an example's case: the file, and what is on it.
async fn keep(world: &World<'_>, case: CaseId, folder: &Path, name: &str) -> Result<()> {
    let papers = world.ctx.read(move |read| documents::papers_about(read, &format!("case:{case}"))).await?;
    let Some(paper) = papers.last().filter(|paper| paper.issued_at.is_some()) else { return Ok(()) };
    let pdf = documents::file(&world.ctx, paper).await?;
    std::fs::write(folder.join(format!("{name}.pdf")), pdf)?;
    std::fs::write(folder.join(format!("{name}.json")), serde_json::to_vec_pretty(&paper.content)?)?;
    std::fs::write(folder.join("root.crt"), world.house.authority.root())?;
    Ok(())
}

/// Plays it; gives its case, if one was sent.
async fn play_in(world: &World<'_>, played: &Played, differences: &mut Differences) -> Result<Option<CaseId>> {
    let Played { service, example } = played;
    let service = world.stage.catalogue.service(service).context("the service is gone")?;
    let assurance = service.assurance().max(Assurance::Substantial);
    let applicant = actors::applicant(world, example, assurance).await?;
    // What the form meets is there before it.
    change(world, example, |since| since == Since::Start || example.fault.is_some())?;
    let example = &with_papers(world, service, example, &applicant).await?;
    let mut browser = world.browser(&applicant).await?;
    let filled = Form { world, service, example }.fill(&mut browser).await?;
    compare::form(example, &filled, differences);
    let (Filled::Whole(id), None) = (filled, &example.fault) else { return Ok(None) };
    hidden_pages(&mut browser, id, service, example, differences).await?;
    change(world, example, |since| since == Since::Sending)?;
    let check = format!("/cases/{id}/check");
    let sent = browser.act(&check, &format!("/cases/{id}/submit"), &[]).await?;
    if sent.status != StatusCode::SEE_OTHER {
        bail!("it is not sent: {}", sent.title());
    }
    let acting = Acting { world, service, case: id, applicant: &applicant, pays: example.pay == Pay::Yes };
    acting.settle().await?;
    for (at, act) in example.acts.iter().enumerate() {
        acting.does(act, example.acts.get(at + 1)).await.with_context(|| format!("act {}", at + 1))?;
    }
    delivered(&acting, example, differences).await?;
    let (case, turns) = (acting.case().await?, acting.turns().await?);
    services::see(&world.stage.seen, &case, &turns);
    compare::case(&acting, example, differences).await?;
    Ok(Some(id))
}

/// The example with papers where its answers name services: each is got first, as
/// the first example of its service gets one.
async fn with_papers(
    world: &World<'_>,
    service: &Service,
    example: &Example,
    applicant: &base::Actor,
) -> Result<Example> {
    let mut example = example.clone();
    let fields = service.file.pages.iter().filter_map(|page| page.field.as_ref());
    for field in fields.filter(|field| field.kind == FieldKind::Paper) {
        let Some(answer) = example.answers.get_mut(&field.id) else { continue };
        let keys = match answer {
            toml::Value::Array(keys) => keys.iter_mut().collect(),
            one => vec![one],
        };
        for key in keys {
            if let Some(of) = key.as_str().and_then(|key| world.stage.catalogue.service(key)) {
                *key = toml::Value::String(paper_of(world, of, applicant).await?);
            }
        }
    }
    Ok(example)
}

/// A paper of a service for this person.
async fn paper_of(world: &World<'_>, service: &Service, applicant: &base::Actor) -> Result<String> {
    let key = &service.file.key;
    let example = world.stage.firsts.get(key).with_context(|| format!("{key} has no example"))?;
    let mut browser = world.browser(applicant).await?;
    let Filled::Whole(case) = (Form { world, service, example }).fill(&mut browser).await? else {
        bail!("no paper of {key}: its form refuses");
    };
    let sent = browser.act(&format!("/cases/{case}/check"), &format!("/cases/{case}/submit"), &[]).await?;
    if sent.status != StatusCode::SEE_OTHER {
        bail!("no paper of {key}: {}", sent.title());
    }
    let acting = Acting { world, service, case, applicant, pays: true };
    acting.settle().await?;
    for (at, act) in example.acts.iter().enumerate() {
        acting.does(act, example.acts.get(at + 1)).await?;
    }
    let about = acting.case().await?.object();
    let papers = world.ctx.read(move |read| documents::papers_about(read, &about)).await?;
    Ok(papers.last().with_context(|| format!("no paper of {key} was issued"))?.id.to_string())
}

fn change(world: &World<'_>, example: &Example, fits: impl Fn(Since) -> bool) -> Result<()> {
    let whom = actors::subject(example)?;
    for change in example.changes.iter().filter(|change| fits(change.since)) {
        world.room.change(change, whom.as_ref())?;
    }
    Ok(())
}

/// What the form did not ask is refused when it is sent all the same.
async fn hidden_pages(
    browser: &mut super::browser::Browser<'_>,
    id: base::CaseId,
    service: &Service,
    example: &Example,
    differences: &mut Differences,
) -> Result<()> {
    let check = browser.get(&format!("/cases/{id}/check")).await?;
    for field in example.absent.iter().filter(|field| example.answers.contains_key(*field)) {
        let page = service.file.pages.iter().find(|page| page.answer() == Some(field));
        let path = format!("/cases/{id}/form/{}", page.map(|page| page.id.as_str()).unwrap_or_default());
        let typed = vec![(field.clone(), "—".to_owned())];
        let answer = browser.post(&check, &path, &typed).await?;
        if answer.status != StatusCode::NOT_FOUND {
            differences.add(format!("`{field}` is hidden, and its page answers {}", answer.title()));
        }
    }
    Ok(())
}

/// The paper's way into the person's hands.
async fn delivered(acting: &Acting<'_, '_>, example: &Example, differences: &mut Differences) -> Result<()> {
    let Some(place) = example.delivered.as_deref() else { return Ok(()) };
    let case = acting.case().await?;
    let waits = case.stage == CaseStage::Delivering;
    if place == "wallet" {
        if waits {
            differences.add(format!("delivered: expected wallet, got {}", case.unit.unwrap_or_default()));
        }
        return Ok(());
    }
    if !waits || case.unit.as_deref() != Some(place) {
        differences.add(format!("delivered: no paper is on its way to {place}"));
        return Ok(());
    }
    acting.send_parcel(place).await?;
    if example.outcome == Some(Outcome::Closed) {
        acting.collect(place).await?;
    }
    Ok(())
}
