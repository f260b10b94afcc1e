//! The registers' answers as JSON, in the shapes that `services/operations/`
//! publishes. Values for people come in both languages; codes stay codes.

use base::Money;
use serde_json::{Value, json};

use super::{Company, Registers};
use crate::population::{Address, Index, MaritalStatus, Person, Sex, Spelt};

pub(crate) fn person(registers: &Registers, index: Index) -> Value {
    let person = registers.current(index);
    let status = registers.marital_status(index);
    let mut answer = json!({
        "id_number": person.id_number.as_str(),
        "name": parts(&person),
        "full_name": full_name(&person),
        "birth_date": person.born.to_string(),
        "sex": person.sex.as_str(),
        "status": status_of(&person),
        "marital_status": status.as_str(),
        "marital_status_text": marital_text(status, person.sex),
        "numbers": person.contact.iter().map(|number| json!({ "number": number.as_str() })).collect::<Vec<_>>(),
        "address": address(&person.address),
        "cohorts": person.cohorts,
        "version": registers.version(index),
    });
    if let Some(day) = person.died {
        answer["death_date"] = day.to_string().into();
    }
    answer
}

pub(crate) fn family(registers: &Registers, index: Index) -> Value {
    let own = registers.current(index);
    let mut members = vec![member(registers, index, "self")];
    let spouses = registers.spouses(index);
    members.extend(spouses.into_iter().map(|spouse| member(registers, spouse, "spouse")));
    let children = registers.population().children_of(index);
    members.extend(children.into_iter().map(|child| member(registers, child, "child")));
    members.extend(own.father.map(|father| member(registers, father, "father")));
    members.extend(own.mother.map(|mother| member(registers, mother, "mother")));
    json!({
        "id_number": own.id_number.as_str(),
        "members": members,
        "guardian": registers.guardian(index).map(|guardian| {
            let guardian = registers.current(guardian);
            json!({ "id_number": guardian.id_number.as_str(), "full_name": full_name(&guardian) })
        }),
        "version": registers.version(index),
    })
}

fn member(registers: &Registers, index: Index, relation: &str) -> Value {
    let person = registers.current(index);
    let status = registers.marital_status(index);
    json!({
        "relation": relation,
        "relation_text": relation_text(relation, person.sex),
        "id_number": person.id_number.as_str(),
        "full_name": full_name(&person),
        "birth_date": person.born.to_string(),
        "sex": person.sex.as_str(),
        "status": status_of(&person),
        "marital_status": status.as_str(),
        "marital_status_text": marital_text(status, person.sex),
    })
}

pub(crate) fn numbers(registers: &Registers, index: Index) -> Value {
    let numbers: Vec<Value> = registers
        .lines_of(index)
        .into_iter()
        .map(|line| {
            json!({
                "number": line.number.as_str(),
                "operator": line.operator.as_str(),
                "operator_name": spelt(line.operator.name()),
                "role": if line.holder == index { "holder" } else { "relative" },
                "since": line.since.to_string(),
            })
        })
        .collect();
    let person = &registers.population().people()[index];
    json!({ "id_number": person.id_number.as_str(), "numbers": numbers })
}

pub(crate) fn driver(registers: &Registers, index: Index) -> Option<Value> {
    let driver = registers.driver(index)?;
    let holds: Vec<Value> = driver
        .holds
        .iter()
        .map(|hold| json!({ "code": hold.code, "reason": spelt(hold.reason), "since": hold.since.to_string() }))
        .collect();
    Some(json!({
        "id_number": registers.population().people()[index].id_number.as_str(),
        "licence_number": driver.licence_number,
        "class": driver.class.code,
        "class_name": spelt(driver.class.name),
        "issued": driver.issued.to_string(),
        "expires": driver.expires.to_string(),
        "renewable_until": driver.renewable_until().to_string(),
        "status": driver.status(registers.start),
        "glasses": driver.glasses,
        "holds": holds,
    }))
}

pub(crate) fn fines(registers: &Registers, index: Index) -> Value {
    let fines = registers.fines(index);
    let lines: Vec<Value> = fines
        .iter()
        .map(|fine| {
            json!({
                "number": fine.number,
                "date": fine.day.to_string(),
                "offence": spelt(fine.offence),
                "place": spelt(fine.place),
                "amount_minor": fine.amount.minor(),
                "currency": fine.amount.currency().code(),
                "paid": fine.paid,
            })
        })
        .collect();
    let unpaid: i64 = fines.iter().filter(|fine| !fine.paid).map(|fine| Money::minor(fine.amount)).sum();
    json!({
        "id_number": registers.population().people()[index].id_number.as_str(),
        "fines": lines,
        "unpaid_minor": unpaid,
        "currency": "ILS",
    })
}

pub(crate) fn signatory(registers: &Registers, index: Index) -> Value {
    let companies = registers.companies().into_iter().filter(|company| company.signatories.contains(&index));
    let companies = companies.map(|company| {
        json!({
            "company_number": company.number.as_str(),
            "name": both(&company.name),
            "status": company_status(&company),
        })
    });
    json!({
        "id_number": registers.population().people()[index].id_number.as_str(),
        "companies": companies.collect::<Vec<_>>(),
        "sample": true,
    })
}

pub(crate) fn company(registers: &Registers, company: &Company) -> Value {
    let people = registers.population().people();
    let signatories = company.signatories.iter().map(|&one| json!({ "id_number": people[one].id_number.as_str() }));
    json!({
        "company_number": company.number.as_str(),
        "name": both(&company.name),
        "form": company.form.code,
        "form_text": spelt(company.form.name),
        "status": company_status(company),
        "signing": if company.jointly { "joint" } else { "alone" },
        "signatories": signatories.collect::<Vec<_>>(),
        "registered_on": company.registered.to_string(),
        "sample": true,
        "version": 1,
    })
}

fn company_status(company: &Company) -> &'static str {
    if company.struck_off { "struck-off" } else { "active" }
}

fn both([ar, en]: &[String; 2]) -> Value {
    json!({ "ar": ar, "en": en })
}

fn status_of(person: &Person) -> &'static str {
    if person.died.is_none() { "alive" } else { "dead" }
}

fn parts(person: &Person) -> Value {
    let four = |[given, father, grandfather, family]: &[String; 4]| json!({ "given": given, "father": father, "grandfather": grandfather, "family": family });
    json!({ "ar": four(&person.name.arabic), "en": four(&person.name.latin) })
}

fn full_name(person: &Person) -> Value {
    json!({ "ar": person.name.arabic_full(), "en": person.name.latin_full() })
}

fn address(address: &Address) -> Value {
    json!({
        "governorate": address.governorate.map(|governorate| governorate.code),
        "governorate_name": address.governorate.map(|governorate| spelt(governorate.name)),
        "locality": spelt(address.locality),
        "street": spelt(address.street),
        "building": address.building.to_string(),
        "postcode": address.postcode.as_ref().map(base::postcode::Postcode::as_str),
    })
}

fn spelt((ar, en): Spelt) -> Value {
    json!({ "ar": ar, "en": en })
}

fn marital_text(status: MaritalStatus, sex: Sex) -> Value {
    spelt(match (status, sex) {
        (MaritalStatus::Single, Sex::Male) => ("أعزب", "Single"),
        (MaritalStatus::Single, Sex::Female) => ("عزباء", "Single"),
        (MaritalStatus::Married, Sex::Male) => ("متزوج", "Married"),
        (MaritalStatus::Married, Sex::Female) => ("متزوجة", "Married"),
        (MaritalStatus::Widowed, Sex::Male) => ("أرمل", "Widowed"),
        (MaritalStatus::Widowed, Sex::Female) => ("أرملة", "Widowed"),
        (MaritalStatus::Divorced, Sex::Male) => ("مطلق", "Divorced"),
        (MaritalStatus::Divorced, Sex::Female) => ("مطلقة", "Divorced"),
    })
}

fn relation_text(relation: &str, sex: Sex) -> Value {
    spelt(match (relation, sex) {
        ("self", Sex::Male) => ("صاحب الشهادة", "Holder"),
        ("self", Sex::Female) => ("صاحبة الشهادة", "Holder"),
        ("spouse", Sex::Male) => ("الزوج", "Husband"),
        ("spouse", Sex::Female) => ("الزوجة", "Wife"),
        ("child", Sex::Male) => ("ابن", "Son"),
        ("child", Sex::Female) => ("ابنة", "Daughter"),
        ("father", _) => ("الأب", "Father"),
        _ => ("الأم", "Mother"),
    })
}
