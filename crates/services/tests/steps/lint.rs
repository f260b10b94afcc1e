//! Folders whose steps cannot work are named with their remedy.

use super::folder::faults;
use super::{HERE, THERE};

const DECIDED: &str = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n";

#[test]
fn steps_that_cannot_work_are_refused() {
    let step = |keys: &str| format!("{DECIDED}[[step]]\n{keys}\n");
    let clerk = format!("kind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"");
    for (steps, about) in [
        (step("kind = \"issue\"\nwhen = \"1 +\""), "is not a rule"),
        (step(&format!("{clerk}\neyes = 3")), "eyes = 3"),
        (step(&format!("{clerk}\nvotes = 3")), "`votes` belongs to committee"),
        (step(&format!("kind = \"decide\"\nby = \"committee\"\nunit = \"{HERE}\"")), "committee needs `votes`"),
        (step("kind = \"decide\"\nby = \"committee\"\nvotes = 3"), "committee needs `unit`"),
        (step("kind = \"clear\"\nbody = []"), "name 1 to"),
        (step("kind = \"clear\"\nbody = [{ id = \"tax\", unit = \"a\" }]"), "what its silence means"),
        (step("kind = \"clear\"\nbody = [{ id = \"tax\", days = 1, silence = \"yes\" }]"), "needs a unit"),
        (step("kind = \"await\"\nid = \"other\"\nunit = \"a\""), "the text `body-other` is missing"),
        (step("kind = \"await\"\nid = \"tax\"\nunit = \"a\"\nsees = [\"nothing\"]"), "`nothing`"),
        (step("kind = \"home-visit\"\nid = \"house\"\nunit = \"a\"\ndays = 1\nsilence = \"yes\""), "escalate at most"),
        (step("kind = \"co-sign\"\nfield = \"purpose\"\ndays = 3"), "id-numbers"),
        (step("kind = \"co-sign\"\nfield = \"partners\"\ndays = 0"), "days = 0"),
        (step("kind = \"appointment\"\nminutes = 30\ncapacity = 1\ndays = 3"), "needs unit"),
        (step("kind = \"pay\"\nfees = [\"other\"]"), "`other`"),
        (step("kind = \"pay\"\nfees = [\"test.first\"]\ninstalments = 4\nevery_days = 30"), "does not divide"),
        (step("kind = \"pay\"\nfees = [\"test.parts\"]\ninstalments = 4"), "every_days"),
        (step("kind = \"deliver\"\n[[step]]\nkind = \"issue\""), "nothing comes after"),
        (step("kind = \"write\"\nid = \"address\"\nunit = \"a\"\noperation = \"address\""), "names no operation"),
        ("[[step]]\nkind = \"issue\"\n".to_owned(), "before a decide step"),
        (format!("{DECIDED}when = \"true\"\n[[step]]\nkind = \"issue\"\n"), "before a decide step"),
        (format!("[appeal]\nunit = \"{HERE}\"\ndays = 3\n{}", step(&clerk)), "name another unit"),
        (format!("[appeal]\nunit = \"{THERE}\"\ndays = 0\n{}", step(&clerk)), "days = 0"),
    ] {
        let found = faults(&steps);
        assert!(found.iter().any(|fault| fault.contains(about)), "{about}: {found:#?}\n{steps}");
    }
    let files = |keys: &str| {
        format!("[[page]]\nid = \"proof\"\nfield = {{ id = \"proof\", kind = \"files\"{keys} }}\n{DECIDED}")
    };
    let asks = |rule: &str| files("").replace("rule = \"true\"", &format!("rule = \"{rule}\""));
    for (steps, about) in [
        (files(", most = 0"), "most is 1 to 10"),
        (files(", most = 11"), "most is 1 to 10"),
        (files(", accept = [\"heic\"]"), "heic"),
        (files(", options = [\"a\"]"), "`options` belongs"),
        (files("").replace("\"files\"", "\"text\", most = 2"), "`most` belongs to files"),
        (
            files("")
                .replace("field = {", "[page.repeat]\nid = \"proofs\"\nmost = 2\nfield = [{")
                .replace(" }\n", " }]\n"),
            "not in repeat",
        ),
        (asks("size(answers.proof) > 0"), "answers.proof"),
        (asks("has(answers.proof) && answers.proof.all(f, f.file == 'a')"), "file"),
        (asks("has(answers.proof) && answers.proof.all(f, f.type == 'gif')"), "gif"),
    ] {
        let found = faults(&steps);
        assert!(found.iter().any(|fault| fault.contains(about)), "{about}: {found:#?}\n{steps}");
    }
    let good =
        "has(answers.proof) && size(answers.proof) > 1 && answers.proof.all(f, f.type == 'pdf' && f.bytes < 9000)";
    assert_eq!(faults(&asks(good)), Vec::<String>::new());
    assert_eq!(faults(DECIDED), Vec::<String>::new());
}
