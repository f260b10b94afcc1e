//! What every page's frame knows: language, path, who is signed in.

use base::{Currency, Date, Locale, Money};

use crate::messages::Messages;
use crate::visit::Visit;

/// Whether a page stands on sample data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// People and fees are samples: every page says so.
    Sample,
    /// The real thing.
    Real,
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its language.
    pub locale: Locale,
    /// Its path without the language's prefix.
    pub path: String,
    /// How the header greets who is signed in.
    pub display_name: Option<String>,
    /// After how many seconds without a request their session ends.
    pub idle_seconds: Option<i64>,
    /// Whether that is a member of staff.
    pub is_officer: bool,
    /// Who acts, as leaves name them.
    pub actor: String,
    /// Where a desk that locked itself is opened again.
    pub desk_sign_in: String,
    /// For whom they act, if not for themselves.
    pub acting_for: Option<String>,
    /// The frame's own words.
    pub m: Messages,
    /// Whether it stands on sample data.
    pub ground: Ground,
}

/// The same page in another language.
pub struct Other {
    /// Its language.
    pub locale: Locale,
    /// Its address.
    pub href: String,
}

impl Page {
    /// The frame for this visit.
    #[must_use]
    pub fn of(visit: &Visit) -> Self {
        Self {
            locale: visit.locale(),
            path: visit.path().to_owned(),
            display_name: visit.session().map(|session| session.name_in(visit.locale()).to_owned()),
            idle_seconds: visit.session().map(|session| session.idle_seconds()),
            is_officer: visit.actor().officer().is_some(),
            actor: visit.actor().reference(),
            desk_sign_in: visit.localised(&visit.kit().config().desk_sign_in_path),
            acting_for: visit.session().and_then(|session| session.acting_for.clone()),
            m: Messages::new(visit.locale()),
            ground: if visit.is_demo() { Ground::Sample } else { Ground::Real },
        }
    }

    /// This page in the other languages, for the switch.
    #[must_use]
    pub fn others(&self) -> Vec<Other> {
        let others = Locale::all().filter(|locale| *locale != self.locale);
        others.map(|locale| Other { locale, href: localised(locale, &self.path) }).collect()
    }
    /// An address in this page's language.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        localised(self.locale, path)
    }
    /// This page's list from after this row on.
    #[must_use]
    pub fn older(&self, after: &str) -> String {
        self.to(&format!("{}?after={after}", self.path))
    }
    /// Where the name in the header leads: one's cases, or an officer's desk.
    #[must_use]
    pub fn home(&self) -> String {
        self.to(if self.is_officer { "/desk" } else { "/cases" })
    }
    /// Whether the page says that it stands on sample data.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.ground == Ground::Sample
    }
    /// The style sheet.
    #[must_use]
    pub fn style(&self) -> &'static str {
        crate::assets::style()
    }
    /// «5.00 شيكل», "5.00 shekels": how every page writes money.
    #[must_use]
    pub fn money(&self, money: Money) -> String {
        money_in(self.locale, money)
    }
    /// «24 تشرين الثاني (11) 2026», "24 November 2026".
    #[must_use]
    pub fn date(&self, date: Date) -> String {
        date_in(self.locale, date)
    }
}

/// «24 تشرين الثاني (11) 2026», "24 November 2026", where there is no page.
#[must_use]
pub fn date_in(locale: Locale, date: Date) -> String {
    let (m, (year, month, day)) = (Messages::new(locale), date.parts());
    m.date_words(i64::from(day), month_name(m, month), i64::from(year))
}

/// «5.00 شيكل», "5.00 shekels", for what is not on a page of its own language:
/// a message, the other half of a receipt.
#[must_use]
pub fn money_in(locale: Locale, money: Money) -> String {
    let m = Messages::new(locale);
    let currency = match money.currency() {
        Currency::Ils => m.currency_ils(),
        Currency::Jod => m.currency_jod(),
        Currency::Usd => m.currency_usd(),
        Currency::Eur => m.currency_eur(),
    };
    m.money(currency, money.number())
}

fn localised(locale: Locale, path: &str) -> String {
    match (locale.prefix(), path) {
        ("", path) => path.to_owned(),
        (prefix, "/") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}{path}"),
    }
}

fn month_name(m: Messages, month: i8) -> &'static str {
    match month {
        1 => m.month_1(),
        2 => m.month_2(),
        3 => m.month_3(),
        4 => m.month_4(),
        5 => m.month_5(),
        6 => m.month_6(),
        7 => m.month_7(),
        8 => m.month_8(),
        9 => m.month_9(),
        10 => m.month_10(),
        11 => m.month_11(),
        _ => m.month_12(),
    }
}
