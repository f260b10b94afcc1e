//! The step at which somebody types a code: signing in, opening an account, coming
//! back into one, binding a number at a counter. One page, one wording; what a
//! right code does is the caller's.

use askama::Template;
use serde::Deserialize;
use store::Ctx;
use web::{FormToken, Page, Problem};

use crate::Identity;
use crate::code::{self, OnItsWay, Tried, Way};
use crate::factors::By;
use crate::messages::Messages;

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    m: Messages,
    step: CodeStep,
    page: Page,
    sent: OnItsWay,
    error: Option<String>,
}

impl CodePage {
    /// The number is a fixed line: only a call reaches it.
    fn only_rings(&self) -> bool {
        self.sent.way == Way::Line
    }
    fn was_called(&self) -> bool {
        self.sent.way != Way::Sms
    }
}

/// Where the code is asked for.
pub(super) struct CodeStep {
    page: Page,
    token: FormToken,
    /// `{action}/code` takes what was typed, `{action}/resend` sends another.
    action: String,
    /// What the code proves.
    deal: String,
    /// Whether somebody can make a call.
    calls: bool,
    /// Which code is asked for, and which would do instead.
    by: By,
    others: Vec<By>,
    /// Where an officer goes on without a code, and what the link says.
    back: Option<(String, &'static str)>,
    /// Whether one may go on without a code.
    skippable: bool,
}

impl CodeStep {
    /// A code that was sent to a number, and nothing else will do.
    pub(super) fn new(identity: &Identity, page: Page, token: FormToken, [action, deal]: [String; 2]) -> Self {
        let calls = identity.config.calls;
        Self { page, token, action, deal, calls, by: By::Sms, others: Vec::new(), back: None, skippable: false }
    }
    /// The same, with a way on without a code for an officer.
    pub(super) fn with_back(self, address: String, link: &'static str) -> Self {
        Self { back: Some((address, link)), ..self }
    }
    /// One of several codes, or none of them.
    pub(super) fn among(self, by: By, others: Vec<By>) -> Self {
        Self { by, others, skippable: true, ..self }
    }
    /// The page, with what is wrong with what was typed.
    pub(super) async fn render(self, ctx: &Ctx, error: Option<String>) -> Result<String, Problem> {
        let sent = code::on_its_way(ctx, self.deal.clone()).await?;
        let (m, page) = (Messages::new(self.page.locale), self.page.clone());
        Ok(CodePage { m, step: self, page, sent, error }.render()?)
    }
}

/// How another code is to come.
#[derive(Deserialize)]
pub(super) struct Resend {
    #[serde(default)]
    pub(super) way: Way,
}

/// What is said of a code that is not right.
pub(super) fn wrong(m: Messages, tried: Tried) -> Option<String> {
    match tried {
        Tried::Right => None,
        Tried::Wrong => Some(m.code_wrong().to_owned()),
        Tried::Dead => Some(m.code_dead().to_owned()),
    }
}
