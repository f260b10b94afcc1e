use std::collections::HashSet;

use base::Date;

use super::*;

#[test]
fn two_runs_give_the_same_people() {
    assert_eq!(Population::grow(), Population::grow());
}

#[test]
fn there_are_enough_people_of_every_kind() {
    let population = Population::grow();
    let people = population.people();
    assert!(people.len() >= 2_400, "{}", people.len());
    let share = |wanted: &dyn Fn(Index) -> bool| (0..people.len()).filter(|&one| wanted(one)).count();
    let status = |wanted| share(&|one| population.marital_status(one) == wanted);
    let counts = [
        ("women", share(&|one| people[one].sex == Sex::Female), 1_100),
        ("dead", share(&|one| people[one].died.is_some()), 100),
        ("minors", share(&|one| people[one].born.years_until(census()) < 18), 300),
        ("married", status(MaritalStatus::Married), 500),
        ("widowed", status(MaritalStatus::Widowed), 50),
        ("divorced", status(MaritalStatus::Divorced), 20),
        ("grandchildren", share(&|one| grandparent(people, one).is_some()), 800),
        ("with a line", share(&|one| population.lines().iter().any(|line| line.holder == one)), 1_000),
        ("on a relative's line", share(&|one| population.lines().iter().any(|line| line.users.contains(&one))), 100),
        (
            "grown without any line",
            share(&|one| {
                people[one].died.is_none()
                    && people[one].born.years_until(census()) >= 16
                    && !population.lines().iter().any(|line| line.holder == one || line.users.contains(&one))
            }),
            100,
        ),
    ];
    for (kind, count, least) in counts {
        assert!(count >= least, "{kind}: {count} of {}", people.len());
    }
    let places: HashSet<_> =
        people.iter().filter_map(|person| person.address.governorate).map(|one| one.code).collect();
    assert_eq!(places.len(), GOVERNORATES.len());
}

fn grandparent(people: &[Person], one: Index) -> Option<Index> {
    let father = people[one].father?;
    people[father].father.or(people[father].mother)
}

#[test]
fn numbers_fit_their_check_digit_and_have_one_holder() {
    let population = Population::grow();
    let mut seen = HashSet::new();
    for person in population.people() {
        assert!(person.id_number.check_digit_fits());
        assert!(seen.insert(person.id_number.as_str().to_owned()), "{}", person.id_number.as_str());
        assert_eq!(population.find(person.id_number.as_str()).unwrap().1, person);
    }
    let mut numbers = HashSet::new();
    for line in population.lines() {
        assert!(numbers.insert(line.number.as_str().to_owned()), "{:?}", line.number);
        assert_eq!(Operator::of(&line.number), Some(line.operator));
    }
    assert!(population.find("900000002").is_none());
}

#[test]
fn children_follow_their_parents() {
    let population = Population::grow();
    let people = population.people();
    for (one, child) in people.iter().enumerate() {
        assert!(child.born <= census());
        let (Some(father), Some(mother)) = (child.father, child.mother) else {
            assert_eq!(child.father, child.mother, "both parents are known or neither");
            continue;
        };
        let (father_is, mother_is) = (&people[father], &people[mother]);
        assert_eq!((father_is.sex, mother_is.sex), (Sex::Male, Sex::Female));
        for parent in [father_is, mother_is] {
            let age = parent.born.years_until(child.born);
            assert!((17..=80).contains(&age), "{one}: {age}");
        }
        assert!(mother_is.born.years_until(child.born) <= 45);
        assert!(mother_is.died.is_none_or(|day| day > child.born));
        assert!(father_is.died.is_none_or(|day| day > child.born));
        for (own, his) in [(&child.name.arabic, &father_is.name.arabic), (&child.name.latin, &father_is.name.latin)] {
            assert_eq!([&own[1], &own[2], &own[3]], [&his[0], &his[1], &his[3]]);
        }
        let marriage = population.marriages_of(mother).into_iter().find(|marriage| marriage.husband == father);
        let marriage = marriage.expect("the parents are or were married");
        assert!(marriage.since < child.born);
        assert!(child.died.is_none_or(|day| day > child.born));
        let born_late = |day: Date| day < child.born;
        assert!(!matches!(marriage.ended, Some(Ending::Death(day) | Ending::Divorce(day)) if born_late(day)));
    }
}

#[test]
fn marriages_are_between_grown_unrelated_living_people() {
    let population = Population::grow();
    let people = population.people();
    for marriage in population.marriages() {
        let (husband, wife) = (&people[marriage.husband], &people[marriage.wife]);
        for one in [husband, wife] {
            assert!(one.born.years_until(marriage.since) >= 18);
            assert!(one.died.is_none_or(|day| day > marriage.since));
        }
        assert!(husband.father.is_none() || husband.father != wife.father);
        let dead = [husband.died, wife.died].into_iter().flatten().min();
        match marriage.ended {
            None => assert_eq!(dead, None),
            Some(Ending::Death(day)) => assert_eq!(dead, Some(day)),
            Some(Ending::Divorce(day)) => assert!(day > marriage.since && dead.is_none_or(|died| died > day)),
        }
    }
}

#[test]
fn the_listed_people_are_found_and_as_told() {
    let population = Population::grow();
    assert!(PEOPLE.len() >= 8);
    for listed in PEOPLE.iter() {
        let (index, person) = population.find(listed.id_number.as_str()).unwrap();
        assert_eq!((person.born, &person.name), (listed.born, &listed.name), "{}", listed.key);
        assert!(person.died.is_none() && person.born.years_until(census()) >= 18);
        let lines = population.lines().iter();
        let mut numbers =
            lines.filter(|line| line.holder == index || line.users.contains(&index)).map(|line| &line.number);
        assert_eq!(numbers.next().or(person.contact.as_ref()), listed.phone.as_ref(), "{}", listed.key);
        assert_eq!(listed.email.is_some(), listed.account.is_some(), "{}", listed.key);
    }
    let listed = |key: &str| PEOPLE.iter().find(|person| person.key == key).unwrap();
    assert_eq!(listed("huda").phone, listed("karim").phone);
    assert_eq!(listed("yousef").phone, None);
    assert!(listed("salma").account.is_some() && listed("nadia").account.is_none());
    let dana = listed("dana");
    let [first, second] = dana.passport.as_ref().unwrap();
    let zone = base::Mrz::parse([first, second], census()).unwrap();
    assert_eq!((dana.phone.as_ref(), zone.born, zone.surname.as_str()), (None, dana.born, "AL ALAMI"));
    assert!(listed("ibrahim").phone.as_ref().unwrap().as_str().starts_with("+962"));
    let (_, amal) = population.find(listed("amal").id_number.as_str()).unwrap();
    assert_eq!(amal.cohorts, ["social-assistance"]);
}

#[test]
fn credentials_are_usable_and_each_ones_own() {
    let citizens = PEOPLE.iter().filter_map(|person| person.account.as_ref());
    let citizens = citizens.map(|account| (&account.password, &account.totp_secret));
    let officers = OFFICERS.iter().map(|officer| (&officer.password, &officer.totp_secret));
    let (mut passwords, mut secrets) = (HashSet::new(), HashSet::new());
    for (password, secret) in citizens.chain(officers) {
        assert!(password.len() >= 15 && passwords.insert(password), "{password}");
        assert!(secret.len() == 32 && secrets.insert(secret), "{secret}");
        assert!(secret.chars().all(|symbol| matches!(symbol, 'A'..='Z' | '2'..='7')), "{secret}");
    }
    let units: HashSet<_> = OFFICERS.iter().map(|officer| officer.username.as_str()).collect();
    assert_eq!(units.len(), OFFICERS.len());
    for role in base::Role::ALL {
        assert!(OFFICERS.iter().any(|officer| officer.roles.contains(&role)), "{}", role.as_str());
    }
}
