//! The nightly look at each client's set-up: whether its addresses answer, how
//! old its keys are, how near the end of its secret is. What is found stands on
//! the client's page. Addresses that owners named are reached through the door
//! that leads nowhere inside our own network.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::{Method, Uri};
use base::{Date, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, params};

use crate::Identity;
use crate::client::{self, keys_of};
use crate::model::Client;
use crate::policy::Preset;
use crate::sql;

/// At this hour in Hebron a day of looks begins, seconds after midnight.
const NIGHT_SECONDS: i64 = 2 * 3_600;
/// How long an address may take.
const LIMIT: Duration = Duration::from_secs(5);
/// A key is old after so many days.
const KEY_DAYS: i64 = 365;
/// The end of a secret is near so many days before.
const SECRET_DAYS: i32 = 60;

/// What is to be mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Finding {
    /// Nothing answers by HTTPS where people are led back to.
    RedirectSilent { origin: String },
    /// Nothing answers where the ends of sessions are told.
    BackChannelSilent { address: String },
    /// The key is older than a year.
    OldKey { kid: String, days: i64 },
    /// The secret ends soon.
    SecretEnds { day: String },
    /// The secret has ended.
    SecretEnded { day: String },
}

/// What the last look found, and when.
pub(crate) struct Health {
    pub(crate) checked_at: Timestamp,
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn parse(findings: &str) -> Result<Vec<Finding>, Error> {
    serde_json::from_str(findings).map_err(|error| Error::Corrupt(error.to_string()))
}

/// The look at a client, if there was one.
pub(crate) fn health(read: &mut store::Read<'_>, id: &str) -> Result<Option<Health>, Error> {
    let Some(row) = read.row(&sql::HEALTH, &params![id])? else { return Ok(None) };
    Ok(Some(Health { checked_at: row.get(0)?, findings: parse(&row.get::<String>(1)?)? }))
}

/// Looks at every client that was not looked at since the night began.
pub(crate) async fn check(ctx: &Ctx, identity: &Identity) -> Result<(), Error> {
    let night = night_of(ctx.now());
    let rows = ctx.read(move |read| read.rows(&sql::UNCHECKED_CLIENTS, &params![night])).await?;
    for row in rows {
        let id: String = row.get(0)?;
        check_one(ctx, identity, &id).await?;
    }
    Ok(())
}

/// When the last night began.
fn night_of(now: Timestamp) -> Timestamp {
    now.plus_seconds(-NIGHT_SECONDS).date(Zone::Hebron).start(Zone::Hebron).plus_seconds(NIGHT_SECONDS)
}

async fn check_one(ctx: &Ctx, identity: &Identity, id: &str) -> Result<(), Error> {
    let wanted = id.to_owned();
    let found = ctx.read(move |read| {
        let Some(client) = client::client(read, &wanted)? else { return Ok(None) };
        let rows = read.rows(&sql::CLIENT_KEYS, &params![wanted])?;
        let since = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<Vec<_>, Error>>()?;
        Ok::<_, Error>(Some((client, since)))
    });
    let Some((client, since)) = found.await? else { return Ok(()) };
    let mut findings = aged(&client, &since, ctx.now());
    let origins: BTreeSet<String> = client.redirects.iter().filter_map(|address| root_of(address)).collect();
    for origin in origins {
        if !answers(identity, &origin).await {
            findings.push(Finding::RedirectSilent { origin });
        }
    }
    if let Some(address) = &client.policy.back_channel
        && !answers(identity, address).await
    {
        findings.push(Finding::BackChannelSilent { address: address.clone() });
    }
    let text = serde_json::to_string(&findings).map_err(|error| Error::Corrupt(error.to_string()))?;
    let id = id.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        tx.execute_one(&sql::SET_HEALTH, &params![id, now, text])
    })
    .await
}

/// Scheme, host and port: what a redirect does at its path is not tried.
fn root_of(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    Some(format!("{}://{}/", uri.scheme_str()?, uri.authority()?))
}

/// Whether anything but a failure of the other side's answers; asked without a body, so that nothing happens there.
async fn answers(identity: &Identity, address: &str) -> bool {
    let answer = identity.http.with_limit(LIMIT).send(Method::HEAD, address, &[], "").await;
    answer.is_ok_and(|answer| !answer.status.is_server_error())
}

/// What the calendar shows.
fn aged(client: &Client, since: &[(String, Timestamp)], now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in keys_of(client) {
        let print = seal::jose::thumbprint(&key.key);
        let known = since.iter().find(|(known, _)| *known == print);
        let days = known.map_or(0, |(_, since)| now.seconds_since(*since) / 86_400);
        if days > KEY_DAYS {
            findings.push(Finding::OldKey { kid: key.kid, days });
        }
    }
    let last = client.policy.secret_until.as_deref().and_then(Date::parse);
    let today = now.date(Zone::Hebron);
    if let Some(last) = last.filter(|_| client.policy.preset == Preset::Legacy) {
        let day = last.to_string();
        if last < today {
            findings.push(Finding::SecretEnded { day });
        } else if last <= today.plus_days(SECRET_DAYS) {
            findings.push(Finding::SecretEnds { day });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Holders;
    use crate::policy::Policy;
    use seal::jose::{Jwk, KeySet, thumbprint};

    #[test]
    fn a_night_begins_at_two() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        // Winter time in Hebron is two hours ahead.
        for (now, night) in [
            ("2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"),
            ("2026-11-23T23:59:59Z", "2026-11-23T00:00:00Z"),
            ("2026-11-24T20:00:00Z", "2026-11-24T00:00:00Z"),
        ] {
            assert_eq!(night_of(at(now)), at(night), "{now}");
        }
    }

    #[test]
    fn old_keys_and_secrets_that_end_are_found_on_their_day() {
        let key = seal::SigningKey::generate(seal::Algorithm::P256, &base::SeededEntropy::new(1)).unwrap();
        let key = Jwk::new(seal::Signer::public(&key).clone());
        let print = thumbprint(&key.key);
        let client = Client {
            id: "health".to_owned(),
            names: vec!["Health".to_owned()],
            holders: Holders::Citizens,
            first_party: false,
            sector: "health".to_owned(),
            redirects: Vec::new(),
            farewells: Vec::new(),
            jwks: KeySet::new(vec![key]).to_json(),
            policy: Policy { preset: Preset::Legacy, secret_until: Some("2027-06-30".to_owned()), ..Policy::default() },
            secret: None,
        };
        let kinds = |today: &str, key_days: i64| {
            let now = Date::parse(today).unwrap().at(12, 0, Zone::Hebron);
            let since = [(print.clone(), now.plus_seconds(-key_days * 86_400))];
            let found = aged(&client, &since, now);
            found.iter().map(|one| serde_json::to_value(one).unwrap()["kind"].as_str().unwrap().to_owned()).collect()
        };
        for (today, key_days, expected) in [
            ("2027-04-30", KEY_DAYS, &[][..]),
            ("2027-05-01", KEY_DAYS, &["secret-ends"]),
            ("2027-06-30", KEY_DAYS + 1, &["old-key", "secret-ends"]),
            ("2027-07-01", 0, &["secret-ended"]),
        ] {
            let found: Vec<String> = kinds(today, key_days);
            assert_eq!(found, expected, "{today} {key_days}");
        }
    }
}
