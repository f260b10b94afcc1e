//! Asking for a certificate: a PKCS#10 request (RFC 2986) whose own signature
//! proves that the key is held. Only the key is taken from it.

use base::Assurance;
use seal::digest::{from_pem, hex, pem, sha256};
use seal::x509::{Certificate, SigningRequest};
use seal::{Algorithm, PublicKey, SealError};
use serde::{Deserialize, Serialize};
use store::{Ctx, Key, params};

use super::of;
use crate::factors::{ADDED, changed_in, check};
use crate::model::{CERTIFICATE, CertificateId, Refusal, SsoId};
use crate::security::Owner;
use crate::{Identity, person, sql};

/// Most certificates of one account that hold at a time.
pub(crate) const MOST: usize = 3;
/// How long one holds, days: two years.
const VALID_DAYS: i64 = 730;
/// Smallest RSA modulus, bits: what is issued now serves beyond 2030 (NIST SP
/// 800-57 part 1 §5.6.3, 128 bits of strength).
const RSA_BITS: usize = 3_072;

/// Why a request is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unfit {
    /// No request, or more than one.
    NotOne,
    /// A private key came with it.
    PrivateKey,
    /// Not what RFC 2986 says.
    Malformed,
    /// Not signed by the key that it names.
    Signature,
    /// A key or a signature of another kind.
    Kind,
    /// An RSA key that is too short, or longer than we verify.
    Length,
    /// The key had a certificate before.
    KnownKey,
    /// So many hold already.
    Most,
    /// No office has seen the person.
    Unseen,
}

/// The key of a request, if its sender holds it and it is strong enough.
fn key_of(text: &str) -> Result<PublicKey, Unfit> {
    if text.contains("PRIVATE KEY") {
        return Err(Unfit::PrivateKey);
    }
    let blocks = |label| from_pem(label, text).map_err(|_| Unfit::NotOne);
    let mut requests = blocks("CERTIFICATE REQUEST")?;
    // What some tools still write.
    requests.extend(blocks("NEW CERTIFICATE REQUEST")?);
    let [request] = requests.as_slice() else { return Err(Unfit::NotOne) };
    let key = SigningRequest::parse(request).map(|request| request.public_key).map_err(|error| match error {
        SealError::Signature(_) => Unfit::Signature,
        SealError::Unsupported(_) => Unfit::Kind,
        SealError::Key(_) => Unfit::Length,
        _ => Unfit::Malformed,
    })?;
    if key.algorithm() == Algorithm::Rsa && key.rsa_parts().is_none_or(|(modulus, _)| bits(modulus) < RSA_BITS) {
        return Err(Unfit::Length);
    }
    Ok(key)
}

fn bits(number: &[u8]) -> usize {
    let number: Vec<u8> = number.iter().copied().skip_while(|&octet| octet == 0).collect();
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// Issues a certificate for what was pasted.
pub(crate) async fn add(
    ctx: &Ctx,
    identity: &Identity,
    owner: Owner,
    here: Option<SsoId>,
    text: &str,
) -> Result<Result<(), Unfit>, Refusal> {
    let authority = identity.personal().ok_or(Refusal::Gone)?.clone();
    let key = match key_of(text) {
        Ok(key) => key,
        Err(unfit) => return Ok(Err(unfit)),
    };
    // Who may not have one costs no signature.
    let account = ctx.read(move |read| person::account(read, owner.account)).await?;
    if account.is_none_or(|account| account.level < Assurance::High) {
        return Ok(Err(Unfit::Unseen));
    }
    let name = base::code::short_code("HK", ctx.random());
    let der = (authority.sign)(ctx, &name, key.clone(), VALID_DAYS)?;
    let made = Certificate::parse(&der)?;
    let (key_hash, print, serial) = (sha256(key.spki()), made.fingerprint(), hex(made.serial()));
    let (until, locale) = (made.not_after(), ctx.locale);
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, owner, here, false)?;
        let now = tx.now();
        let account = person::account(tx, owner.account)?.filter(|account| account.stage == "open");
        if account.ok_or(Refusal::Gone)?.level < Assurance::High {
            return Ok(Err(Unfit::Unseen));
        }
        if of(tx, owner.account)?.iter().filter(|one| one.is_live(now)).count() >= MOST {
            return Ok(Err(Unfit::Most));
        }
        let (id, start): (CertificateId, _) = (tx.mint(), CERTIFICATE.start);
        let inserted = tx.execute(
            &sql::INSERT_CERTIFICATE,
            &params![id, owner.account, name, serial, print, key_hash, der, start, now, until],
        )?;
        if inserted != 1 {
            return Ok(Err(Unfit::KnownKey));
        }
        (authority.keep)(tx, &der)?;
        changed_in(tx, owner, ADDED, "certificate", locale)?;
        Ok::<_, Refusal>(Ok(()))
    })
    .await
}

/// One's own certificate to download: the pseudonym, and PEM of it and of what
/// vouches for it.
pub(crate) async fn file(
    ctx: &Ctx,
    identity: &Identity,
    owner: Owner,
    id: CertificateId,
) -> Result<(String, String), Refusal> {
    let authority = identity.personal().ok_or(Refusal::Gone)?.clone();
    let row = ctx.read(move |read| read.row(&sql::CERTIFICATE_FILE, &params![id, owner.account])).await?;
    let row = row.ok_or(Refusal::Gone)?;
    let own = pem("CERTIFICATE", &row.get::<Vec<u8>>(1)?);
    Ok((row.get(0)?, format!("{own}{}", authority.certificate.pem())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::OsEntropy;
    use seal::x509::{Attribute, Name, build_csr};
    use seal::{Signer, SigningKey};

    fn request(key: &SigningKey) -> Vec<u8> {
        build_csr(&Name::new(&[(Attribute::CommonName, "anybody")]).unwrap(), &[], &[], key).unwrap()
    }

    #[test]
    fn a_request_proves_that_its_key_is_held() {
        let key = SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap();
        let good = request(&key);
        let text = pem("CERTIFICATE REQUEST", &good);
        assert_eq!(key_of(&text).unwrap(), *key.public());
        assert_eq!(key_of(&pem("NEW CERTIFICATE REQUEST", &good)).unwrap(), *key.public());
        let windows = text.replace('\n', "\r\n");
        assert!(key_of(&format!("written above\r\n{windows}")).is_ok());
        let mut bent = good.clone();
        let last = bent.len() - 1;
        bent[last] ^= 1;
        for (text, unfit) in [
            (String::new(), Unfit::NotOne),
            ("olive".to_owned(), Unfit::NotOne),
            (text.repeat(2), Unfit::NotOne),
            (text.replace("-----END", ""), Unfit::NotOne),
            (pem("CERTIFICATE", &good), Unfit::NotOne),
            (text.clone() + &pem("PRIVATE KEY", b"x"), Unfit::PrivateKey),
            (pem("CERTIFICATE REQUEST", &good[..good.len() - 9]), Unfit::Malformed),
            (pem("CERTIFICATE REQUEST", &bent), Unfit::Signature),
        ] {
            assert_eq!(key_of(&text), Err(unfit), "{text}");
        }
    }

    #[test]
    fn a_modulus_is_as_long_as_its_first_bit_says() {
        for (number, expected) in [(&[][..], 0), (&[0, 1], 1), (&[0x80, 0], 16), (&[0, 0x7f, 0xff], 15)] {
            assert_eq!(bits(number), expected);
        }
    }
}
