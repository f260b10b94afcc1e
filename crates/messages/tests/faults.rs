//! What stops a build, and the sentence that it stops with.

use messages::{Bundle, Locale, compare, generate_code};

/// Builds from an Arabic and an English text and expects these faults.
#[track_caller]
fn check(ar: &str, en: &str, expected: &[&str]) {
    let texts = [(Locale::AR, "ar.ftl", ar), (Locale::EN, "en.ftl", en)];
    let found: Vec<String> = generate_code(&texts).err().unwrap_or_default().iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_key_that_a_language_lacks() {
    check("a = س\nb = ص", "a = x", &["ar.ftl:2: `b` is missing in en.ftl"]);
    check("a = س", "a = x\n\nb = y", &["en.ftl:3: `b` is missing in ar.ftl"]);
}

#[test]
fn other_arguments() {
    check("a = { $x }", "a = { $y }", &["ar.ftl:1: `a` takes $x here and $y in en.ftl"]);
    check("a = س", "a = { $y } { $z }", &["ar.ftl:1: `a` takes no argument here and $y, $z in en.ftl"]);
}

#[test]
fn arguments_are_followed_through_references() {
    check("a = { b }\nb = { $x }", "a = { $x }\nb = { $x }", &[]);
}

#[test]
fn incomplete_plurals() {
    let en = "a = { $n ->\n [one] x\n *[other] y\n}";
    check(
        "a = { $n ->\n [one] س\n *[other] ص\n}",
        en,
        &["ar.ftl:1: `a` chooses by a number without [few] [many] [two] [zero]; ar has 6 plural forms"],
    );
    check(
        "a = { $n ->\n [zero] س\n [one] س\n [two] س\n [few] س\n *[many] ص\n}",
        en,
        &["ar.ftl:1: `a` chooses by a number without [many] *[other]; ar has 6 plural forms"],
    );
    check(
        "a = { $n }",
        "a = { $n ->\n [0] none\n *[other] y\n}",
        &["en.ftl:1: `a` chooses by a number without [one]; en has 2 plural forms"],
    );
}

#[test]
fn a_choice_between_words_needs_no_plural() {
    let text = "a = { $kind ->\n [card] x\n *[cash] y\n}";
    check(text, text, &[]);
    let text = "a = { $kind ->\n [card] x\n *[other] y\n}";
    check(text, text, &[]);
}

#[test]
fn broken_syntax() {
    check("a = { $x", "a = { $x }", &["ar.ftl:1: cannot be read as Fluent: Expected a token starting with \"}\""]);
    check("a = س\n\nmangled\n", "a = x", &["ar.ftl:3: cannot be read as Fluent: Expected a token starting with \"=\""]);
}

#[test]
fn references_that_lead_nowhere() {
    check("a = { b }", "a = x", &["ar.ftl:1: `a` refers to `b`, which does not exist"]);
    check("a = { -b }", "a = x", &["ar.ftl:1: `a` refers to `-b`, which does not exist"]);
    check(
        "a = { b }\nb = { a }",
        "a = x\nb = y",
        &["ar.ftl:1: `a` refers to itself through `a`", "ar.ftl:2: `b` refers to itself through `b`"],
    );
    check(
        "-t = { -t }\na = { -t }",
        "a = x",
        &["ar.ftl:1: `-t` refers to itself through `-t`", "ar.ftl:2: `a` refers to itself through `-t`"],
    );
    check("a = { DATE($x) }", "a = { $x }", &["ar.ftl:1: `a` calls DATE(), which does not exist"]);
}

#[test]
fn names_that_no_method_can_have() {
    check(
        "continue = س",
        "continue = x",
        &["ar.ftl:1: `continue` is a word of the programming language; call it after its place, `continue-label`"],
    );
    check(
        "a-b = س\na_b = ص",
        "a-b = x\na_b = y",
        &["ar.ftl:2: `a_b` differs from another key only by dashes and underscores"],
    );
    check("a = { $type }", "a = { $type }", &["ar.ftl:1: `a` takes $type, which cannot be a parameter's name"]);
    check("a = س\n    .title = ص", "a = x", &["ar.ftl:1: `a` has attributes; give each a key of its own"]);
    check("a = س\na = ص", "a = x", &["ar.ftl:1: `a` stands twice in the file"]);
}

#[test]
fn a_bundle_reads_texts_as_data() {
    let bundle =
        Bundle::parse(Locale::AR, "ar.ftl", "title = شهادة { -kind }\n-kind = ميلاد\nfee = الرسم { $amount }").unwrap();
    assert_eq!(bundle.keys().collect::<Vec<_>>(), ["title", "fee"]);
    assert_eq!(bundle.get("title").as_deref(), Some("شهادة ميلاد"));
    assert_eq!(bundle.get("fee"), None, "an argument is needed");
    assert_eq!(bundle.get_with("fee", &[("amount", "5".into())]).as_deref(), Some("الرسم \u{2068}5\u{2069}"));
    // An amount is made of isolates, and reads from the right all the same.
    let amount = "\u{2068}5.00\u{2069} \u{2068}شيكل\u{2069}";
    let fee = bundle.get_with("fee", &[("amount", amount.into())]);
    assert_eq!(fee, Some(format!("الرسم \u{2067}{amount}\u{2069}")));
    for own in ["\u{2068}5.00\u{2069} \u{2068}shekels\u{2069}", "رقم \u{2068}HK-5\u{2069}", "\u{2068}5.00\u{2069}"] {
        assert_eq!(bundle.get_with("fee", &[("amount", own.into())]), Some(format!("الرسم \u{2068}{own}\u{2069}")));
    }
    assert_eq!(bundle.get("absent"), None);
    assert_eq!(bundle.arguments("fee").unwrap(), ["amount"]);
    assert!(Bundle::parse(Locale::EN, "en.ftl", "title = {").is_err());
}

#[test]
fn languages_of_a_folder_are_compared() {
    let faults = compare(&[(Locale::AR, "s/ar.ftl", "a = س\nb = ص"), (Locale::EN, "s/en.ftl", "a = x")]);
    assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<_>>(), ["s/ar.ftl:2: `b` is missing in s/en.ftl"]);
}
