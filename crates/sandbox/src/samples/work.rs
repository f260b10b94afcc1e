//! What people do and drive: employment, chambers of commerce, pensions,
//! companies’ names, vehicles.

use super::{Dice, Index, Person, Sex, Sheet, Spelt, World, governorate, id};

pub(super) fn sheets(world: &World<'_>) -> Vec<Sheet> {
    vec![employment(world), chambers(world), pensions(world), companies(world), vehicles(world)]
}

fn employment(world: &World<'_>) -> Sheet {
    const EMPLOYERS: [Spelt; 4] = [
        ("شركة الزيتون للأغذية", "Olive Foods Company"),
        ("مدارس الينبوع", "Al-Yanbou Schools"),
        PUBLIC,
        ("مصنع حجر الجبل", "Mountain Stone Works"),
    ];
    // The one employer here that is the state.
    const PUBLIC: Spelt = ("مستشفى رام الله", "Ramallah Hospital");
    const COLUMNS: &str = "id_number,status,since,employer_ar,employer_en,sector,jobseeker_since";
    let mut sheet = Sheet::new("employment.csv", COLUMNS);
    let mut note = |person: &Person, status: &str, days: i32, employer: Option<Spelt>, seeking: Option<i32>| {
        let (ar, en) = employer.unwrap_or(("", ""));
        let sector = match employer {
            None => "",
            Some(PUBLIC) => "public",
            Some(_) => "private",
        };
        let seeking = seeking.map(|days| world.day(days)).unwrap_or_default();
        let since = world.day(days);
        sheet.line(&[id(person), status, &since, ar, en, sector, &seeking]);
    };
    note(world.listed("salma").1, "employed", -2_000, Some(EMPLOYERS[1]), None);
    note(world.listed("nadia").1, "employed", -900, Some(EMPLOYERS[0]), None);
    note(world.listed("samir").1, "self-employed", -4_000, None, None);
    note(world.listed("karim").1, "student", -1_100, None, None);
    note(world.listed("yousef").1, "retired", -5_900, None, None);
    note(world.listed("tareq").1, "unemployed", -240, None, None);
    note(world.listed("amal").1, "unemployed", -600, None, Some(-90));
    // Three without work, one in the state's service, one who works for himself.
    note(world.listed("rami").1, "unemployed", -200, None, None);
    note(world.listed("ghassan").1, "unemployed", -400, None, Some(-300));
    note(world.listed("mazen").1, "unemployed", -1_100, None, None);
    note(world.listed("suhair").1, "employed", -3_200, Some(PUBLIC), None);
    note(world.listed("nasser").1, "self-employed", -1_900, None, None);
    let dice = Dice::new(0x4D_4F_4C);
    for (_, person) in world.living(18..=72) {
        let age = person.born.years_until(world.start);
        let days = -dice.between(30, 3_000);
        match dice.below(100) {
            _ if age >= 64 => note(person, "retired", days, None, None),
            _ if age < 23 => note(person, "student", days, None, None),
            0..55 => note(person, "employed", days, Some(*dice.pick(&EMPLOYERS)), None),
            55..75 => note(person, "self-employed", days, None, None),
            75..90 => note(person, "unemployed", days, None, dice.percent(50).then_some(days / 2)),
            // Of the others the register knows nothing.
            _ => {}
        }
    }
    sheet
}

fn chambers(world: &World<'_>) -> Sheet {
    const TRADES: [Spelt; 4] = [
        ("نقل", "Transport"),
        ("تجارة مواد غذائية", "Trade in food"),
        ("مقاولات", "Contracting"),
        ("صناعة الحجر", "Stone industry"),
    ];
    const COLUMNS: &str = "id_number,number,chamber_ar,chamber_en,trade_ar,trade_en,since,paid_until";
    let mut sheet = Sheet::new("chamber-members.csv", COLUMNS);
    let mut note = |person: &Person, number: usize, trade: Spelt, since: i32, until: i32| {
        let (ar, en) = governorate(person).1;
        let chamber = [format!("غرفة تجارة وصناعة {ar}"), format!("Chamber of Commerce and Industry, {en}")];
        let (number, since, until) = (format!("C-{number:05}"), world.day(since), world.day(until));
        sheet.line(&[id(person), &number, &chamber[0], &chamber[1], trade.0, trade.1, &since, &until]);
    };
    note(world.listed("samir").1, 417, TRADES[0], -3_000, 100);
    let dice = Dice::new(0x43_48_41);
    for (number, (_, person)) in world.living(25..=70).filter(|_| dice.percent(5)).enumerate() {
        note(person, 1_000 + number, *dice.pick(&TRADES), -dice.between(100, 4_000), dice.between(-300, 360));
    }
    sheet
}

fn pensions(world: &World<'_>) -> Sheet {
    let mut sheet = Sheet::new("pensions.csv", "id_number,number,kind,since,monthly_minor,stopped_on");
    // One that was stopped, since its holder works again.
    let nasser = id(world.listed("nasser").1);
    sheet.line(&[nasser, "R-018420", "retirement", &world.day(-1_400), "96000", &world.day(-310)]);
    let mut note = |person: &Person, number: usize, kind: &str, days: i32, monthly: i32| {
        let (number, since) = (format!("R-{number:06}"), world.day(days));
        sheet.line(&[id(person), &number, kind, &since, &monthly.to_string(), ""]);
    };
    note(world.listed("yousef").1, 11_204, "retirement", -5_900, 268_000);
    note(world.listed("huda").1, 15_377, "survivor", -2_700, 141_500);
    let dice = Dice::new(0x50_50_41);
    for (number, (_, person)) in world.living(61..=95).filter(|_| dice.percent(40)).enumerate() {
        let kind = if dice.percent(80) { "retirement" } else { "disability" };
        note(person, 20_000 + number, kind, -dice.between(100, 9_000), 100 * dice.between(1_200, 4_500));
    }
    sheet
}

fn companies(world: &World<'_>) -> Sheet {
    const NAMES: [Spelt; 8] = [
        ("شركة الزيتون للأغذية", "Olive Foods Company"),
        ("شركة ينابيع الريحان للمياه", "Rihan Springs Water Company"),
        ("شركة حجر الجبل", "Mountain Stone Company"),
        ("شركة أجنحة السنونو للنقل", "Swallow Wings Transport"),
        ("مطبعة الحرف الجميل", "Fine Letter Press"),
        ("شركة بيارة الساحل للحمضيات", "Coast Orchard Citrus Company"),
        ("مخبز السنبلة الذهبية", "Golden Ear Bakery"),
        ("شركة نول الأرض للنسيج", "Earth Loom Textiles"),
    ];
    const COLUMNS: &str = "number,name_ar,name_en,folded_ar,folded_en,status,reserved_until";
    let mut sheet = Sheet::new("company-names.csv", COLUMNS);
    for (place, (ar, en)) in NAMES.into_iter().enumerate() {
        let folded: String = ar
            .chars()
            .map(|letter| match letter {
                'أ' | 'إ' | 'آ' => 'ا',
                'ة' => 'ه',
                'ى' => 'ي',
                other => other,
            })
            .collect();
        let number = format!("56240{place:04}");
        let is_reserved = place + 1 == NAMES.len();
        let (status, until) = if is_reserved { ("reserved", world.day(21)) } else { ("registered", String::new()) };
        sheet.line(&[&number, ar, en, &folded, &en.to_lowercase(), status, &until]);
    }
    sheet
}

fn vehicles(world: &World<'_>) -> Sheet {
    const COLUMNS: &str = "owner_id,owner_ar,owner_en,plate,make_ar,make_en,model,year,engine_cc,gross_kg,fuel,use,\
                           licence_expires,tested_on,insurance_policy,insured_until,customs_hold,stolen";
    const MODELS: [(Spelt, &str, &str, &str); 5] = [
        (("سكودا", "Skoda"), "Octavia", "1600", "1850"),
        (("هيونداي", "Hyundai"), "i20", "1400", "1580"),
        (("فولكس فاغن", "Volkswagen"), "Caddy", "2000", "2270"),
        (("كيا", "Kia"), "Picanto", "1200", "1370"),
        (("تويوتا", "Toyota"), "Corolla", "1800", "1830"),
    ];
    let mut sheet = Sheet::new("vehicles.csv", COLUMNS);
    let dice = Dice::new(0x56_45_48);
    let mut note = |owner: &Person, number: usize, which: usize, days: [i32; 3], kept: [&str; 4]| {
        let (make, model, engine, gross) = MODELS[which % MODELS.len()];
        let plate = format!("{}.{:04}.{:02}", 3 + number % 7, number % 10_000, 90 + number % 10);
        let year = (2_006 + number % 20).to_string();
        let [fuel, kind, customs, stolen] = kept;
        let [expires, tested, insured] = days.map(|days| world.day(days));
        let policy = format!("V-{:07}", 700_000 + number);
        let (ar, en) = (owner.name.arabic_full(), owner.name.latin_full());
        sheet.line(&[
            id(owner),
            &ar,
            &en,
            &plate,
            make.0,
            make.1,
            model,
            &year,
            engine,
            gross,
            fuel,
            kind,
            &expires,
            &tested,
            &policy,
            &insured,
            customs,
            stolen,
        ]);
    };
    // One that can be renewed, one whose insurance ended, one that customs hold.
    note(world.listed("salma").1, 1_207, 0, [18, -12, 350], ["petrol", "private", "false", "false"]);
    note(world.listed("samir").1, 4_415, 2, [-30, -20, 200], ["diesel", "goods", "false", "false"]);
    note(world.listed("samir").1, 4_416, 4, [40, -15, -3], ["hybrid", "private", "false", "false"]);
    note(world.listed("tareq").1, 9_093, 3, [-60, -9, 90], ["petrol", "private", "true", "false"]);
    let owners: Vec<Index> = world
        .living(20..=78)
        .filter(|(who, person)| {
            let share = if person.sex == Sex::Male { 60 } else { 40 };
            world.registers.driver(*who).is_some() && dice.percent(share)
        })
        .map(|(who, _)| who)
        .collect();
    for (place, owner) in owners.into_iter().enumerate() {
        let fuel = *dice.pick(&["petrol", "petrol", "diesel", "hybrid", "electric"]);
        let kind = *dice.pick(&["private", "private", "private", "goods", "public"]);
        let customs = if dice.percent(2) { "true" } else { "false" };
        let stolen = if dice.percent(1) { "true" } else { "false" };
        let days = [dice.between(-200, 360), -dice.between(1, 300), dice.between(-60, 360)];
        note(world.person(owner), 11_000 + 7 * place, place, days, [fuel, kind, customs, stolen]);
    }
    fleet(world, &mut sheet);
    sheet
}

/// What a vehicle of the fleet is: plate, make, model, year, engine in cm³, weight in kg, fuel, use.
type Built = (&'static str, Spelt, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// Number and both names of an owner.
type Owner = [String; 3];
/// Days from the start: the licence ends, it was tested, the insurance ends; none where that never was.
type Days = [Option<i32>; 3];

/// One vehicle of each kind, and of each thing that holds a licence back: most of
/// them a company's, an old car and a taxi people's own.
fn fleet(world: &World<'_>, sheet: &mut Sheet) {
    let company = world.registers.company("562000011").expect("demo.toml lists this company");
    let of_company = [company.number.as_str().to_owned(), company.name[0].clone(), company.name[1].clone()];
    let of = |key: &str| {
        let person = world.listed(key).1;
        [id(person).to_owned(), person.name.arabic_full(), person.name.latin_full()]
    };
    let (renault, fiat, mercedes, nissan) =
        (("رينو", "Renault"), ("فيات", "Fiat"), ("مرسيدس", "Mercedes"), ("نيسان", "Nissan"));
    let all: [(Owner, Built, Days, &str); 10] = [
        (
            of("nadia"),
            ("5.3300.91", fiat, "Punto", "2003", "1200", "1450", "petrol", "private"),
            [Some(9), Some(-5), Some(300)],
            "false",
        ),
        (
            of("ghassan"),
            ("3.5501.96", mercedes, "Vito", "2018", "2200", "2800", "diesel", "public"),
            [Some(12), Some(-8), Some(200)],
            "false",
        ),
        (
            of_company.clone(),
            ("7.6001.95", renault, "Zoe", "2023", "0", "1980", "electric", "private"),
            [Some(20), Some(-3), Some(320)],
            "false",
        ),
        (
            of_company.clone(),
            ("7.6002.95", nissan, "Patrol", "2017", "4000", "3300", "petrol", "private"),
            [Some(5), Some(-14), Some(90)],
            "false",
        ),
        (
            of_company.clone(),
            ("7.6003.95", renault, "Kangoo", "2016", "1500", "2100", "diesel", "goods"),
            [Some(-2), Some(-6), Some(150)],
            "false",
        ),
        (
            of_company.clone(),
            ("7.6004.95", mercedes, "Atego", "2012", "6400", "11990", "diesel", "goods"),
            [Some(30), Some(-11), Some(260)],
            "false",
        ),
        (
            of_company.clone(),
            ("7.6005.95", fiat, "Ducato", "2015", "2300", "3500", "diesel", "public"),
            [Some(15), Some(-1), Some(210)],
            "false",
        ),
        (
            of_company.clone(),
            ("7.6006.95", nissan, "Micra", "2014", "1200", "1500", "petrol", "private"),
            [Some(210), Some(-150), Some(210)],
            "false",
        ),
        (
            of_company.clone(),
            ("7.6007.95", renault, "Clio", "2013", "1400", "1620", "petrol", "private"),
            [Some(10), None, Some(130)],
            "false",
        ),
        (
            of_company,
            ("7.6008.95", fiat, "Panda", "2019", "1200", "1440", "petrol", "private"),
            [Some(10), Some(-10), None],
            "true",
        ),
    ];
    for (number, (owner, built, days, stolen)) in all.into_iter().enumerate() {
        let (plate, make, model, year, engine, gross, fuel, kind) = built;
        let [expires, tested, insured] = days.map(|days| days.map_or_else(String::new, |days| world.day(days)));
        let policy = if insured.is_empty() { String::new() } else { format!("V-{:07}", 900_000 + number) };
        sheet.line(&[
            &owner[0], &owner[1], &owner[2], plate, make.0, make.1, model, year, engine, gross, fuel, kind, &expires,
            &tested, &policy, &insured, "false", stolen,
        ]);
    }
}
