//! From a parsed file and arguments to the text that is read.
//!
//! Our own, because the usual engine counts Arabic wrongly above one hundred
//! (docs/adr/0001-messages-crate.md). It knows texts, variables, references to
//! messages and terms, and choices; no functions and no attributes, which
//! [`crate::source`] refuses.

use std::borrow::Cow;
use std::collections::HashMap;

use base::Locale;
use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey,
};
use fluent_syntax::parser;
use fluent_syntax::unicode::unescape_unicode_to_string;
use icu_plurals::{PluralCategory, PluralRules};

use crate::Arg;

/// First strong isolate: what follows keeps its own direction …
const ISOLATE: char = '\u{2068}';
/// Right-to-left isolate: what follows runs from the right …
const RIGHT_TO_LEFT_ISOLATE: char = '\u{2067}';
/// … until here.
const END_ISOLATE: char = '\u{2069}';

/// The texts of one file in one language.
pub(crate) struct Resolver {
    rules: PluralRules,
    messages: HashMap<Box<str>, Text>,
    terms: HashMap<Box<str>, Text>,
}

/// A text: nearly all are words and nothing else, and as patterns would take many
/// times their memory.
enum Text {
    Words(Box<str>),
    Pattern(Pattern<String>),
}

impl Text {
    fn of(pattern: Pattern<String>) -> Self {
        let words = |element: &PatternElement<String>| match element {
            PatternElement::TextElement { value } => Some(value.clone()),
            PatternElement::Placeable { .. } => None,
        };
        match pattern.elements.iter().map(words).collect::<Option<String>>() {
            Some(words) => Self::Words(words.into()),
            None => Self::Pattern(pattern),
        }
    }
}

impl Resolver {
    /// The texts of a file that [`crate::source::Source`] has accepted: what
    /// cannot be read is left out.
    pub(crate) fn new(locale: Locale, text: &str) -> Self {
        let resource = parser::parse_runtime(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let mut resolver = Self { rules: plural_rules(locale), messages: HashMap::new(), terms: HashMap::new() };
        for entry in resource.body {
            match entry {
                Entry::Message(message) => {
                    if let Some(pattern) = message.value {
                        resolver.messages.insert(message.id.name.into(), Text::of(pattern));
                    }
                }
                Entry::Term(term) => {
                    resolver.terms.insert(term.id.name.into(), Text::of(term.value));
                }
                _ => {}
            }
        }
        resolver
    }

    /// The text of one message; the key itself where there is none.
    pub(crate) fn format(&self, key: &str, args: &[(&str, Arg)]) -> String {
        let pattern = match self.messages.get(key) {
            None => return key.to_owned(),
            Some(Text::Words(words)) => return words.to_string(),
            Some(Text::Pattern(pattern)) => pattern,
        };
        let mut out = String::new();
        // A value that is the whole message has no surroundings to disturb.
        if let [PatternElement::Placeable { expression: Expression::Inline(inline) }] = pattern.elements.as_slice()
            && let InlineExpression::VariableReference { id } = inline
        {
            write_value(&mut out, find(args, &id.name), &id.name);
        } else {
            self.write(&mut out, pattern, args);
        }
        out
    }

    fn write_text(&self, out: &mut String, text: &Text, args: &[(&str, Arg)]) {
        match text {
            Text::Words(words) => out.push_str(words),
            Text::Pattern(pattern) => self.write(out, pattern, args),
        }
    }

    fn write(&self, out: &mut String, pattern: &Pattern<String>, args: &[(&str, Arg)]) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => out.push_str(value),
                PatternElement::Placeable { expression } => self.write_expression(out, expression, args),
            }
        }
    }

    fn write_expression(&self, out: &mut String, expression: &Expression<String>, args: &[(&str, Arg)]) {
        match expression {
            Expression::Inline(inline) => self.write_inline(out, inline, args),
            Expression::Select { selector, variants } => {
                if let Some(variant) = self.choose(selector, variants, args) {
                    self.write(out, &variant.value, args);
                }
            }
        }
    }

    fn write_inline(&self, out: &mut String, inline: &InlineExpression<String>, args: &[(&str, Arg)]) {
        match inline {
            InlineExpression::StringLiteral { value } => out.push_str(&unescape_unicode_to_string(value)),
            InlineExpression::NumberLiteral { value } => out.push_str(value),
            InlineExpression::VariableReference { id } => {
                let value = find(args, &id.name);
                out.push(value.map_or(ISOLATE, isolate));
                write_value(out, value, &id.name);
                out.push(END_ISOLATE);
            }
            InlineExpression::MessageReference { id, .. } => {
                if let Some(text) = self.messages.get(id.name.as_str()) {
                    self.write_text(out, text, args);
                }
            }
            InlineExpression::TermReference { id, arguments, .. } => {
                if let Some(text) = self.terms.get(id.name.as_str()) {
                    self.write_text(out, text, &arguments.as_ref().map(term_arguments).unwrap_or_default());
                }
            }
            InlineExpression::Placeable { expression } => self.write_expression(out, expression, args),
            InlineExpression::FunctionReference { .. } => {}
        }
    }

    /// The first variant that fits the value, else the default.
    fn choose<'a>(
        &self,
        selector: &InlineExpression<String>,
        variants: &'a [Variant<String>],
        args: &[(&str, Arg)],
    ) -> Option<&'a Variant<String>> {
        let value = match selector {
            InlineExpression::VariableReference { id } => find(args, &id.name).map(Cow::Borrowed),
            InlineExpression::StringLiteral { value } => Some(Cow::Owned(Arg::from(value.as_str()))),
            InlineExpression::NumberLiteral { value } => Some(Cow::Owned(literal_number(value))),
            _ => None,
        };
        let category = match value.as_deref() {
            Some(Arg::Number(number)) => Some(category_name(self.rules.category_for(*number))),
            _ => None,
        };
        let fits = |key: &VariantKey<String>| match (key, value.as_deref()) {
            (VariantKey::Identifier { name }, Some(Arg::Text(text))) => name == text,
            (VariantKey::Identifier { name }, Some(Arg::Number(_))) => Some(name.as_str()) == category,
            (VariantKey::NumberLiteral { value }, Some(arg)) => literal_number(value) == *arg,
            (_, None) => false,
        };
        variants.iter().find(|variant| fits(&variant.key)).or_else(|| variants.iter().find(|variant| variant.default))
    }
}

/// The mark before a value. A first strong isolate looks for a letter, and not inside of
/// isolates (UAX #9, rule P2): «5.00 شيكل», made of a number and a word that are isolated
/// already, would run from the left.
fn isolate(value: &Arg) -> char {
    let Arg::Text(text) = value else { return ISOLATE };
    let (mut depth, mut first) = (0_usize, None);
    for letter in text.chars() {
        match letter {
            '\u{2066}'..='\u{2068}' => depth += 1,
            END_ISOLATE => depth = depth.saturating_sub(1),
            _ if !letter.is_alphabetic() => {}
            _ if depth == 0 => return ISOLATE,
            _ => first = first.or(Some(letter)),
        }
    }
    if first.is_some_and(is_right_to_left) { RIGHT_TO_LEFT_ISOLATE } else { ISOLATE }
}

/// Hebrew, Arabic, Syriac, Thaana and their forms.
const fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

/// A term sees only the literals that it is given by name.
fn term_arguments(given: &CallArguments<String>) -> Vec<(&str, Arg)> {
    given
        .named
        .iter()
        .filter_map(|argument| {
            let value = match &argument.value {
                InlineExpression::StringLiteral { value } => Arg::from(unescape_unicode_to_string(value)),
                InlineExpression::NumberLiteral { value } => literal_number(value),
                _ => return None,
            };
            Some((argument.name.name.as_str(), value))
        })
        .collect()
}

/// A number of the file itself; one with decimals is only ever compared as
/// text.
fn literal_number(value: &str) -> Arg {
    value.parse().map_or_else(|_| Arg::from(value), Arg::Number)
}

fn find<'a>(args: &'a [(&str, Arg)], name: &str) -> Option<&'a Arg> {
    args.iter().find(|(given, _)| *given == name).map(|(_, arg)| arg)
}

/// What is not given shows its name: a mistake that is seen, and not a crash.
fn write_value(out: &mut String, value: Option<&Arg>, name: &str) {
    match value {
        Some(Arg::Text(text)) => out.push_str(text),
        Some(Arg::Number(number)) => out.push_str(&number.to_string()),
        None => {
            out.push('$');
            out.push_str(name);
        }
    }
}

/// CLDR's rules for counting in this language.
pub(crate) fn plural_rules(locale: Locale) -> PluralRules {
    let locale: icu_locale_core::Locale =
        locale.tag().parse().expect("every portal language has a well-formed BCP 47 tag");
    PluralRules::try_new_cardinal(locale.into()).expect("CLDR's rules are compiled in")
}

/// What Fluent calls a plural category.
pub(crate) fn category_name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}
