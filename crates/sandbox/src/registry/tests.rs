use std::collections::HashSet;
use std::time::Duration;

use super::*;
use crate::population::PEOPLE;

fn start() -> Date {
    Date::new(2027, 3, 15).unwrap()
}

fn id(key: &str) -> String {
    PEOPLE.iter().find(|person| person.key == key).unwrap().id_number.as_str().to_owned()
}

fn index(registers: &Registers, key: &str) -> Index {
    registers.population().find(&id(key)).unwrap().0
}

#[test]
fn stories_stay_true_on_any_day_of_the_start() {
    for start in [start(), start().plus_years(3)] {
        let registers = Registers::new(start);
        let status = |key| registers.answer(Operation::Driver, &id(key)).unwrap()["status"].clone();
        assert_eq!(
            [status("salma"), status("samir"), status("wafa"), status("tareq")],
            ["valid", "expired", "valid", "expired"]
        );
        let driver = |key| registers.driver(index(&registers, key)).unwrap();
        assert!(driver("samir").renewable_until() > start);
        assert!(driver("tareq").renewable_until() < start);
        assert_eq!(registers.answer(Operation::Driver, &id("nadia")), Err(NoAnswer::Unknown));
    }
}

#[test]
fn the_registers_are_full() {
    let registers = Registers::new(start());
    assert_eq!(registers.driver_count(), 900);
    let with_fines = (0..registers.population().people().len()).filter(|&one| !registers.fines(one).is_empty()).count();
    assert!((100..400).contains(&with_fines), "{with_fines}");
    let held = registers.drivers.values().filter(|driver| !driver.holds.is_empty()).count();
    assert!((10..100).contains(&held), "{held}");
    for (&holder, driver) in &registers.drivers {
        let person = &registers.population().people()[holder];
        assert!(person.born.years_until(driver.issued) >= 18, "{}", driver.licence_number);
        assert!(driver.issued < driver.expires);
    }
}

#[test]
fn numbers_tell_holders_and_relatives() {
    let registers = Registers::new(start());
    let numbers = |key| registers.answer(Operation::Numbers, &id(key)).unwrap()["numbers"].clone();
    assert_eq!(numbers("huda")[0]["number"], numbers("karim")[0]["number"]);
    assert_eq!((&numbers("huda")[0]["role"], &numbers("karim")[0]["role"]), (&"holder".into(), &"relative".into()));
    assert_eq!(numbers("yousef"), serde_json::json!([]));
    assert_eq!(registers.reachable_at(&id("yousef")), []);
    assert_eq!(registers.reachable_at(&id("ibrahim")).len(), 1);
    assert_eq!(registers.reachable_at("900000002"), []);
}

#[test]
fn a_family_has_all_its_members() {
    let registers = Registers::new(start());
    let family = registers.answer(Operation::Family, &id("salma")).unwrap();
    let relations: Vec<_> = family["members"].as_array().unwrap().iter().map(|one| one["relation"].clone()).collect();
    assert_eq!(relations, ["self", "spouse", "child", "child", "father", "mother"]);
    assert_eq!(family["guardian"], Value::Null);
    let child = family["members"][2]["id_number"].as_str().unwrap();
    let guardian = &registers.answer(Operation::Family, child).unwrap()["guardian"];
    assert_eq!(guardian["full_name"]["en"], "Wisam Naser Mahmoud Najm");
    let spouse = family["members"][1]["id_number"].as_str().unwrap();
    registers.record_death(spouse, start()).unwrap();
    let guardian = &registers.answer(Operation::Family, child).unwrap()["guardian"];
    assert_eq!(guardian["id_number"], id("salma").as_str());
    assert_eq!(registers.answer(Operation::Person, &id("salma")).unwrap()["marital_status"], "widowed");
}

#[test]
fn changes_are_seen_at_once_and_taken_back() {
    let registers = Registers::new(start());
    let before = registers.answer(Operation::Person, &id("nadia")).unwrap();
    let mut name = registers.person(&id("nadia")).unwrap().name;
    name.arabic[0] = "ندى".to_owned();
    name.latin[0] = "Nada".to_owned();
    registers.rename(&id("nadia"), name.clone()).unwrap();
    let after = registers.answer(Operation::Person, &id("nadia")).unwrap();
    assert_eq!(after["full_name"]["ar"], "ندى وائل عمر شاهين");
    assert_eq!((&before["version"], &after["version"]), (&1.into(), &2.into()));
    assert_eq!(registers.rename("900000002", name), Err(NoAnswer::Unknown));
    registers.restore();
    assert_eq!(registers.answer(Operation::Person, &id("nadia")).unwrap(), before);
}

#[test]
fn registers_fall_ill_one_by_one() {
    let registers = Registers::new(start());
    registers.set_mode(Register::Civil, Mode::Down);
    for (operation, expected) in [
        (Operation::Person, Some(NoAnswer::Down)),
        (Operation::Family, Some(NoAnswer::Down)),
        (Operation::Numbers, None),
        (Operation::Driver, None),
        (Operation::Fines, None),
    ] {
        assert_eq!(registers.answer(operation, &id("samir")).err(), expected);
    }
    registers.set_mode(Register::Civil, Mode::Slow(Duration::from_secs(2)));
    assert!(registers.answer(Operation::Person, &id("samir")).is_ok());
    assert_eq!(registers.mode(Register::Civil), Mode::Slow(Duration::from_secs(2)));
}

#[test]
fn the_companies_register_has_companies_of_every_kind() {
    let registers = Registers::new(start());
    let companies = registers.companies();
    let count = |holds: fn(&&Company) -> bool| companies.iter().filter(holds).count();
    assert!(count(|one| one.jointly) >= 5 && count(|one| one.struck_off) >= 2);
    assert!(companies.iter().all(|one| one.signatories.len() >= if one.jointly { 2 } else { 1 }));
    let distinct = |part: fn(&Company) -> &str| companies.iter().map(part).collect::<HashSet<_>>().len();
    assert_eq!([distinct(|one| one.number.as_str()), distinct(|one| &one.name[0])], [COMPANIES; 2]);
    let status = |number| registers.answer(Operation::Company, number).unwrap()["status"].clone();
    assert_eq!([status("562000011"), status("562000037")], ["active", "struck-off"]);
    registers.strike_off("562000011").unwrap();
    registers.release("562000029", &id("tareq")).unwrap();
    assert_eq!(status("562000011"), "struck-off");
    assert_eq!(registers.answer(Operation::Signatory, &id("tareq")).unwrap()["companies"], serde_json::json!([]));
    assert_eq!(registers.strike_off("562000012"), Err(NoAnswer::Unknown));
    registers.restore();
    assert_eq!(status("562000011"), "active");
}

#[test]
fn strange_numbers_are_refused() {
    let registers = Registers::new(start());
    for (typed, expected) in [
        ("", NoAnswer::Malformed),
        ("12345678", NoAnswer::Malformed),
        ("1234567890", NoAnswer::Malformed),
        ("90000000x", NoAnswer::Malformed),
        ("900000002", NoAnswer::Unknown),
        ("123456782", NoAnswer::Unknown),
    ] {
        for operation in Operation::ALL {
            assert_eq!(registers.answer(operation, typed), Err(expected), "{typed}");
        }
    }
}
