//! The machine readable zone of a passport: two lines of 44 signs (ICAO Doc 9303
//! part 4 §4.2, TD3), whose fields carry check digits of weights 7, 3, 1 (part 3
//! §4.9). Slips that leave the meaning are read over: small letters, digits of any
//! script, fillers miscounted or typed as another sign, a letter for a digit. What
//! is wrong is named.

use std::fmt;

use crate::Date;

/// Signs of a line.
pub const CHARS: usize = 44;
/// The state of every passport that is read here.
pub const STATE: &str = "PSE";
/// Fillers in a row on line 2 at most: an empty optional field and its check digit.
const RUN_MAX: usize = 15;
/// Signs of a typed line that are looked at.
const TYPED_MAX: usize = 200;

/// What a passport's zone says.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    /// Family name, in the zone's Latin letters.
    pub surname: String,
    /// The other names, spaced.
    pub given: String,
    /// The passport's number: at most nine letters and digits.
    pub number: String,
    /// Three letters.
    pub nationality: String,
    /// The day of birth.
    pub born: Date,
    /// `F`, `M`, or nothing where it is not said.
    pub sex: String,
    /// The last day on which the passport holds.
    pub expires: Date,
    /// What the issuer put into the optional field.
    pub optional: String,
}

/// Which part of a zone is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MrzFault {
    /// A line has another number of signs: which line, how many.
    Length(u8, usize),
    /// A sign that no zone has, in this line.
    Sign(u8),
    /// Line 1 does not begin with `P`.
    Kind,
    /// Line 1 names another state.
    State,
    /// Line 1 has no name.
    Name,
    /// Line 2: the passport's number and its check digit.
    Number,
    /// Line 2: the date of birth and its check digit.
    Born,
    /// Line 2: the date of expiry and its check digit.
    Expires,
    /// Line 2: the optional field and its check digit.
    Optional,
    /// Line 2: the last digit, which checks all the others.
    Whole,
}

impl MrzFault {
    /// The line that it is in.
    #[must_use]
    pub const fn line(self) -> u8 {
        match self {
            Self::Length(line, _) | Self::Sign(line) => line,
            Self::Kind | Self::State | Self::Name => 1,
            Self::Number | Self::Born | Self::Expires | Self::Optional | Self::Whole => 2,
        }
    }
}

impl Mrz {
    /// Reads what was typed. Centuries are told by `today`: nobody is born after
    /// it, and no passport expires before 2000.
    ///
    /// # Errors
    /// [`MrzFault`], the first one in reading order.
    pub fn parse(typed: [&str; 2], today: Date) -> Result<Self, MrzFault> {
        let [first, second] = lines(typed);
        let (surname, given) = names(&first)?;
        let second = second_line(&second, today)?;
        Ok(Self { surname, given, ..second })
    }

    /// The two lines as a passport has them.
    #[must_use]
    pub fn lines(&self) -> [String; 2] {
        let letters = |text: &str| -> String {
            let upper = text.to_uppercase();
            upper
                .chars()
                .filter(|sign| *sign != '\'')
                .map(|sign| if sign.is_ascii_uppercase() { sign } else { '<' })
                .collect()
        };
        let first = format!("P<{STATE}{}<<{}", letters(&self.surname), letters(&self.given));
        let (number, optional) = (format!("{:<<9}", self.number), format!("{:<<14}", self.optional));
        let (born, expires) = (short(self.born), short(self.expires));
        let sex = if self.sex.is_empty() { "<" } else { &self.sex };
        let optional_check = if self.optional.is_empty() { '<' } else { digit(&optional) };
        let head = format!("{number}{}", digit(&number));
        let dates = (format!("{born}{}", digit(&born)), format!("{expires}{}", digit(&expires)));
        let tail = format!("{optional}{optional_check}");
        let whole = digit(&format!("{head}{}{}{tail}", dates.0, dates.1));
        let second = format!("{head}{:<<3}{}{sex}{}{tail}{whole}", self.nationality, dates.0, dates.1);
        [format!("{first:<<44}").chars().take(CHARS).collect(), second]
    }
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mrz(…)")
    }
}

/// `YYMMDD`.
fn short(date: Date) -> String {
    let (year, month, day) = date.parts();
    format!("{:02}{month:02}{day:02}", year.rem_euclid(100))
}

/// The check digit of a field: each sign's value by 7, 3, 1 in turn, modulo ten.
fn digit(field: &str) -> char {
    let weighted = field.chars().zip([7, 3, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(sign, weight)| sign.to_digit(36).unwrap_or(0) * weight).sum();
    char::from_digit(sum % 10, 10).unwrap_or('0')
}

/// What was typed as two lines in large letters, blanks kept: both may have come
/// in the first field, or in the wrong order.
fn lines([first, second]: [&str; 2]) -> [String; 2] {
    let all = format!("{first}\n{second}");
    let typed: Vec<String> = all.lines().map(clean).filter(|line| !line.trim().is_empty()).collect();
    let mut two = match typed.as_slice() {
        [one] => {
            let close: String = one.split_whitespace().collect();
            let at = if close.chars().count() == 2 * CHARS { CHARS } else { close.len() };
            [close.chars().take(at).collect(), close.chars().skip(at).collect()]
        }
        [one, other, ..] => [one.clone(), other.clone()],
        [] => [String::new(), String::new()],
    };
    if !two[0].starts_with('P') && two[1].starts_with('P') {
        two.swap(0, 1);
    }
    two
}

fn clean(line: &str) -> String {
    let signs = crate::digits::to_western(line);
    let upper = signs.trim().chars().take(TYPED_MAX).flat_map(char::to_uppercase);
    upper
        .filter(|sign| !matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        .map(|sign| match sign {
            // The filler as keyboards and eyes give it; right to left it looks the other way round.
            '>' | '«' | '»' | '‹' | '›' | '＜' | '＞' | '≤' | '≥' | '(' | '{' | '[' | '_' | '-' | '–' | '—' | '.' | 'ـ' => '<',
            other => other,
        })
        .collect()
}

fn check_signs(line: &str, place: u8) -> Result<(), MrzFault> {
    let known = |sign: char| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '<' || sign.is_whitespace();
    if line.chars().all(known) { Ok(()) } else { Err(MrzFault::Sign(place)) }
}

/// Line 1: `P<PSE`, family name, two fillers, the other names.
fn names(line: &str) -> Result<(String, String), MrzFault> {
    check_signs(line, 1)?;
    // A blank is a filler here: without it names would run into each other.
    let spaced = line.trim().replace(char::is_whitespace, "<");
    let kept = spaced.trim_end_matches('<');
    if !kept.starts_with('P') {
        return Err(MrzFault::Kind);
    }
    // The filler behind the P is easily left out, or doubled.
    let behind = kept.get(1..).unwrap_or_default().trim_start_matches('<');
    let named = behind.strip_prefix(STATE).or_else(|| kept.get(2..).and_then(|rest| rest.strip_prefix(STATE)));
    let Some(named) = named else { return Err(MrzFault::State) };
    let close = line.trim_end_matches('<').split_whitespace().map(str::len).sum();
    if close > CHARS {
        return Err(MrzFault::Length(1, close));
    }
    let letters = |text: &str| -> String {
        let alike = text.chars().map(|sign| match sign {
            '0' => 'O',
            '1' => 'I',
            other => other,
        });
        alike.collect::<String>().split('<').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let (surname, given) = named.split_once("<<").unwrap_or((named, ""));
    let (surname, given) = (letters(surname), letters(given));
    if surname.is_empty() && given.is_empty() { Err(MrzFault::Name) } else { Ok((surname, given)) }
}

/// Line 2, however its fillers were counted: of the readings with the right length
/// the one whose digits all fit.
fn second_line(line: &str, today: Date) -> Result<Mrz, MrzFault> {
    check_signs(line, 2)?;
    let close: String = line.split_whitespace().collect();
    let spaced = line.trim().replace(char::is_whitespace, "<");
    let read = |text: &str| fields(text, today);
    let mut fault = None;
    for base in [close.as_str(), spaced.as_str()] {
        if base.len() == CHARS {
            match read(base) {
                Ok(read) => return Ok(read),
                Err(found) => fault = fault.or(Some(found)),
            }
        }
        if let Some(read) = recounted(base).iter().find_map(|text| read(text).ok()) {
            return Ok(read);
        }
    }
    Err(fault.unwrap_or(MrzFault::Length(2, close.len())))
}

/// A line of another length with one of its runs of fillers made longer or
/// shorter, so that it has the right one. Every sign is one byte here.
fn recounted(line: &str) -> Vec<String> {
    let mut made = Vec::new();
    // Behind a short number they are easily left out altogether.
    let missing = CHARS.saturating_sub(line.len());
    if let (1..=4, true) = (missing, line.len() > 9) {
        let (number, rest) = line.split_at(9 - missing);
        made.push(format!("{number}{}{rest}", "<".repeat(missing)));
    }
    let mut at = 0;
    while let Some(start) = line.get(at..).and_then(|rest| rest.find('<')).map(|found| found + at) {
        let run = line[start..].bytes().take_while(|byte| *byte == b'<').count();
        at = start + run;
        let others = line.len() - run;
        if (CHARS - RUN_MAX..CHARS).contains(&others) {
            made.push(format!("{}{}{}", &line[..start], "<".repeat(CHARS - others), &line[at..]));
        }
    }
    made
}

/// The fields of a line of 44 signs.
fn fields(line: &str, today: Date) -> Result<Mrz, MrzFault> {
    let part = |start: usize, end: usize| line.get(start..end).unwrap_or_default();
    let numeric = |text: &str| -> String { text.chars().map(as_digit).collect() };
    let number_check = numeric(part(9, 10));
    let number = [part(0, 9).to_owned(), part(0, 9).replace('O', "0").replace('I', "1")]
        .into_iter()
        .find(|number| number.trim_end_matches('<').len() >= 5 && is_right(number, &number_check))
        .ok_or(MrzFault::Number)?;
    let (born, born_check) = (numeric(part(13, 19)), numeric(part(19, 20)));
    let born_on = date(&born, |year| if 2000 + year > today.parts().0 { 1900 + year } else { 2000 + year });
    let born_on = born_on
        .filter(|_| is_right(&born, &born_check))
        .map(|day| if day > today { day.plus_years(-100) } else { day });
    let (expires, expires_check) = (numeric(part(21, 27)), numeric(part(27, 28)));
    let expires_on = date(&expires, |year| 2000 + year).filter(|_| is_right(&expires, &expires_check));
    let (optional, optional_check) = (part(28, 42), numeric(part(42, 43)));
    let empty = optional.chars().all(|sign| sign == '<') && matches!(optional_check.as_str(), "<" | "0");
    let born_on = born_on.ok_or(MrzFault::Born)?;
    let expires_on = expires_on.ok_or(MrzFault::Expires)?;
    if !empty && !is_right(optional, &optional_check) {
        return Err(MrzFault::Optional);
    }
    let all = format!("{number}{number_check}{born}{born_check}{expires}{expires_check}{optional}{optional_check}");
    if !is_right(&all, &numeric(part(43, 44))) {
        return Err(MrzFault::Whole);
    }
    let nationality: String = part(10, 13).chars().map(as_letter).filter(|sign| *sign != '<').collect();
    let sex = part(20, 21);
    Ok(Mrz {
        surname: String::new(),
        given: String::new(),
        number: number.trim_end_matches('<').to_owned(),
        nationality,
        born: born_on,
        sex: if matches!(sex, "F" | "M") { sex.to_owned() } else { String::new() },
        expires: expires_on,
        optional: optional.trim_matches('<').to_owned(),
    })
}

fn is_right(field: &str, check: &str) -> bool {
    check.chars().eq([digit(field)])
}

fn date(six: &str, century: impl Fn(i16) -> i16) -> Option<Date> {
    let part = |start: usize| six.get(start..start + 2)?.parse::<i8>().ok();
    Date::new(century(i16::from(part(0)?)), part(2)?, part(4)?)
}

/// A letter that is read for a digit, where only digits are.
const fn as_digit(sign: char) -> char {
    match sign {
        'O' | 'Q' | 'D' => '0',
        'I' | 'L' => '1',
        'Z' => '2',
        'S' => '5',
        'G' => '6',
        'B' => '8',
        other => other,
    }
}

/// And a digit for a letter.
const fn as_letter(sign: char) -> char {
    match sign {
        '0' => 'O',
        '1' => 'I',
        '5' => 'S',
        '8' => 'B',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specimen of ICAO Doc 9303 part 4, appendix A, which is Utopia's.
    const SPECIMEN: &str = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const FIRST: &str = "P<PSEAWWAD<<DANA<KAMAL<RIAD<<<<<<<<<<<<<<<<<";

    fn today() -> Date {
        Date::new(2026, 11, 27).unwrap()
    }
    fn read(first: &str, second: &str) -> Result<Mrz, MrzFault> {
        Mrz::parse([first, second], today())
    }
    fn sample() -> Mrz {
        let day = |year, month, day| Date::new(year, month, day).unwrap();
        let text = str::to_owned;
        Mrz {
            surname: text("AWWAD"),
            given: text("DANA KAMAL RIAD"),
            number: text("N1234567"),
            nationality: text("PSE"),
            born: day(1995, 3, 8),
            sex: text("F"),
            expires: day(2029, 6, 30),
            optional: String::new(),
        }
    }

    #[test]
    fn the_specimen_of_the_standard_is_read() {
        let mrz = read(FIRST, SPECIMEN).unwrap();
        assert_eq!((mrz.number.as_str(), mrz.nationality.as_str(), mrz.sex.as_str()), ("L898902C3", "UTO", "F"));
        assert_eq!((mrz.born.to_string(), mrz.expires.to_string()), ("1974-08-12".to_owned(), "2012-04-15".to_owned()));
        assert_eq!((mrz.surname.as_str(), mrz.given.as_str()), ("AWWAD", "DANA KAMAL RIAD"));
        assert_eq!(mrz.optional, "ZE184226B");
        assert_eq!(format!("{mrz:?}"), "Mrz(…)");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for mrz in [sample(), Mrz { optional: "900000001".to_owned(), number: "12345678A".to_owned(), ..sample() }] {
            let [first, second] = mrz.lines();
            assert_eq!((first.len(), second.len()), (CHARS, CHARS), "{first}\n{second}");
            assert_eq!(read(&first, &second).unwrap(), mrz);
        }
        let named = Mrz { surname: "Al-Haddad".to_owned(), given: "Sana'a ".repeat(9), ..sample() };
        assert!(named.lines()[0].starts_with("P<PSEAL<HADDAD<<SANAA<SANAA<") && named.lines()[0].len() == CHARS);
    }

    #[test]
    fn slips_that_leave_the_meaning_are_read_over() {
        let [first, second] = sample().lines();
        let close = |line: &str| line.replace('<', "");
        let fewer = second.replacen("<<<<", "<", 1);
        let more = second.replacen("<<<<", "<<<<<<<", 1);
        let no_filler_in_number = second.replacen('<', "", 1);
        for (one, other) in [
            (first.to_lowercase(), second.to_lowercase()),
            (first.replace('<', "«"), second.replace('<', ">")),
            (first.replace('<', " "), second.replace('<', " ")),
            (first.replace("<<", " << ").replace("PSE", "PSE "), second.clone()),
            (first.trim_end_matches('<').to_owned(), fewer),
            (format!("{first}<<<"), more),
            (first.replacen("P<", "P", 1), no_filler_in_number),
            (first.replacen("P<", "P<<", 1).trim_end_matches('<').to_owned(), second.clone()),
            (format!("  {first}  "), format!("\u{202a}{second}\u{202c}")),
            (format!("{first}{second}"), String::new()),
            (format!("{first}\n{second}"), String::new()),
            (second.clone(), first.clone()),
            (first.clone(), second.replace('1', "١").replace('9', "۹")),
            (first.clone(), second.replacen("95", "9S", 1).replacen("PSE", "P5E", 1)),
        ] {
            let read = read(&one, &other).unwrap_or_else(|fault| panic!("{fault:?}\n{one}\n{other}"));
            assert_eq!((read.number.as_str(), read.born), ("N1234567", sample().born), "{one}\n{other}");
            assert_eq!((read.surname.as_str(), read.given.as_str()), ("AWWAD", "DANA KAMAL RIAD"), "{one}");
        }
        // All fillers left out: nothing says where they belong.
        assert!(read(&first, &close(&second)).is_err());
    }

    #[test]
    fn the_wrong_field_is_named() {
        let [first, second] = sample().lines();
        let with = |place: usize, sign: char| {
            let mut signs: Vec<char> = second.chars().collect();
            signs[place] = if signs[place] == sign { '7' } else { sign };
            signs.into_iter().collect::<String>()
        };
        for (place, fault) in [
            (2, MrzFault::Number),
            (9, MrzFault::Number),
            (14, MrzFault::Born),
            (19, MrzFault::Born),
            (22, MrzFault::Expires),
            (27, MrzFault::Expires),
            (30, MrzFault::Optional),
            (42, MrzFault::Optional),
            (43, MrzFault::Whole),
        ] {
            let found = read(&first, &with(place, '9')).unwrap_err();
            assert_eq!((found, found.line()), (fault, 2), "{place}");
        }
        for (line, fault) in [
            ("I<PSEAWWAD<<DANA", MrzFault::Kind),
            ("P<JORAWWAD<<DANA", MrzFault::State),
            ("P<PSE<<<<<<<<<<<", MrzFault::Name),
            ("P<PSEعواد", MrzFault::Sign(1)),
            ("", MrzFault::Kind),
            (&format!("P<PSE{}", "A".repeat(44)), MrzFault::Length(1, 49)),
        ] {
            let found = read(line, &second).unwrap_err();
            assert_eq!((found, found.line()), (fault, 1), "{line}");
        }
        assert_eq!(read(&first, "N1234567"), Err(MrzFault::Length(2, 8)));
        assert_eq!(read(&first, "N1234567*"), Err(MrzFault::Sign(2)));
        assert_eq!(read(&first, &"<".repeat(44)), Err(MrzFault::Number));
        // A day that no calendar has, with its check digit right.
        let day = "990230";
        let odd = format!("{}{day}{}{}", &second[..13], digit(day), &second[20..]);
        assert_eq!(read(&first, &odd), Err(MrzFault::Born));
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        let old = Mrz { born: Date::new(1931, 1, 1).unwrap(), ..sample() };
        let [first, second] = old.lines();
        assert_eq!(read(&first, &second).unwrap().born.to_string(), "1931-01-01");
        let later = Mrz { born: Date::new(1926, 12, 31).unwrap(), ..sample() };
        let [first, second] = later.lines();
        assert_eq!(read(&first, &second).unwrap().born.to_string(), "1926-12-31");
    }

    #[test]
    fn any_text_is_read_or_refused() {
        for text in [
            "\u{0}",
            "<",
            "P",
            "P<",
            "P<PSE",
            "ﷺ",
            "🛂",
            "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
            "ß".repeat(44).as_str(),
        ] {
            for other in ["", "<", "ı".repeat(60).as_str(), "A1<", &"9".repeat(5_000)] {
                assert!(read(text, other).is_err());
            }
        }
    }
}
