//! Who looked at one's data, and began to act for one; and how those who act are
//! called.

use std::sync::Arc;

use askama::Template;
use audit::LeafId;
use axum::response::Html;
use base::{Locale, OfficerId, Zone};
use store::{Ctx, Read};
use web::{Extension, Page, Problem, Query, Slice};

use super::person;
use crate::case::case;
use crate::desk;
use crate::files::open;
use crate::messages::Messages;
use crate::system::Services;

struct LookLine {
    when: String,
    who: String,
    what: String,
    purpose: &'static str,
    outcome: &'static str,
    case: Option<String>,
    leaf: LeafId,
}

#[derive(Template)]
#[template(path = "looks.html")]
struct LooksPage {
    page: Page,
    m: Messages,
    lines: Vec<LookLine>,
    older: Option<String>,
}

/// Who reads a list of acts: they are «you», and others are named. Before
/// whoever acts for another everybody is.
pub(super) struct Reader {
    /// As leaves name them; nothing for one who acts for another.
    own: Option<String>,
    reference: String,
    locale: Locale,
}

impl Reader {
    pub(super) fn of(ctx: &Ctx) -> Self {
        let own = ctx.actor.mandate().is_none().then(|| ctx.actor.reference());
        Self { own, reference: ctx.actor.reference(), locale: ctx.locale }
    }
    /// Whether they get the receipt of an act on their case: whoever acts for
    /// another only of their own acts.
    pub(super) fn has_receipt_of(&self, actor: &str) -> bool {
        self.own.is_some() || actor == self.reference
    }
    pub(super) fn m(&self) -> Messages {
        Messages::new(self.locale)
    }
}

/// Who acted: the reader, another person by name, or what kind of other.
pub(super) fn who(read: &mut Read<'_>, reader: &Reader, actor: &str) -> Result<String, store::Error> {
    let m = reader.m();
    Ok(match actor.split_once(':') {
        Some(("person", _)) if Some(actor) == reader.own.as_deref() => m.who_you().to_owned(),
        Some(("person", id)) => {
            let name = id.parse().map(|id| identity::display_name(read, id)).ok().transpose()?.flatten();
            let parts = name.map(|name| if reader.locale == Locale::EN { name.latin } else { name.arabic });
            parts.map_or_else(|| m.who_other().to_owned(), |parts| format!("{} {}", parts[0], parts[3]))
        }
        Some(("officer", _)) => m.who_officer().to_owned(),
        Some(("agency", _)) => m.who_agency().to_owned(),
        _ => m.who_system().to_owned(),
    })
}

pub(super) async fn show(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Query(slice): Query<Slice>,
) -> Result<Html<String>, Problem> {
    let person = person(&ctx)?;
    let m = Messages::new(page.locale);
    let locale = page.locale;
    let asked = slice.clone();
    let reader = Reader::of(&ctx);
    let (lookups, reads) = ctx
        .read(move |read| {
            let mut lookups = Vec::new();
            for lookup in exchange::lookups_of(read, person, &asked)? {
                let name = who(read, &reader, &lookup.actor)?;
                // One who is named in another's case reads that they were asked about,
                // and not the case.
                let case = lookup.case.map(|id| case(read, id)).transpose()?.flatten();
                let case = case.filter(|case| case.person == person).map(|case| case.id);
                lookups.push((lookup, name, case));
            }
            let mut reads = Vec::new();
            for act in audit::acts_about(read, person, identity::TAKEN_UP, &asked)? {
                // Taking up a mandate is about both: the agent did it, the other is told.
                if Some(&act.actor) != reader.own.as_ref() {
                    let name = who(read, &reader, &act.actor)?;
                    reads.push((act, name));
                }
            }
            for kind in [desk::READ, open::READ, documents::READ, documents::PRINTED, identity::READ] {
                for act in audit::acts_about(read, person, kind, &asked)? {
                    // Whoever is asked to sign opens files, too.
                    let name = match act.actor.starts_with("person:") {
                        true => who(read, &reader, &act.actor)?,
                        false => officer_name(read, &act.actor, locale)?,
                    };
                    reads.push((act, name));
                }
            }
            Ok::<_, store::Error>((lookups, reads))
        })
        .await?;
    let source = |operation: &str| {
        let named = services.catalogue.summaries().find_map(|service| service.source(operation, locale));
        let published = || services.catalogue.source(operation, locale).unwrap_or(operation);
        named.unwrap_or_else(published).to_owned()
    };
    // Ids of both kinds begin with their time.
    let mut lines: Vec<(String, LookLine)> = Vec::new();
    for (lookup, name, case) in lookups {
        let line = LookLine {
            when: lookup.at.local_minute(Zone::Hebron),
            who: name,
            what: source(&lookup.operation),
            purpose: purpose(m, &lookup.purpose),
            outcome: if lookup.outcome == "answered" { m.look_answered() } else { m.look_unanswered() },
            case: case.map(|case| page.to(&format!("/cases/{case}"))),
            leaf: lookup.leaf,
        };
        lines.push((lookup.id.to_string(), line));
    }
    for (act, name) in reads {
        let (what, purpose) = match act.act.as_str() {
            desk::READ => (m.look_case(), m.purpose_decide()),
            open::READ => (m.look_file(), m.purpose_decide()),
            identity::READ => (m.look_account(), m.purpose_account_care()),
            documents::PRINTED => (m.look_paper(), m.purpose_print()),
            identity::TAKEN_UP => (m.look_acting(), m.purpose_acting()),
            _ => (m.look_paper(), m.purpose_paper()),
        };
        let line = LookLine {
            when: act.at.local_minute(Zone::Hebron),
            who: name,
            what: what.to_owned(),
            purpose,
            outcome: m.look_answered(),
            case: act.object.strip_prefix("case:").map(|case| page.to(&format!("/cases/{case}"))),
            leaf: act.leaf,
        };
        lines.push((act.leaf.to_string(), line));
    }
    lines.sort_by(|(one, _), (other, _)| other.cmp(one));
    let (lines, next) = slice.cut(lines, |(id, _)| id.clone());
    let (lines, older) = (lines.into_iter().map(|(_, line)| line).collect(), next.map(|after| page.older(&after)));
    Ok(Html(LooksPage { lines, older, m, page }.render()?))
}

fn purpose(m: Messages, word: &str) -> &'static str {
    match word {
        "account.open" => m.purpose_account(),
        "account.counter" => m.purpose_counter(),
        "mandate" => m.purpose_acting(),
        "case.form" => m.purpose_form(),
        "case.submit" => m.purpose_submit(),
        _ => m.purpose_decide(),
    }
}

/// The officer's name, in Arabic or Latin letters.
fn officer_name(read: &mut Read<'_>, actor: &str, locale: Locale) -> Result<String, store::Error> {
    let id = actor.strip_prefix("officer:").and_then(|id| id.parse::<OfficerId>().ok());
    let officer = id.map(|id| identity::officer(read, id)).transpose()?.flatten();
    let named = officer.map(|officer| {
        let [arabic, latin] = officer.name;
        format!("{} ({})", if locale == Locale::EN { latin } else { arabic }, officer.unit)
    });
    Ok(named.unwrap_or_else(|| Messages::new(locale).who_officer().to_owned()))
}
