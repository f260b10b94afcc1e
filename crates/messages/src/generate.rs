//! The build-time half: `build.rs` calls [`generate`], which turns a folder of
//! Fluent files into one method for each message.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

use base::Locale;

use crate::plain;
use crate::resolver::Resolver;
use crate::source::{Fault, Source, differences};

/// Writes `OUT_DIR/messages.rs` from `dir/ar.ftl`, `dir/en.ftl` and so on, for
/// every language of the portal.
///
/// A crate's `build.rs` is `fn main() { messages::generate("messages"); }`.
///
/// # Panics
///
/// When a file is missing or wrong: the build stops with one sentence for each
/// fault, naming file, line and key.
pub fn generate(dir: &str) {
    let mut texts = Vec::new();
    for locale in Locale::all() {
        let path = format!("{dir}/{locale}.ftl");
        tell_cargo(&format!("cargo:rerun-if-changed={path}"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
        texts.push((locale, path, text));
    }
    let sources: Vec<_> = texts.iter().map(|(locale, path, text)| (*locale, path.as_str(), text.as_str())).collect();
    let code = generate_code(&sources).unwrap_or_else(|faults| panic!("\n{}\n", sentences(&faults)));
    let out = env::var_os("OUT_DIR").expect("cargo gives every build script its OUT_DIR");
    let out = Path::new(&out).join("messages.rs");
    fs::write(&out, code).unwrap_or_else(|error| panic!("{} cannot be written: {error}", out.display()));
}

/// A build script speaks to cargo on its standard output.
fn tell_cargo(line: &str) {
    writeln!(io::stdout(), "{line}").expect("cargo listens to its build scripts");
}

fn sentences(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The Rust code for these texts: (language, file name, text), one for each
/// language, in the order of [`Locale::all`].
///
/// # Errors
///
/// All faults, each with its file, line and key.
pub fn generate_code(texts: &[(Locale, &str, &str)]) -> Result<String, Vec<Fault>> {
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    for (locale, file, text) in texts {
        match Source::parse(*locale, file, text) {
            Ok(source) => sources.push(source),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() {
        faults = differences(&sources);
        faults.extend(sources.first().map(unusable_names).unwrap_or_default());
    }
    if faults.is_empty() { Ok(code(&sources, texts)) } else { Err(faults) }
}

/// Keys and arguments that cannot be the name of a method or a parameter.
fn unusable_names(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for message in source.messages() {
        let mut fault = |reason: String| {
            faults.push(Fault { file: source.file.clone(), line: message.line, key: message.key.clone(), reason });
        };
        let method = identifier(&message.key);
        if RESERVED.contains(&method.as_str()) {
            fault(format!("is a word of the programming language; call it after its place, `{}-label`", message.key));
        }
        if message.key.chars().any(|c| c.is_ascii_uppercase()) {
            fault("has capital letters; keys are written small, with dashes".to_owned());
        }
        if !seen.insert(method) {
            fault("differs from another key only by dashes and underscores".to_owned());
        }
        for argument in &message.arguments {
            if RESERVED.contains(&identifier(argument).as_str()) || argument.chars().any(|c| c.is_ascii_uppercase()) {
                fault(format!("takes ${argument}, which cannot be a parameter's name"));
            }
        }
    }
    faults
}

/// Rust's keywords, and the two methods that every `Messages` has.
const RESERVED: [&str; 54] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "new", "locale",
    "clone",
];

fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

fn code(sources: &[Source], texts: &[(Locale, &str, &str)]) -> String {
    let resolvers: Vec<_> = texts.iter().map(|(locale, _, text)| Resolver::new(*locale, text)).collect();
    let mut methods = String::new();
    let mut any_with_arguments = false;
    for message in sources.iter().take(1).flat_map(Source::messages) {
        let key = &message.key;
        let method = identifier(key);
        let read: Vec<&str> =
            sources.iter().filter_map(|source| source.message(key)?.texts.last().map(String::as_str)).collect();
        write_doc(&mut methods, &read);
        if message.arguments.is_empty() {
            let said: Vec<String> = resolvers.iter().map(|resolver| resolver.format(key, &[])).collect();
            push(&mut methods, format_args!("    #[must_use]\n    pub fn {method}(self) -> &'static str {{\n"));
            push(&mut methods, format_args!("        {said:?}[self.0.index()]\n    }}\n"));
            continue;
        }
        any_with_arguments = true;
        let names: Vec<String> = message.arguments.iter().map(|name| identifier(name)).collect();
        let parameters: String = names.iter().map(|name| format!(", {name}: impl Into<::messages::Arg>")).collect();
        let given: Vec<String> = message
            .arguments
            .iter()
            .zip(&names)
            .map(|(argument, name)| format!("({argument:?}, {name}.into())"))
            .collect();
        push(&mut methods, format_args!("    #[must_use]\n    pub fn {method}(self{parameters}) -> String {{\n"));
        push(
            &mut methods,
            format_args!("        CATALOGUE.format(self.0, {key:?}, &[{}])\n    }}\n", given.join(", ")),
        );
    }
    let mut code = String::from(HEAD);
    code.push_str(&methods);
    code.push_str("}\n");
    if any_with_arguments {
        let all: Vec<&str> = texts.iter().map(|(_, _, text)| *text).collect();
        push(
            &mut code,
            format_args!("\nstatic CATALOGUE: ::messages::Catalogue = ::messages::Catalogue::new(&{all:?});\n"),
        );
    }
    code
}

const HEAD: &str = "\
/// The texts of this crate in one language: a method for each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Messages(::messages::Locale);

impl Messages {
    /// The texts in this language.
    #[must_use]
    pub const fn new(locale: ::messages::Locale) -> Self {
        Self(locale)
    }

    /// The language.
    #[must_use]
    pub const fn locale(self) -> ::messages::Locale {
        self.0
    }
";

/// What the method says, on one line in every language. Quoted, so that no
/// text is taken for markup; without invisible marks, which the compiler
/// refuses in comments.
fn write_doc(code: &mut String, texts: &[&str]) {
    let quoted: Vec<String> = texts
        .iter()
        .map(|text| {
            let visible: String = plain(text).chars().filter(|c| !is_invisible(*c)).collect();
            format!("«{}»", visible.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    push(code, format_args!("\n    /// {}\n", quoted.join(" ")));
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn push(code: &mut String, text: std::fmt::Arguments<'_>) {
    code.write_fmt(text).expect("writing to a string cannot fail");
}
