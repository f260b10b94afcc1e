//! What messages to other countries may cost. Whoever is paid for messages that
//! nobody reads has a block of numbers, or a country of them (SMS pumping): each
//! has its limit, and all together have one. Numbers that nobody has proven have
//! far smaller ones of their own, so that they use up nobody else's.

use base::Phone;
use store::Ctx;
use web::throttle;

use crate::Identity;
use crate::model::Refusal;
use crate::sign_in::allowed;

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;

/// Counts a message to a number abroad; one to a number here costs little, and its
/// own limits are enough.
pub(crate) async fn count_abroad(ctx: &Ctx, identity: &Identity, phone: &str) -> Result<(), Refusal> {
    let Some(phone) = Phone::parse(phone).filter(Phone::is_abroad) else { return Ok(()) };
    let limits = &identity.config.limits;
    let (number, block, country) = (phone.as_str(), phone.block(), phone.calling_code());
    // The narrow ones first: what they stop is not counted against everybody.
    for (name, value, limit, seconds) in [
        ("identity.sms.abroad.number", number, limits.sms_abroad_per_number_per_day, DAY),
        ("identity.sms.abroad.block", block, limits.sms_abroad_per_block_per_hour, HOUR),
        ("identity.sms.abroad.country", country, limits.sms_abroad_per_country_per_day, DAY),
        ("identity.sms.abroad", "", limits.sms_abroad_per_day, DAY),
    ] {
        allowed(throttle::hit(ctx, name, value, limit, seconds).await?)?;
    }
    Ok(())
}

/// Counts a code to a number that somebody only says is theirs, before it is
/// counted like every other. `network` is where they are.
pub(crate) async fn count_claimed(ctx: &Ctx, identity: &Identity, phone: &Phone, network: &str) -> Result<(), Refusal> {
    count_claims(ctx, identity, network).await?;
    count_unproven(ctx, identity, phone).await
}

/// Counts a code to a number that no register and no officer bound to its holder.
pub(crate) async fn count_unproven(ctx: &Ctx, identity: &Identity, phone: &Phone) -> Result<(), Refusal> {
    let limits = &identity.config.limits;
    if !phone.is_abroad() {
        return Ok(());
    }
    for (name, value, limit) in [
        ("identity.sms.claimed.country", phone.calling_code(), limits.claimed_abroad_per_country_per_day),
        ("identity.sms.claimed", "", limits.claimed_abroad_per_day),
    ] {
        allowed(throttle::hit(ctx, name, value, limit, DAY).await?)?;
    }
    Ok(())
}

/// Counts a code by e-mail, which costs nothing but the patience of whoever gets it.
pub(crate) async fn count_email(ctx: &Ctx, identity: &Identity, address: &str, network: &str) -> Result<(), Refusal> {
    let limits = &identity.config.limits;
    count_claims(ctx, identity, network).await?;
    for (name, limit, seconds) in [
        ("identity.email.pause", 1, limits.sms_pause_seconds),
        ("identity.email.hour", limits.sms_per_hour, HOUR),
        ("identity.email.day", limits.sms_per_day, DAY),
    ] {
        allowed(throttle::hit(ctx, name, address, limit, seconds).await?)?;
    }
    Ok(())
}

async fn count_claims(ctx: &Ctx, identity: &Identity, network: &str) -> Result<(), Refusal> {
    let limit = identity.config.limits.claimed_per_address_per_day;
    allowed(throttle::hit(ctx, "identity.claims", network, limit, DAY).await?)
}
