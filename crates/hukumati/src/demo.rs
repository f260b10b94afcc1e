//! What a demo begins with: sample people's accounts, officers, the fees and the
//! assurance that the folders of services suggest. Everything is put there once; a second start
//! changes nothing.

use anyhow::{Context, Result, anyhow};
use base::{Currency, Date, Money};
use catalogue::Catalogue;
use identity::model::Facts;
use identity::{Client, Holders, Introduced, NewAccount, NewOfficer, seed};
use payments::{Fee, Waiver};
use sandbox::population::{OFFICERS, PEOPLE};
use store::{Ctx, Key};

/// Puts everything there.
pub(crate) async fn seed(ctx: &Ctx, catalogue: &Catalogue, origin: &str) -> Result<()> {
    people(ctx).await?;
    municipality(ctx, origin).await?;
    officers(ctx).await?;
    services::calendar::seed(ctx, catalogue).await.context("the sample calendar")?;
    suggest(ctx, catalogue).await
}

/// What folders suggest of assurance and fees that nobody has set yet.
pub(crate) async fn suggest(ctx: &Ctx, catalogue: &Catalogue) -> Result<()> {
    let suggested = catalogue.summaries().map(|one| Introduced {
        service: one.key.clone(),
        names: one.names(),
        suggested: Some(one.assurance()),
    });
    identity::introduce_services(ctx, suggested.collect()).await.context("the sample assurance")?;
    fees(ctx, catalogue).await
}

async fn people(ctx: &Ctx) -> Result<()> {
    for person in PEOPLE.iter() {
        let Some(account) = &person.account else { continue };
        let facts = Facts { name: person.name.clone(), born: person.born, alive: true, version: "1".to_owned() };
        let new = NewAccount {
            id_number: person.id_number.clone(),
            born: person.born,
            facts: Some(facts),
            phone: person.phone.clone(),
            password: account.password.clone(),
            level: account.assurance(),
        };
        let (id, _) = seed::account(ctx, new).await.context("a sample account")?;
        if let Some(email) = person.email.clone() {
            let key = Key::new("demo.email", person.key.clone());
            ctx.write(key, move |tx| notify::set_email_in(tx, id, &email)).await?;
        }
    }
    Ok(())
}

async fn officers(ctx: &Ctx) -> Result<()> {
    for officer in OFFICERS.iter() {
        let new = NewOfficer {
            username: officer.username.clone(),
            unit: officer.unit.clone(),
            roles: officer.roles.clone(),
            name: [officer.name.ar.clone(), officer.name.en.clone()],
            password: officer.password.clone(),
            totp_secret: seal::digest::from_base32(&officer.totp_secret)?,
        };
        if seed::new_officer(ctx, new).await.context("a sample officer")?.is_some() {
            let email = format!("{}@example.com", officer.username);
            seed::officer_email(ctx, &officer.username, &email).await.context("a sample officer's address")?;
        }
    }
    Ok(())
}

/// Another house that signs people in with us: `/demo` leads to what it asks
/// them to share. Its own pages are not part of the demo; it leads back there.
async fn municipality(ctx: &Ctx, origin: &str) -> Result<()> {
    let client = Client {
        id: sandbox::MUNICIPALITY.to_owned(),
        names: vec!["بلدية التجربة".to_owned(), "Sample Municipality".to_owned()],
        holders: Holders::Citizens,
        first_party: false,
        sector: sandbox::MUNICIPALITY.to_owned(),
        redirects: vec![format!("{origin}/demo")],
        farewells: Vec::new(),
        jwks: serde_json::json!({ "keys": [] }),
        policy: identity::Policy::standard(),
        secret: None,
    };
    seed::sample_client(ctx, client).await.context("the sample municipality")
}

/// Services whose fees one commit sets.
const SERVICES: usize = 40;

/// The folders' suggestions become the register's entries; from then on the
/// register is the Ministry of Finance's own.
async fn fees(ctx: &Ctx, catalogue: &Catalogue) -> Result<()> {
    let (mut fees, mut waivers, mut services) = (Vec::new(), Vec::new(), catalogue.summaries().peekable());
    while services.peek().is_some() {
        for service in services.by_ref().take(SERVICES) {
            for fee in &service.register.fees {
                let currency =
                    Currency::from_code(&fee.currency).ok_or_else(|| anyhow!("{} is no currency", fee.currency))?;
                fees.push(Fee {
                    code: fee.code.clone(),
                    names: fee.name.clone().into(),
                    valid_from: Date::parse(&fee.valid_from).ok_or_else(|| anyhow!("{} is no date", fee.valid_from))?,
                    amount: Money::parse(&fee.amount, currency)?,
                    revenue: fee.code.clone(),
                    decision: fee.decision.clone().into(),
                    sample: true,
                });
            }
            for waiver in &service.register.waivers {
                waivers.push(Waiver {
                    fee: waiver.fee.clone(),
                    cohort: waiver.cohort.clone(),
                    names: waiver.name.clone().into(),
                    share_percent: waiver.share_percent,
                    valid_from: Date::parse(&waiver.valid_from)
                        .ok_or_else(|| anyhow!("{} is no date", waiver.valid_from))?,
                    valid_to: None,
                    decision: waiver.decision.clone().into(),
                    sample: true,
                });
            }
        }
        set(ctx, std::mem::take(&mut fees), std::mem::take(&mut waivers)).await.context("the sample fees")?;
    }
    Ok(())
}

/// Sets fees that the register does not have yet, and their waivers.
async fn set(ctx: &Ctx, fees: Vec<Fee>, waivers: Vec<Waiver>) -> Result<(), store::Error> {
    ctx.write(Key::once(ctx), move |tx| {
        let mut known = std::collections::BTreeSet::new();
        for fee in &fees {
            if payments::fee_on(tx, &fee.code, fee.valid_from)?.is_some() {
                known.insert(fee.code.clone());
            } else {
                payments::set_fee_in(tx, fee)?;
            }
        }
        for waiver in waivers.iter().filter(|waiver| !known.contains(&waiver.fee)) {
            payments::set_waiver_in(tx, waiver)?;
        }
        Ok(())
    })
    .await
}
