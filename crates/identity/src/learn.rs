//! After a counter raised an account: what the registry says of the person is
//! fetched and kept. Until it answers, the account works without a name.

use std::sync::Arc;
use std::time::Duration;

use base::PersonId;
use store::{Ctx, Error, Subscriber, Work};

use crate::model::FactorChanged;
use crate::registry::LookedUp;
use crate::{Identity, person};

/// How long the registers may take here: nobody waits.
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn subscriber(identity: Arc<Identity>) -> Subscriber {
    Subscriber::new("identity.learn", "identity.factor_changed", move |ctx: Ctx, work: Work| {
        let identity = Arc::clone(&identity);
        async move { learn(&ctx, &identity, &work).await }
    })
}

async fn learn(ctx: &Ctx, identity: &Identity, work: &Work) -> Result<(), Error> {
    let event: FactorChanged = work.parse()?;
    let person: PersonId = event.person;
    let (number, name) = ctx
        .read(move |read| Ok::<_, Error>((person::id_number(read, person)?, person::display_name(read, person)?)))
        .await?;
    let Some(number) = number.filter(|_| event.factor == "level" && name.is_none()) else { return Ok(()) };
    match identity.registry.look_up(ctx, &number, person, LIMIT).await {
        LookedUp::Known(facts, _) => {
            ctx.write(work.write_key(), move |tx| person::keep_facts_in(tx, person, &facts)).await
        }
        LookedUp::Unknown => Ok(()),
        LookedUp::Silent => Err(Error::Unknown("the civil registry was not heard".to_owned())),
    }
}
