//! What proves, long after, that the seal's certificate held when a paper was
//! sealed: certificates, and the authority's own answers of that hour. They go
//! into each paper (ETSI EN 319 142-1 §5.4, level B-LT), so that a check needs
//! nothing but the root.

use std::sync::Arc;

use base::Timestamp;
use seal::x509::Certificate;
use store::Ctx;

use crate::house::Documents;
use crate::model::Refusal;

/// How long answers serve for further papers, seconds. They hold for an hour; a
/// revoked seal must stop sealing sooner.
const KEPT_S: i64 = 60;

/// See the module. All of it is DER.
#[derive(Debug, Clone)]
pub struct Proof {
    /// When it was had.
    at: Timestamp,
    /// The issuing authority, the clock, and who answers.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// OCSP: the seal holds, the clock holds.
    pub(crate) answers: Vec<Vec<u8>>,
    /// CRL: the root has not revoked the issuing authority.
    pub(crate) lists: Vec<Vec<u8>>,
}

impl Documents {
    /// What goes into papers that are sealed now.
    ///
    /// # Errors
    /// [`Refusal::SealRevoked`]: nothing is sealed any more. The store's.
    pub async fn proof(&self, ctx: &Ctx) -> Result<Arc<Proof>, Refusal> {
        let now = ctx.now();
        let fresh = |proof: &&Arc<Proof>| proof.at <= now && now < proof.at.plus_seconds(KEPT_S);
        let kept = self.proof.lock().ok().and_then(|kept| kept.as_ref().filter(fresh).cloned());
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let authority = &self.authority;
        let seal = Certificate::parse(self.seal_certificate())?;
        if !authority.holds(ctx, &seal).await? {
            return Err(Refusal::SealRevoked);
        }
        let proof = Arc::new(Proof {
            at: now,
            certificates: vec![authority.issuing().to_vec(), authority.clock().der().to_vec()],
            answers: vec![authority.answer_for(ctx, &seal).await?, authority.answer_for(ctx, authority.clock()).await?],
            lists: vec![authority.root_list(ctx)?],
        });
        if let Ok(mut kept) = self.proof.lock() {
            *kept = Some(Arc::clone(&proof));
        }
        Ok(proof)
    }
}
