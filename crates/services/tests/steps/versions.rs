//! Versions of a service: four bodies sign what they saw, running cases stay on
//! theirs, drafts go on with the newest, and altered folders are not offered.

use super::*;
use base::Date;
use catalogue::{Catalogue, Checked, Saved};
use services::version::{Body, sign};
use services::{Edition, as_saved, as_signed};
use tempfile::TempDir;

const RULE: &str = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n";

fn by_clerk() -> String {
    format!("{RULE}[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n")
}

/// The clerk has a word only for those who study.
fn seldom_by_clerk() -> String {
    format!("{}when = \"answers.purpose == 'study'\"\n", by_clerk())
}

/// Who signs for which body.
const SIGNERS: [(&str, &str, Role, &str); 4] = [
    ("provider", HERE, Role::Supervisor, "provider"),
    ("finance", "mof", Role::BusinessOperator, "finance"),
    ("interior", "moi", Role::AuthenticationOfficer, "interior"),
    ("quality", "cabinet", Role::Quality, "quality"),
];

fn saved(directory: &std::path::Path) -> Saved {
    Saved::read(directory, &Checked::default()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

struct Cabinet {
    town: Town,
    directory: TempDir,
    officers: Vec<Ctx>,
}

impl Cabinet {
    async fn new(world: &World, steps: &str) -> Self {
        let town = Town::new(world, steps).await;
        let mut officers = Vec::new();
        for (name, unit, role, _) in SIGNERS {
            officers.push(town.officer(name, unit, &[role]).await);
        }
        Self { town, directory: folder::directory(1, steps), officers }
    }
    async fn edition(&self) -> Edition {
        let edition = as_signed(&self.town.ctx, saved(self.directory.path())).await.unwrap();
        let again = as_signed(&self.town.ctx, saved(self.directory.path())).await.unwrap();
        self.town.editions.replace(Arc::new(again.catalogue));
        edition
    }
    fn offered(&self) -> Option<u32> {
        self.town.editions.now().catalogue.service(KEY).map(|service| service.file.version)
    }
    fn page(version: u32) -> String {
        format!("/en/desk/services/{KEY}/{version}")
    }
    async fn digest(&self, version: u32) -> String {
        let found = self.town.ctx.read(move |read| services::version::version(read, KEY, version)).await.unwrap();
        found.unwrap().digest
    }
    /// What an officer gets for signing for a body.
    async fn sign(&self, officer: &Ctx, version: u32, body: &str, digest: &str) -> StatusCode {
        let mut browser = self.town.browser(&officer.actor).await;
        let page = Self::page(version);
        browser.act(&page, &format!("{page}/sign"), &[("body", body), ("digest", digest)]).await
    }
    async fn all_sign(&self, version: u32) {
        let digest = self.digest(version).await;
        let shown = || self.town.editions.now().catalogue.version().to_owned();
        let before = shown();
        for (officer, (.., body)) in self.officers.iter().zip(SIGNERS) {
            assert_eq!(self.offered().filter(|offered| *offered == version), None);
            assert_eq!(self.sign(officer, version, body, &digest).await, StatusCode::SEE_OTHER, "{body}");
        }
        self.edition().await;
        assert_eq!(self.offered(), Some(version));
        // Public pages are kept as long as this stays.
        assert_ne!(shown(), before);
    }
    async fn sent(&self, purpose: &str) -> CaseId {
        let (town, now) = (&self.town, self.town.editions.now());
        let id = self.draft(purpose).await;
        services::submit(&town.own, Key::once(&town.own), &now, id).await.unwrap();
        town.settle().await;
        id
    }
    async fn draft(&self, purpose: &str) -> CaseId {
        let (town, now) = (&self.town, self.town.editions.now());
        let id = services::start(&town.own, Key::once(&town.own), &now.catalogue, KEY).await.unwrap();
        for (field, value) in [("purpose", json!(purpose)), ("partners", json!([Town::number(FIRST + 1)]))] {
            services::answer(&town.own, Key::once(&town.own), id, field, Some(value)).await.unwrap();
        }
        id
    }
}

#[test]
fn running_cases_stay_on_the_version_that_was_signed_when_they_began() {
    on_both_engines(SCHEMAS, |world| async move {
        let cabinet = Cabinet::new(&world, &by_clerk()).await;
        cabinet.edition().await;
        assert_eq!(cabinet.offered(), None, "nobody has signed");
        cabinet.all_sign(1).await;
        let running = cabinet.sent("work").await;
        cabinet.town.stands(running, Stage::Deciding).await;
        let draft = cabinet.draft("work").await;

        // The second version is decided by rule: nobody waits for a clerk any more.
        folder::rewrite(cabinet.directory.path(), 2, &seldom_by_clerk());
        cabinet.edition().await;
        assert_eq!(cabinet.offered(), Some(1), "the first goes on until the second is signed");
        cabinet.all_sign(2).await;
        let new = cabinet.sent("work").await;
        cabinet.town.ends(new, "completed").await;
        assert_eq!(cabinet.town.case(running).await.version, 1);
        let mut clerk = cabinet.town.clerk("clerk", HERE).await;
        take(&mut clerk, running).await;
        assert_eq!(say(&mut clerk, running, "approve", "").await, StatusCode::SEE_OTHER);
        cabinet.town.ends(running, "completed").await;

        // What was checked on the old one is not sent unseen; then it is the new one.
        let now = cabinet.town.editions.now();
        let own = &cabinet.town.own;
        let refused = services::submit(own, Key::once(own), &now, draft).await;
        assert!(matches!(refused, Err(services::Refusal::Renewed)), "{refused:?}");
        assert_eq!(cabinet.town.case(draft).await.version, 2);
        services::submit(own, Key::once(own), &now, draft).await.unwrap();
        cabinet.town.settle().await;
        cabinet.town.ends(draft, "completed").await;
        cabinet.town.house.holds().await;
    });
}

#[test]
fn what_is_offered_is_what_was_signed_to_the_byte() {
    on_both_engines(SCHEMAS, |world| async move {
        let cabinet = Cabinet::new(&world, &by_clerk()).await;
        cabinet.edition().await;
        cabinet.all_sign(1).await;
        folder::rewrite(cabinet.directory.path(), 1, RULE);
        let edition = cabinet.edition().await;
        assert_eq!(edition.altered, [format!("{KEY}, version 1")]);
        let steps = |catalogue: &Catalogue| catalogue.service(KEY).map(|service| service.file.steps.len());
        assert_eq!(steps(&cabinet.town.editions.now().catalogue), Some(2));
        // A demo takes what was saved, under the same number too.
        let saved = as_saved(&cabinet.town.ctx, saved(cabinet.directory.path())).await.unwrap();
        assert_eq!(steps(&saved.catalogue), Some(1));
        cabinet.town.house.holds().await;
    });
}

#[test]
fn each_body_signs_once_by_its_own_officer_what_it_saw() {
    on_both_engines(SCHEMAS, |world| async move {
        let cabinet = Cabinet::new(&world, &by_clerk()).await;
        cabinet.edition().await;
        let digest = cabinet.digest(1).await;
        let [provider, finance, ..] = &cabinet.officers[..] else { panic!() };
        assert_eq!(cabinet.sign(finance, 1, "finance", "0000").await, StatusCode::CONFLICT, "another version");
        assert_eq!(cabinet.sign(finance, 1, "quality", &digest).await, StatusCode::FORBIDDEN);
        let elsewhere = cabinet.town.officer("elsewhere", "post.hebron", &[Role::Supervisor]).await;
        let page = Cabinet::page(1);
        assert!(!cabinet.town.browser(&elsewhere.actor).await.get(&page).await.has("sign-provider"));
        let forged = sign(&elsewhere, Key::once(&elsewhere), (KEY, 1), Body::Provider, &digest).await;
        assert!(matches!(forged, Err(services::Refusal::NotYours)), "{forged:?}");
        assert_eq!(cabinet.sign(provider, 1, "provider", &digest).await, StatusCode::SEE_OTHER);
        let again = sign(provider, Key::once(provider), (KEY, 1), Body::Provider, &digest).await;
        assert!(matches!(again, Err(services::Refusal::NotNow(..))), "{again:?}");
        let both = cabinet.town.officer("both", "mof", &[Role::BusinessOperator, Role::Quality]).await;
        assert_eq!(cabinet.sign(&both, 1, "finance", &digest).await, StatusCode::SEE_OTHER);
        let twice = sign(&both, Key::once(&both), (KEY, 1), Body::Quality, &digest).await;
        assert!(matches!(twice, Err(services::Refusal::SamePerson)), "one officer, two bodies: {twice:?}");

        // Sent back with a reason, it never comes into force.
        let mut quality = cabinet.town.browser(&cabinet.officers[3].actor).await;
        let send_back = |reason| [("body", "quality"), ("digest", digest.as_str()), ("reason", reason)];
        let mute = quality.act(&page, &format!("{page}/return"), &send_back(" ")).await;
        assert_eq!(mute, StatusCode::UNPROCESSABLE_ENTITY);
        let back = quality.act(&page, &format!("{page}/return"), &send_back("The promise is too short")).await;
        assert_eq!(back, StatusCode::SEE_OTHER);
        assert!(quality.get(&page).await.has("The promise is too short"));
        let late = sign(&cabinet.officers[2], Key::once(provider), (KEY, 1), Body::Interior, &digest).await;
        assert!(matches!(late, Err(services::Refusal::NotNow(..))), "{late:?}");
        cabinet.edition().await;
        assert_eq!(cabinet.offered(), None);
        cabinet.town.house.holds().await;
    });
}

#[test]
fn a_version_waits_for_its_day_and_opens_to_one_group_after_another() {
    on_both_engines(SCHEMAS, |world| async move {
        let cabinet = Cabinet::new(&world, &seldom_by_clerk()).await;
        let day = |ahead: i32| cabinet.town.ctx.now().date(base::Zone::Hebron).plus_days(ahead).to_string();
        let service = cabinet.directory.path().join(KEY).join("service.toml");
        let more = format!(
            "takes_effect = \"{}\"\nopens = [{{ to = \"invited\", from = \"{}\" }}, {{ to = \"residents\", from = \"{}\" }}]\n",
            day(3),
            day(3),
            day(9)
        );
        let text =
            std::fs::read_to_string(&service).unwrap().replacen("version = 1\n", &format!("version = 1\n{more}"), 1);
        std::fs::write(&service, text).unwrap();
        cabinet.edition().await;
        let digest = cabinet.digest(1).await;
        for (officer, (.., body)) in cabinet.officers.iter().zip(SIGNERS) {
            assert_eq!(cabinet.sign(officer, 1, body, &digest).await, StatusCode::SEE_OTHER);
        }
        cabinet.edition().await;
        assert_eq!(cabinet.offered(), None, "its day has not come");
        cabinet.town.days(3).await;
        cabinet.edition().await;
        assert_eq!(cabinet.offered(), Some(1));

        let page = format!("/en/services/{KEY}/start");
        let mut own = cabinet.town.browser(&cabinet.town.own.actor).await;
        let refused = own.get(&page).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(own.get(&format!("/en/services/{KEY}")).await.has("opens in stages"));
        let invite = format!("/en/desk/services/{KEY}/invited");
        let mut quality = cabinet.town.browser(&cabinet.officers[3].actor).await;
        let wrong = quality.act(&invite, &invite, &[("crowd", "invited"), ("numbers", "12")]).await;
        assert_eq!(wrong, StatusCode::UNPROCESSABLE_ENTITY);
        let numbers = Town::number(FIRST);
        let kept = quality.act(&invite, &invite, &[("crowd", "invited"), ("numbers", &numbers)]).await;
        assert_eq!(kept, StatusCode::SEE_OTHER);
        assert_eq!(own.get(&page).await.status, StatusCode::OK);
        let mut other = cabinet.town.browser(&cabinet.town.other.actor).await;
        assert_eq!(other.get(&page).await.status, StatusCode::FORBIDDEN);
        cabinet.town.days(6).await;
        let mut other = cabinet.town.browser(&cabinet.town.other.actor).await;
        assert_eq!(other.get(&page).await.status, StatusCode::OK);
        assert!(Date::parse(&day(0)).is_some());
        cabinet.town.house.holds().await;
    });
}

/// Who studies is refused now, and nobody else waits for a clerk.
fn refuses_study() -> String {
    let rule = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"answers.purpose != 'study'\"\nreason = \"no\"\n";
    format!("{rule}[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n")
}

#[test]
fn the_rules_of_a_waiting_version_are_replayed_over_past_cases() {
    on_both_engines(SCHEMAS, |world| async move {
        let cabinet = Cabinet::new(&world, &by_clerk()).await;
        cabinet.edition().await;
        cabinet.all_sign(1).await;
        let mut studies = Vec::new();
        // More than one piece of work looks at.
        for number in 0..30 {
            let id = cabinet.sent(if number % 3 == 0 { "study" } else { "work" }).await;
            studies.extend((number % 3 == 0).then_some(id));
        }
        folder::rewrite(cabinet.directory.path(), 2, &refuses_study());
        cabinet.edition().await;
        cabinet.town.settle().await;
        cabinet.town.settle().await;
        let [provider, finance, ..] = &cabinet.officers[..] else { panic!() };
        let seen = cabinet.town.browser(&provider.actor).await.get(&Cabinet::page(2)).await;
        assert!(seen.has("id=\"replay-looked\"><bdi>30<"), "{}", seen.text);
        assert!(seen.has("id=\"replay-refused\"><bdi>10<"), "{}", seen.text);
        assert!(!seen.has("replay-granted") && !seen.has("replay-erased") && !seen.has("replay-lacking"));
        assert!(studies.iter().all(|id| seen.has(&id.to_string())));
        // Whoever is not the provider's reads how many, and not which.
        let other = cabinet.town.browser(&finance.actor).await.get(&Cabinet::page(2)).await;
        assert!(other.has("id=\"replay-refused\"><bdi>10<") && !other.has("replay-cases"));
        // Nothing of what people answered, and nobody's name.
        let person = cabinet.town.own.actor.person().unwrap();
        let name = cabinet.town.ctx.read(move |read| identity::display_name(read, person)).await.unwrap().unwrap();
        assert!(!seen.has(&name.latin_full()) && !seen.has(&Town::number(FIRST)));
        cabinet.town.house.holds().await;
    });
}

#[test]
fn a_replay_says_what_it_cannot_judge() {
    on_both_engines(SCHEMAS, |world| async move {
        let cabinet = Cabinet::new(&world, &by_clerk()).await;
        cabinet.edition().await;
        cabinet.all_sign(1).await;
        cabinet.sent("work").await;
        // The second version asks what nobody was asked.
        let asks = "[[page]]\nid = \"born\"\nfield = { id = \"born\", kind = \"date\", required = true, \
                    check = \"answers.born <= today\" }\n";
        folder::rewrite(cabinet.directory.path(), 2, &format!("{asks}{}", by_clerk()));
        cabinet.edition().await;
        cabinet.town.settle().await;
        let [provider, ..] = &cabinet.officers[..] else { panic!() };
        let seen = cabinet.town.browser(&provider.actor).await.get(&Cabinet::page(2)).await;
        assert!(seen.has("id=\"replay-lacking\"><bdi>1<"), "{}", seen.text);
        // Data that was erased is not judged either.
        let person = cabinet.town.own.actor.person().unwrap();
        let ctx = &cabinet.town.ctx;
        ctx.write(Key::once(ctx), move |tx| tx.erase(person)).await.unwrap();
        folder::rewrite(cabinet.directory.path(), 3, &refuses_study());
        cabinet.edition().await;
        cabinet.town.settle().await;
        let seen = cabinet.town.browser(&provider.actor).await.get(&Cabinet::page(3)).await;
        assert!(seen.has("id=\"replay-erased\"><bdi>1<"), "{}", seen.text);
    });
}
