//! A newborn that the civil registry was told of is among its entries from then on:
//! the file of entries of births is written anew with one line more.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Map, Value};

use super::{Sheet, replace};
use crate::population::{Index, Sex};
use crate::registry::Registers;

/// What the registry gave it.
pub struct Entered<'a> {
    /// The number of the entry.
    pub entry: &'a str,
    /// The child's ID number.
    pub number: &'a str,
    /// The parent who applied.
    pub parent: &'a str,
    /// What the registry was told.
    pub values: &'a Map<String, Value>,
}

/// Enters it, once for each number.
///
/// # Errors
/// The disk's.
pub fn enter(registers: &Registers, folder: &Path, newborn: &Entered<'_>) -> io::Result<()> {
    const FILE: &str = "birth-entries.csv";
    let entries = match fs::read_to_string(folder.join(FILE)) {
        // The register is out of order, or there is none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let begins = format!("{},", newborn.entry);
    if entries.lines().any(|line| line.starts_with(&begins)) {
        return Ok(());
    }
    let text = |field: &str| newborn.values.get(field).and_then(Value::as_str);
    let typed = newborn.values.get("other_typed").and_then(|all| all.get(0)).and_then(Value::as_str);
    let people = registers.population();
    let known = |number: &str| people.find(number).map(|(index, _)| index);
    let parents = [known(newborn.parent), text("other").or(typed).and_then(known)];
    let of = |sex: Sex| parents.into_iter().flatten().find(|index: &Index| people.people()[*index].sex == sex);
    let (father, mother) = (of(Sex::Male), of(Sex::Female));
    let (sex, day) = born(folder, newborn.values)?;
    let line = |index: Option<Index>| {
        let person = index.map(|index| &people.people()[index]);
        let named =
            person.map(|one| [one.id_number.as_str().to_owned(), one.name.arabic_full(), one.name.latin_full()]);
        named.unwrap_or_default()
    };
    let [arabic, latin] = names(registers, father, [text("given-name"), text("given-name-latin")]);
    let today = registers.start().to_string();
    let mut sheet = Sheet { name: FILE, text: entries };
    let mut values = vec![newborn.entry, newborn.number, &arabic, &latin, &sex, &day, &today, "فلسطين", "Palestine"];
    let parents = [line(father), line(mother)];
    values.extend(parents.iter().flatten().map(String::as_str));
    sheet.line(&values);
    replace(folder, &sheet)
}

/// Given name and the father's line, in Arabic and Latin letters.
fn names(registers: &Registers, father: Option<Index>, given: [Option<&str>; 2]) -> [String; 2] {
    let father = father.map(|index| registers.population().people()[index].name.clone());
    let line = |parts: Option<[String; 4]>, given: Option<&str>| {
        let line = parts.map(|[own, above, _, family]| format!(" {own} {above} {family}")).unwrap_or_default();
        format!("{}{line}", given.unwrap_or("-"))
    };
    let parts = father.map(|name| (name.arabic, name.latin)).unzip();
    [line(parts.0, given[0]), line(parts.1, given[1])]
}

/// Sex and day of birth: as they were told, or as the hospital’s notice says.
fn born(folder: &Path, values: &Map<String, Value>) -> io::Result<(String, String)> {
    let text = |field: &str| values.get(field).and_then(Value::as_str).map(str::to_owned);
    if let (Some(sex), Some(day)) = (text("sex"), text("born")) {
        return Ok((sex, day));
    }
    let notices = fs::read_to_string(folder.join("birth-notices.csv"))?;
    let wanted = text("notice").unwrap_or_default();
    let found = notices.lines().find_map(|line| {
        let mut cells = line.split(',').skip_while(|cell| *cell != wanted);
        let (day, sex) = (cells.nth(1)?, cells.nth(1)?);
        Some((sex.to_owned(), day.to_owned()))
    });
    found.ok_or_else(|| io::Error::other("the notice of a newborn is not there"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::told::NEWBORNS;

    #[test]
    fn a_newborn_that_was_told_of_is_among_the_entries_once() {
        let folder = std::env::temp_dir().join(format!("hukumati-newborn-{}", std::process::id()));
        let registers = Registers::new(base::Date::new(2026, 11, 24).unwrap());
        crate::samples::write(&registers, &folder).unwrap();
        // Salma applies, and her husband is the father: the hospital told sex and day.
        let values =
            json!({ "notice": "N-26-00017", "given-name": "زينة", "given-name-latin": "Zeina", "other": "900000134" });
        let message = json!({ "key": "k", "id": "900000019", "values": values });
        let answer = registers.tell(NEWBORNS, message.to_string().as_bytes()).unwrap();
        let (entry, number) = (answer["entry"].as_str().unwrap(), answer["number"].as_str().unwrap());
        assert!(base::IdNumber::parse(number).is_some_and(|number| number.check_digit_fits()), "{number}");
        assert_eq!(registers.population().find(number), None);
        let newborn = Entered { entry, number, parent: "900000019", values: values.as_object().unwrap() };
        for _ in 0..2 {
            enter(&registers, &folder, &newborn).unwrap();
        }
        let entries = fs::read_to_string(folder.join("birth-entries.csv")).unwrap();
        let lines: Vec<&str> = entries.lines().filter(|line| line.starts_with(entry)).collect();
        let [line] = lines[..] else { panic!("{lines:?}") };
        assert!(line.contains("زينة") && line.contains("female,2026-11-18"), "{line}");
        assert!(line.contains("900000134") && line.contains("900000019"), "{line}");
        fs::remove_dir_all(folder).unwrap();
    }
}
