//! What people do once a case was sent, each on their own pages.

use anyhow::{Context, Result, bail};
use base::{Actor, Assurance, CaseId, Zone};
use catalogue::Service;
use catalogue::examples::{Act, Desk, Mode};
use http::StatusCode;
use payments::{Advice, BillId, BillStage};
use services::{Stage, Turn, TurnKind, TurnStage};

use super::actors;
use super::browser::Answer;
use super::form::{services_case, typed};
use super::stage::World;

const DAY_S: i64 = 86_400;
/// A register that answers again was silent for so long, seconds: longer than it
/// takes until it is asked anew.
const SILENT_S: i64 = 3_700;
/// Bills of one case that are paid at once, at most.
const BILLS: usize = 30;

/// A case under way, and the applicant.
pub(super) struct Acting<'a, 's> {
    pub(super) world: &'a World<'s>,
    pub(super) service: &'a Service,
    pub(super) case: CaseId,
    pub(super) applicant: &'a Actor,
    /// Whether bills are paid by themselves.
    pub(super) pays: bool,
}

impl Acting<'_, '_> {
    pub(super) async fn case(&self) -> Result<services::Case> {
        services_case(self.world, self.case).await
    }
    pub(super) async fn turns(&self) -> Result<Vec<Turn>> {
        let id = self.case;
        Ok(self.world.ctx.read(move |read| services::turns(read, id)).await?)
    }
    async fn open(&self, fits: impl Fn(&Turn) -> bool) -> Result<Option<Turn>> {
        Ok(self.turns().await?.into_iter().find(|turn| turn.is_open() && fits(turn)))
    }

    /// Everything that follows by itself follows, and what is owed is paid.
    pub(super) async fn settle(&self) -> Result<()> {
        self.world.settle().await?;
        for _ in 0..BILLS {
            if !self.pays || !self.pay().await? {
                return Ok(());
            }
            self.world.settle().await?;
        }
        bail!("there are more bills than {BILLS}")
    }

    /// Takes cash at a till for the oldest open bill; whether there was one.
    async fn pay(&self) -> Result<bool> {
        for turn in self.turns().await?.iter().filter(|turn| turn.kind == TurnKind::Pay && turn.is_open()) {
            let id: Option<BillId> = turn.object.as_deref().and_then(|object| object.parse().ok());
            let id = id.context("a turn without its bill")?;
            let bill = self.world.ctx.read(move |read| payments::bill(read, id)).await?.context("a bill")?;
            if bill.stage != BillStage::Open {
                continue;
            }
            let advice = Advice {
                transaction: format!("t-{id}"),
                code: bill.code.clone(),
                quote_id: None,
                amount_minor: bill.total.minor(),
                currency: bill.total.currency().code().to_owned(),
                business_date: self.world.ctx.now().date(Zone::Hebron).to_string(),
                branch: "1".to_owned(),
            };
            let told = payments::advise(&self.world.ctx.as_machine("till"), "till", advice).await?;
            if told.outcome != "accepted" {
                bail!("the till’s money for {} was {}", bill.total, told.outcome);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Does one thing. `next` is what is done after it.
    pub(super) async fn does(&self, act: &Act, next: Option<&Act>) -> Result<()> {
        match act {
            Act::Desk { officer, does, text, field } => {
                // What is corrected next is what is asked about.
                let corrected = match next {
                    Some(Act::Correct(answers)) => answers.keys().next().cloned(),
                    _ => None,
                };
                let field = field.clone().or_else(|| corrected.filter(|_| *does == Desk::Ask));
                self.at_desk(officer, *does, text, field.as_deref()).await?;
            }
            Act::Answer { officer, body, yes, text } => {
                let turn = self.open(|turn| turn.name == *body && is_asked(turn)).await?;
                let turn = turn.with_context(|| format!("nothing is asked of the body `{body}` now"))?;
                let answer = if *yes { "yes" } else { "no" };
                self.answer(officer, &turn, &[("answer", answer), ("text", text)]).await?;
            }
            Act::Attend { officer, came } => {
                let turn = self.open(|turn| turn.kind == TurnKind::Appointment).await?;
                let turn = turn.context("no time at an office is waited for")?;
                let ahead = turn.due_at.context("no time is booked")?.seconds_since(self.world.ctx.now());
                self.world.clock.advance_seconds((ahead + 1).max(0));
                self.settle().await?;
                self.answer(officer, &turn, &[("answer", if *came { "came" } else { "missed" })]).await?;
            }
            Act::Sign { person, yes, text } => self.sign(person, *yes, text).await?,
            Act::Book => self.book().await?,
            Act::Reply(text) => self.own("", "reply", &[("text".to_owned(), text.clone())]).await?,
            Act::Correct(answers) => {
                for (field, value) in answers {
                    let asked = self.service.field(field).with_context(|| format!("no field `{field}`"))?;
                    let fields = typed(std::slice::from_ref(asked), |_| Some(value))?;
                    self.own("", "reply", &fields).await?;
                }
            }
            Act::Withdraw => self.own("/withdraw", "withdraw", &[]).await?,
            Act::Appeal(text) => self.own("/appeal", "appeal", &[("text".to_owned(), text.clone())]).await?,
            Act::Days(days) => {
                for _ in 0..*days {
                    self.world.work().await?;
                    self.world.clock.advance_seconds(DAY_S);
                    self.settle().await?;
                }
            }
            Act::Register(register, mode) => {
                self.world.room.set(register, *mode)?;
                if *mode == Mode::Up {
                    self.world.clock.advance_seconds(SILENT_S);
                }
            }
        }
        self.settle().await
    }

    fn officer(&self, name: &str) -> Result<&Actor> {
        self.world.stage.officers.get(name).with_context(|| format!("no officer is called `{name}`"))
    }

    async fn at_desk(&self, name: &str, does: Desk, text: &str, field: Option<&str>) -> Result<()> {
        let officer = self.officer(name)?;
        let mut browser = self.world.browser(officer).await?;
        let page = format!("/desk/cases/{}", self.case);
        let turns = self.turns().await?;
        let deciding = |turn: &&Turn| turn.kind == TurnKind::Decide && turn.is_open();
        let committee = turns.iter().filter(deciding).any(|turn| turn.name.starts_with("seat-"));
        let case = self.case().await?;
        // A committee's case is everybody's who sits there.
        let takes = case.stage == Stage::Appealed || !committee;
        if takes && (case.officer.is_none() || case.officer != officer.officer()) {
            let taken = browser.act(&page, &format!("{page}/take"), &[]).await?;
            done(&taken, &format!("{name} cannot take it"))?;
        }
        let word = self.word(does, &turns)?;
        let fields = [("decision", word), ("text", text), ("field", field.unwrap_or_default())];
        let said = browser.act(&page, &format!("{page}/decide"), &fields).await?;
        done(&said, &format!("{name} cannot {}", does.as_str()))
    }

    /// The word of the desk's form.
    fn word(&self, does: Desk, turns: &[Turn]) -> Result<&'static str> {
        // Of two officers the second agrees with what the first said, or sends it back.
        let last = turns
            .iter()
            .filter(|turn| turn.kind == TurnKind::Decide && turn.name == "second")
            .max_by_key(|turn| turn.round);
        let first = last.filter(|second| second.is_open()).and_then(|second| {
            let same = |turn: &&Turn| turn.name == "first" && turn.round == second.round && turn.step == second.step;
            turns.iter().find(same).and_then(|turn| turn.yes)
        });
        Ok(match (does, first) {
            (Desk::Approve, Some(true)) | (Desk::Reject, Some(false)) => "agree",
            (Desk::Approve | Desk::Reject, Some(first)) => {
                bail!(
                    "the first officer said {}: the second agrees, or sends it back",
                    if first { "yes" } else { "no" }
                )
            }
            (Desk::Approve, None) => "approve",
            (Desk::Reject, None) => "reject",
            (Desk::Ask, _) => "ask",
            (Desk::SendBack, _) => "send-back",
            (Desk::VoteYes, _) => "vote-yes",
            (Desk::VoteNo, _) => "vote-no",
            (Desk::MarkAbsent, _) => "absent",
            (Desk::Uphold, _) => "lose",
            (Desk::Overturn, _) => "win",
        })
    }

    async fn answer(&self, name: &str, turn: &Turn, fields: &[(&str, &str)]) -> Result<()> {
        let mut browser = self.world.browser(self.officer(name)?).await?;
        let page = format!("/desk/turns/{}", turn.id);
        done(&browser.act(&page, &page, fields).await?, &format!("{name} cannot answer"))
    }

    async fn sign(&self, key: &str, yes: bool, text: &str) -> Result<()> {
        let actor = actors::citizen(self.world, &actors::number(key)?, Assurance::High)?;
        let mut browser = self.world.browser(&actor).await?;
        let list = browser.get("/co-sign").await?;
        let own: Vec<String> = self.turns().await?.iter().map(|turn| turn.id.to_string()).collect();
        let asked = list.after("/co-sign/").find(|id| own.iter().any(|own| own == id)).map(str::to_owned);
        let asked = asked.with_context(|| format!("`{key}` is not asked to sign"))?;
        let page = format!("/co-sign/{asked}");
        let fields = [("answer", if yes { "agree" } else { "refuse" }), ("text", text)];
        done(&browser.act(&page, &page, &fields).await?, &format!("`{key}` cannot sign"))
    }

    async fn book(&self) -> Result<()> {
        let mut browser = self.world.browser(self.applicant).await?;
        let path = format!("/cases/{}/appointment", self.case);
        let page = browser.get(&path).await?;
        let first = page.after("name=\"at\" value=\"").next().map(str::to_owned);
        let first = first.with_context(|| format!("no time is free: {}", page.title()))?;
        done(&browser.post(&page, &path, &[("at".to_owned(), first)]).await?, "the time cannot be booked")
    }

    /// What the applicant does on a page of their case.
    async fn own(&self, page: &str, act: &str, fields: &[(String, String)]) -> Result<()> {
        let mut browser = self.world.browser(self.applicant).await?;
        let opened = browser.get(&format!("/cases/{}{page}", self.case)).await?;
        if opened.status != StatusCode::OK {
            bail!("they cannot {act}: {}", opened.title());
        }
        let said = browser.post(&opened, &format!("/cases/{}/{act}", self.case), fields).await?;
        done(&said, &format!("they cannot {act}"))
    }

    /// The paper goes to its office; whether there is one.
    pub(super) async fn send_parcel(&self, office: &str) -> Result<()> {
        let agent = self.world.stage.officers.values().find(|actor| actor.has_role(base::Role::PostAgent));
        let Some(Actor::Officer { officer, .. }) = agent else { bail!("the demo has no post agent") };
        // Any agent stands in for the one of an office that has none in the demo.
        let roles = vec![base::Role::PostAgent];
        let ctx = self.world.ctx.as_actor(Actor::Officer { officer: *officer, unit: office.to_owned(), roles });
        let (case, wanted) = (self.case, office.to_owned());
        let waiting = ctx.read(move |read| services::at_office(read, &wanted, "waiting")).await?;
        let parcel = waiting.into_iter().find(|parcel| parcel.case == case).context("no paper waits to be sent")?;
        // So does one for an officer of the unit that sends it.
        let (clerk, unit) = (*officer, parcel.sender().to_owned());
        let sender = ctx.as_actor(Actor::Officer { officer: clerk, unit, roles: vec![base::Role::Clerk] });
        let sent = services::send(&sender, store::Key::once(&sender), office).await?;
        if sent != 1 {
            bail!("no paper waits to be sent to {office}");
        }
        let wanted = office.to_owned();
        let there = ctx.read(move |read| services::at_office(read, &wanted, "sent")).await?;
        let manifest = there.into_iter().find(|parcel| parcel.case == self.case).and_then(|parcel| parcel.manifest);
        let manifest = manifest.context("the paper is on no manifest")?;
        services::receive(&ctx, store::Key::once(&ctx), office, &manifest).await?;
        self.settle().await
    }

    /// The person collects it with their code.
    pub(super) async fn collect(&self, office: &str) -> Result<()> {
        let (id, person) = (self.case, self.case().await?.person);
        let code = self.world.ctx.read(move |read| services::pick_up_code(read, id, person)).await?;
        let code = code.context("there is no pick-up code")?;
        let ctx = self.world.ctx.as_machine("player");
        let handed =
            services::hand_over(&ctx, store::Key::once(&ctx), office, id, &code, services::Shown::IdCard).await?;
        if handed != services::Handed::Over {
            bail!("the paper is not handed over: {handed:?}");
        }
        self.settle().await
    }
}

/// Whether officers answer it on a page of its own.
fn is_asked(turn: &Turn) -> bool {
    match turn.kind {
        TurnKind::Clear | TurnKind::Await | TurnKind::Visit => true,
        TurnKind::Write => turn.stage == TurnStage::Late,
        _ => false,
    }
}

fn done(answer: &Answer, what: &str) -> Result<()> {
    if answer.status == StatusCode::SEE_OTHER { Ok(()) } else { bail!("{what}: {}", answer.title()) }
}
