//! From a certificate up to one trust anchor.

use base::Timestamp;

use super::{CHAIN_MAX, Certificate, INTERMEDIATES_MAX, Profile};
use crate::SealError;

/// Most signatures checked for one path: hostile sets of look-alike intermediates end here.
const SIGNATURES_MAX: usize = 32;

/// Verifies the path from `end` through any of `intermediates` to `anchor` at
/// `now` for that usage; answers the path from `end` to `anchor`. Revocation is
/// the caller's: ask [`super::Crl::check`] or [`super::OcspResponse::verify`]
/// for each neighbouring pair.
///
/// # Errors
/// [`SealError::Untrusted`], [`SealError::Expired`], [`SealError::NotYetValid`];
/// the most telling one of all the paths tried.
pub fn verify_chain<'a>(
    end: &'a Certificate,
    intermediates: &'a [Certificate],
    anchor: &'a Certificate,
    now: Timestamp,
    usage: Profile,
) -> Result<Vec<&'a Certificate>, SealError> {
    verify_chain_any(end, intermediates, std::slice::from_ref(anchor), now, usage)
}

/// As [`verify_chain`], to any of several anchors.
///
/// # Errors
/// As [`verify_chain`].
pub fn verify_chain_any<'a>(
    end: &'a Certificate,
    intermediates: &'a [Certificate],
    anchors: &'a [Certificate],
    now: Timestamp,
    usage: Profile,
) -> Result<Vec<&'a Certificate>, SealError> {
    if intermediates.len() > INTERMEDIATES_MAX {
        return Err(SealError::TooLarge { what: "intermediate certificates", limit: INTERMEDIATES_MAX });
    }
    usage.check(end)?;
    check_member(end, now)?;
    if anchors.contains(end) {
        return Ok(vec![end]);
    }
    let mut search = Search { intermediates, anchors, now, signatures: 0, path: vec![end], reason: None };
    if search.climb()? {
        Ok(search.path)
    } else {
        Err(search.reason.unwrap_or(SealError::Untrusted("no path to the anchor")))
    }
}

struct Search<'a> {
    intermediates: &'a [Certificate],
    anchors: &'a [Certificate],
    now: Timestamp,
    signatures: usize,
    path: Vec<&'a Certificate>,
    reason: Option<SealError>,
}

impl<'a> Search<'a> {
    /// Extends the path by one issuer; its depth is bounded by [`CHAIN_MAX`].
    fn climb(&mut self) -> Result<bool, SealError> {
        if self.path.len() >= CHAIN_MAX {
            return Ok(false);
        }
        let Some(&last) = self.path.last() else { return Ok(false) };
        let (anchors, intermediates) = (self.anchors, self.intermediates);
        for (is_anchor, candidate) in
            anchors.iter().map(|anchor| (true, anchor)).chain(intermediates.iter().map(|other| (false, other)))
        {
            if last.issuer() != candidate.subject() || self.path.contains(&candidate) {
                continue;
            }
            self.signatures += 1;
            if self.signatures > SIGNATURES_MAX {
                return Err(SealError::Untrusted("too many candidate issuers"));
            }
            let fits = last.check_issued_by(candidate).and_then(|()| self.check_issuer(candidate));
            if let Err(reason) = fits {
                self.reason.get_or_insert(reason);
                continue;
            }
            self.path.push(candidate);
            if is_anchor || self.climb()? {
                return Ok(true);
            }
            self.path.pop();
        }
        Ok(false)
    }

    fn check_issuer(&self, issuer: &Certificate) -> Result<(), SealError> {
        check_member(issuer, self.now)?;
        Profile::Issuing.check(issuer)?;
        // Intermediates between this issuer and the end: all of the path but the end itself.
        let below = self.path.len() as u64 - 1;
        match issuer.basic_constraints().and_then(|constraints| constraints.path_length) {
            Some(limit) if below > limit => Err(SealError::Untrusted("path length")),
            _ => Ok(()),
        }
    }
}

fn check_member(certificate: &Certificate, now: Timestamp) -> Result<(), SealError> {
    if certificate.has_unknown_critical() {
        return Err(SealError::Untrusted("an unknown critical extension"));
    }
    certificate.check_time(now)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW, fresh_key, request};
    use super::super::{CertificateRequest, issue, issue_root};
    use super::*;
    use crate::{Algorithm, Signer, SigningKey};

    fn parse(bytes: &[u8]) -> Certificate {
        Certificate::parse(bytes).unwrap()
    }
    fn end(house: &House, profile: Profile) -> Certificate {
        parse(&house.end(profile).1[0])
    }

    #[test]
    fn every_profile_serves_its_usage_and_no_other() {
        let house = House::new(Algorithm::P256);
        let between = std::slice::from_ref(&house.issuing);
        let profiles = [
            Profile::TlsServer,
            Profile::TlsClient,
            Profile::TlsPeer,
            Profile::MessageSigning,
            Profile::DocumentSeal,
            Profile::OcspResponder,
            Profile::TimeStamp,
        ];
        for issued in profiles {
            let certificate = end(&house, issued);
            for usage in profiles {
                let verdict = verify_chain(&certificate, between, &house.root, NOW, usage);
                let peer = issued == Profile::TlsPeer && matches!(usage, Profile::TlsServer | Profile::TlsClient);
                assert_eq!(verdict.is_ok(), issued == usage || peer, "{issued:?} as {usage:?}");
            }
            assert!(verify_chain(&certificate, between, &house.root, NOW, Profile::Issuing).is_err());
        }
    }

    #[test]
    fn the_path_is_judged_at_its_instant() {
        let house = House::new(Algorithm::Ed25519);
        let between = std::slice::from_ref(&house.issuing);
        let certificate = end(&house, Profile::TlsClient);
        let verdict = |now| verify_chain(&certificate, between, &house.root, now, Profile::TlsClient);
        assert_eq!(verdict(certificate.not_before()).unwrap(), [&certificate, &house.issuing, &house.root]);
        verdict(certificate.not_after().plus_millis(999)).unwrap();
        assert_eq!(verdict(certificate.not_after().plus_seconds(1)), Err(SealError::Expired("certificate")));
        assert_eq!(verdict(certificate.not_before().plus_millis(-1)), Err(SealError::NotYetValid("certificate")));
    }

    #[test]
    fn no_other_way_leads_to_the_anchor() {
        let (house, foreign) = (House::new(Algorithm::P256), House::new(Algorithm::P256));
        let certificate = end(&house, Profile::TlsClient);
        let verdict = |between: &[Certificate], anchor| {
            verify_chain(&certificate, between, anchor, NOW, Profile::TlsClient).map(|_| ())
        };
        let no_path = SealError::Untrusted("no path to the anchor");
        assert_eq!(verdict(&[], &house.root), Err(no_path));
        let issuing = std::slice::from_ref(&house.issuing);
        // The same names, other keys.
        assert_eq!(verdict(issuing, &foreign.root), Err(SealError::Untrusted("another issuer's key")));
        assert_eq!(
            verdict(std::slice::from_ref(&foreign.issuing), &house.root),
            Err(SealError::Untrusted("another issuer's key"))
        );
        // Look-alikes beside the right one do no harm.
        verdict(&[foreign.issuing.clone(), house.issuing.clone(), house.root.clone()], &house.root).unwrap();
        let many = vec![house.issuing.clone(); INTERMEDIATES_MAX + 1];
        assert!(matches!(verdict(&many, &house.root), Err(SealError::TooLarge { .. })));
    }

    /// An end certificate below another end certificate, made by hand since [`issue`] refuses.
    #[test]
    fn only_authorities_issue() {
        let house = House::new(Algorithm::P256);
        let (key, chain) = house.end(Profile::TlsClient);
        let middle = parse(&chain[0]);
        let wanted = request("Below", &key, 1);
        assert_eq!(
            issue(Profile::TlsClient, &wanted, &middle, &key),
            Err(SealError::Refused("the authority may not issue this"))
        );
        // A root that certifies the same name and key as authority lends its word to no one.
        let own = parse(
            &issue_root(&CertificateRequest { subject: middle.subject().clone(), ..request("x", &key, 9) }, &key)
                .unwrap(),
        );
        let below = parse(&issue(Profile::TlsClient, &wanted, &own, &key).unwrap());
        let between = [middle, house.issuing.clone()];
        let verdict = verify_chain(&below, &between, &house.root, NOW, Profile::TlsClient);
        assert_eq!(verdict, Err(SealError::Untrusted("not an authority")));
    }

    #[test]
    fn path_lengths_hold() {
        let house = House::new(Algorithm::P256);
        let key = fresh_key(Algorithm::P256);
        let wanted = request("Third", &key, 1);
        assert!(issue(Profile::Issuing, &wanted, &house.issuing, &house.issuing_key).is_err());
        // A root without a limit, with the issuing authority's name and key, makes it sign one more authority.
        let subject = house.issuing.subject().clone();
        let issuing_key = &house.issuing_key;
        let free = issue_root(&CertificateRequest { subject, ..request("x", issuing_key, 9) }, issuing_key).unwrap();
        let third = parse(&issue(Profile::Issuing, &wanted, &parse(&free), issuing_key).unwrap());
        let low = fresh_key(Algorithm::P256);
        let below = parse(
            &issue(
                Profile::TlsClient,
                &CertificateRequest { not_before: NOW, not_after: NOW.plus_seconds(60), ..request("Low", &low, 1) },
                &third,
                &key,
            )
            .unwrap(),
        );
        let between = [third, house.issuing.clone()];
        let verdict = verify_chain(&below, &between, &house.root, NOW, Profile::TlsClient);
        assert_eq!(verdict, Err(SealError::Untrusted("path length")));
        verify_chain(&below, &between[..1], &parse(&free), NOW, Profile::TlsClient).unwrap();
    }

    #[test]
    fn a_changed_certificate_is_refused() {
        let house = House::fixed();
        let (_, chain) = house.end(Profile::TlsClient);
        let mut refused = 0;
        for place in 0..chain[0].len() {
            let mut bytes = chain[0].clone();
            bytes[place] ^= 1;
            if let Ok(bent) = Certificate::parse(&bytes) {
                let between = std::slice::from_ref(&house.issuing);
                assert!(verify_chain(&bent, between, &house.root, NOW, Profile::TlsClient).is_err(), "{place}");
                refused += 1;
            }
        }
        assert!(refused > 100);
    }

    #[test]
    fn the_signer_must_be_the_authority() {
        let house = House::new(Algorithm::P256);
        let key: SigningKey = fresh_key(Algorithm::P256);
        let wanted = request("End", &key, 1);
        assert!(matches!(issue(Profile::TlsClient, &wanted, &house.issuing, &key), Err(SealError::Key(_))));
        let long = request("End", &key, 11);
        let verdict = issue(Profile::TlsClient, &long, &house.issuing, &house.issuing_key);
        assert_eq!(verdict, Err(SealError::Refused("validity beyond the authority's")));
        for serial in [vec![], vec![0], vec![1; 21], vec![0x80; 20]] {
            let bad = CertificateRequest { serial, ..wanted.clone() };
            assert!(issue(Profile::TlsClient, &bad, &house.issuing, &house.issuing_key).is_err());
        }
        let nameless = CertificateRequest { dns_names: Vec::new(), ip_addresses: Vec::new(), ..wanted };
        assert!(issue(Profile::TlsServer, &nameless, &house.issuing, &house.issuing_key).is_err());
        issue(Profile::TlsClient, &nameless, &house.issuing, &house.issuing_key).unwrap();
        assert_ne!(key.public(), house.root_key.public());
    }
}
