//! The nightly look at each client's set-up: whether its addresses answer, how
//! old its keys are, how near the end of its secret is. What is found stands on
//! the client's page. Addresses that owners named are reached through the door
//! that leads nowhere inside our own network.

use openid::Preset;
use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::{Method, StatusCode, Uri};
use base::{Date, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Key, params};
use web::client::ClientError;

use crate::Identity;
use crate::client;
use crate::model::Client;
use crate::sql;

/// At this hour in Hebron a day of looks begins, seconds after midnight.
const NIGHT_SECONDS: i64 = 2 * 3_600;
/// How long an address may take.
const LIMIT: Duration = Duration::from_secs(5);
/// How long the ends of sessions may take to be heard (facts, identity §7).
const HEARD_WITHIN: Duration = Duration::from_secs(2);
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
    /// What answers there takes too long.
    BackChannelSlow { address: String },
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
        if !answers(identity, &origin, LIMIT).await {
            findings.push(Finding::RedirectSilent { origin });
        }
    }
    if let Some(address) = &client.policy.back_channel
        && !answers(identity, address, HEARD_WITHIN).await
    {
        let address = address.clone();
        let slow = answers(identity, &address, LIMIT).await;
        findings.push(if slow { Finding::BackChannelSlow { address } } else { Finding::BackChannelSilent { address } });
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

/// Whether anything but a failure of the other side's answers in time; asked without
/// a body, so that nothing happens there. Some servers know no HEAD, or break off:
/// they are asked by GET, and what they send is not read.
async fn answers(identity: &Identity, address: &str, limit: Duration) -> bool {
    let door = identity.http.with_limit(limit);
    let by_head = match door.status(Method::HEAD, address).await {
        Ok(status) => !status.is_server_error() && status != StatusCode::METHOD_NOT_ALLOWED,
        Err(ClientError::Unreachable(..) | ClientError::Malformed(_)) => return false,
        Err(ClientError::Lost(..)) => false,
    };
    by_head || door.status(Method::GET, address).await.is_ok_and(|status| !status.is_server_error())
}

/// What the calendar shows.
fn aged(client: &Client, since: &[(String, Timestamp)], now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in client.keys() {
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
    use crate::{Config, Registry};
    use openid::Policy;
    use seal::jose::{Jwk, KeySet, thumbprint};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use web::client::HttpClient;

    fn identity() -> Identity {
        Identity::new(Config::default(), Registry::absent())
    }

    #[tokio::test]
    async fn who_knows_no_head_is_asked_by_get_and_a_failure_is_none() {
        let open = identity().with_http(HttpClient::public());
        for (head, get, expected) in [
            ("200 OK", "500 Oops", true),
            ("302 Found", "500 Oops", true),
            ("404 Not Found", "500 Oops", true),
            ("405 Method Not Allowed", "200 OK", true),
            ("501 Not Implemented", "200 OK", true),
            ("", "200 OK", true),
            ("405 Method Not Allowed", "405 Method Not Allowed", true),
            ("405 Method Not Allowed", "500 Oops", false),
            ("503 Service Unavailable", "503 Service Unavailable", false),
            ("", "", false),
        ] {
            let answer = move |asked: &str| (if asked.starts_with("HEAD ") { head } else { get }, String::new());
            let address = format!("http://{}/", testkit::answering(answer).await);
            assert_eq!(answers(&open, &address, LIMIT).await, expected, "{head} {get}");
        }
    }

    #[tokio::test]
    async fn a_page_without_end_is_not_read() {
        let long = |asked: &str| match asked.starts_with("HEAD ") {
            true => ("501 Not Implemented", String::new()),
            false => ("200 OK", "x".repeat(16 << 20)),
        };
        let address = format!("http://{}/", testkit::answering(long).await);
        let open = identity().with_http(HttpClient::public());
        assert!(answers(&open, &address, LIMIT).await);
    }

    #[tokio::test]
    async fn the_check_never_reaches_into_our_own_network() {
        let knocks = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&knocks);
        let address = testkit::answering(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            ("200 OK", String::new())
        });
        let port = address.await.port();
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"] {
            let address = format!("http://{host}:{port}/");
            assert!(!answers(&identity(), &address, HEARD_WITHIN).await, "{address}");
        }
        assert_eq!(knocks.load(Ordering::SeqCst), 0);
    }

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
