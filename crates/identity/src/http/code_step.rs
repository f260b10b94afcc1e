//! The step at which somebody types a code that was sent by SMS: opening an
//! account, coming back into one, binding a number at a counter. One page, one
//! wording; what a right code does is the caller's.

use askama::Template;
use store::Ctx;
use web::{FormToken, Page, Problem};

use super::sign_in::CodePage;
use crate::code::{self, Tried};
use crate::factors::By;
use crate::messages::Messages;

/// Where the code is asked for.
pub(super) struct CodeStep {
    pub(super) page: Page,
    pub(super) token: FormToken,
    /// `{action}/code` takes what was typed, `{action}/resend` sends another.
    pub(super) action: String,
    /// What the code proves.
    pub(super) deal: String,
    /// Where one goes on without a code, and what the link says.
    pub(super) back: Option<(String, &'static str)>,
}

impl CodeStep {
    /// The page, with what is wrong with what was typed.
    pub(super) async fn render(self, ctx: &Ctx, error: Option<String>) -> Result<String, Problem> {
        let (tail, late) = code::on_its_way(ctx, self.deal).await?;
        let Self { page, token, action, back, .. } = self;
        let (m, by, others) = (Messages::new(page.locale), By::Sms, Vec::new());
        let step = CodePage {
            page,
            m,
            token,
            action,
            by,
            others,
            tail,
            late,
            error,
            back,
            certificate: None,
            skippable: false,
        };
        Ok(step.render()?)
    }
}

/// What is said of a code that is not right.
pub(super) fn wrong(m: Messages, tried: Tried) -> Option<String> {
    match tried {
        Tried::Right => None,
        Tried::Wrong => Some(m.code_wrong().to_owned()),
        Tried::Dead => Some(m.code_dead().to_owned()),
    }
}
