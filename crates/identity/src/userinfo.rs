//! What an access token opens: who it is, as the client may know them.

use base::{Locale, Timestamp};
use openid::Binding;
use openid::credential::{Once, Used};
use openid::oauth::OauthError;
use openid::request::Asked;
use seal::digest::sha256;
use serde_json::{Map, Value};
use store::{Ctx, Key, Read, params};

use crate::authorize::{Authorization, load};
use crate::company::Company;
use crate::mandate::claims::{tell_portal, under, who};
use crate::model::{Client, Refusal};
use crate::sign_in::account_id;
use crate::sql;
use crate::token::{Kept, find, is_live};

/// An access token as it was shown, with what it was shown with.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) token: String,
    /// What its bearer proved to hold.
    pub(crate) binding: Option<Binding>,
    pub(crate) once: Option<Once>,
}

/// An access token that holds, and what it belongs to.
pub(crate) struct Held {
    pub(crate) found: Authorization,
    pub(crate) binding: Option<Binding>,
    pub(crate) ends_at: Timestamp,
}

/// Looks an access token up that was given to a client for a person.
pub(crate) fn hold(read: &mut Read<'_>, token: &str, now: Timestamp) -> Result<Option<Held>, Refusal> {
    hold_by_hash(read, &sha256(token.as_bytes()), now)
}

/// The same, by its hash.
pub(crate) fn hold_by_hash(read: &mut Read<'_>, hash: &[u8; 32], now: Timestamp) -> Result<Option<Held>, Refusal> {
    let kept = find(read, hash)?;
    let live = |kept: &Kept| kept.kind == "access" && kept.stage == "live" && kept.ends_at > now;
    let Some(kept) = kept.filter(live) else { return Ok(None) };
    let found = load(read, kept.family)?.ok_or(Refusal::Gone)?;
    let live = is_live(read, &found, now)?;
    Ok(live.then_some(Held { found, binding: kept.binding, ends_at: kept.ends_at }))
}

/// The claims that an access token opens.
pub(crate) async fn userinfo(ctx: &Ctx, shown: Shown) -> Result<Map<String, Value>, OauthError> {
    let refused = |why: &str| OauthError::new("invalid_token", why);
    if let Some(once) = shown.once.clone() {
        let taken = ctx.write(Key::once(ctx), move |tx| {
            Ok::<_, Refusal>(tx.execute(&sql::TAKE_ASSERTION, &params![once.hash, once.ends_at])? == 1)
        });
        if !taken.await? {
            return Err(Used::Proof.into());
        }
    }
    let now = ctx.now();
    let claims = ctx
        .read(move |read| {
            let Some(held) = hold(read, &shown.token, now)? else { return Ok::<_, Refusal>(None) };
            // A certificate may be there without need; a proof is made for its token.
            let needless = held.binding.is_none() && shown.once.is_none();
            if held.binding != shown.binding && !needless {
                return Ok(Some(Err("the token is bound to another key, or to none")));
            }
            let client = crate::client::client(read, &held.found.client)?.ok_or(Refusal::Gone)?;
            person_claims(read, &client, &held.found).map(|claims| Some(Ok(claims)))
        })
        .await?;
    claims.ok_or_else(|| refused("the access token is unknown, over or revoked"))?.map_err(refused)
}

/// Who it is: `sub` for everybody, names and number by scope, and for our own
/// clients the ids that the portal's systems go by.
pub(crate) fn person_claims(
    read: &mut Read<'_>,
    client: &Client,
    found: &Authorization,
) -> Result<Map<String, Value>, Refusal> {
    let holder = found.holder.clone().ok_or(Refusal::Gone)?;
    let mut claims = Map::new();
    let (sub, act) = who(read, client, found)?;
    claims.insert("sub".to_owned(), sub.into());
    claims.extend(act.map(|act| ("act".to_owned(), act)));
    if let Some(account) = account_id(&holder) {
        let account = crate::person::account(read, account)?.ok_or(Refusal::Gone)?;
        let kept = under(read, found)?;
        let person = kept.as_ref().map_or(account.person, |kept| kept.principal);
        // What was shown in this session counts, not what could be.
        let shown = found.session.map(|session| crate::sso::level(read, session)).transpose()?;
        let proven = shown > Some(base::Assurance::Low);
        if let Some(company) = crate::company::company(read, person)? {
            company_claims(&mut claims, &found.asked, &company, proven);
        } else {
            if found.asked.has_scope("profile")
                && let Some(name) = crate::person::display_name(read, person)?
            {
                insert_names(&mut claims, [short(&name.arabic), short(&name.latin)]);
            }
            if found.asked.has_scope("id_number") && proven {
                let number = crate::person::id_number(read, person)?;
                claims.insert("id_number".to_owned(), number.map(|number| number.as_str().to_owned()).into());
            }
        }
        if client.first_party {
            claims.insert("account".to_owned(), account.id.to_string().into());
            claims.insert("person".to_owned(), person.to_string().into());
            if let Some(kept) = &kept {
                tell_portal(read, &mut claims, kept, account.person)?;
            }
        }
    } else if let Some(officer) = holder.strip_prefix("officer:").and_then(|id| id.parse().ok()) {
        let officer = crate::officer::officer(read, officer)?.ok_or(Refusal::Gone)?;
        insert_names(&mut claims, officer.name);
        if client.first_party {
            claims.insert("officer".to_owned(), officer.id.to_string().into());
            claims.insert("unit".to_owned(), officer.unit.into());
            let roles: Vec<&str> = officer.roles.iter().map(|role| role.as_str()).collect();
            claims.insert("roles".to_owned(), roles.into());
        }
    }
    Ok(claims)
}

/// A company's name and number, as its signatory or delegate allowed; it has no
/// `id_number`.
fn company_claims(claims: &mut Map<String, Value>, asked: &Asked, company: &Company, proven: bool) {
    if asked.has_scope("profile") || asked.has_scope("company") {
        insert_names(claims, company.names());
    }
    if asked.has_scope("company") && proven {
        claims.insert("company_number".to_owned(), company.number.as_str().into());
    }
}

/// What of that the ID token says. It comes back to us in addresses, as
/// `id_token_hint`, so it names nobody to other houses unless they ask for that
/// by name (OpenID Connect Core §5.4, §5.5); userinfo tells the rest.
pub(crate) fn told_in_id_token(
    client: &Client,
    found: &Authorization,
    mut claims: Map<String, Value>,
) -> Map<String, Value> {
    let asked = |name: &str| found.asked.in_id_token.iter().any(|asked| name.split('#').next() == Some(asked));
    claims.retain(|name, _| client.first_party || name == "sub" || name == "act" || asked(name));
    claims
}

/// Own and family name.
pub(crate) fn short(parts: &[String; 4]) -> String {
    format!("{} {}", parts[0], parts[3])
}

/// The default language's name as `name`, the others by their tag (OpenID
/// Connect Core §5.2).
pub(crate) fn insert_names(claims: &mut Map<String, Value>, [arabic, latin]: [String; 2]) {
    claims.insert("name".to_owned(), arabic.into());
    claims.insert(format!("name#{}", Locale::EN.tag()), latin.into());
}
