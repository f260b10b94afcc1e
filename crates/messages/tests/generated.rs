//! The generated code as a crate meets it: compiled, linted, called.

mod generated {
    include!("fixture/messages.rs");
}

use generated::Messages;
use messages::{Locale, generate_code, plain};

const AR: (Locale, &str, &str) = (Locale::AR, "ar.ftl", include_str!("fixture/ar.ftl"));
const EN: (Locale, &str, &str) = (Locale::EN, "en.ftl", include_str!("fixture/en.ftl"));

/// The compiled fixture is what the generator writes now. Run with
/// `REWRITE_FIXTURE=1` after a change of the generator.
#[test]
fn fixture_is_current() {
    let code = generate_code(&[AR, EN]).expect("the fixture has no fault");
    if std::env::var_os("REWRITE_FIXTURE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture/messages.rs"), &code).unwrap();
    }
    assert_eq!(code, include_str!("fixture/messages.rs"));
}

#[test]
fn a_message_without_arguments_is_resolved_at_build_time() {
    let said: &'static str = Messages::new(Locale::AR).sign_in_title();
    assert_eq!(said, "تسجيل الدخول إلى حكومتي");
    assert_eq!(Messages::new(Locale::EN).sign_in_title(), "Sign in to Hukumati");
    assert_eq!(Messages::new(Locale::EN).locale(), Locale::EN);
}

#[test]
fn arguments_are_isolated_and_can_be_made_plain() {
    let said = Messages::new(Locale::AR).greeting("Layla");
    assert_eq!(said, "مرحبا \u{2068}Layla\u{2069}");
    assert_eq!(plain(&said), "مرحبا Layla");
    assert_eq!(plain(Messages::new(Locale::EN).marked()), "Number 12-34");
}

#[test]
fn arguments_come_in_alphabetical_order() {
    assert_eq!(plain(&Messages::new(Locale::EN).paid("5.00", String::from("HK-1"))), "5.00 paid on HK-1");
}

#[test]
fn a_reference_to_a_field_is_an_argument() {
    let count: &&usize = &&3;
    assert_eq!(plain(&Messages::new(Locale::EN).days_left(count)), "3 days left");
    let name: &&String = &&String::from("Sami");
    assert_eq!(plain(&Messages::new(Locale::EN).greeting(name)), "Welcome, Sami");
}

#[test]
fn arabic_has_six_plurals() {
    let m = Messages::new(Locale::AR);
    let expected = [
        (0, "انتهت المدة"),
        (1, "بقي يوم واحد"),
        (2, "بقي يومان"),
        (3, "بقيت 3 أيام"),
        (10, "بقيت 10 أيام"),
        (11, "بقي 11 يوما"),
        (99, "بقي 99 يوما"),
        (100, "بقي 100 يوم"),
        (102, "بقي 102 يوم"),
        (103, "بقيت 103 أيام"),
        (1000, "بقي 1000 يوم"),
    ];
    for (count, said) in expected {
        assert_eq!(plain(&m.days_left(count)), said, "{count}");
    }
    assert_eq!(plain(&Messages::new(Locale::EN).days_left(1_u32)), "1 day left");
    assert_eq!(plain(&Messages::new(Locale::EN).days_left(0_i64)), "0 days left");
}

#[test]
fn a_text_chooses_its_variant() {
    assert_eq!(Messages::new(Locale::AR).rail("card"), "بطاقة");
    assert_eq!(Messages::new(Locale::AR).rail("cash"), "نقدا");
}
