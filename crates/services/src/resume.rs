//! A draft is found again on another device by a code, and shown in the way that
//! its person likes: one question a page, or all on one page.
//!
//! A code is no secret and no right: it finds a draft only for the person who is
//! signed in and whose draft it is. It spares them a search.

use audit::Leaf;
use base::{CaseId, PersonId, Timestamp};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::case::{Case, Refusal, Stage, case, own};
use crate::{bundle, sql};

/// Days that a code finds its draft.
pub(crate) const DAYS: i64 = 7;
/// Symbols before the check symbol.
const SYMBOLS: usize = 7;
/// Crockford's symbols without Z, which is read as 2: a prime number of them, so
/// that the check finds each wrong symbol and each swap of neighbours.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKMNPQRSTVWXY";
const CODE: &str = "services_resume.code";

fn value(symbol: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == symbol)
}

/// The check symbol: the places' weights are 1 to 7, modulo 31.
fn check(symbols: &[u8]) -> Option<u8> {
    let sum = symbols.iter().zip(1..).try_fold(0, |sum, (symbol, weight)| Some(sum + value(*symbol)? * weight))?;
    ALPHABET.get(sum % ALPHABET.len()).copied()
}

/// `7Q4M-29XD`, from random bytes.
fn written(random: [u8; SYMBOLS]) -> String {
    let mut code: Vec<u8> = random.iter().map(|byte| ALPHABET[usize::from(*byte) % ALPHABET.len()]).collect();
    code.extend(check(&code));
    let code = String::from_utf8_lossy(&code).into_owned();
    format!("{}-{}", &code[..4], &code[4..])
}

/// A typed code as it was written; none where a symbol is wrong.
fn read_typed(typed: &str) -> Option<String> {
    let code = base::code::normalise(typed);
    let (symbols, last) = code.as_bytes().split_at_checked(SYMBOLS)?;
    (last == [check(symbols)?]).then(|| format!("{}-{}", &code[..4], &code[4..]))
}

/// Under a person's own index: the same code of another finds nothing.
fn index(person: PersonId, code: &str) -> String {
    format!("{person}:{code}")
}

/// Gives a draft a new code; an earlier one finds nothing any more.
///
/// # Errors
/// Not a draft of this person, or the store's.
pub async fn resume_code(ctx: &Ctx, key: Key, id: CaseId) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(key, move |tx| {
        let case = own(tx, id, &actor)?;
        if case.stage != Stage::Draft {
            return Err(Refusal::NotNow(case.stage.as_str(), "resume"));
        }
        let code = written(tx.random());
        let (found_by, sealed) = (tx.blind(CODE, &index(case.person, &code)), tx.seal_text(case.person, CODE, &code)?);
        let until = tx.now().plus_seconds(DAYS * 86_400);
        tx.execute_one(&sql::KEEP_RESUME, &params![id, case.person, found_by, sealed, until])?;
        let leaf = Leaf::new("services.resume_code", case.object()).about(case.person);
        audit::record_in(tx, &leaf.with(json!({ "days": DAYS })))?;
        Ok(())
    })
    .await
}

/// The last code of a draft, and until when it finds it.
pub(crate) fn code_of(read: &mut Read<'_>, case: &Case) -> Result<Option<(String, Timestamp)>, Error> {
    let Some(row) = read.row(&sql::RESUME_OF, &params![case.id])? else { return Ok(None) };
    Ok(Some((read.open_text(case.person, CODE, &row.get::<Vec<u8>>(0)?)?, row.get(1)?)))
}

/// The draft that a code finds for whoever is signed in.
///
/// # Errors
/// None of theirs has this code, or the store's.
pub async fn resume(ctx: &Ctx, typed: &str) -> Result<CaseId, Refusal> {
    let code = read_typed(typed).ok_or(Refusal::NoCase)?;
    let (actor, now) = (ctx.actor.clone(), ctx.now());
    let person = actor.person().ok_or(Refusal::NoCase)?;
    ctx.read(move |read| {
        let found_by = read.blind(CODE, &index(person, &code));
        let row = read.row(&sql::RESUMED, &params![found_by, person])?.ok_or(Refusal::NoCase)?;
        if row.get::<Timestamp>(1)? <= now {
            return Err(Refusal::NoCase);
        }
        Ok(own(read, row.get(0)?, &actor)?.id)
    })
    .await
}

/// Forgets codes whose days are over.
pub(crate) fn forget_in(tx: &mut Tx<'_>) -> Result<(), Error> {
    let now = tx.now();
    tx.execute(&sql::FORGET_RESUMES, &params![now]).map(drop)
}

/// The draft, and those that belong to the same bundle.
fn together(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<CaseId>, Error> {
    let Some(bundle) = bundle::of_case(tx, id)? else { return Ok(vec![id]) };
    let cases: Vec<CaseId> = bundle::members(tx, bundle.id)?.iter().filter_map(|member| member.case).collect();
    let mut drafts = Vec::new();
    for id in cases {
        drafts.extend(case(tx, id)?.filter(|case| case.stage == Stage::Draft).map(|case| case.id));
    }
    Ok(drafts)
}

/// From now on a draft, and the others of its bundle, show all questions on one page.
///
/// # Errors
/// Not a case of this person, or the store's.
pub async fn show_whole(ctx: &Ctx, key: Key, id: CaseId) -> Result<(), Refusal> {
    arrange(ctx, key, id, &sql::KEEP_WHOLE).await
}

/// From now on they show one question a page.
///
/// # Errors
/// Not a case of this person, or the store's.
pub async fn show_by_page(ctx: &Ctx, key: Key, id: CaseId) -> Result<(), Refusal> {
    arrange(ctx, key, id, &sql::FORGET_WHOLE).await
}

async fn arrange(ctx: &Ctx, key: Key, id: CaseId, statement: &'static store::Statement) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(key, move |tx| {
        own(tx, id, &actor)?;
        for draft in together(tx, id)? {
            tx.execute(statement, &params![draft])?;
        }
        Ok(())
    })
    .await
}

/// Whether a draft shows all questions on one page.
pub(crate) fn is_whole(read: &mut Read<'_>, id: CaseId) -> Result<bool, Error> {
    Ok(read.row(&sql::IS_WHOLE, &params![id])?.is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_short_and_forgiven() {
        let code = written([0, 31, 62, 7, 200, 99, 30]);
        assert_eq!(code.len(), 9);
        for typed in [code.clone(), code.to_lowercase(), code.replace('-', " "), code.replace('0', "o")] {
            assert_eq!(read_typed(&typed), Some(code.clone()), "{typed}");
        }
        for typed in ["", "7Q4M", "7Q4M-29XDD", "ÄÄÄÄÄÄÄÄ", "-", "ZZZZ-ZZZZ"] {
            assert_eq!(read_typed(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn a_wrong_symbol_and_swapped_neighbours_are_found(random: [u8; SYMBOLS], at in 0_usize..8, by in 1_usize..31) {
            let code = written(random).replace('-', "").into_bytes();
            let mut wrong = code.clone();
            wrong[at] = ALPHABET[(value(wrong[at]).unwrap() + by) % 31];
            prop_assert_eq!(read_typed(std::str::from_utf8(&wrong).unwrap()), None);
            let mut swapped = code.clone();
            swapped.swap(at.min(6), at.min(6) + 1);
            if swapped != code && at < 6 {
                prop_assert_eq!(read_typed(std::str::from_utf8(&swapped).unwrap()), None);
            }
        }
    }
}
