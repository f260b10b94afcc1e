//! A valid service, put together by the dice: pages with conditions, all kinds of
//! questions that need nothing from outside, fees, a waiver, every kind of step, an
//! appeal, delivery.

use serde_json::{Value, json};

use super::dice::Dice;
use super::rule::Rule;

/// The unit that decides, and the one that hears appeals.
pub const HERE: &str = "licensing.ramallah";
pub const THERE: &str = "licensing.nablus";
pub const POSTS: [&str; 2] = ["post.ramallah", "post.nablus"];
const WORDS: [&str; 3] = ["red", "green", "blue"];

/// A question of the form.
#[derive(Debug, Clone)]
pub struct Question {
    pub id: String,
    pub kind: &'static str,
    pub required: bool,
    /// A number must be from here to there.
    pub within: Option<(i64, i64)>,
    /// When its page shows.
    pub when: Option<Rule>,
}

/// What is typed into a question, and what must be kept of it.
pub struct Typed {
    pub parts: Vec<(String, String)>,
    pub kept: Value,
}

/// The kinds of questions, those that a service always has first.
pub const KINDS: [&str; 14] = [
    "choice",
    "id-numbers",
    "number",
    "choices",
    "text",
    "long-text",
    "money",
    "date",
    "id-number",
    "phone",
    "postcode",
    "post-office",
    "office",
    "repeat",
];

impl Question {
    /// Something that is right, with what the documentation says is kept of it.
    pub fn typed(&self, dice: &Dice, people: &[String]) -> Typed {
        let word = *dice.pick(&WORDS);
        let line = |text: &str, kept: Value| Typed { parts: vec![(self.id.clone(), text.to_owned())], kept };
        match self.kind {
            "choice" => line(word, json!(word)),
            "choices" => {
                let mut chosen: Vec<&str> = WORDS.iter().copied().filter(|_| dice.one_in(2)).collect();
                if chosen.is_empty() {
                    chosen.push(word);
                }
                let parts = chosen.iter().map(|word| (format!("{}.{word}", self.id), "on".to_owned())).collect();
                Typed { parts, kept: json!(chosen) }
            }
            "number" => {
                let (least, most) = self.within.unwrap_or((0, 9));
                let number = dice.between(least, most.min(least + 9));
                let eastern: String = number
                    .to_string()
                    .chars()
                    .map(|digit| digit.to_digit(10).and_then(|digit| char::from_u32(0x660 + digit)).unwrap_or(digit))
                    .collect();
                line(&eastern, json!(number))
            }
            "money" => line("12.50", json!(1250)),
            "date" => {
                let (day, month) = (dice.between(1, 28), dice.between(1, 12));
                let year = if dice.one_in(3) { 2027 } else { 2024 };
                let parts = [("day", day), ("month", month), ("year", year)];
                let parts = parts.map(|(part, number)| (format!("{}.{part}", self.id), number.to_string())).to_vec();
                Typed { parts, kept: json!(format!("{year}-{month:02}-{day:02}")) }
            }
            "id-number" => line(&people[0], json!(people[0])),
            "id-numbers" => {
                let mut named: Vec<&String> = people.iter().filter(|_| !dice.one_in(3)).collect();
                if named.is_empty() {
                    named.push(dice.pick(people));
                }
                let text = named.iter().map(|number| number.as_str()).collect::<Vec<_>>().join("، ");
                named.sort();
                line(&text, json!(named))
            }
            "phone" => line("0599 123 456", json!("+970599123456")),
            "postcode" => line("p600 1234", json!("P6001234")),
            "post-office" => {
                let office = *dice.pick(&POSTS);
                line(office, json!(office))
            }
            "office" => {
                let office = *dice.pick(&[HERE, THERE]);
                line(office, json!(office))
            }
            "repeat" => Typed { parts: Vec::new(), kept: json!([{ format!("{}part", self.id): "x" }]) },
            _ => line(" نص ", json!("نص")),
        }
    }

    /// Something that is wrong, where anything is.
    pub fn nonsense(&self) -> Option<Vec<(String, String)>> {
        let text = match self.kind {
            "choice" => "violet",
            "number" => "4.5",
            "money" => "5.005",
            "id-number" => "900000002",
            "id-numbers" => "900000001 x",
            "phone" => "12",
            "postcode" => "6001234",
            "post-office" | "office" => "nowhere",
            _ => return None,
        };
        Some(vec![(self.id.clone(), text.to_owned())])
    }

    fn toml(&self) -> String {
        let (id, when) = (&self.id, self.when.as_ref().map(|rule| format!("when = \"{}\"\n", rule.cel())));
        let asks = if self.kind == "repeat" {
            let least = usize::from(self.required);
            format!(
                "repeat = {{ id = \"{id}\", least = {least}, most = 3, field = [{{ id = \"{id}part\", kind = \"text\", required = true }}] }}"
            )
        } else {
            let mut keys = format!("id = \"{id}\", kind = \"{}\", required = {}", self.kind, self.required);
            if matches!(self.kind, "choice" | "choices") {
                keys += &format!(", options = {WORDS:?}");
            }
            if self.kind == "office" {
                keys += ", office = \"licensing\"";
            }
            if let Some((least, most)) = self.within {
                keys += &format!(", check = \"answers.{id} >= {least} && answers.{id} <= {most}\"");
            }
            format!("field = {{ {keys} }}")
        };
        format!("[[page]]\nid = \"{id}\"\n{}{asks}\n\n", when.unwrap_or_default())
    }

    fn texts(&self) -> Vec<String> {
        let id = &self.id;
        let mut keys = vec![format!("page-{id}-title")];
        let field = if self.kind == "repeat" { format!("{id}part") } else { id.clone() };
        keys.extend(["label", "hint", "missing", "refused"].map(|part| format!("field-{field}-{part}")));
        keys.extend(["one", "add", "missing"].map(|part| format!("repeat-{id}-{part}")));
        keys.extend(WORDS.map(|word| format!("option-{id}-{word}")));
        keys
    }
}

/// What silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    Yes,
    No,
    Escalate,
}

/// A body that is asked.
#[derive(Debug, Clone)]
pub struct Body {
    pub id: String,
    /// Its unit; none where the civil registry answers, and knows whether they live.
    pub unit: Option<&'static str>,
    pub clock: Option<(u32, Silence)>,
}

impl Body {
    fn keys(&self) -> String {
        let mut keys = vec![format!("id = \"{}\"", self.id)];
        match self.unit {
            Some(unit) => keys.push(format!("unit = \"{unit}\"")),
            None => keys.push(format!(
                "operation = \"PS/GOV/MOI/CIVIL/person\"\nrule = \"has(registers.{0}) && registers.{0}.status == 'alive'\"",
                self.id
            )),
        }
        if let Some((days, silence)) = self.clock {
            let silence = format!("{silence:?}").to_lowercase();
            keys.push(format!("days = {days}\nsilence = \"{silence}\""));
        }
        keys.join("\n")
    }
}

/// A fee; each is 10.00 shekels.
#[derive(Debug, Clone)]
pub struct Fee {
    pub code: String,
    /// So many, or as many as the answer to this question says.
    pub quantity: Result<u32, String>,
    pub when: Option<Rule>,
}

#[derive(Debug, Clone)]
pub enum Kind {
    /// The rules that must hold.
    ByRule(Vec<Rule>),
    Clerk {
        eyes: u32,
    },
    Committee {
        votes: u32,
    },
    /// Of the fees in these places; in so many bills.
    Pay {
        fees: Vec<usize>,
        instalments: u32,
    },
    Clear(Vec<Body>),
    Await(Body),
    Visit(Body),
    CoSign {
        days: u32,
    },
    /// At the office that this question names, or here.
    Appointment(Option<String>),
    Write(String),
    Issue,
    Deliver,
}

impl Kind {
    pub fn word(&self) -> &'static str {
        match self {
            Self::ByRule(_) => "decide by rule",
            Self::Clerk { eyes: 1 } => "decide by one",
            Self::Clerk { .. } => "decide by two",
            Self::Committee { .. } => "decide by committee",
            Self::Pay { instalments: 1, .. } => "pay",
            Self::Pay { .. } => "pay in instalments",
            Self::Clear(_) => "clear",
            Self::Await(_) => "await",
            Self::Visit(_) => "home-visit",
            Self::CoSign { .. } => "co-sign",
            Self::Appointment(_) => "appointment",
            Self::Write(_) => "write",
            Self::Issue => "issue",
            Self::Deliver => "deliver",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Step {
    pub when: Option<Rule>,
    pub kind: Kind,
}

/// A service.
#[derive(Debug, Clone)]
pub struct Plan {
    pub key: String,
    pub questions: Vec<Question>,
    /// Who may apply at all.
    pub eligible: Option<Rule>,
    pub fees: Vec<Fee>,
    /// Percent of the first fee that the poor do not pay.
    pub waived: Option<u32>,
    pub steps: Vec<Step>,
    pub appeal_days: Option<u32>,
}

/// Kinds of steps in the middle: each plan begins with another one of them.
pub const MIDDLE: usize = 11;

impl Plan {
    /// The plan of a number: the same dice, the same plan.
    pub fn draw(dice: &Dice, number: usize) -> Self {
        let key = format!("test.way.n{number}");
        let mut questions: Vec<Question> = Vec::new();
        for at in 0..3 + dice.index(5) {
            let kind = KINDS[if at < 3 { at } else { 2 + dice.index(KINDS.len() - 2) }];
            let twice = kind == "post-office" && questions.iter().any(|known| known.kind == kind);
            let kind = if twice { "choice" } else { kind };
            let when = if at < 3 { None } else { Some(rule(dice, &questions, 2)).filter(|_| dice.one_in(2)) };
            let within = (kind == "number").then(|| (dice.between(1, 2), 200));
            let required = at < 3 || dice.one_in(2);
            questions.push(Question { id: format!("q{at}"), kind, required, within, when });
        }
        let condition = |dice: &Dice, once: u64| Some(rule(dice, &questions, 2)).filter(|_| dice.one_in(once));
        let counted =
            |dice: &Dice| if dice.one_in(3) { Err("q2".to_owned()) } else { Ok(1 + u32::from(dice.one_in(2))) };
        let fee = |at: usize| Fee { code: format!("{key}.f{at}"), quantity: counted(dice), when: condition(dice, 2) };
        let mut fees: Vec<Fee> = (0..1 + dice.index(2)).map(fee).collect();
        // The last is paid in parts.
        fees.push(Fee { code: format!("{key}.parts"), quantity: Ok(4), when: None });
        let first = if dice.one_in(4) { Kind::Clerk { eyes: 1 } } else { by_rule(dice, &questions) };
        let mut steps = vec![Step { when: None, kind: first }];
        for at in 0..2 + dice.index(4) {
            let which = if at == 0 { number % MIDDLE } else { dice.index(MIDDLE) };
            let kind = middle(dice, &questions, &fees, which, steps.len());
            if !matches!(kind, Kind::Issue) || !steps.iter().any(|step| matches!(step.kind, Kind::Issue)) {
                steps.push(Step { when: condition(dice, 3), kind });
            }
        }
        if dice.one_in(2) {
            steps.retain(|step| !matches!(step.kind, Kind::Issue));
            steps.push(Step { when: None, kind: Kind::Issue });
            steps.push(Step { when: condition(dice, 4), kind: Kind::Deliver });
        }
        let eligible = dice.one_in(4).then_some(Rule::Alive);
        let waived = dice.one_in(2).then(|| *dice.pick(&[50, 100]));
        let appeal_days = (!dice.one_in(4)).then_some(3);
        Self { key, questions, eligible, fees, waived, steps, appeal_days }
    }

    pub fn question(&self, id: &str) -> &Question {
        self.questions.iter().find(|question| question.id == id).unwrap()
    }

    /// `service.toml`.
    pub fn toml(&self) -> String {
        let mut text = format!(
            "key = \"{}\"\nversion = 1\nsample = true\nprovider = \"moi\"\nassurance = \"substantial\"\n\
             delivery = [\"wallet\", \"post\"]\n\n[promise]\nworking_days = 3\n\n\
             [[lookup]]\nid = \"person\"\noperation = \"PS/GOV/MOI/CIVIL/person\"\n\n",
            self.key
        );
        self.questions.iter().for_each(|question| text += &question.toml());
        if let Some(rule) = &self.eligible {
            text += &format!("[[eligible]]\nrule = \"{}\"\nreason = \"no\"\n\n", rule.cel());
        }
        text += &format!("[cohorts]\npoor = \"{}\"\n\n", Rule::Poor.cel());
        for fee in &self.fees {
            let quantity = match &fee.quantity {
                Ok(number) => number.to_string(),
                Err(question) => format!("\"answers.{question}\""),
            };
            text += &format!("[[fee]]\ncode = \"{}\"\nquantity = {quantity}\n{}\n", fee.code, when(fee.when.as_ref()));
        }
        self.steps.iter().for_each(|step| text += &step.toml(self));
        if let Some(days) = self.appeal_days {
            text += &format!("[appeal]\nunit = \"{THERE}\"\ndays = {days}\n\n");
        }
        if self.steps.iter().any(|step| matches!(step.kind, Kind::Issue)) {
            text += "[paper]\nserial = \"TW\"\nvalue = [{ id = \"name\", lookup = \"person\", path = \"/full_name/ar\" }]\n\n";
        }
        let both = "{ ar = \"رسم\", en = \"Fee\" }";
        for fee in &self.fees {
            text += &format!(
                "[[register.fee]]\ncode = \"{}\"\nname = {both}\namount = \"10.00\"\ncurrency = \"ILS\"\n\
                 valid_from = \"2026-01-01\"\ndecision = {both}\n\n",
                fee.code
            );
        }
        if let Some(share) = self.waived {
            text += &format!(
                "[[register.waiver]]\nfee = \"{}\"\ncohort = \"poor\"\nname = {both}\nshare_percent = {share}\n\
                 valid_from = \"2026-01-01\"\ndecision = {both}\n",
                self.fees[0].code
            );
        }
        text
    }

    /// The texts in a language.
    pub fn ftl(&self, word: &str) -> String {
        let general = [
            "name",
            "summary",
            "who-may-apply",
            "what-is-needed",
            "promise",
            "collection",
            "paper-title",
            "source-person",
            "reason-no",
            "change-no",
        ];
        let mut keys: Vec<String> = general.map(str::to_owned).to_vec();
        keys.extend(self.questions.iter().flat_map(Question::texts));
        keys.extend(self.fees.iter().map(|fee| format!("fee-{}-per", fee.code.replace('.', "-"))));
        for step in &self.steps {
            let bodies = match &step.kind {
                Kind::Clear(bodies) => bodies.iter().map(|body| body.id.clone()).collect(),
                Kind::Await(body) | Kind::Visit(body) => vec![body.id.clone()],
                Kind::Write(id) => vec![id.clone()],
                _ => Vec::new(),
            };
            keys.extend(bodies.iter().flat_map(|id| [format!("body-{id}"), format!("reason-{id}")]));
        }
        keys.iter().map(|key| format!("{key} = {word}\n")).collect()
    }
}

fn when(rule: Option<&Rule>) -> String {
    rule.map(|rule| format!("when = \"{}\"\n", rule.cel())).unwrap_or_default()
}

impl Step {
    fn toml(&self, plan: &Plan) -> String {
        let keys = match &self.kind {
            Kind::ByRule(rules) => match &rules[..] {
                [one] => format!("kind = \"decide\"\nby = \"rule\"\nrule = \"{}\"\nreason = \"no\"", one.cel()),
                _ => {
                    let check = |rule: &Rule| format!("{{ rule = \"{}\", reason = \"no\" }}", rule.cel());
                    let checks = rules.iter().map(check).collect::<Vec<_>>().join(", ");
                    format!("kind = \"decide\"\nby = \"rule\"\ncheck = [{checks}]")
                }
            },
            Kind::Clerk { eyes } => format!("kind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\neyes = {eyes}"),
            Kind::Committee { votes } => {
                format!("kind = \"decide\"\nby = \"committee\"\nunit = \"{HERE}\"\nvotes = {votes}")
            }
            Kind::Pay { fees, instalments } => {
                let codes: Vec<&str> = fees.iter().map(|at| plan.fees[*at].code.as_str()).collect();
                let pace = if *instalments > 1 { "\nevery_days = 30" } else { "" };
                format!("kind = \"pay\"\nfees = {codes:?}\ninstalments = {instalments}{pace}")
            }
            Kind::Clear(bodies) => {
                let bodies: Vec<String> = bodies.iter().map(|body| format!("[[step.body]]\n{}", body.keys())).collect();
                format!("kind = \"clear\"\n{}{}", when(self.when.as_ref()), bodies.join("\n"))
            }
            Kind::Await(body) => format!("kind = \"await\"\n{}", body.keys()),
            Kind::Visit(body) => format!("kind = \"home-visit\"\n{}", body.keys()),
            Kind::CoSign { days } => format!("kind = \"co-sign\"\nfield = \"q1\"\ndays = {days}"),
            Kind::Appointment(field) => {
                let place = field.as_ref().map_or(format!("unit = \"{HERE}\""), |id| format!("field = \"{id}\""));
                format!("kind = \"appointment\"\n{place}\nminutes = 60\ncapacity = 1\ndays = 10")
            }
            Kind::Write(id) => format!(
                "kind = \"write\"\nid = \"{id}\"\nunit = \"{HERE}\"\noperation = \"PS/GOV/MOI/CIVIL/moves\"\nsends = [\"q0\"]"
            ),
            Kind::Issue => "kind = \"issue\"".to_owned(),
            Kind::Deliver => "kind = \"deliver\"".to_owned(),
        };
        // A clear step's own rule stands before its bodies.
        let when = if matches!(self.kind, Kind::Clear(_)) { String::new() } else { when(self.when.as_ref()) };
        format!("[[step]]\n{keys}\n{when}\n")
    }
}

/// A rule over what was asked before.
fn rule(dice: &Dice, before: &[Question], depth: usize) -> Rule {
    if depth > 0 && dice.one_in(3) {
        let inner = || Box::new(rule(dice, before, depth - 1));
        return match dice.index(3) {
            0 => Rule::Not(inner()),
            1 => Rule::Both(inner(), inner()),
            _ => Rule::Either(inner(), inner()),
        };
    }
    if before.is_empty() || dice.one_in(5) {
        return match dice.index(4) {
            0 => Rule::True,
            1 => Rule::From((*dice.pick(&["2026-11-24", "2026-11-26", "2026-12-01"])).to_owned()),
            2 => Rule::Poor,
            _ => Rule::Alive,
        };
    }
    let asked = dice.pick(before);
    let (id, word) = (asked.id.clone(), *dice.pick(&WORDS));
    match asked.kind {
        "choice" => Rule::Is(id, word),
        "choices" => Rule::Holds(id, word),
        "number" => Rule::AtLeast(id, dice.between(2, 6)),
        "date" => Rule::Past(id),
        _ => Rule::Has(id),
    }
}

/// Rules that hold more often than not.
fn by_rule(dice: &Dice, questions: &[Question]) -> Kind {
    let one = || match dice.index(3) {
        0 => Rule::True,
        1 => Rule::Alive,
        _ => Rule::Either(Box::new(rule(dice, questions, 1)), Box::new(Rule::Alive)),
    };
    Kind::ByRule((0..1 + dice.index(2)).map(|_| one()).collect())
}

fn body(dice: &Dice, name: &str, silences: &[Silence], always: bool) -> Body {
    let unit = if dice.one_in(2) { HERE } else { THERE };
    let clock = (always || dice.one_in(2)).then(|| (1 + u32::from(dice.one_in(2)), *dice.pick(silences)));
    Body { id: name.to_owned(), unit: Some(unit), clock }
}

fn middle(dice: &Dice, questions: &[Question], fees: &[Fee], which: usize, at: usize) -> Kind {
    let all = [Silence::Yes, Silence::No, Silence::Escalate];
    match which {
        0 => Kind::Clerk { eyes: 2 },
        1 => Kind::Committee { votes: 2 + u32::from(dice.one_in(2)) },
        2 => {
            let bodies = (0..1 + dice.index(3)).map(|of| body(dice, &format!("b{at}n{of}"), &all, true));
            let mut bodies: Vec<Body> = bodies.collect();
            if dice.one_in(2) {
                bodies.push(Body { id: format!("b{at}life"), unit: None, clock: Some((2, Silence::No)) });
            }
            Kind::Clear(bodies)
        }
        3 => Kind::Await(body(dice, &format!("a{at}"), &all, false)),
        4 => Kind::Visit(body(dice, &format!("v{at}"), &[Silence::Escalate], false)),
        5 => Kind::CoSign { days: 3 },
        6 => {
            let fits = |known: &&Question| known.kind == "office" && known.required && known.when.is_none();
            Kind::Appointment(questions.iter().find(fits).map(|known| known.id.clone()))
        }
        7 => Kind::Write(format!("w{at}")),
        8 => Kind::Issue,
        9 => Kind::Pay { fees: vec![fees.len() - 1], instalments: 4 },
        _ => {
            Kind::Pay { fees: (0..fees.len()).filter(|_| !dice.one_in(3)).collect(), instalments: 1 }.or_all(fees.len())
        }
    }
}

impl Kind {
    /// No fee named means every fee.
    fn or_all(self, fees: usize) -> Self {
        match self {
            Self::Pay { fees: none, instalments } if none.is_empty() => {
                Self::Pay { fees: (0..fees).collect(), instalments }
            }
            other => other,
        }
    }
}
