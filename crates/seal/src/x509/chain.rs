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
