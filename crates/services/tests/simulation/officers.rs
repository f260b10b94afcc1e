//! What clerks, supervisors and post-office agents do, and what they may not.

use base::CaseId;
use services::{Handed, Refusal};

use crate::world::{Simulation, Staff};

/// What a clerk can do with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Desk {
    Take,
    Look,
    Ask,
    Approve,
    Reject,
}

impl Simulation {
    /// The next thing that a clerk of the unit would do.
    pub async fn decide(&mut self, id: CaseId) {
        // Or what one of another unit or without the case might try.
        if self.dice.one_in(4) {
            return self.officer_act(id).await;
        }
        let holder = self.row(id).officer.clone();
        let holder = self.clerks.iter().position(|clerk| Some(&clerk.id) == holder.as_ref());
        let Some(clerk) = holder else {
            return if self.dice.one_in(3) { self.take_twice(id).await } else { self.desk(0, id, Desk::Take).await };
        };
        let act = match self.dice.below(10) {
            0..2 => Desk::Look,
            2..4 => Desk::Ask,
            4 => Desk::Reject,
            5 => return self.approve_twice(clerk, id).await,
            _ => Desk::Approve,
        };
        self.desk(clerk, id, act).await;
    }

    /// Any officer, any act, to a case that a unit has or once had, whatever its stage.
    pub async fn officers_try(&mut self) {
        let known: Vec<CaseId> = self.cases.keys().copied().filter(|id| self.row(*id).unit.is_some()).collect();
        if known.is_empty() {
            return self.deliver().await;
        }
        let id = *self.dice.pick(&known);
        self.officer_act(id).await;
    }

    /// Any officer, any act.
    pub async fn officer_act(&mut self, id: CaseId) {
        let acts = [Desk::Take, Desk::Look, Desk::Ask, Desk::Approve, Desk::Reject];
        let (clerk, act) = (self.dice.index(self.clerks.len()), *self.dice.pick(&acts));
        self.desk(clerk, id, act).await;
    }

    fn may(&self, clerk: &Staff, id: CaseId, act: Desk) -> bool {
        let row = self.row(id);
        let mine = row.officer.as_ref() == Some(&clerk.id);
        let fits = match act {
            Desk::Look => true,
            Desk::Take => {
                matches!(row.stage.as_str(), "deciding" | "asked")
                    && (row.officer.is_none() || mine || clerk.supervisor)
            }
            Desk::Ask => row.stage == "deciding" && mine && (clerk.supervisor || !row.has("services.asked")),
            Desk::Approve | Desk::Reject => row.stage == "deciding" && mine,
        };
        fits && row.unit.as_ref() == Some(&clerk.unit)
    }

    async fn desk(&mut self, clerk: usize, id: CaseId, act: Desk) {
        let text = *self.dice.pick(&["لماذا؟", "please show the card", " "]);
        let said = act == Desk::Look || act == Desk::Take || act == Desk::Approve || !text.trim().is_empty();
        let yes = said && self.may(&self.clerks[clerk], id, act);
        let key = self.key();
        let (ctx, unit) = (&self.clerks[clerk].ctx, self.clerks[clerk].unit.as_str());
        let done = match act {
            Desk::Take => services::take(ctx, key, id, unit).await,
            Desk::Look => services::look(ctx, id, unit).await,
            Desk::Ask => services::ask(ctx, key, id, unit, text).await,
            Desk::Approve => services::approve(ctx, key, &self.house.services, id, unit).await,
            Desk::Reject => services::reject(ctx, key, &self.house.services, id, unit, text).await,
        };
        self.must(format!("clerk {clerk}: {act:?} {id}"), &done, yes);
    }

    /// Two clerks reach for a free case at once.
    async fn take_twice(&mut self, id: CaseId) {
        let (one, two) = (self.key(), self.key());
        let (first, second) = (&self.clerks[0], &self.clerks[1]);
        let (first, second) = tokio::join!(
            services::take(&first.ctx, one, id, &first.unit),
            services::take(&second.ctx, two, id, &second.unit),
        );
        self.one_of(format!("two clerks take {id}"), &first, &second);
    }

    /// A clerk's hasty second click, from another tab.
    async fn approve_twice(&mut self, clerk: usize, id: CaseId) {
        let (one, two) = (self.key(), self.key());
        let (clerk, services) = (&self.clerks[clerk], &self.house.services);
        let (first, second) = tokio::join!(
            services::approve(&clerk.ctx, one, services, id, &clerk.unit),
            services::approve(&clerk.ctx, two, services, id, &clerk.unit),
        );
        self.one_of(format!("a clerk approves {id} in two tabs"), &first, &second);
    }

    fn one_of(&mut self, what: String, first: &Result<(), Refusal>, second: &Result<(), Refusal>) {
        let done = usize::from(first.is_ok()) + usize::from(second.is_ok());
        self.trace.add(format!("{what}: {done}"));
        assert_eq!(done, 1, "seed {}: {what}: {first:?} {second:?}", self.trace.seed);
    }

    /// The next thing that happens to a parcel.
    pub async fn go_on_parcel(&mut self, id: CaseId) {
        match self.last.parcels[&id.to_string()].stage.as_str() {
            "waiting" => self.send_parcels().await,
            "sent" => self.receive_parcels().await,
            _ => self.hand_over(id).await,
        }
    }

    pub async fn send_parcels(&mut self) {
        let office = self.dice.pick(&self.agents).unit.clone();
        let here = |stage: &str, office: &str| {
            self.last.parcels.values().filter(|one| one.office == office && one.stage == stage).count()
        };
        let wanted = here("waiting", &office);
        let (ctx, key) = (self.clerks[0].ctx.clone(), self.key());
        let sent = services::send(&ctx, key, &office).await;
        self.must(format!("parcels leave for {office}"), &sent, true);
        assert_eq!(usize::try_from(sent.unwrap()), Ok(wanted), "seed {}", self.trace.seed);
    }

    pub async fn receive_parcels(&mut self) {
        let agent = self.dice.index(self.agents.len());
        let manifests: Vec<String> = self
            .last
            .parcels
            .values()
            .filter(|one| one.stage == "sent")
            .filter_map(|one| one.manifest.clone())
            .collect();
        let nonsense = manifests.is_empty() || self.dice.one_in(6);
        let manifest = if nonsense { "M-0000-0000".to_owned() } else { self.dice.pick(&manifests).clone() };
        let office = self.agents[agent].unit.clone();
        let coming = self
            .last
            .parcels
            .values()
            .filter(|one| one.office == office && one.stage == "sent" && one.manifest.as_ref() == Some(&manifest));
        let wanted = coming.count();
        let (ctx, key) = (self.agents[agent].ctx.clone(), self.key());
        let received = services::receive(&ctx, key, &office, &manifest).await;
        self.must(format!("{office} receives {manifest}"), &received, true);
        assert_eq!(usize::try_from(received.unwrap()), Ok(wanted), "seed {}", self.trace.seed);
    }

    /// Somebody stands at the counter with a code, perhaps at the wrong office.
    pub async fn hand_over(&mut self, id: CaseId) {
        let agent = self.dice.index(self.agents.len());
        let person = self.people[self.cases[&id].person].ctx.actor.person().unwrap();
        let told = self.house.ctx.read(move |read| services::pick_up_code(read, id, person)).await.unwrap();
        let right = told.is_some() && !self.dice.one_in(3);
        let code = told.filter(|_| right).unwrap_or_else(|| "no code".to_owned());
        let office = self.agents[agent].unit.clone();
        let wanted = match self.last.parcels.get(&id.to_string()) {
            Some(parcel) if parcel.office != office => Handed::NotHere,
            Some(parcel) => match (parcel.stage.as_str(), right) {
                ("arrived", true) => Handed::Over,
                ("arrived", false) if parcel.tries == 4 => Handed::Locked,
                ("arrived", false) => Handed::Wrong(4 - parcel.tries),
                ("locked", _) => Handed::Locked,
                _ => Handed::NotHere,
            },
            None => Handed::NotHere,
        };
        let (ctx, key) = (self.agents[agent].ctx.clone(), self.key());
        let handed = services::hand_over(&ctx, key, &office, id, &code, services::Shown::IdCard).await;
        self.must(format!("{office} hands {id} over, right: {right}"), &handed, true);
        assert_eq!(handed.unwrap(), wanted, "seed {}: {id}", self.trace.seed);
        // The same form sent twice counts once.
        let again = services::hand_over(&ctx, key, &office, id, &code, services::Shown::Passport).await.unwrap();
        assert_eq!(again, wanted, "seed {}: the same form again", self.trace.seed);
    }
}
