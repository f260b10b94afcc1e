//! What somebody sees of their own account, and ends: sessions on every device,
//! what services may be told, each sign-in with its receipt, the password.

use audit::{Act, Leaf};
use base::{AccountId, Actor, Assurance, Locale, PersonId, Phone, Timestamp};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle::{self, Throttle};
use web::{Slice, session};

use crate::messages::Messages;
use crate::model::{FactorChanged, Refusal, SsoId};
use crate::password::{CHARS_ALONE, CHARS_WITH_SECOND_FACTOR};
use crate::person::{self, password_of, set_password_in};
use crate::sso::{IDLE_SECONDS, end_in};
use crate::{Identity, certificate, factors, mandate, sql};

/// Sign-ins that the page shows.
const SHOWN: u32 = 20;
/// Tries of the present password, in ten minutes.
const TRIES: u32 = 10;
/// Sessions that one write ends: each has tokens, and a write touches so many rows at most.
const ENDED_AT_ONCE: usize = 20;

/// A session that holds, with the services that were given something under it.
pub(crate) struct Open {
    pub(crate) id: SsoId,
    pub(crate) device: String,
    /// The network's name, as it was kept.
    pub(crate) network: String,
    pub(crate) began_at: Timestamp,
    pub(crate) seen_at: Timestamp,
    /// Each client's names, in every language.
    pub(crate) clients: Vec<Vec<String>>,
}

/// What a service may be told.
pub(crate) struct Allowed {
    pub(crate) client: String,
    pub(crate) names: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) given_at: Timestamp,
}

/// A sign-in, or a try.
pub(crate) struct Entry {
    pub(crate) act: Act,
    /// Where to, in every language; nothing for a try.
    pub(crate) names: Vec<String>,
}

/// Whose account it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) account: AccountId,
    pub(crate) person: PersonId,
}

impl Owner {
    /// The citizen who acts.
    pub(crate) fn of(actor: &Actor) -> Option<Self> {
        match actor {
            Actor::Citizen { person, account, .. } => Some(Self { account: *account, person: *person }),
            _ => None,
        }
    }
    pub(crate) fn holder(self) -> String {
        format!("account:{}", self.account)
    }
}

pub(crate) fn names(text: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(text).map_err(|_| Error::Corrupt("a client's names".to_owned()))
}

/// Sessions that hold: used a moment ago at the provider, or still at the portal.
pub(crate) async fn sessions(ctx: &Ctx, owner: Owner) -> Result<Vec<Open>, Error> {
    // Officers count them too: whose they are is not who asks.
    let (person, account) = (owner.person, owner.account);
    let portal = session::sessions_of(ctx, &Actor::Citizen { person, account, assurance: Assurance::Low }).await?;
    let now = ctx.now();
    ctx.read(move |read| {
        let mut open = Vec::new();
        for row in read.rows(&sql::SESSIONS_OF, &params![owner.holder()])? {
            let (id, seen_at, ends_at): (SsoId, Timestamp, Timestamp) = (row.get(0)?, row.get(2)?, row.get(3)?);
            let linked = portal.iter().filter(|line| line.link.as_deref() == Some(id.to_string().as_str()));
            let at_portal = linked.map(|line| line.seen_at).max();
            let idle = now.seconds_since(seen_at) >= IDLE_SECONDS;
            if ends_at <= now || (idle && at_portal.is_none()) {
                continue;
            }
            let clients = read.rows(&sql::NAMES_OF_SESSION, &params![id])?;
            let clients = clients.iter().map(|row| names(&row.get::<String>(0)?)).collect::<Result<_, _>>()?;
            let seen_at = at_portal.map_or(seen_at, |there| there.max(seen_at));
            open.push(Open { id, began_at: row.get(1)?, seen_at, device: row.get(4)?, network: row.get(5)?, clients });
        }
        Ok(open)
    })
    .await
}

/// What services may be told, the latest first.
pub(crate) fn allowed(read: &mut Read<'_>, owner: Owner) -> Result<Vec<Allowed>, Error> {
    let rows = read.rows(&sql::CONSENTS_OF, &params![owner.account])?;
    let read = |row: &store::Row| {
        let scopes: String = row.get(2)?;
        Ok(Allowed {
            client: row.get(0)?,
            names: names(&row.get::<String>(1)?)?,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            given_at: row.get(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Sign-ins and tries, the latest first.
pub(crate) fn entries(read: &mut Read<'_>, owner: Owner) -> Result<Vec<Entry>, Error> {
    let slice = Slice { after: None, rows: Some(SHOWN) };
    let mut acts = Vec::new();
    for act in ["identity.signed_in", "identity.sign_in_failed"] {
        acts.extend(audit::acts_about(read, owner.person, act, &slice)?);
    }
    acts.sort_by_key(|act| std::cmp::Reverse(act.leaf));
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    for act in acts.into_iter().take(shown) {
        let client = act.detail.get("client").and_then(serde_json::Value::as_str);
        let row = client.map(|id| read.row(&sql::CLIENT, &params![id])).transpose()?.flatten();
        let names = row.map(|row| names(&row.get::<String>(0)?)).transpose()?.unwrap_or_default();
        entries.push(Entry { act, names });
    }
    Ok(entries)
}

/// Ends one session everywhere; false when it is not theirs.
pub(crate) async fn end(ctx: &Ctx, owner: Owner, id: SsoId) -> Result<bool, Refusal> {
    let holder = owner.holder();
    let ended = ctx.write(Key::once(ctx), move |tx| {
        let row = tx.row(&sql::SESSION, &params![id])?;
        if row.map(|row| row.get::<String>(0)).transpose()?.as_ref() != Some(&holder) {
            return Ok::<_, Refusal>(false);
        }
        end_in(tx, id, "signed out", None)?;
        audit::record_in(tx, &Leaf::new("identity.session_ended", holder.clone()).about(owner.person))?;
        Ok(true)
    });
    let ended = ended.await?;
    if ended {
        session::end_linked(ctx, &id.to_string()).await?;
    }
    Ok(ended)
}

/// Ends every session on every device and in every service; `disowned` when
/// somebody else was in. `but` stays.
pub(crate) async fn end_all(ctx: &Ctx, owner: Owner, disowned: bool, but: Option<SsoId>) -> Result<(), Refusal> {
    let locale = ctx.locale;
    if disowned {
        mandate::end::all_given(ctx, owner.person).await?;
    }
    let ended = ctx
        .write(Key::once(ctx), move |tx| {
            let act = if disowned { "identity.disowned" } else { "identity.sessions_ended" };
            if disowned {
                // Whoever was in may hold a key as well.
                certificate::revoke_all_in(tx, owner, certificate::Cause::Disowned)?;
            }
            let ended = end_some_in(tx, owner, but)?;
            audit::record_in(tx, &Leaf::new(act, owner.holder()).about(owner.person))?;
            if disowned {
                tell_in(tx, owner, act, locale, [Messages::disowned_title, Messages::disowned_next])?;
            }
            Ok::<_, Refusal>(ended)
        })
        .await?;
    end_rest(ctx, owner, but, ended).await
}

/// Ends the newest sessions, as many as fit a write.
pub(crate) fn end_some_in(tx: &mut Tx<'_>, owner: Owner, but: Option<SsoId>) -> Result<Vec<SsoId>, Refusal> {
    let rows = tx.rows(&sql::SESSIONS_OF, &params![owner.holder()])?;
    let all = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<SsoId>, _>>()?;
    let ended: Vec<SsoId> = all.into_iter().filter(|id| Some(*id) != but).take(ENDED_AT_ONCE).collect();
    ended.iter().try_for_each(|&id| end_in(tx, id, "signed out", None))?;
    Ok(ended)
}

/// Ends the newest sessions and what the portal has under them, in the caller's
/// commit: as many as fit. [`end_every`] ends the rest.
pub(crate) fn end_now_in(tx: &mut Tx<'_>, owner: Owner) -> Result<(), Refusal> {
    for id in end_some_in(tx, owner, None)? {
        session::end_linked_in(tx, &id.to_string())?;
    }
    Ok(())
}

/// Ends whatever sessions are left, in as many commits as it takes.
pub(crate) async fn end_every(ctx: &Ctx, owner: Owner) -> Result<(), Refusal> {
    let ended = ctx.write(Key::once(ctx), move |tx| end_some_in(tx, owner, None)).await?;
    end_rest(ctx, owner, None, ended).await
}

/// Ends what the portal has under sessions that ended, and whatever is left.
pub(crate) async fn end_rest(
    ctx: &Ctx,
    owner: Owner,
    but: Option<SsoId>,
    mut ended: Vec<SsoId>,
) -> Result<(), Refusal> {
    while !ended.is_empty() {
        for id in ended {
            session::end_linked(ctx, &id.to_string()).await?;
        }
        ended = ctx.write(Key::once(ctx), move |tx| end_some_in(tx, owner, but)).await?;
    }
    Ok(())
}

/// Takes back what a service was allowed, and the tokens that it has.
pub(crate) async fn withdraw(ctx: &Ctx, owner: Owner, client: &str) -> Result<(), Refusal> {
    let client = client.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        if tx.execute(&sql::DELETE_CONSENT, &params![owner.account, client])? == 0 {
            return Err(Refusal::Gone);
        }
        tx.execute(&sql::REVOKE_OF_CLIENT, &params![client, owner.holder()])?;
        let leaf = Leaf::new("identity.consent_withdrawn", owner.holder()).about(owner.person);
        audit::record_in(tx, &leaf.with(json!({ "client": client })))?;
        Ok(())
    })
    .await
}

/// What another password must be: so many characters, since it stands alone or not,
/// and none of the words that others know of the person.
pub(crate) async fn password_rules(ctx: &Ctx, owner: Owner) -> Result<(usize, Vec<String>), Error> {
    ctx.read(move |read| {
        let account = person::account(read, owner.account)?;
        let ways = account.as_ref().map(|account| factors::ways(read, account)).transpose()?.unwrap_or_default();
        let chars = if ways.is_empty() { CHARS_ALONE } else { CHARS_WITH_SECOND_FACTOR };
        let phone = account.and_then(|account| account.phone);
        Ok((chars, own_words(read, owner.person, phone.as_ref())?))
    })
    .await
}

/// What others know of a person, and no password may be.
pub(crate) fn own_words(read: &mut Read<'_>, person: PersonId, phone: Option<&Phone>) -> Result<Vec<String>, Error> {
    let mut words = Vec::new();
    words.extend(person::id_number(read, person)?.map(|number| number.as_str().to_owned()));
    words.extend(phone.map(|phone| phone.as_str().replace("+970", "0")));
    words.extend(person::birth_date(read, person)?.map(|born| born.to_string().replace('-', "")));
    if let Some(name) = person::display_name(read, person)? {
        words.extend(name.arabic.into_iter().chain(name.latin));
    }
    Ok(words)
}

/// Another password, its fitness checked, against the present one. Every other
/// session ends, and the person is told on every channel.
pub(crate) async fn change_password(
    ctx: &Ctx,
    identity: &Identity,
    owner: Owner,
    [present, next]: [&str; 2],
    here: Option<SsoId>,
) -> Result<bool, Refusal> {
    if let Throttle::Wait(seconds) =
        throttle::hit(ctx, "identity.change", &owner.account.to_string(), TRIES, 600).await?
    {
        return Err(Refusal::Wait(seconds));
    }
    let now = ctx.now();
    let (kept, by_passkey) = ctx
        .read(move |read| {
            let account = person::account(read, owner.account)?;
            let kept = account.map(|account| password_of(read, &account)).transpose()?.flatten();
            Ok::<_, Error>((kept, factors::is_by_passkey(read, owner, here, now)?))
        })
        .await?;
    // Who just came in with a passkey may have forgotten the password.
    let right = identity.hasher.matches(present, kept).await?;
    let excused = by_passkey && present.is_empty();
    if !right && !excused {
        return Ok(false);
    }
    let hash = identity.hasher.hash(next, ctx.random()).await?;
    let locale = ctx.locale;
    let ended = ctx
        .write(Key::once(ctx), move |tx| {
            set_password_in(tx, owner.account, owner.person, &hash)?;
            let ended = end_some_in(tx, owner, here)?;
            audit::record_in(tx, &Leaf::new("identity.password_changed", owner.holder()).about(owner.person))?;
            let factor = "password".to_owned();
            tx.emit(&FactorChanged { account: owner.account, person: owner.person, factor })?;
            let words = [Messages::password_changed_title, Messages::password_changed_next];
            tell_in(tx, owner, "identity.password_changed", locale, words)?;
            Ok::<_, Refusal>(ended)
        })
        .await?;
    end_rest(ctx, owner, here, ended).await?;
    Ok(true)
}

/// Tells the person, in the inbox and on every channel that they have.
pub(crate) fn tell_in(
    tx: &mut Tx<'_>,
    owner: Owner,
    topic: &'static str,
    locale: Locale,
    [title, next]: [fn(Messages) -> &'static str; 2],
) -> Result<(), Error> {
    let each = |words: fn(Messages) -> &'static str| -> Vec<String> {
        Locale::all().map(|locale| words(Messages::new(locale)).to_owned()).collect()
    };
    notify::notice_in(
        tx,
        &notify::Notice {
            person: owner.person,
            topic,
            about: owner.holder(),
            link: "/account".to_owned(),
            title: each(title),
            body: each(next),
            short: title(Messages::new(locale)).to_owned(),
        },
    )
}
