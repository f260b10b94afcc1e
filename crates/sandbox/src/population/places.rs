//! Governorates with localities, streets and postcode zones. The zones are
//! samples: which zone belongs to which governorate is data of the post
//! (facts, services §4).

use base::postcode::Postcode;

use super::dice::Dice;
use super::names::Spelt;

/// A governorate (ISO 3166-2:PS).
#[derive(Debug)]
pub struct Governorate {
    /// `RBH`.
    pub code: &'static str,
    /// Its name in Arabic and English.
    pub name: Spelt,
    /// Whether its people's numbers begin as in Gaza.
    pub(crate) gaza: bool,
    /// First three digits of its sample postcodes.
    zone: u32,
    /// People of a hundred thousand living there, roughly.
    weight: u32,
    localities: &'static [Spelt],
}

impl Governorate {
    /// A postcode for a building that had none: of its last zone, above what homes have.
    pub(crate) fn new_postcode(&self, number: usize) -> String {
        format!("P{:03}{:04}", self.zone + 19, 9_000 + number % 1_000)
    }
}

/// Where somebody lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A code of [`GOVERNORATES`]; none abroad.
    pub governorate: Option<&'static Governorate>,
    /// Town, village or camp, in Arabic and English.
    pub locality: Spelt,
    /// Street, in Arabic and English.
    pub street: Spelt,
    /// The building's number.
    pub building: u32,
    /// The postcode; none abroad.
    pub postcode: Option<Postcode>,
}

impl PartialEq for Governorate {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}
impl Eq for Governorate {}

/// All sixteen.
pub static GOVERNORATES: [Governorate; 16] = [
    west_bank(
        "JEN",
        ("جنين", "Jenin"),
        110,
        60,
        &[("جنين", "Jenin"), ("يعبد", "Yabad"), ("قباطية", "Qabatiya"), ("عرابة", "Arraba")],
    ),
    west_bank(
        "TBS",
        ("طوباس والأغوار الشمالية", "Tubas and the Northern Valleys"),
        150,
        12,
        &[("طوباس", "Tubas"), ("طمون", "Tammun")],
    ),
    west_bank("TKM", ("طولكرم", "Tulkarm"), 210, 35, &[("طولكرم", "Tulkarm"), ("عنبتا", "Anabta"), ("عتيل", "Attil")]),
    west_bank(
        "NBS",
        ("نابلس", "Nablus"),
        310,
        74,
        &[("نابلس", "Nablus"), ("حوارة", "Huwara"), ("بيتا", "Beita"), ("عصيرة الشمالية", "Asira ash-Shamaliya")],
    ),
    west_bank("QQA", ("قلقيلية", "Qalqilya"), 350, 22, &[("قلقيلية", "Qalqilya"), ("عزون", "Azzun")]),
    west_bank("SLT", ("سلفيت", "Salfit"), 380, 15, &[("سلفيت", "Salfit"), ("بديا", "Biddya")]),
    west_bank(
        "RBH",
        ("رام الله والبيرة", "Ramallah and Al-Bireh"),
        600,
        66,
        &[
            ("رام الله", "Ramallah"),
            ("البيرة", "Al-Bireh"),
            ("بيتونيا", "Beitunia"),
            ("بيرزيت", "Birzeit"),
            ("سلواد", "Silwad"),
        ],
    ),
    west_bank(
        "JRH",
        ("أريحا والأغوار", "Jericho and the Valleys"),
        680,
        10,
        &[("أريحا", "Jericho"), ("العوجا", "Al-Auja")],
    ),
    west_bank(
        "JEM",
        ("القدس", "Jerusalem"),
        650,
        40,
        &[("الرام", "Ar-Ram"), ("أبو ديس", "Abu Dis"), ("العيزرية", "Al-Eizariya")],
    ),
    west_bank(
        "BTH",
        ("بيت لحم", "Bethlehem"),
        710,
        44,
        &[("بيت لحم", "Bethlehem"), ("بيت جالا", "Beit Jala"), ("بيت ساحور", "Beit Sahour"), ("الدوحة", "Ad-Doha")],
    ),
    west_bank(
        "HBN",
        ("الخليل", "Hebron"),
        750,
        140,
        &[("الخليل", "Hebron"), ("دورا", "Dura"), ("يطا", "Yatta"), ("حلحول", "Halhul"), ("الظاهرية", "Adh-Dhahiriya")],
    ),
    gaza(
        "NGZ",
        ("شمال غزة", "North Gaza"),
        800,
        70,
        &[("جباليا", "Jabalia"), ("بيت لاهيا", "Beit Lahia"), ("بيت حانون", "Beit Hanoun")],
    ),
    gaza("GZA", ("غزة", "Gaza"), 840, 120, &[("غزة", "Gaza")]),
    gaza(
        "DEB",
        ("دير البلح", "Deir al-Balah"),
        910,
        55,
        &[("دير البلح", "Deir al-Balah"), ("النصيرات", "An-Nuseirat"), ("المغازي", "Al-Maghazi")],
    ),
    gaza(
        "KYS",
        ("خان يونس", "Khan Yunis"),
        930,
        70,
        &[("خان يونس", "Khan Yunis"), ("بني سهيلا", "Bani Suheila"), ("القرارة", "Al-Qarara")],
    ),
    gaza("RFH", ("رفح", "Rafah"), 960, 45, &[("رفح", "Rafah")]),
];

const fn west_bank(
    code: &'static str,
    name: Spelt,
    zone: u32,
    weight: u32,
    localities: &'static [Spelt],
) -> Governorate {
    Governorate { code, name, gaza: false, zone, weight, localities }
}
const fn gaza(code: &'static str, name: Spelt, zone: u32, weight: u32, localities: &'static [Spelt]) -> Governorate {
    Governorate { code, name, gaza: true, zone, weight, localities }
}

const STREETS: [Spelt; 16] = [
    ("شارع القدس", "Al-Quds Street"),
    ("شارع يافا", "Yafa Street"),
    ("شارع حيفا", "Haifa Street"),
    ("شارع عكا", "Akka Street"),
    ("شارع المدارس", "Al-Madares Street"),
    ("شارع البلدية", "Al-Baladiya Street"),
    ("شارع الزيتون", "Az-Zaytoun Street"),
    ("شارع النخيل", "An-Nakheel Street"),
    ("شارع الوحدة", "Al-Wahda Street"),
    ("شارع النصر", "An-Nasr Street"),
    ("شارع السوق", "As-Souq Street"),
    ("شارع المستشفى", "Al-Mustashfa Street"),
    ("شارع الجامعة", "Al-Jamia Street"),
    ("طريق العين", "Al-Ain Road"),
    ("حي الكروم", "Al-Kuroum Quarter"),
    ("حارة الشيخ", "Ash-Sheikh Quarter"),
];

/// The governorate with this code.
#[must_use]
pub fn governorate(code: &str) -> Option<&'static Governorate> {
    GOVERNORATES.iter().find(|governorate| governorate.code == code)
}

/// A governorate, the large ones more often.
pub(crate) fn any_governorate(dice: &Dice) -> &'static Governorate {
    let total = GOVERNORATES.iter().map(|governorate| governorate.weight).sum();
    let mut left = dice.below(total);
    for governorate in &GOVERNORATES {
        if left < governorate.weight {
            return governorate;
        }
        left -= governorate.weight;
    }
    &GOVERNORATES[0]
}

/// A home in a governorate.
pub(crate) fn home(dice: &Dice, governorate: &'static Governorate) -> Address {
    home_in(dice, governorate, *dice.pick(governorate.localities))
}

/// A home in a town.
pub(crate) fn home_in(dice: &Dice, governorate: &'static Governorate, locality: Spelt) -> Address {
    let (zone, unit) = (governorate.zone + dice.below(20), dice.below(10_000));
    Address {
        governorate: Some(governorate),
        locality,
        street: *dice.pick(&STREETS),
        building: 1 + dice.below(120),
        postcode: Postcode::parse(&format!("P{zone:03}{unit:04}")),
    }
}
