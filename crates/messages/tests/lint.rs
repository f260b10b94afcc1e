//! The rules of writing, each with a text that breaks it and one beside it
//! that does not.

use messages::{Locale, lint};

/// The one fault of an Arabic message that holds this text, or none.
#[track_caller]
fn check(text: &str, expected: Option<&str>) {
    let found: Vec<String> =
        lint(Locale::AR, "ar.ftl", &format!("a = {text}")).into_iter().map(|fault| fault.reason).collect();
    match expected {
        None => assert!(found.is_empty(), "{text}: {found:?}"),
        Some(part) => assert!(found.len() == 1 && found[0].contains(part), "{text}: {found:?}"),
    }
}

#[test]
fn arabic_marks() {
    check("الاسم، والعنوان", None);
    check("الاسم, والعنوان", Some("Latin mark ,"));
    check("هل هذا اسمك?", Some("Latin mark ?"));
    check("هل هذا اسمك؟", None);
    check("المبلغ 1,000 شيكل", None);
    check("الاسم؛ العنوان", None);
    check("الاسم; العنوان", Some("Latin mark ;"));
}

#[test]
fn the_verb_of_being_done() {
    check("تم تقديم الطلب", Some("being done"));
    check("تمّ تقديم الطلب", Some("being done"));
    check("وسيتم إرسال رسالة", Some("being done"));
    check("قُدّم الطلب", None);
    check("تمام الأمر", None);
}

#[test]
fn commands() {
    check("اضغط الزر", Some("اضغط"));
    check("من فضلك أدخل الرقم", Some("أدخل"));
    check("الرقم صحيح. واختر المكتب", Some("واختر"));
    check("إدخال الرقم", None);
    check("رقم المكتب", None);
    check("تابع الطلب", Some("تابع"));
    check("مكتب تابع لوزارة العدل", None);
    check("كاتب عدل", None);
}

#[test]
fn long_sentences() {
    let words = |count: usize| vec!["كلمة"; count].join(" ");
    check(&words(20), None);
    check(&words(21), Some("21 words"));
    check(&format!("{}. {}.", words(20), words(20)), None);
    check(&format!("{} {{ $name }}", words(20)), Some("21 words"));
}

#[test]
fn digits() {
    check("خلال 3 أيام", None);
    check("خلال ٣ أيام", Some("Western digits"));
    assert_eq!(lint(Locale::EN, "en.ftl", "a = within ٣ days").len(), 1);
}

#[test]
fn words_of_the_house() {
    check("دفع الفاتورة", Some("أمر دفع"));
    check("أمر دفع", None);
    check("رقم القضية", Some("معاملة"));
    check("الرقم الوطني", Some("رقم الهوية"));
    check("المجلس الوطني", None);
    assert_eq!(lint(Locale::EN, "en.ftl", "a = Your national number").len(), 1);
}

#[test]
fn every_variant_and_term_is_read() {
    let text = "-t = فاتورة\na = { $kind ->\n [x] نقدا\n *[y] اضغط\n}";
    let found: Vec<String> = lint(Locale::AR, "ar.ftl", text).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "ar.ftl:1: `-t` says فاتورة; the word is أمر دفع",
            "ar.ftl:2: `a` commands a man with اضغط; use a verbal noun",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault() {
    assert_eq!(lint(Locale::AR, "ar.ftl", "a = {").len(), 1);
}
