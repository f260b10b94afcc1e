//! Money: whole minor units and a currency. No floats, no silent rounding.

use std::fmt;

/// ISO 4217 currencies in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Currency {
    /// Israeli new shekel, 2 decimals.
    Ils,
    /// Jordanian dinar, 3 decimals.
    Jod,
    /// US dollar, 2 decimals.
    Usd,
    /// Euro, 2 decimals.
    Eur,
}

impl Currency {
    /// Every currency.
    pub const ALL: [Self; 4] = [Self::Ils, Self::Jod, Self::Usd, Self::Eur];

    /// ISO 4217 letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ils => "ILS",
            Self::Jod => "JOD",
            Self::Usd => "USD",
            Self::Eur => "EUR",
        }
    }
    /// ISO 4217 digits.
    #[must_use]
    pub const fn numeric(self) -> u16 {
        match self {
            Self::Ils => 376,
            Self::Jod => 400,
            Self::Usd => 840,
            Self::Eur => 978,
        }
    }
    /// Digits after the point (ISO 4217 minor unit).
    #[must_use]
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Jod => 3,
            Self::Ils | Self::Usd | Self::Eur => 2,
        }
    }
    /// The currency of these ISO 4217 letters.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|currency| currency.code() == code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why an amount was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies met.
    #[error("amounts in {0} and {1} do not add")]
    Currencies(Currency, Currency),
    /// More than an `i64` of minor units.
    #[error("the amount is too large")]
    TooLarge,
    /// Not a decimal number, or more decimals than the currency has.
    #[error("not an amount in {0}")]
    NotAnAmount(Currency),
}

/// An amount; may be negative (a reversal).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// From minor units: agorot, fils, cents.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }
    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }
    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }
    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }
    /// Sum.
    ///
    /// # Errors
    /// Two currencies, or overflow.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self::from_minor(minor, self.currency))
    }
    /// The same amount, other sign.
    ///
    /// # Errors
    /// The most negative amount has no opposite.
    pub fn negated(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::TooLarge)?;
        Ok(Self::from_minor(minor, self.currency))
    }
    /// Reads `100`, `5.00`, `1.250`: no sign, no grouping, any script's digits.
    ///
    /// # Errors
    /// Anything else, and more decimals than the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let refused = MoneyError::NotAnAmount(currency);
        let text = crate::digits::to_western(text.trim());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let places = currency.decimals() as usize;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > places || text.ends_with('.') {
            return Err(refused);
        }
        let minor = format!("{whole}{fraction:0<places$}");
        minor.parse().map(|minor| Self::from_minor(minor, currency)).map_err(|_| MoneyError::TooLarge)
    }
    /// The number alone, `5.00`, with all its decimals.
    #[must_use]
    pub fn number(self) -> String {
        let places = self.currency.decimals();
        let scale = 10_u64.pow(places);
        let magnitude = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        format!("{sign}{}.{:0width$}", magnitude / scale, magnitude % scale, width = places as usize)
    }
    /// Splits by weights so that the parts sum exactly (largest remainder).
    ///
    /// # Errors
    /// No weight above zero, or an amount too large to weigh.
    pub fn split(self, weights: &[u32]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        if total == 0 {
            return Err(MoneyError::TooLarge);
        }
        let minor = i128::from(self.minor);
        let shares: Vec<(i128, i128)> = weights
            .iter()
            .map(|&weight| {
                let product = minor * i128::from(weight);
                (product.div_euclid(total), product.rem_euclid(total))
            })
            .collect();
        let mut left = minor - shares.iter().map(|(share, _)| share).sum::<i128>();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(shares[index].1));
        let mut parts: Vec<i128> = shares.iter().map(|(share, _)| *share).collect();
        for index in order {
            if left == 0 {
                break;
            }
            parts[index] += 1;
            left -= 1;
        }
        parts
            .into_iter()
            .map(|part| i64::try_from(part).map(|minor| Self::from_minor(minor, self.currency)))
            .collect::<Result<_, _>>()
            .map_err(|_| MoneyError::TooLarge)
    }
}

impl fmt::Display for Money {
    /// `5.00 ILS`, for machines and logs; pages use `web::Page::money`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_dinar_has_three_decimals() {
        assert_eq!(Money::parse("1.25", Currency::Jod).unwrap().to_string(), "1.250 JOD");
        assert_eq!(Money::parse("١٠٠", Currency::Ils).unwrap().minor(), 10_000);
        for text in ["1.255", "", ".5", "5.", "-1", "1,0", "1e3"] {
            assert!(Money::parse(text, Currency::Ils).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(minor in 0_i64.., index in 0_usize..4) {
            let money = Money::from_minor(minor, Currency::ALL[index]);
            prop_assert_eq!(Money::parse(&money.number(), money.currency()), Ok(money));
        }
        #[test]
        fn splits_sum_exactly(minor: i64, weights in proptest::collection::vec(0_u32..1000, 1..8)) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let money = Money::from_minor(minor, Currency::Jod);
            let parts = money.split(&weights).unwrap();
            prop_assert_eq!(parts.iter().map(|part| i128::from(part.minor())).sum::<i128>(), i128::from(minor));
        }
    }
}
