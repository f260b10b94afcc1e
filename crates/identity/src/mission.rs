//! Missions abroad: their officers see passport and face, and whoever has no ID
//! number turns to one. Data of the binary, which reads it with the offices.

use base::Locale;

use crate::Identity;

/// A country that people say they live in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Two letters (ISO 3166-1).
    pub code: String,
    /// Its name in every language, in the order of [`base::Locale::all`].
    pub names: Vec<String>,
}

impl Country {
    pub(crate) fn name(&self, locale: Locale) -> &str {
        in_language(&self.names, locale)
    }
}

/// A mission, or the office that sees people of all countries that have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mission {
    /// The office's key, which is its officers' unit.
    pub key: String,
    /// Its name in every language, in the order of [`base::Locale::all`].
    pub names: Vec<String>,
    /// Its address.
    pub addresses: Vec<String>,
    /// Days and hours, by the clock there.
    pub hours: Vec<String>,
    /// The telephone, as dialled from abroad.
    pub phone: String,
    /// Whether its data is a sample.
    pub sample: bool,
    /// The countries whose people it sees; none for all others.
    pub serves: Vec<Country>,
}

impl Mission {
    pub(crate) fn name(&self, locale: Locale) -> &str {
        in_language(&self.names, locale)
    }
    pub(crate) fn address(&self, locale: Locale) -> &str {
        in_language(&self.addresses, locale)
    }
    pub(crate) fn hours(&self, locale: Locale) -> &str {
        in_language(&self.hours, locale)
    }
}

fn in_language(texts: &[String], locale: Locale) -> &str {
    texts.get(locale.index()).map_or("", String::as_str)
}

impl Identity {
    /// The countries that have a mission, in the order of their names.
    pub(crate) fn countries(&self, locale: Locale) -> Vec<&Country> {
        let mut countries: Vec<&Country> = self.missions.iter().flat_map(|mission| &mission.serves).collect();
        countries.sort_by(|one, other| one.name(locale).cmp(other.name(locale)));
        countries.dedup_by(|one, other| one.code == other.code);
        countries
    }
    /// The code of a country that has a mission.
    pub(crate) fn country(&self, code: &str) -> Option<&Country> {
        self.missions.iter().flat_map(|mission| &mission.serves).find(|country| country.code == code)
    }
    /// Where people of a country turn: its missions, else the office for all others.
    pub(crate) fn missions_for(&self, code: &str) -> Vec<&Mission> {
        let serves = |mission: &&Mission| mission.serves.iter().any(|country| country.code == code);
        let there: Vec<&Mission> = self.missions.iter().filter(serves).collect();
        if there.is_empty() {
            self.missions.iter().filter(|mission| mission.serves.is_empty()).collect()
        } else {
            there
        }
    }
    /// Whether an officer's unit is a mission, where a passport is shown.
    pub(crate) fn is_mission(&self, unit: &str) -> bool {
        self.missions.iter().any(|mission| mission.key == unit && !mission.serves.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Registry};

    fn mission(key: &str, codes: &[&str]) -> Mission {
        let both = |text: &str| vec![text.to_owned(), text.to_owned()];
        let serves = codes.iter().map(|code| Country { code: (*code).to_owned(), names: both(code) });
        let (names, addresses, hours) = (both(key), both(""), both(""));
        Mission {
            key: key.to_owned(),
            names,
            addresses,
            hours,
            phone: String::new(),
            sample: true,
            serves: serves.collect(),
        }
    }

    #[test]
    fn every_country_leads_somewhere() {
        let missions = vec![mission("all", &[]), mission("amman", &["JO"]), mission("irbid", &["JO", "SY"])];
        let identity = Identity::new(Config::default(), Registry::absent()).with_missions(missions);
        for (code, expected) in [("JO", &["amman", "irbid"][..]), ("SY", &["irbid"]), ("CL", &["all"]), ("", &["all"])]
        {
            let keys: Vec<&str> = identity.missions_for(code).iter().map(|one| one.key.as_str()).collect();
            assert_eq!(keys, expected, "{code}");
        }
        let codes: Vec<&str> = identity.countries(Locale::EN).iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["JO", "SY"]);
        assert!(identity.country("JO").is_some() && identity.country("jo").is_none());
        assert!(identity.is_mission("amman") && !identity.is_mission("all") && !identity.is_mission("post.nablus"));
    }
}
