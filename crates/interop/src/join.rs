//! How a security server joins: an officer invites it, it shows its keys and
//! its address, and gets certificates and a place in the configuration.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use exchange::server::configuration::ServerEntry;
use exchange::server::enrol::{Invitation, Joined, Joining};
use exchange::server::message::is_identifier;
use seal::PublicKey;
use seal::digest::{base64, hex, sha256};
use serde_json::json;
use store::{Ctx, Error, Key, params};

use crate::central::{Central, Refusal, changed, register_in};
use crate::sql;

/// How long an invitation holds, seconds.
const INVITED_S: i64 = 7 * 24 * 3_600;
/// Longest code of a server, name of a host and identifier of a subsystem, characters.
const IDENTIFIER: usize = 100;
/// Parts of a subsystem's identifier: instance, class, member, subsystem.
pub(crate) const SUBSYSTEM: usize = 4;
/// An operation's identifier has one more.
pub(crate) const OPERATION: usize = 5;
/// Subsystems of one server at most.
const SUBSYSTEMS: usize = 100;

/// What a certificate is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing messages.
    Sign,
    /// Meeting other servers.
    Tls,
}

/// A certificate for a server that joins.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// `SS2`.
    pub code: String,
    /// What for.
    pub purpose: Purpose,
    /// The key.
    pub key: PublicKey,
    /// Where it is reached.
    pub host: Host,
}

/// The host in a server's address, as its certificate names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// `127.0.0.2`.
    Address(IpAddr),
    /// `ss7.agency.example.ps`.
    Name(String),
}

impl Host {
    /// The host of `https://host:port`.
    fn of(address: &str) -> Option<Self> {
        let authority = address.strip_prefix("https://")?;
        let (host, port) = authority.rsplit_once(':')?;
        port.parse::<u16>().ok()?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = host.parse() {
            return Some(Self::Address(address));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        let is_name = !host.is_empty() && host.len() <= IDENTIFIER && host.bytes().all(plain);
        is_name.then(|| Self::Name(host.to_owned()))
    }
}

/// The chain of a certificate, DER, or why there is none.
pub type Certified = Pin<Box<dyn Future<Output = Result<Vec<Vec<u8>>, String>> + Send>>;
/// Who certifies: the authority is another system's.
pub type Certify = Arc<dyn Fn(Ctx, Wanted) -> Certified + Send + Sync>;

/// Whether this is an identifier of the exchange with so many parts, and short.
pub(crate) fn is_short_identifier(text: &str, parts: usize) -> bool {
    text.len() <= IDENTIFIER && is_identifier(text, parts)
}

fn digest(token: &str) -> String {
    hex(&sha256(token.as_bytes()))
}

impl Central {
    /// Invites a security server.
    ///
    /// # Errors
    /// [`Refusal::Identifier`], or the store's.
    pub async fn invite(&self, ctx: &Ctx, code: &str, subsystems: Vec<String>) -> Result<Invitation, Refusal> {
        let known =
            subsystems.len() <= SUBSYSTEMS && subsystems.iter().all(|name| is_short_identifier(name, SUBSYSTEM));
        if !is_short_identifier(code, 1) || subsystems.is_empty() || !known {
            return Err(Refusal::Identifier);
        }
        let token = base64(&ctx.random::<32>());
        let invitation = Invitation {
            instance: self.trust.instance.clone(),
            code: code.to_owned(),
            subsystems,
            configuration_url: format!("{}/exchange/configuration", self.trust.origin),
            enrol_url: format!("{}/exchange/enrol", self.trust.origin),
            central: base64(self.public().spki()),
            token,
        };
        let kept = invitation.clone();
        ctx.write(Key::once(ctx), move |tx| {
            let now = tx.now();
            let (token, subsystems, until) =
                (digest(&kept.token), json!(kept.subsystems).to_string(), now.plus_seconds(INVITED_S));
            tx.execute_one(&sql::INVITE, &params![token, kept.code, subsystems, now, until])?;
            let leaf = audit::Leaf::new("interop.server_invited", format!("server:{}", kept.code));
            audit::record_in(tx, &leaf.with(json!({ "subsystems": kept.subsystems }))).map(drop)
        })
        .await
        .map_err(|error: Error| Refusal::Store(error))?;
        Ok(invitation)
    }

    /// Lets a server join with its invitation. The same server may ask again.
    ///
    /// # Errors
    /// [`Refusal::Invitation`], [`Refusal::Identifier`], or the store's.
    pub async fn join(&self, ctx: &Ctx, joining: &Joining) -> Result<Joined, Refusal> {
        let [sign, tls] = joining.keys().map_err(|_| Refusal::Invitation)?;
        let host = Host::of(&joining.address).ok_or(Refusal::Identifier)?;
        let token = digest(&joining.token);
        let with = hex(&sha256(&[sign.spki(), tls.spki()].concat()));
        let (wanted, mine, now) = (token.clone(), with.clone(), ctx.now());
        let (code, subsystems) = ctx
            .read(move |read| {
                let row = read.row(&sql::INVITATION, &params![wanted])?.ok_or(Refusal::Invitation)?;
                let until: base::Timestamp = row.get(2)?;
                let joined: Option<String> = row.get(3)?;
                if until < now || joined.is_some_and(|joined| joined != mine) {
                    return Err(Refusal::Invitation);
                }
                let subsystems: Vec<String> =
                    serde_json::from_str(&row.get::<String>(1)?).map_err(|error| Error::Corrupt(error.to_string()))?;
                Ok((row.get::<String>(0)?, subsystems))
            })
            .await?;
        let certify = |purpose, key| {
            let wanted = Wanted { code: code.clone(), purpose, key, host: host.clone() };
            (self.certify)(ctx.clone(), wanted)
        };
        let sign = certify(Purpose::Sign, sign).await.map_err(Refusal::Certificate)?;
        let tls = certify(Purpose::Tls, tls).await.map_err(Refusal::Certificate)?;
        let fingerprint = |chain: &[Vec<u8>]| chain.first().map(|der| hex(&sha256(der))).unwrap_or_default();
        let entry = ServerEntry {
            code,
            address: joining.address.clone(),
            tls_sha256: fingerprint(&tls),
            sign_sha256: fingerprint(&sign),
            subsystems,
        };
        ctx.write(Key::once(ctx), move |tx| {
            if tx.execute(&sql::JOINED, &params![with, token])? == 0 {
                return Err(Refusal::Invitation);
            }
            register_in(tx, &entry)?;
            Ok(())
        })
        .await?;
        let texts = |chain: Vec<Vec<u8>>| chain.iter().map(|der| base64(der)).collect();
        Ok(Joined { sign: texts(sign), tls: texts(tls) })
    }
}

/// Takes a server out of the configuration: nobody calls it, and nobody hears it.
///
/// # Errors
/// The store's.
pub async fn remove_server(ctx: &Ctx, key: Key, code: &str) -> Result<(), Error> {
    let code = code.to_owned();
    ctx.write(key, move |tx| {
        if tx.execute(&sql::REMOVE, &params![code])? == 1 {
            changed(tx, "interop.server_removed", format!("server:{code}"), json!({}))?;
        }
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_addresses_are_read_strictly() {
        assert!(is_short_identifier("PS/GOV/MOI/CIVIL", SUBSYSTEM));
        assert!(is_short_identifier("PS/GOV/MOI/CIVIL/person", OPERATION));
        let long = format!("PS/GOV/MOI/{}", "C".repeat(IDENTIFIER));
        for wrong in ["", "PS/GOV/MOI", "PS/GOV//CIVIL", "PS/GOV/MOI/CI VIL", "PS/GOV/MOI/CIVIL/person", &long] {
            assert!(!is_short_identifier(wrong, SUBSYSTEM), "{wrong}");
        }
        assert_eq!(Host::of("https://127.0.0.2:5500"), Some(Host::Address(IpAddr::from([127, 0, 0, 2]))));
        assert_eq!(Host::of("https://ss.example.ps:5500"), Some(Host::Name("ss.example.ps".to_owned())));
        for wrong in ["http://127.0.0.2:5500", "https://127.0.0.2", "https://a b:1", "https://a:99999", ""] {
            assert_eq!(Host::of(wrong), None, "{wrong}");
        }
    }
}
