//! Invariants, each broken on purpose.

use store::{Ctx, Error, Invariant, Key, Statement, params};

/// How a trial ends: nothing of it stays.
enum Undone {
    /// The names of what broke.
    Broken(Vec<&'static str>),
    Failed(Error),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The names of the invariants that these statements break. They run in a
/// transaction that is taken back.
///
/// # Panics
/// When a statement touches nothing, or the store fails.
pub async fn broken_by(ctx: &Ctx, invariants: &[Invariant], statements: &[Statement]) -> Vec<&'static str> {
    let (invariants, statements) = (invariants.to_vec(), statements.to_vec());
    let tried = ctx.write(Key::once(ctx), move |tx| {
        for statement in &statements {
            assert_ne!(tx.execute(statement, &params![])?, 0, "{} touched nothing", statement.name);
        }
        let mut broken = Vec::new();
        for invariant in &invariants {
            if !invariant.check(tx)?.is_empty() {
                broken.push(invariant.name);
            }
        }
        Err::<(), _>(Undone::Broken(broken))
    });
    match tried.await {
        Err(Undone::Broken(names)) => names,
        Err(Undone::Failed(error)) => panic!("{error}"),
        Ok(()) => unreachable!("the trial is taken back"),
    }
}
