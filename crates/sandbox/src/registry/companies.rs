//! The companies' register: forty sample companies, some of them the listed
//! people's, most of other grown people's. All invented, and marked so.

use std::collections::HashSet;

use base::{CompanyNumber, Date};

use crate::population::{Dice, Index, Population, Spelt, listed_companies};

/// Companies in the register.
pub const COMPANIES: usize = 40;

/// A kind of company by the law.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// `limited-liability`.
    pub code: &'static str,
    /// In Arabic and English.
    pub name: Spelt,
}

/// The forms of the law on companies, as far as the sample goes.
pub static FORMS: [Form; 5] = [
    Form { code: "general-partnership", name: ("شركة عادية عامة", "General partnership") },
    Form { code: "limited-partnership", name: ("شركة عادية محدودة", "Limited partnership") },
    Form {
        code: "limited-liability", name: ("شركة ذات مسؤولية محدودة", "Limited liability company")
    },
    Form { code: "private-shareholding", name: ("شركة مساهمة خصوصية", "Private shareholding company") },
    Form { code: "public-shareholding", name: ("شركة مساهمة عامة", "Public shareholding company") },
];

/// A company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// Nine digits that begin with 56.
    pub number: CompanyNumber,
    /// In Arabic and Latin letters.
    pub name: [String; 2],
    /// What it is by the law.
    pub form: &'static Form,
    /// Whether it was struck off the register.
    pub struck_off: bool,
    /// Whether two signatories sign together; else each alone.
    pub jointly: bool,
    /// Who signs for it.
    pub signatories: Vec<Index>,
    /// The day of its registration.
    pub registered: Date,
}

/// What somebody changed since the start.
#[derive(Debug, Default)]
pub(super) struct Changes {
    struck_off: HashSet<CompanyNumber>,
    released: HashSet<(CompanyNumber, Index)>,
}

impl Changes {
    pub(super) fn strike_off(&mut self, number: CompanyNumber) {
        self.struck_off.insert(number);
    }
    pub(super) fn release(&mut self, number: CompanyNumber, signatory: Index) {
        self.released.insert((number, signatory));
    }
    /// A company as it stands now.
    pub(super) fn applied(&self, company: &Company) -> Company {
        let mut now = company.clone();
        now.struck_off |= self.struck_off.contains(&now.number);
        now.signatories.retain(|&one| !self.released.contains(&(company.number.clone(), one)));
        now
    }
}

/// Decides names, forms and signatories.
const SEED: u64 = 0x43_4F_4D_50;
/// The first number that is not a listed company's; each next one is 37 further.
const FIRST: u32 = 562_100_003;
/// The least age of who signs, years.
const AGE: i32 = 24;

const TRADES: [Spelt; 14] = [
    ("للمقاولات", "Contracting"),
    ("للتجارة العامة", "General Trading"),
    ("للنقل", "Transport"),
    ("للصناعات الغذائية", "Food Industries"),
    ("للحجر والرخام", "Stone and Marble"),
    ("للبرمجيات", "Software"),
    ("لزيت الزيتون", "Olive Oil"),
    ("للطباعة والنشر", "Printing and Publishing"),
    ("للأثاث", "Furniture"),
    ("للمستلزمات الطبية", "Medical Supplies"),
    ("للسياحة والسفر", "Travel and Tourism"),
    ("للطاقة الشمسية", "Solar Energy"),
    ("للخدمات الهندسية", "Engineering Services"),
    ("للنسيج", "Textiles"),
];

const MARKS: [Spelt; 13] = [
    ("البيدر", "Al-Baydar"),
    ("السنابل", "Al-Sanabel"),
    ("التلال", "Al-Tilal"),
    ("الينابيع", "Al-Yanabee"),
    ("الزعتر", "Al-Zaatar"),
    ("القنديل", "Al-Qandeel"),
    ("المرج", "Al-Marj"),
    ("الياسمين", "Al-Yasmeen"),
    ("النورس", "Al-Nawras"),
    ("الجرمق", "Al-Jarmaq"),
    ("السهل", "Al-Sahl"),
    ("الميناء", "Al-Meenaa"),
    ("البيارة", "Al-Bayyara"),
];

/// The register, the listed people's companies first.
pub(super) fn companies(population: &Population) -> Vec<Company> {
    let mut companies: Vec<Company> = listed_companies().collect();
    let (dice, reference) = (Dice::new(SEED), Date::new(2026, 11, 1).unwrap_or(population.people()[0].born));
    let people = population.people().iter().enumerate().skip(population.listed());
    let grown = people.filter(|(_, one)| one.died.is_none() && one.born.years_until(reference) >= AGE);
    let grown: Vec<Index> = grown.map(|(index, _)| index).collect();
    for place in 0.. {
        if companies.len() == COMPANIES {
            break;
        }
        // Every mark with every trade in turn, so that no name comes twice.
        let (mark, trade) = (MARKS[place % MARKS.len()], TRADES[place % TRADES.len()]);
        let wanted = if dice.percent(55) { 1 } else { 2 + usize::from(dice.percent(30)) };
        let mut signatories: Vec<Index> = Vec::new();
        while signatories.len() < wanted {
            let one = *dice.pick(&grown);
            if !signatories.contains(&one) {
                signatories.push(one);
            }
        }
        let number = CompanyNumber::parse(&(FIRST + 37 * u32::try_from(place).unwrap_or(0)).to_string());
        companies.push(Company {
            number: number.expect("nine digits that begin with 56"),
            name: [format!("شركة {} {}", mark.0, trade.0), format!("{} {}", mark.1, trade.1)],
            form: dice.pick(&FORMS),
            struck_off: dice.percent(10),
            jointly: signatories.len() > 1 && dice.percent(60),
            signatories,
            registered: dice.day(Date::new(1998, 1, 1).unwrap_or(reference), 10_000),
        });
    }
    companies
}
