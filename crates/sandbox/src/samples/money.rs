//! What people own and owe: taxes, real estate with its parcels, municipalities.

use std::collections::BTreeMap;

use base::IdNumber;

use super::{Dice, Index, Person, Sheet, World, governorate, id, named};

pub(super) fn sheets(world: &World<'_>) -> Vec<Sheet> {
    let mut sheets = vec![municipal(world)];
    sheets.extend(taxes(world));
    sheets.extend(land(world));
    sheets
}

fn taxes(world: &World<'_>) -> [Sheet; 2] {
    let mut accounts = Sheet::new("tax-accounts.csv", "id_number,name_ar,name_en,file_number,since,last_return");
    let mut dues = Sheet::new("tax-dues.csv", "id_number,kind,period,amount_minor");
    let last = (world.start.parts().0 - 1).to_string();
    let company = world.registers.company("562000011").expect("demo.toml lists this company");
    let since = world.day(-2_300);
    accounts.line(&[company.number.as_str(), &company.name[0], &company.name[1], "T00200011", &since, &last]);
    // A file that was opened and never used: no return was handed in.
    let [number, arabic, latin] = named(world, Some(world.listed("ghassan").0));
    accounts.line(&[&number, &arabic, &latin, "T00200655", &world.day(-800), ""]);
    let mut note = |person: &Person, number: usize, days: i32, owed: &[(&str, &str, i32)]| {
        let (file, since) = (format!("T{number:08}"), world.day(days));
        accounts.line(&[id(person), &person.name.arabic_full(), &person.name.latin_full(), &file, &since, &last]);
        for (kind, period, amount) in owed {
            dues.line(&[id(person), kind, period, &amount.to_string()]);
        }
    };
    note(world.listed("salma").1, 200_117, -2_000, &[]);
    note(world.listed("samir").1, 200_388, -4_000, &[]);
    note(world.listed("nadia").1, 200_512, -900, &[]);
    let tareq = [("income", "2024", 84_000), ("value-added", "2025-03", 40_000)];
    note(world.listed("tareq").1, 200_417, -2_500, &tareq);
    let dice = Dice::new(0x54_41_58);
    for (number, (_, person)) in world.living(24..=66).filter(|_| dice.percent(45)).enumerate() {
        let owed = ("income", "2025", 100 * dice.between(50, 4_000));
        let owed = if dice.percent(25) { vec![owed] } else { Vec::new() };
        note(person, 300_000 + number, -dice.between(100, 6_000), &owed);
    }
    [accounts, dues]
}

/// What an owner has, and where it lies in the land register.
struct Holding {
    owner: Index,
    kind: &'static str,
    basin: u32,
    parcel: u32,
    area: i32,
    share: i32,
    dues: i32,
    /// Whether its entry is more than a page of the ledger; by chance where nobody says.
    digitised: Option<bool>,
}

/// The first eight digits of an owner who died.
const SALEH: u32 = 90_000_084;

fn holdings(world: &World<'_>) -> Vec<Holding> {
    let dice = Dice::new(0x50_4C_41);
    let listed = [
        ("samir", "flat", 12, 41, 140, 100, 0),
        ("yousef", "house", 7, 3, 210, 100, 0),
        ("yousef", "land", 9, 118, 2_400, 50, 36_500),
        ("salma", "flat", 18, 27, 118, 50, 0),
        ("tareq", "shop", 3, 77, 60, 100, 21_000),
        // Still in the ledger.
        ("jamil", "land", 14, 52, 3_850, 100, 0),
        ("mazen", "house", 5, 61, 150, 100, 0),
    ];
    let mut all: Vec<Holding> = listed
        .into_iter()
        .map(|(key, kind, basin, parcel, area, share, dues)| Holding {
            owner: world.listed(key).0,
            kind,
            basin,
            parcel,
            area,
            share,
            dues,
            digitised: Some(key != "jamil"),
        })
        .collect();
    // Its owner died, and is nobody whom one can be: his daughter inherits.
    let (owner, _) = world.people.find(IdNumber::complete(SALEH).as_str()).expect("demo.toml lists him");
    let (kind, area, digitised) = ("house", 260, Some(true));
    all.push(Holding { owner, kind, basin: 6, parcel: 33, area, share: 100, dues: 0, digitised });
    let owners: Vec<Index> = world.living(30..=90).filter(|_| dice.percent(30)).map(|(who, _)| who).collect();
    for (place, owner) in owners.into_iter().enumerate() {
        let (basin, parcel) = (20 + dice.below(60), 200 + u32::try_from(place).unwrap_or(0));
        let kind = *dice.pick(&["land", "house", "flat", "shop"]);
        all.push(Holding {
            owner,
            kind,
            basin,
            parcel,
            area: dice.between(60, 3_000),
            share: *dice.pick(&[100, 100, 50, 25]),
            dues: if dice.percent(30) { 100 * dice.between(50, 900) } else { 0 },
            digitised: None,
        });
    }
    all
}

fn land(world: &World<'_>) -> [Sheet; 4] {
    const COLUMNS: &str = "owner_id,number,kind,governorate,locality_ar,locality_en,basin,parcel,area_m2,\
                           share_percent,dues_minor";
    let mut properties = Sheet::new("properties.csv", COLUMNS);
    let mut parcels =
        Sheet::new("parcels.csv", "basin,parcel,governorate,locality_ar,locality_en,area_m2,kind,digitised");
    let mut owners =
        Sheet::new("parcel-owners.csv", "basin,parcel,governorate,id_number,name_ar,name_en,share_percent");
    let mut burdens = Sheet::new("parcel-burdens.csv", "basin,parcel,governorate,kind,since");
    let dice = Dice::new(0x42_55_52);
    let mut known: BTreeMap<(&str, u32, u32), ()> = BTreeMap::new();
    for holding in holdings(world) {
        let Holding { owner, kind, basin, parcel, area, share, dues, digitised } = holding;
        let person = world.person(owner);
        let ((code, _), town) = (governorate(person), person.address.locality);
        let number = format!("{code}-{basin}-{parcel}");
        let [basin_text, parcel_text, area, share, dues] =
            [basin.to_string(), parcel.to_string(), area.to_string(), share.to_string(), dues.to_string()];
        properties.line(&[
            id(person),
            &number,
            kind,
            code,
            town.0,
            town.1,
            &basin_text,
            &parcel_text,
            &area,
            &share,
            &dues,
        ]);
        let [number, arabic, latin] = named(world, Some(owner));
        owners.line(&[&basin_text, &parcel_text, code, &number, &arabic, &latin, &share]);
        if known.insert((code, basin, parcel), ()).is_none() {
            let tenure = if dice.percent(70) { "mulk" } else { "miri" };
            // Many registers are still on paper (facts, services §3).
            let digitised = digitised.unwrap_or_else(|| dice.percent(70));
            let digitised = if digitised { "true" } else { "false" };
            parcels.line(&[&basin_text, &parcel_text, code, town.0, town.1, &area, tenure, digitised]);
            if dice.percent(15) {
                let burden = *dice.pick(&["mortgage", "attachment"]);
                burdens.line(&[&basin_text, &parcel_text, code, burden, &world.day(-dice.between(30, 2_000))]);
            }
        }
    }
    [properties, parcels, owners, burdens]
}

fn municipal(world: &World<'_>) -> Sheet {
    let mut sheet =
        Sheet::new("municipal-accounts.csv", "id_number,number,municipality_ar,municipality_en,kind,dues_minor");
    let mut note = |person: &Person, number: usize, kind: &str, dues: i32| {
        let (ar, en) = person.address.locality;
        let town = [format!("بلدية {ar}"), format!("Municipality of {en}")];
        sheet.line(&[id(person), &format!("M-{number:06}"), &town[0], &town[1], kind, &dues.to_string()]);
    };
    for (place, (key, kind, dues)) in [
        ("salma", "water", 0),
        ("salma", "education", 0),
        ("samir", "water", 12_500),
        ("amal", "water", 0),
        ("amal", "waste", 0),
        ("tareq", "waste", 31_000),
        ("yousef", "water", 4_300),
    ]
    .into_iter()
    .enumerate()
    {
        note(world.listed(key).1, 100 + place, kind, dues);
    }
    let dice = Dice::new(0x4C_47);
    for (place, (_, person)) in world.living(26..=85).filter(|_| dice.percent(35)).enumerate() {
        let kind = *dice.pick(&["water", "waste", "education"]);
        let dues = if dice.percent(45) { 100 * dice.between(20, 700) } else { 0 };
        note(person, 1_000 + place, kind, dues);
    }
    sheet
}
