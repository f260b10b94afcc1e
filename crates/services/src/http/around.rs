//! What surrounds a page of a draft's form: the bundle that the draft belongs to,
//! and whether its person wants all questions on one page.

use std::sync::Arc;

use base::{CaseId, Zone};
use store::{Ctx, Error};
use web::{Page, Problem};

use crate::bundle::{self, Bundle, BundleStage, Joint, Place};
use crate::messages::Messages;
use crate::resume::is_whole;
use crate::system::Services;

/// What surrounds it.
pub(super) struct Around<'s> {
    /// All questions on one page.
    pub(super) whole: bool,
    /// Its bundle, as long as that is not sent.
    pub(super) joint: Option<Joint<'s>>,
}

/// What a page of the form says of the bundle.
pub(super) struct InBundle {
    pub(super) href: String,
    pub(super) name: String,
    /// Which of how many services this is.
    pub(super) place: String,
    /// The other services that the answer goes to.
    pub(super) also: Option<String>,
}

impl<'s> Around<'s> {
    pub(super) async fn of(ctx: &Ctx, services: &'s Services, id: CaseId) -> Result<Self, Problem> {
        let (catalogue, today, actor) =
            (Arc::clone(&services.catalogue), ctx.now().date(Zone::Hebron), ctx.actor.clone());
        let read = ctx.read(move |read| {
            let whole = is_whole(read, id)?;
            let open = bundle::of_case(read, id)?.filter(|bundle| bundle.stage == BundleStage::Draft);
            let held = open.map(|bundle| bundle::held(read, bundle, &catalogue, today, &actor)).transpose()?;
            Ok::<_, Error>((whole, held))
        });
        let (whole, held) = read.await?;
        let joint = held.map(|held| Joint::of(held, &services.catalogue, &ctx.actor, today));
        Ok(Self { whole, joint })
    }

    /// Where the joint form goes on after a page; none outside of a bundle.
    pub(super) fn after(&self, case: CaseId, page: &str, from_check: bool) -> Option<String> {
        let joint = self.joint.as_ref()?;
        // A change on the check page can open a question that was hidden before.
        let there = if from_check { joint.opens_at() } else { joint.after(case, page) };
        Some(href(joint, &there))
    }

    /// Where it goes on after all questions of a member.
    pub(super) fn after_all(&self, case: CaseId) -> Option<String> {
        let joint = self.joint.as_ref()?;
        Some(href(joint, &joint.after_all(case)))
    }

    /// Where its page leads back to; none outside of a bundle.
    pub(super) fn back(&self, case: CaseId, page: &str, from_check: bool) -> Option<String> {
        let joint = self.joint.as_ref()?;
        if from_check {
            return Some(href(joint, &Place::Check));
        }
        let before = joint.before(case, page);
        Some(before.map_or_else(|| format!("/bundles/{}", joint.bundle.id), |place| href(joint, &place)))
    }

    /// Where everything that was answered is checked.
    pub(super) fn check(&self) -> Option<String> {
        self.joint.as_ref().map(|joint| href(joint, &Place::Check))
    }

    /// What a member's page says of its bundle.
    pub(super) fn shown(&self, page: &Page, case: CaseId, field: Option<&str>) -> Option<InBundle> {
        let joint = self.joint.as_ref()?;
        let m = Messages::new(page.locale);
        let at = joint.open().position(|(_, _, begun)| begun.case.id == case)?;
        let count = |number: usize| i64::try_from(number).unwrap_or(0);
        let also = field.map(|field| joint.sharing(case, field)).unwrap_or_default();
        let also = also.iter().map(|service| service.text(page.locale, "name")).collect::<Vec<_>>();
        Some(InBundle {
            href: page.to(&format!("/bundles/{}", joint.bundle.id)),
            name: name(joint, page),
            place: m.bundle_place(count(at + 1), count(joint.open().count())),
            also: (!also.is_empty()).then(|| also.join(m.list_comma())),
        })
    }
}

/// What a bundle is called.
pub(super) fn name(joint: &Joint<'_>, page: &Page) -> String {
    joint.event.map_or_else(|| joint.bundle.event.clone(), |event| event.name(page.locale).to_owned())
}

/// Where a bundle is shown, and what it is called; none for one that was thrown away.
pub(super) fn link(services: &Services, bundle: &Bundle, page: &Page) -> Option<(String, String)> {
    let event = services.catalogue.event(&bundle.event);
    let name = event.map_or_else(|| bundle.event.clone(), |event| event.name(page.locale).to_owned());
    let href = page.to(&format!("/bundles/{}", bundle.id));
    (bundle.stage != BundleStage::Discarded).then_some((href, name))
}

/// The address of a place of the joint form.
pub(super) fn href(joint: &Joint<'_>, place: &Place) -> String {
    match place {
        Place::Page(case, page) => format!("/cases/{case}/form/{page}"),
        Place::Check => format!("/bundles/{}/check", joint.bundle.id),
    }
}
