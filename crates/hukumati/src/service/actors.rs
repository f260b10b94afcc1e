//! As whom an example's person acts: as themselves, for another by a mandate that
//! was given and accepted or that the civil registry tells, or for a company by
//! its register. All of it on the account's own pages.

use anyhow::{Context, Result, bail};
use base::{Actor, Assurance, IdNumber, Mandate, PersonId, Zone};
use catalogue::examples::Example;
use http::StatusCode;
use sandbox::population::listed;

use super::browser::Answer;
use super::stage::World;

const MANDATES: &str = "/account/mandates";
const NEW: &str = "/account/mandates/new";
const ACTING: &str = "/account/acting";
const COMPANIES: &str = "/account/companies";

/// Whoever has this number, signed in at this level.
pub(super) fn citizen(world: &World<'_>, number: &IdNumber, assurance: Assurance) -> Result<Actor> {
    let (person, account) = world.stage.account(number).context("whoever applies or signs is of age, and lives")?;
    Ok(Actor::Citizen { person, account, assurance })
}

/// Somebody of the demo by the word that examples use.
pub(super) fn number(key: &str) -> Result<IdNumber> {
    listed(key).with_context(|| format!("nobody of the demo is called `{key}`"))
}

/// Who the case is for, if it is for a human.
pub(super) fn subject(example: &Example) -> Result<Option<IdNumber>> {
    match (&example.company, &example.acting_for) {
        (Some(_), _) => Ok(None),
        (None, Some(other)) => number(other).map(Some),
        (None, None) => number(&example.person).map(Some),
    }
}

/// As whom the example's person acts.
pub(super) async fn applicant(world: &World<'_>, example: &Example, assurance: Assurance) -> Result<Actor> {
    let own = citizen(world, &number(&example.person)?, assurance)?;
    if let Some(company) = &example.company {
        return for_company(world, &own, company).await;
    }
    match &example.acting_for {
        Some(other) => for_person(world, &own, &number(other)?).await,
        None => Ok(own),
    }
}

fn done(answer: &Answer, what: &str) -> Result<()> {
    if answer.status == StatusCode::SEE_OTHER { Ok(()) } else { bail!("{what}: {}", answer.title()) }
}

async fn for_person(world: &World<'_>, own: &Actor, other: &IdNumber) -> Result<Actor> {
    let mut agent = world.browser(own).await?;
    let name = world.registers.person(other.as_str()).context("whoever is acted for is registered")?.name.arabic;
    if let Some((person, account)) = world.stage.account(other) {
        let principal = Actor::Citizen { person, account, assurance: Assurance::High };
        let today = world.ctx.now().date(Zone::Hebron);
        let own = own.person().context("a citizen acts")?;
        let mine = world.ctx.read(move |read| identity::id_number(read, own)).await?.context("their number")?;
        let (from, until) = (today.to_string(), today.plus_years(1).to_string());
        let fields = [("id_number", mine.as_str()), ("scope", "all"), ("valid_from", &from), ("valid_until", &until)];
        let mut giver = world.browser(&principal).await?;
        done(&giver.act(NEW, NEW, &fields).await?, "the mandate is not given")?;
        let offers = agent.get(MANDATES).await?;
        let accept = offers.after("action=\"").find(|path| path.ends_with("/accept")).map(str::to_owned);
        let accept = accept.context("no mandate is offered")?;
        done(&agent.post(&offers, &accept, &[]).await?, "the mandate is not accepted")?;
    } else {
        let asked = agent.act(ACTING, &format!("{MANDATES}/children"), &[]).await?;
        done(&asked, "the registry names no child")?;
    }
    let page = agent.get(ACTING).await?;
    let id = mandate(&page, "<li class=\"card\">", &format!("{} {}", name[0], name[3]))?;
    let number = other.clone();
    let person = world.ctx.read(move |read| identity::person_of_id_number(read, &number)).await?;
    as_agent(own, person.context("whoever is acted for is known")?, &id)
}

async fn for_company(world: &World<'_>, own: &Actor, number: &str) -> Result<Actor> {
    let mut agent = world.browser(own).await?;
    done(&agent.act(COMPANIES, COMPANIES, &[]).await?, "the register names no company")?;
    let mut page = agent.get(COMPANIES).await?;
    let section = format!("id=\"company-{number}\"");
    if let Some(ask) = action(&page, &section, "/second") {
        done(&agent.post(&page, &ask, &[]).await?, "the second signatory is not asked")?;
        second(world, own, number).await?;
        page = agent.get(COMPANIES).await?;
    }
    let id = mandate(&page, "<section class=\"company\"", &section)?;
    let company = action(&page, &section, "/give").or_else(|| {
        let card = page.text.split_once(&section)?.1;
        let link = card.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        link.map(str::to_owned).find(|link| link.ends_with("/give"))
    });
    let company = company.context("the company’s page leads to no mandate")?;
    let company: PersonId = company.rsplit('/').nth(1).and_then(|id| id.parse().ok()).context("the company’s id")?;
    as_agent(own, company, &id)
}

/// The second signatory signs.
async fn second(world: &World<'_>, own: &Actor, number: &str) -> Result<()> {
    let company = world.registers.company(number).context("no such company")?;
    let people = world.registers.population();
    for index in company.signatories {
        let Some(signatory) = people.person(index) else { continue };
        let other = citizen(world, &signatory.id_number, Assurance::Substantial)?;
        if other.person() == own.person() {
            continue;
        }
        let mut browser = world.browser(&other).await?;
        let page = browser.get(COMPANIES).await?;
        if let Some(sign) = page.after("action=\"").find(|path| path.ends_with("/sign")).map(str::to_owned) {
            return done(&browser.post(&page, &sign, &[]).await?, "the second signatory does not sign");
        }
    }
    bail!("no second signatory is asked")
}

/// The address of a form after a mark on the page.
fn action(page: &Answer, mark: &str, ending: &str) -> Option<String> {
    let card = page.text.split_once(mark)?.1;
    let card = card.split_once("</section>").map_or(card, |(card, _)| card);
    let forms = card.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    forms.map(str::to_owned).find(|path| path.ends_with(ending))
}

/// The mandate of the card that says these words.
fn mandate(page: &Answer, card: &str, words: &str) -> Result<String> {
    let own = page.text.split(card).skip(1).find(|card| card.contains(words));
    let id = own.and_then(|card| card.split("name=\"mandate\" value=\"").nth(1)?.split('"').next());
    id.map(str::to_owned).with_context(|| format!("no mandate for “{words}” can be taken up"))
}

fn as_agent(own: &Actor, person: PersonId, mandate: &str) -> Result<Actor> {
    let Actor::Citizen { person: agent, account, assurance } = own.clone() else { bail!("a citizen acts") };
    let id = mandate.parse().map_err(|_| anyhow::anyhow!("`{mandate}` is no mandate"))?;
    let mandate = Mandate { id, services: None, ceiling_minor: None };
    Ok(Actor::Agent { person, agent, account, assurance, mandate })
}
