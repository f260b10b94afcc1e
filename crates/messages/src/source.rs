//! One language's file, parsed and checked: what it says, what each message
//! needs, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use base::Locale;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource, Variant, VariantKey};
use fluent_syntax::parser;
use fluent_syntax::unicode::unescape_unicode_to_string;

use crate::resolver::{category_name, plural_rules};

/// Something wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// The message; empty where none could be read.
    pub key: String,
    /// What is wrong, as the end of a sentence that begins with the key.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        f.write_str(&self.reason)
    }
}

/// A message as the checks see it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) key: String,
    pub(crate) line: usize,
    /// The names of its arguments in alphabetical order, those of the messages
    /// that it refers to included.
    pub(crate) arguments: Vec<String>,
    /// What it says, one entry for each variant; what is put in stands as one
    /// word in braces.
    pub(crate) texts: Vec<String>,
}

/// Begins what is put in, in [`Message::texts`].
pub(crate) const PLACEABLE_EDGE: char = '{';

/// A file that could be parsed.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) locale: Locale,
    pub(crate) file: String,
    messages: Vec<Message>,
}

type Patterns<'a> = BTreeMap<&'a str, &'a Pattern<&'a str>>;

impl Source {
    /// Reads and checks one file.
    pub(crate) fn parse(locale: Locale, file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let resource = parser::parse(text).map_err(|(_, errors)| {
            errors
                .iter()
                .map(|error| Fault {
                    file: file.to_owned(),
                    line: line_at(text, error.pos.start),
                    key: String::new(),
                    reason: format!("cannot be read as Fluent: {error}"),
                })
                .collect::<Vec<_>>()
        })?;
        let mut reader = Reader::new(locale, file, text, &resource);
        let messages = reader.messages(&resource);
        if reader.faults.is_empty() { Ok(Self { locale, file: file.to_owned(), messages }) } else { Err(reader.faults) }
    }

    /// The messages, in the order of the file.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.all().filter(|message| !message.key.starts_with('-'))
    }

    /// The messages and the terms.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    pub(crate) fn message(&self, key: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.key == key)
    }
}

/// What differs between two languages of the same texts: a key that one lacks,
/// or other arguments.
pub(crate) fn differences(sources: &[Source]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for source in sources {
        for other in sources.iter().filter(|other| other.locale != source.locale) {
            for message in source.messages() {
                let fault =
                    |reason| Fault { file: source.file.clone(), line: message.line, key: message.key.clone(), reason };
                match other.message(&message.key) {
                    None => faults.push(fault(format!("is missing in {}", other.file))),
                    // Told once, by the language that comes first.
                    Some(same)
                        if same.arguments != message.arguments && source.locale.index() < other.locale.index() =>
                    {
                        faults.push(fault(format!(
                            "takes {} here and {} in {}",
                            named(&message.arguments),
                            named(&same.arguments),
                            other.file
                        )));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    faults
}

fn named(arguments: &[String]) -> String {
    if arguments.is_empty() { "no argument".to_owned() } else { format!("${}", arguments.join(", $")) }
}

struct Reader<'a> {
    locale: Locale,
    file: &'a str,
    text: &'a str,
    messages: Patterns<'a>,
    terms: Patterns<'a>,
    categories: BTreeSet<&'static str>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn new(locale: Locale, file: &'a str, text: &'a str, resource: &'a Resource<&'a str>) -> Self {
        let mut reader = Self {
            locale,
            file,
            text,
            messages: Patterns::new(),
            terms: Patterns::new(),
            categories: plural_rules(locale).categories().map(category_name).collect(),
            faults: Vec::new(),
        };
        for entry in &resource.body {
            match entry {
                Entry::Message(message) => {
                    let key = message.id.name;
                    if !message.attributes.is_empty() {
                        reader.fault(key, "has attributes; give each a key of its own");
                    }
                    let Some(pattern) = &message.value else { continue };
                    if reader.messages.insert(key, pattern).is_some() {
                        reader.fault(key, "stands twice in the file");
                    }
                }
                Entry::Term(term) if reader.terms.insert(term.id.name, &term.value).is_some() => {
                    reader.fault(&format!("-{}", term.id.name), "is a term that stands twice in the file");
                }
                _ => {}
            }
        }
        reader
    }

    fn messages(&mut self, resource: &'a Resource<&'a str>) -> Vec<Message> {
        let (mut messages, lines) = (Vec::new(), lines(self.text));
        for entry in &resource.body {
            match entry {
                Entry::Message(message) => {
                    let Some(pattern) = &message.value else { continue };
                    let key = message.id.name;
                    let mut arguments = BTreeSet::new();
                    self.walk(key, pattern, &mut vec![key.to_owned()], &mut arguments);
                    messages.push(Message {
                        key: key.to_owned(),
                        line: lines.get(key).copied().unwrap_or(1),
                        arguments: arguments.into_iter().collect(),
                        texts: texts(pattern),
                    });
                }
                Entry::Term(term) => {
                    let key = format!("-{}", term.id.name);
                    let mut arguments = BTreeSet::new();
                    self.walk(&key, &term.value, &mut vec![key.clone()], &mut arguments);
                    messages.push(Message {
                        line: lines.get(key.as_str()).copied().unwrap_or(1),
                        key,
                        arguments: arguments.into_iter().collect(),
                        texts: texts(&term.value),
                    });
                }
                _ => {}
            }
        }
        messages
    }

    /// Follows a pattern through its references, collecting the arguments.
    fn walk(&mut self, key: &str, pattern: &Pattern<&str>, path: &mut Vec<String>, arguments: &mut BTreeSet<String>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.walk_expression(key, expression, path, arguments);
            }
        }
    }

    fn walk_expression(
        &mut self,
        key: &str,
        expression: &Expression<&str>,
        path: &mut Vec<String>,
        arguments: &mut BTreeSet<String>,
    ) {
        match expression {
            Expression::Inline(inline) => self.walk_inline(key, inline, path, arguments),
            Expression::Select { selector, variants } => {
                self.walk_inline(key, selector, path, arguments);
                self.check_plural(key, variants);
                for variant in variants {
                    self.walk(key, &variant.value, path, arguments);
                }
            }
        }
    }

    fn walk_inline(
        &mut self,
        key: &str,
        inline: &InlineExpression<&str>,
        path: &mut Vec<String>,
        arguments: &mut BTreeSet<String>,
    ) {
        match inline {
            InlineExpression::VariableReference { id } => {
                arguments.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { expression } => self.walk_expression(key, expression, path, arguments),
            InlineExpression::FunctionReference { id, arguments: given } => {
                self.fault(key, &format!("calls {}(), which does not exist", id.name));
                for positional in &given.positional {
                    self.walk_inline(key, positional, path, arguments);
                }
            }
            InlineExpression::MessageReference { id, attribute: None } => {
                self.follow(key, id.name.to_owned(), self.messages.get(id.name).copied(), path, arguments);
            }
            InlineExpression::TermReference { id, attribute: None, arguments: given } => {
                // A term sees only what it is given, so its own variables are
                // no arguments of the message.
                let mut inside = BTreeSet::new();
                self.follow(key, format!("-{}", id.name), self.terms.get(id.name).copied(), path, &mut inside);
                for positional in given.iter().flat_map(|given| &given.positional) {
                    self.walk_inline(key, positional, path, arguments);
                }
            }
            InlineExpression::MessageReference { .. } | InlineExpression::TermReference { .. } => {
                self.fault(key, "refers to an attribute; give it a key of its own");
            }
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        }
    }

    fn follow(
        &mut self,
        key: &str,
        target: String,
        pattern: Option<&'a Pattern<&'a str>>,
        path: &mut Vec<String>,
        arguments: &mut BTreeSet<String>,
    ) {
        let Some(pattern) = pattern else {
            self.fault(key, &format!("refers to `{target}`, which does not exist"));
            return;
        };
        if path.contains(&target) {
            self.fault(key, &format!("refers to itself through `{target}`"));
            return;
        }
        path.push(target);
        self.walk(key, pattern, path, arguments);
        path.pop();
    }

    /// A selector on a number needs every plural category of the language, the
    /// general one as its default.
    fn check_plural(&mut self, key: &str, variants: &[Variant<&str>]) {
        let counted = variants.iter().any(|variant| match variant.key {
            VariantKey::NumberLiteral { .. } => true,
            VariantKey::Identifier { name } => name != OTHER && CATEGORIES.contains(&name),
        });
        if !counted {
            return;
        }
        let has = |category: &str| {
            variants.iter().any(|variant| {
                matches!(variant.key, VariantKey::Identifier { name } if name == category)
                    && variant.default == (category == OTHER)
            })
        };
        let missing: Vec<String> = self
            .categories
            .iter()
            .filter(|category| !has(category))
            .map(|category| if *category == OTHER { format!("*[{OTHER}]") } else { format!("[{category}]") })
            .collect();
        if !missing.is_empty() {
            let reason = format!(
                "chooses by a number without {}; {} has {} plural forms",
                missing.join(" "),
                self.locale,
                self.categories.len()
            );
            self.fault(key, &reason);
        }
    }

    fn fault(&mut self, key: &str, reason: &str) {
        let fault = Fault {
            file: self.file.to_owned(),
            line: line_of(self.text, key),
            key: key.to_owned(),
            reason: reason.to_owned(),
        };
        // A message that others refer to is walked more than once.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

const OTHER: &str = "other";
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", OTHER];

/// Every way in which a pattern can read, each placeable as one word.
fn texts(pattern: &Pattern<&str>) -> Vec<String> {
    let mut frame = String::new();
    let mut variants_of_selects = Vec::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => frame.push_str(value),
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(InlineExpression::StringLiteral { value }) => {
                    frame.push_str(&unescape_unicode_to_string(value))
                }
                Expression::Inline(InlineExpression::VariableReference { id }) => {
                    frame.push(PLACEABLE_EDGE);
                    frame.push_str(id.name);
                    frame.push('}');
                }
                Expression::Inline(_) => frame.push_str("{…}"),
                Expression::Select { variants, .. } => {
                    variants_of_selects.push((frame.len(), variants.iter().flat_map(|v| texts(&v.value)).collect()));
                }
            },
        }
    }
    fill(&frame, &variants_of_selects)
}

/// The frame once for each variant of its longest select: the other selects
/// take their first variants then, so that sentences stay whole without
/// multiplying all by all.
fn fill(frame: &str, selects: &[(usize, Vec<String>)]) -> Vec<String> {
    let rounds = selects.iter().map(|(_, variants)| variants.len()).max().unwrap_or(1);
    (0..rounds)
        .map(|round| {
            let mut filled = String::with_capacity(frame.len());
            let mut from = 0;
            for (at, variants) in selects {
                filled.push_str(&frame[from..*at]);
                filled.push_str(variants.get(round).or(variants.first()).map_or("", String::as_str));
                from = *at;
            }
            filled.push_str(&frame[from..]);
            filled
        })
        .collect()
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The first line where each message or term is defined: keys stand at a line's start.
fn lines(text: &str) -> HashMap<&str, usize> {
    let mut lines = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        if let Some((key, _)) = line.split_once('=') {
            lines.entry(key.trim_end()).or_insert(index + 1);
        }
    }
    lines
}

/// The line where a message or term is defined.
fn line_of(text: &str, key: &str) -> usize {
    text.lines()
        .position(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
        .map_or(1, |index| index + 1)
}
