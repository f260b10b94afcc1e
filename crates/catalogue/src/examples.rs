//! `examples.toml`: who applies with which answers, what people do afterwards, and
//! the course that must follow. Data; whoever plays it (`hukumati service test`)
//! knows which people, officers and registers there are.

mod lint;

use std::path::Path;

use serde::Deserialize;
use toml::Table;

pub use lint::faults;

use crate::folder::{Fault, fault, text};

/// The file's name in a folder.
pub const FILE: &str = "examples.toml";

/// One example.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Who applies.
    pub person: String,
    /// For whom, by mandate; nobody else if it is missing.
    pub acting_for: Option<String>,
    /// For which company, as its signatory: its registration number.
    pub company: Option<String>,
    /// What is typed, by field; of a repeated question a list of tables.
    #[serde(default)]
    pub answers: Table,
    /// What is different about registers.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// What people do once it was sent, in order.
    #[serde(default)]
    pub acts: Vec<Act>,
    /// Whether bills are paid by themselves.
    #[serde(default)]
    pub pay: Pay,
    /// The total of the first bill: `5.00 ILS`.
    pub fee: Option<String>,
    /// The kinds of steps that the case goes through, in order.
    pub steps: Option<Vec<String>>,
    /// How it ends.
    pub outcome: Option<Outcome>,
    /// Why it is refused: the part of a text's key after `reason-`, or the words.
    pub reason: Option<String>,
    /// `wallet`, or the office where the paper waits.
    pub delivered: Option<String>,
    /// Values on the paper; a number is a count where the value is a list.
    #[serde(default)]
    pub paper: Table,
    /// Answers that must not be kept.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Texts that must not stand on the case's page.
    #[serde(default)]
    pub hidden: Vec<String>,
    /// Where the form must refuse.
    pub fault: Option<Refused>,
}

/// How a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was completed.
    Closed,
    /// It was refused.
    Refused,
    /// Its person gave it up.
    Withdrawn,
    /// It has not ended.
    Waiting,
}

impl Outcome {
    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Waiting => "waiting",
        }
    }
}

/// Whether bills are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pay {
    /// At a till, as soon as there is one.
    #[default]
    Yes,
    /// They stay open.
    No,
}

/// Where the form must refuse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refused {
    /// At the answer to this field.
    Field(String),
    /// At the page of this lookup: its register has nothing to show.
    Lookup(String),
    /// Before it begins, with this reason.
    Eligible(String),
}

/// What is different about a register.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "ChangeFile")]
pub struct Change {
    /// An operation's identifier, or what the player calls a register.
    pub register: String,
    /// What is different.
    pub what: Changed,
    /// Since when.
    pub since: Since,
}

/// What is different.
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    /// How it answers.
    Mode(Mode),
    /// It has recorded the death of whoever the case is for, on this day.
    Death(base::Date),
    /// These members of what it answers are others (RFC 7396).
    Answer(toml::Value),
}

/// How a register answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// As always.
    Up,
    /// Not at all.
    Down,
    /// Too late.
    Slow,
    /// It knows nobody.
    Unknown,
    /// What it is told, it refuses.
    Refuses,
}

/// Since when something is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// Before the form is opened.
    Start,
    /// Between the last answer and the sending.
    Sending,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeFile {
    register: String,
    mode: Option<Mode>,
    death: Option<toml::Value>,
    answer: Option<toml::Value>,
    since: Option<Since>,
}

impl TryFrom<ChangeFile> for Change {
    type Error = String;

    fn try_from(file: ChangeFile) -> Result<Self, String> {
        let what = match (file.mode, file.death, file.answer) {
            (Some(mode), None, None) => Changed::Mode(mode),
            (None, None, Some(answer)) => Changed::Answer(answer),
            (None, Some(day), None) => {
                let text = day.as_str().map_or_else(|| day.to_string(), str::to_owned);
                let date = base::Date::parse(&text);
                Changed::Death(date.ok_or_else(|| format!("death = {day}: write a date, 2026-11-23"))?)
            }
            _ => return Err(format!("the change of `{}`: give mode, death or answer, one of them", file.register)),
        };
        // What a register has never known, or has always said, it does so from the first.
        let always = matches!(what, Changed::Mode(Mode::Unknown) | Changed::Answer(_));
        let usual = if always { Since::Start } else { Since::Sending };
        Ok(Self { register: file.register, what, since: file.since.unwrap_or(usual) })
    }
}

/// What somebody does once the case was sent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "ActFile")]
pub enum Act {
    /// An officer decides, or has a part in it.
    Desk {
        /// Their name at the desk's sign-in.
        officer: String,
        /// What they say.
        does: Desk,
        /// With which words.
        text: String,
        /// The answer that is to be corrected, if they ask for that.
        field: Option<String>,
    },
    /// An officer writes down what a body says, what a visit found, or what became
    /// of a register's refusal.
    Answer {
        /// Their name.
        officer: String,
        /// The body's, or the write step's, id.
        body: String,
        /// Whether it is yes.
        yes: bool,
        /// With which words.
        text: String,
    },
    /// An officer says whether the person came.
    Attend {
        /// Their name.
        officer: String,
        /// Whether they did.
        came: bool,
    },
    /// Somebody whom the case names agrees, or does not.
    Sign {
        /// Who.
        person: String,
        /// Whether they agree.
        yes: bool,
        /// Why not.
        text: String,
    },
    /// The person chooses the first free time.
    Book,
    /// The person answers what they were asked.
    Reply(String),
    /// The person corrects answers.
    Correct(Table),
    /// The person gives the case up.
    Withdraw,
    /// The person appeals.
    Appeal(String),
    /// So many days pass.
    Days(u32),
    /// A register answers otherwise from now on.
    Register(String, Mode),
}

/// What an officer says at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// Yes; as the second of two, to a yes.
    Approve,
    /// No; as the second of two, to a no.
    Reject,
    /// The person is asked.
    Ask,
    /// The second of two sends it back.
    SendBack,
    /// A member of the committee is for it.
    VoteYes,
    /// A member is against it.
    VoteNo,
    /// A member is absent.
    MarkAbsent,
    /// The refusal that is appealed against holds.
    Uphold,
    /// It does not.
    Overturn,
}

impl Desk {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Approve, "approve"),
        (Self::Reject, "reject"),
        (Self::Ask, "ask"),
        (Self::SendBack, "send-back"),
        (Self::VoteYes, "vote-yes"),
        (Self::VoteNo, "vote-no"),
        (Self::MarkAbsent, "mark-absent"),
        (Self::Uphold, "uphold"),
        (Self::Overturn, "overturn"),
    ];

    /// The word in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, word)| word)
    }
    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(one, _)| *one)
    }
    /// Whether the desk refuses it without words.
    const fn needs_words(self) -> bool {
        !matches!(self, Self::Approve | Self::MarkAbsent)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActFile {
    officer: Option<String>,
    person: Option<String>,
    does: Option<String>,
    text: Option<String>,
    body: Option<String>,
    answer: Option<String>,
    field: Option<String>,
    answers: Option<Table>,
    days: Option<u32>,
    register: Option<String>,
    mode: Option<Mode>,
}

/// The keys of an act, of which none may be left over.
struct Given(ActFile, String);

impl Given {
    fn need<T>(what: Option<T>, does: &str, key: &str) -> Result<T, String> {
        what.ok_or_else(|| format!("the act `{does}` needs {key}"))
    }
    fn officer(&mut self) -> Result<String, String> {
        Self::need(self.0.officer.take(), &self.1, "officer")
    }
    fn words(&mut self) -> Result<String, String> {
        Self::need(self.0.text.take().filter(|text| !text.trim().is_empty()), &self.1, "text")
    }
    /// Yes or no, and words where a no needs them.
    fn yes_or_no(&mut self) -> Result<bool, String> {
        match self.0.answer.take().as_deref() {
            Some("yes") => Ok(true),
            Some("no") => Ok(false),
            _ => Err(format!("the act `{}` needs answer = \"yes\" or \"no\"", self.1)),
        }
    }
    /// Refuses what is left over.
    fn done(self, act: Act) -> Result<Act, String> {
        let Self(ActFile { officer, person, text, body, answer, field, answers, days, register, mode, .. }, does) =
            self;
        let left = [
            ("officer", officer.is_some()),
            ("person", person.is_some()),
            ("text", text.is_some()),
            ("body", body.is_some()),
            ("answer", answer.is_some()),
            ("field", field.is_some()),
            ("answers", answers.is_some()),
            ("days", days.is_some()),
            ("register", register.is_some()),
            ("mode", mode.is_some()),
        ];
        match left.iter().find(|(_, there)| *there) {
            Some((key, _)) => Err(format!("the act `{does}` has no {key}: take it out")),
            None => Ok(act),
        }
    }
}

impl TryFrom<ActFile> for Act {
    type Error = String;

    fn try_from(mut file: ActFile) -> Result<Self, String> {
        let Some(does) = file.does.take() else { return without_person(file) };
        let mut given = Given(file, does.clone());
        let act = if let Some(desk) = Desk::parse(&does) {
            let officer = given.officer()?;
            let text = if desk.needs_words() { given.words()? } else { given.0.text.take().unwrap_or_default() };
            let field = if desk == Desk::Ask { given.0.field.take() } else { None };
            Self::Desk { officer, does: desk, text, field }
        } else {
            match does.as_str() {
                "answer" => {
                    let (officer, yes) = (given.officer()?, given.yes_or_no()?);
                    let body = Given::need(given.0.body.take(), &does, "body")?;
                    let text = if yes { given.0.text.take().unwrap_or_default() } else { given.words()? };
                    Self::Answer { officer, body, yes, text }
                }
                "attend" | "miss" => Self::Attend { officer: given.officer()?, came: does == "attend" },
                "sign" | "refuse" => {
                    let (person, yes) = (Given::need(given.0.person.take(), &does, "person")?, does == "sign");
                    let text = if yes { String::new() } else { given.words()? };
                    Self::Sign { person, yes, text }
                }
                "book" => Self::Book,
                "reply" => Self::Reply(given.words()?),
                "correct" => Self::Correct(Given::need(given.0.answers.take(), &does, "answers")?),
                "withdraw" => Self::Withdraw,
                "appeal" => Self::Appeal(given.words()?),
                _ => return Err(format!("nobody can `{does}`: see docs/services.md for what people do")),
            }
        };
        given.done(act)
    }
}

/// Time passes, or a register changes.
fn without_person(mut file: ActFile) -> Result<Act, String> {
    let act = match (file.days.take(), file.register.take(), file.mode.take()) {
        (Some(days), None, None) => Act::Days(days),
        (None, Some(register), Some(mode)) => Act::Register(register, mode),
        _ => return Err("an act needs `does`, or `days`, or `register` with `mode`".to_owned()),
    };
    Given(file, "…".to_owned()).done(act)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "example")]
    examples: Vec<Example>,
}

/// Reads the examples of a service's folder.
///
/// # Errors
/// The file is missing, or is no such file: with line and remedy.
pub fn read(folder: &Path) -> Result<Vec<Example>, Fault> {
    let path = folder.join(FILE);
    let source = text(&path)?;
    let file: File = toml::from_str(&source).map_err(|error| fault(&path, error))?;
    Ok(file.examples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(keys: &str) -> Result<Act, String> {
        #[derive(Deserialize)]
        struct One {
            act: Act,
        }
        toml::from_str::<One>(&format!("act = {{ {keys} }}")).map(|one| one.act).map_err(|error| error.to_string())
    }

    #[test]
    fn an_act_is_read_whole_or_not_at_all() {
        let officer = || "a".to_owned();
        let approve = Act::Desk { officer: officer(), does: Desk::Approve, text: String::new(), field: None };
        assert_eq!(act("officer = \"a\", does = \"approve\""), Ok(approve));
        assert_eq!(act("days = 11"), Ok(Act::Days(11)));
        assert_eq!(act("register = \"civil\", mode = \"up\""), Ok(Act::Register("civil".to_owned(), Mode::Up)));
        let answer = Act::Answer { officer: officer(), body: "tax".to_owned(), yes: false, text: "x".to_owned() };
        assert_eq!(
            act("officer = \"a\", does = \"answer\", body = \"tax\", answer = \"no\", text = \"x\""),
            Ok(answer)
        );
        for (keys, about) in [
            ("does = \"approve\"", "needs officer"),
            ("officer = \"a\", does = \"reject\"", "needs text"),
            ("officer = \"a\", does = \"dance\"", "dance"),
            ("officer = \"a\", does = \"answer\", body = \"tax\", answer = \"perhaps\"", "yes"),
            ("does = \"book\", text = \"now\"", "has no text"),
            ("days = 3, officer = \"a\"", "has no officer"),
            ("days = 3, register = \"civil\"", "needs `does`"),
            ("does = \"book\", wen = 3", "wen"),
        ] {
            let refused = act(keys).unwrap_err();
            assert!(refused.contains(about), "{keys}: {refused}");
        }
    }

    #[test]
    fn a_change_is_one_thing_and_knows_since_when() {
        let change = |keys: &str| {
            let text = format!("[[example]]\nname = \"n\"\nperson = \"p\"\nchanges = [{{ {keys} }}]\n");
            toml::from_str::<File>(&text)
                .map(|file| file.examples[0].changes[0].clone())
                .map_err(|error| error.to_string())
        };
        let known = change("register = \"civil\", death = \"2026-11-23\"").unwrap();
        assert_eq!((known.since, known.what), (Since::Sending, Changed::Death(base::Date::new(2026, 11, 23).unwrap())));
        assert_eq!(change("register = \"x\", mode = \"unknown\"").unwrap().since, Since::Start);
        assert_eq!(change("register = \"x\", mode = \"down\", since = \"start\"").unwrap().since, Since::Start);
        assert_eq!(change("register = \"x\", answer = { status = \"y\" }").unwrap().since, Since::Start);
        assert!(change("register = \"x\"").unwrap_err().contains("mode, death or answer"));
        assert!(change("register = \"x\", death = \"soon\"").unwrap_err().contains("write a date"));
    }
}
