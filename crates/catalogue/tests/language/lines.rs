//! Faults of a `service.toml`'s shape: an unknown key, a wrong type, a broken line.
//! Each is named with its line and its remedy, also inside a step.

use std::fs;

use catalogue::Catalogue;

const HEAD: &str = "key = \"a.b.c\"\nversion = 1\nsample = true\nprovider = \"a\"\nassurance = \"low\"\n\
    delivery = [\"wallet\"]\n\n[promise]\nminutes = 5\n\n";
const FIRST: &str = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n\n";

#[test]
fn a_fault_of_the_shape_has_its_line_and_its_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let cases = [
        (format!("colour = 1\n{HEAD}"), 1, "unknown field `colour`"),
        (HEAD.replace("version = 1", "version = \"one\""), 2, "expected a whole number, not below 0; write"),
        (HEAD.replace("version = 1\n", ""), 1, "missing field `version`; add it"),
        (HEAD.replace("minutes = 5", "minutes = -5"), 9, "-5"),
        (HEAD.replace("minutes = 5", "hours = 5"), 9, "unknown field `hours`"),
        (HEAD.replace("\n[promise]", "[promise\n"), 7, "mend this line"),
        (HEAD.replace("sample = true", "sample = true\nsample = true"), 4, "duplicate key"),
        (format!("{HEAD}[[page]]\nid = \"a\"\nfield = {{ id = \"a\", kind = \"colour\" }}\n"), 13, "`colour`"),
        (format!("{HEAD}[[page]]\nid = \"a\"\n\n[page.field]\nid = \"a\"\nkind = \"text\"\nbig = 1\n"), 17, "`big`"),
        (format!("{HEAD}[[page]]\nid = \"a\"\nwhen = \"1 +\"\n"), 13, "is not a rule"),
        (format!("{HEAD}{FIRST}[[step]]\nkind = \"dance\"\n"), 18, "unknown variant `dance`"),
        (format!("{HEAD}{FIRST}[[step]]\nwhen = \"true\"\n"), 17, "missing field `kind`; add it"),
        (format!("{HEAD}{FIRST}[[step]]\nkind = \"issue\"\nunit = \"a\"\n"), 19, "unknown field `unit`"),
        (
            format!("{HEAD}{FIRST}[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"a\"\neyes = \"two\"\n"),
            21,
            "`eyes`: invalid type: string \"two\"",
        ),
        (
            format!("{HEAD}{FIRST}[[step]]\nkind = \"decide\"\nby = \"dice\"\n"),
            19,
            "`by`: unknown variant `dice`, expected one of",
        ),
        (
            format!(
                "{HEAD}{FIRST}[[step]]\nkind = \"clear\"\nbody = [\n  {{ id = \"a\", unit = \"a\", days = 3 }},\n  \
         {{ id = \"b\", unit = \"b\", days = \"4\" }},\n]\n"
            ),
            21,
            "`days`: invalid type: string \"4\"",
        ),
        (
            format!("{HEAD}[[step]]\nkind = \"decide\"\nby = \"rule\"\n\n[[step.check]]\nrule = \"true\"\n\n{FIRST}"),
            15,
            "missing field `reason`; add it",
        ),
    ];
    for (number, (text, ..)) in cases.iter().enumerate() {
        let folder = directory.path().join(format!("n{number}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("service.toml"), text).unwrap();
    }
    let found = Catalogue::read(directory.path()).err().unwrap();
    for (number, (text, line, about)) in cases.iter().enumerate() {
        let file = format!("n{number}/service.toml");
        let own: Vec<_> = found.iter().filter(|fault| fault.file.contains(&file)).collect();
        let [fault] = own[..] else { panic!("{own:?}\n{text}") };
        assert!(fault.reason.contains(about), "{about}: {fault}\n{text}");
        assert!(fault.file.ends_with(&format!("{file}:{line}")), "{line}: {fault}\n{text}");
    }
}
