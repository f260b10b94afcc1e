//! Who people are to the state: entries of their lives, notices of births,
//! health, courts, households, examinations, addresses.

use super::{Date, Dice, Ending, Index, Person, Sex, Sheet, Spelt, World, governorate, id, named};

pub(super) fn sheets(world: &World<'_>) -> Vec<Sheet> {
    let mut sheets = vec![everybody(world), events(world), notices(world), examinations(world)];
    sheets.extend([convictions(world), cases(world), orders(world), exams(world), addresses(world)]);
    sheets.extend(households(world));
    sheets.extend(insurance(world));
    sheets.extend([births(world), spouses(world), cards(world), passports(world)]);
    sheets
}

fn everybody(world: &World<'_>) -> Sheet {
    let mut sheet = Sheet::new("people.csv", "id_number,name_ar,name_en");
    for (_, person) in world.everybody() {
        sheet.line(&[id(person), &person.name.arabic_full(), &person.name.latin_full()]);
    }
    sheet
}

fn events(world: &World<'_>) -> Sheet {
    const COLUMNS: &str = "id_number,kind,number,day,registered_on,place_ar,place_en,father_id,father_ar,father_en,\
                           mother_id,mother_ar,mother_en,spouse_id,spouse_ar,spouse_en";
    let mut sheet = Sheet::new("civil-events.csv", COLUMNS);
    let mut note = |who: Index, kind: &str, number: usize, day: Date, others: [Option<Index>; 3]| {
        let person = world.person(who);
        let letter = kind.get(..1).unwrap_or_default().to_uppercase();
        let number = format!("{letter}-{}-{number:05}", day.parts().0);
        let registered = day.plus_days(9).to_string();
        let (place, day) = (governorate(person).1, day.to_string());
        let [father, mother, spouse] = others.map(|other| named(world, other));
        let mut values = vec![id(person), kind, &number, &day, &registered, place.0, place.1];
        values.extend([&father, &mother, &spouse].into_iter().flatten().map(String::as_str));
        sheet.line(&values);
    };
    for (who, person) in world.everybody() {
        note(who, "birth", who, person.born, [person.father, person.mother, None]);
        if let Some(day) = person.died {
            note(who, "death", who, day, [None; 3]);
        }
    }
    for (number, marriage) in world.people.marriages().iter().enumerate() {
        for (one, other) in [(marriage.husband, marriage.wife), (marriage.wife, marriage.husband)] {
            note(one, "marriage", number, marriage.since, [None, None, Some(other)]);
            if let Some(Ending::Divorce(day)) = marriage.ended {
                note(one, "divorce", number, day, [None, None, Some(other)]);
            }
        }
    }
    sheet
}

const HOSPITALS: [Spelt; 4] = [
    ("مستشفى رام الله", "Ramallah Hospital"),
    ("مستشفى نابلس", "Nablus Hospital"),
    ("مستشفى الخليل", "Hebron Hospital"),
    ("مستشفى دير البلح", "Deir al-Balah Hospital"),
];

fn notices(world: &World<'_>) -> Sheet {
    const COLUMNS: &str = "mother_id,mother_ar,mother_en,father_id,father_ar,father_en,number,day,clock,sex,\
                           weight_grams,place,hospital_ar,hospital_en,attendant_ar,attendant_en,registered_on";
    let mut sheet = Sheet::new("birth-notices.csv", COLUMNS);
    let midwife = ("القابلة فاتن حمد", "Midwife Faten Hamad");
    // The husband is taken for the father, as the law does.
    let mut note = |mother: Index, number: &str, born: [&str; 4], hospital: Option<Spelt>, registered: &str| {
        let father = world.registers.spouses(mother).first().copied();
        let [mother, father] = [named(world, Some(mother)), named(world, father)];
        let place = if hospital.is_some() { "hospital" } else { "home" };
        let (hospital, [day, clock, sex, weight]) = (hospital.unwrap_or_default(), born);
        let mut values: Vec<&str> = mother.iter().chain(&father).map(String::as_str).collect();
        values.extend([number, day, clock, sex, weight, place, hospital.0, hospital.1, midwife.0, midwife.1]);
        values.push(registered);
        sheet.line(&values);
    };
    // A newborn of the listed mother waits to be registered.
    let day = world.day(-6);
    note(world.listed("salma").0, "N-26-00017", [&day, "04:35", "female", "3240"], Some(HOSPITALS[0]), "");
    let dice = Dice::new(0x4E_4F_54);
    let mothers = world
        .living(20..=40)
        .filter(|(who, person)| person.sex == Sex::Female && !world.registers.spouses(*who).is_empty());
    for (number, (mother, _)) in mothers.filter(|_| dice.percent(12)).enumerate() {
        let hospital = if dice.percent(15) { None } else { Some(*dice.pick(&HOSPITALS)) };
        let days = -dice.between(1, 55);
        let registered = if dice.percent(60) { world.day((days + 8).min(0)) } else { String::new() };
        let clock = format!("{:02}:{:02}", dice.below(24), dice.below(60));
        let sex = if dice.percent(50) { "male" } else { "female" };
        let (day, weight) = (world.day(days), dice.between(2_300, 4_300).to_string());
        let number = format!("N-26-{:05}", 100 + number);
        note(mother, &number, [&day, &clock, sex, &weight], hospital, &registered);
    }
    sheet
}

fn examinations(world: &World<'_>) -> Sheet {
    let mut sheet =
        Sheet::new("driver-examinations.csv", "id_number,examined_on,valid_until,eyesight,fit,centre_ar,centre_en");
    let centre = ("مركز فحص السائقين، رام الله", "Drivers’ examination centre, Ramallah");
    let mut note = |person: &Person, days: i32, eyesight: &str, fit: bool| {
        let (on, until) = (world.day(days), world.day(days + 90));
        let fit = if fit { "true" } else { "false" };
        sheet.line(&[id(person), &on, &until, eyesight, fit, centre.0, centre.1]);
    };
    note(world.listed("samir").1, -10, "good", true);
    note(world.listed("wafa").1, -30, "glasses", true);
    let dice = Dice::new(0x46_49_54);
    for (who, person) in world.living(18..=80) {
        if world.registers.driver(who).is_some() && dice.percent(40) {
            let fit = !dice.percent(4);
            note(person, -dice.between(1, 200), if fit { "good" } else { "insufficient" }, fit);
        }
    }
    sheet
}

const COURTS: [Spelt; 3] = [
    ("محكمة صلح رام الله", "Magistrate’s Court of Ramallah"),
    ("محكمة صلح نابلس", "Magistrate’s Court of Nablus"),
    ("محكمة بداية الخليل", "Court of First Instance of Hebron"),
];

fn convictions(world: &World<'_>) -> Sheet {
    const COLUMNS: &str = "id_number,number,court_ar,court_en,decided_on,offence_ar,offence_en,sentence_ar,\
                           sentence_en,spent_on";
    const OFFENCES: [(Spelt, Spelt); 3] = [
        (("شيك بدون رصيد", "A cheque without funds"), ("غرامة 500 دينار", "A fine of 500 dinars")),
        (("إيذاء بسيط", "Minor assault"), ("حبس شهر مع وقف التنفيذ", "One month, suspended")),
        (("قيادة بلا رخصة", "Driving without a licence"), ("غرامة 100 دينار", "A fine of 100 dinars")),
    ];
    let mut sheet = Sheet::new("convictions.csv", COLUMNS);
    let mut note = |person: &Person, number: &str, court: Spelt, days: i32, which: usize, spent: &str| {
        let (offence, sentence) = OFFENCES[which];
        let day = world.day(days);
        sheet.line(&[id(person), number, court.0, court.1, &day, offence.0, offence.1, sentence.0, sentence.1, spent]);
    };
    note(world.listed("tareq").1, "2023/118", COURTS[1], -1_100, 0, "");
    // Spent: the court gave the rights back.
    note(world.listed("rasha").1, "2014/52", COURTS[0], -4_300, 1, &world.day(-900));
    let dice = Dice::new(0x52_45_43);
    for (number, (_, person)) in world.living(18..=80).filter(|_| dice.percent(3)).enumerate() {
        let days = -dice.between(200, 3_000);
        let spent = if dice.percent(40) { world.day(days + 200) } else { String::new() };
        let which = usize::try_from(dice.below(3)).unwrap_or(0);
        note(person, &format!("2020/{}", 200 + number), *dice.pick(&COURTS), days, which, &spent);
    }
    sheet
}

fn cases(world: &World<'_>) -> Sheet {
    const STAGES: [Spelt; 3] = [
        ("جلسة أولى", "First hearing"),
        ("سماع البينات", "Hearing of evidence"),
        ("بانتظار الحكم", "Awaiting judgement"),
    ];
    let mut sheet =
        Sheet::new("court-cases.csv", "id_number,number,court_ar,court_en,kind,role,opened_on,stage_ar,stage_en");
    let mut note = |person: &Person, number: &str, court: Spelt, [kind, role]: [&str; 2], days: i32, stage: Spelt| {
        let day = world.day(days);
        sheet.line(&[id(person), number, court.0, court.1, kind, role, &day, stage.0, stage.1]);
    };
    note(world.listed("samir").1, "2026/871", COURTS[0], ["civil", "plaintiff"], -120, STAGES[1]);
    // The injured party of a criminal case.
    note(world.listed("nadia").1, "2026/911", COURTS[2], ["criminal", "plaintiff"], -30, STAGES[0]);
    note(world.listed("nidal").1, "2026/904", COURTS[0], ["criminal", "defendant"], -75, STAGES[0]);
    let dice = Dice::new(0x43_41_53);
    for (number, (_, person)) in world.living(18..=80).filter(|_| dice.percent(4)).enumerate() {
        let kind = *dice.pick(&["civil", "criminal", "personal"]);
        let role = *dice.pick(&["plaintiff", "defendant"]);
        let (court, stage) = (*dice.pick(&COURTS), *dice.pick(&STAGES));
        note(person, &format!("2025/{}", 300 + number), court, [kind, role], -dice.between(10, 900), stage);
    }
    sheet
}

fn orders(world: &World<'_>) -> Sheet {
    const AUTHORITIES: [Spelt; 2] =
        [("نيابة رام الله", "Prosecution of Ramallah"), ("نيابة الخليل", "Prosecution of Hebron")];
    let mut sheet = Sheet::new("prosecution-orders.csv", "id_number,number,kind,since,authority_ar,authority_en");
    let mut note = |person: &Person, number: &str, kind: &str, days: i32, authority: Spelt| {
        sheet.line(&[id(person), number, kind, &world.day(days), authority.0, authority.1]);
    };
    note(world.listed("basem").1, "2026/19", "travel", -40, AUTHORITIES[1]);
    note(world.listed("amer").1, "2026/23", "summons", -12, AUTHORITIES[0]);
    let dice = Dice::new(0x41_47_4F);
    for (number, (_, person)) in world.living(18..=80).filter(|_| dice.percent(2)).enumerate() {
        let authority = *dice.pick(&AUTHORITIES);
        let kind = *dice.pick(&["travel", "arrest", "summons"]);
        note(person, &format!("2026/{}", 40 + number), kind, -dice.between(3, 400), authority);
    }
    sheet
}

fn exams(world: &World<'_>) -> Sheet {
    const COLUMNS: &str = "id_number,name_ar,name_en,year,seat,stream,average,passed,governorate_code,governorate_ar,\
                           governorate_en";
    let mut sheet = Sheet::new("exam-results.csv", COLUMNS);
    let mut note = |person: &Person, year: i16, seat: &str, stream: &str, average: &str, passed: bool| {
        let (code, place) = governorate(person);
        sheet.line(&[
            id(person),
            &person.name.arabic_full(),
            &person.name.latin_full(),
            &year.to_string(),
            seat,
            stream,
            average,
            if passed { "true" } else { "false" },
            code,
            place.0,
            place.1,
        ]);
    };
    // One tried for more in a second year, one did not pass, one left school in Gaza in 2025.
    for (key, year, seat, stream, average) in [
        ("salma", 2009, "20090417", "scientific", "91.4"),
        ("karim", 2023, "20230688", "scientific", "84.7"),
        ("karim", 2025, "20250911", "scientific", "93.0"),
        ("nadia", 2014, "20140133", "scientific", "95.2"),
        ("tareq", 2010, "20100925", "literary", "46.8"),
        ("wafa", 2008, "20081570", "literary", "78.1"),
        ("farah", 2025, "20250042", "scientific", "97.3"),
    ] {
        note(world.listed(key).1, year, seat, stream, average, key != "tareq");
    }
    let dice = Dice::new(0x45_58_41);
    for (who, person) in world.living(19..=47).filter(|_| dice.percent(60)) {
        let year = person.born.plus_years(18).parts().0;
        let (whole, tenths) = (dice.between(48, 98), dice.below(10));
        let (seat, average) = (format!("{:08}", 10_000_000 + who), format!("{whole}.{tenths}"));
        let stream = *dice.pick(&["scientific", "literary", "vocational"]);
        note(person, year, &seat, stream, &average, whole >= 50);
    }
    sheet
}

fn addresses(world: &World<'_>) -> Sheet {
    const COLUMNS: &str = "postcode,governorate,governorate_ar,governorate_en,locality_ar,locality_en,street_ar,\
                           street_en,building";
    let mut sheet = Sheet::new("addresses.csv", COLUMNS);
    let mut seen = std::collections::HashSet::from(["P6110088".to_owned()]);
    // A building to move to, in a town whose municipality knows somebody of the list.
    let bireh =
        ["رام الله والبيرة", "Ramallah and Al-Bireh", "البيرة", "Al-Bireh", "شارع البلدية", "Al-Baladiya Street"];
    sheet.line(&[&["P6110088", "RBH"][..], &bireh[..], &["12"][..]].concat());
    for (_, person) in world.everybody() {
        let home = &person.address;
        let (Some(place), Some(postcode)) = (home.governorate, &home.postcode) else { continue };
        if seen.insert(postcode.as_str().to_owned()) {
            let (town, street, building) = (home.locality, home.street, home.building.to_string());
            let head = [postcode.as_str(), place.code, place.name.0, place.name.1];
            let rest = [town.0, town.1, street.0, street.1, building.as_str()];
            sheet.line(&[&head[..], &rest[..]].concat());
        }
    }
    sheet
}

fn households(world: &World<'_>) -> [Sheet; 2] {
    let mut houses = Sheet::new("households.csv", "household,score,visited_on,assisted_since");
    let mut members = Sheet::new("household-members.csv", "id_number,household,name_ar,name_en,relation,birth_date");
    let dice = Dice::new(0x48_4F_55);
    let listed = ["amal", "yousef", "siham", "nasser"].map(|key| world.listed(key).0);
    let assisted = ["amal", "siham"].map(|key| world.listed(key).0);
    let heads: Vec<Index> = world
        .living(28..=70)
        .filter(|(who, person)| {
            person.sex == Sex::Male && !world.people.children_of(*who).is_empty() && dice.percent(22)
        })
        .map(|(who, _)| who)
        .collect();
    let mut placed = std::collections::HashSet::new();
    for (number, head) in listed.into_iter().chain(heads).enumerate() {
        let at_home = |one: &Index| {
            let person = world.person(*one);
            person.died.is_none() && person.address == world.person(head).address
        };
        let spouses = world.registers.spouses(head).into_iter().map(|spouse| (spouse, "spouse"));
        let children = world.people.children_of(head).into_iter().map(|child| (child, "child"));
        let all: Vec<(Index, &str)> =
            [(head, "head")].into_iter().chain(spouses.chain(children).filter(|(one, _)| at_home(one))).collect();
        // Nobody lives in two households.
        if all.iter().any(|(one, _)| placed.contains(one)) {
            continue;
        }
        let household = format!("S-{:06}", 4_000 + number);
        let is_assisted = assisted.contains(&head) || (!listed.contains(&head) && dice.percent(30));
        let (score, visited) = (dice.between(20, 85).to_string(), world.day(-dice.between(40, 700)));
        let assisted = if is_assisted { world.day(-720) } else { String::new() };
        houses.line(&[&household, &score, &visited, &assisted]);
        for (one, relation) in all {
            placed.insert(one);
            let [number, arabic, latin] = named(world, Some(one));
            let born = world.person(one).born.to_string();
            members.line(&[&number, &household, &arabic, &latin, relation, &born]);
        }
    }
    [houses, members]
}

fn insurance(world: &World<'_>) -> [Sheet; 2] {
    let mut policies = Sheet::new("insurance-policies.csv", "holder_id,policy_number,category,valid_from,valid_until");
    let mut covered = Sheet::new("insurance-dependants.csv", "holder_id,id_number,name_ar,name_en,relation");
    let dice = Dice::new(0x49_4E_53);
    let listed = [
        (world.listed("salma").0, "worker", -350),
        (world.listed("amal").0, "poor-household", -200),
        (world.listed("yousef").0, "pensioner", -100),
    ];
    let others: Vec<(Index, &str, i32)> = world
        .living(25..=62)
        .filter(|(_, person)| person.sex == Sex::Male && dice.percent(35))
        .map(|(who, _)| (who, *dice.pick(&["worker", "union", "civil-servant"]), -dice.between(5, 500)))
        .collect();
    for (number, (holder, category, days)) in listed.into_iter().chain(others).enumerate() {
        let person = world.person(holder);
        let policy = format!("H{:07}", 2_600_000 + number);
        policies.line(&[id(person), &policy, category, &world.day(days), &world.day(days + 365)]);
        let spouses = world.registers.spouses(holder).into_iter().map(|spouse| (spouse, "spouse"));
        let is_minor = |child: &Index| world.person(*child).born.years_until(world.start) < 18;
        let children = world.people.children_of(holder).into_iter().filter(is_minor).map(|child| (child, "child"));
        let covers_spouse = person.sex == Sex::Male;
        for (one, relation) in spouses.filter(|_| covers_spouse).chain(children) {
            let [number, arabic, latin] = named(world, Some(one));
            covered.line(&[id(person), &number, &arabic, &latin, relation]);
        }
    }
    [policies, covered]
}

/// Somebody who was born abroad and whose birth was never entered here.
const NEVER_ENTERED: &str = "lara";

fn births(world: &World<'_>) -> Sheet {
    const COLUMNS: &str = "number,id_number,name_ar,name_en,sex,day,registered_on,place_ar,place_en,father_id,\
                           father_ar,father_en,mother_id,mother_ar,mother_en";
    let mut sheet = Sheet::new("birth-entries.csv", COLUMNS);
    let never = world.listed(NEVER_ENTERED).0;
    for (who, person) in world.everybody().filter(|(who, _)| *who != never) {
        let (number, place) = (format!("B-{}-{who:05}", person.born.parts().0), governorate(person).1);
        let (day, registered) = (person.born.to_string(), person.born.plus_days(9).to_string());
        let sex = if person.sex == Sex::Female { "female" } else { "male" };
        let [own, arabic, latin] = named(world, Some(who));
        let mut values = vec![number.as_str(), &own, &arabic, &latin, sex, &day, &registered, place.0, place.1];
        let parents = [named(world, person.father), named(world, person.mother)];
        values.extend(parents.iter().flatten().map(String::as_str));
        sheet.line(&values);
    }
    sheet
}

fn spouses(world: &World<'_>) -> Sheet {
    let mut sheet = Sheet::new("spouses.csv", "id_number,spouse_id,spouse_ar,spouse_en,married_on");
    for marriage in world.people.marriages().iter().filter(|marriage| marriage.ended.is_none()) {
        for (one, other) in [(marriage.husband, marriage.wife), (marriage.wife, marriage.husband)] {
            let [number, arabic, latin] = named(world, Some(other));
            sheet.line(&[id(world.person(one)), &number, &arabic, &latin, &marriage.since.to_string()]);
        }
    }
    sheet
}

/// The age at which a first identity card is issued, years.
const CARD_FROM: i16 = 16;

fn cards(world: &World<'_>) -> Sheet {
    let mut sheet = Sheet::new("id-cards.csv", "id_number,number,issued,blocked_on");
    let dice = Dice::new(0x43_52_44);
    let old = |person: &Person| person.died.is_none() && person.born.years_until(world.start) >= CARD_FROM.into();
    for (who, person) in world.everybody().filter(|(_, person)| old(person)) {
        let first = person.born.plus_years(CARD_FROM);
        let days = dice.between(0, first.days_until(world.start).min(7_000));
        sheet.line(&[id(person), &format!("C{:08}", 20_000_000 + who), &world.day(-days), ""]);
    }
    sheet
}

/// Years that a passport holds.
const PASSPORT_YEARS: i16 = 5;

fn passports(world: &World<'_>) -> Sheet {
    let mut sheet = Sheet::new("passports.csv", "id_number,number,issued,expires,lost_on");
    let mut note = |person: &Person, number: &str, expires: Date| {
        let issued = expires.plus_years(-PASSPORT_YEARS).plus_days(1);
        sheet.line(&[id(person), number, &issued.to_string(), &expires.to_string(), ""]);
    };
    // Those of the stories, by their numbers: the children of the list have no story of their own.
    for (head, number, days) in [
        (90_000_001, "N0000101", 1_300),
        (90_000_005, "N0000105", -100),
        (90_000_006, "N0000106", 40),
        (90_000_009, "N0000109", 500),
        (90_000_023, "N0000123", 60),
        (90_000_041, "N0000141", -30),
        (90_000_048, "N0000148", 900),
    ] {
        let known = world.people.find(base::IdNumber::complete(head).as_str()).expect("demo.toml lists this person");
        note(known.1, number, world.start.plus_days(days));
    }
    let abroad = world.listed("dana").1;
    note(abroad, "N0000012", Date::new(2034, 5, 31).expect("a day"));
    let dice = Dice::new(0x50_41_53);
    for (number, (_, person)) in world.living(1..=80).filter(|_| dice.percent(35)).enumerate() {
        note(person, &format!("N{:07}", 1_000_000 + number), world.start.plus_days(dice.between(-700, 1_800)));
    }
    sheet
}
