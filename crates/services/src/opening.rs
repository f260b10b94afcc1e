//! To whom a version is open, and from which day: staff first, then invited
//! people, those who live here, those abroad, companies. A folder that says
//! nothing is open to everybody.

use audit::Leaf;
use base::{CompanyNumber, Date, IdNumber, PersonId};
use catalogue::{Audience, Group, OpeningFile, ServiceFile};
use serde_json::json;
use store::{Ctx, Key, Read, params};

use crate::case::Refusal;
use crate::sql;

/// People that one form may invite.
pub const INVITED: usize = 200;

/// Who may come in, as a version says it.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    service: String,
    audience: Vec<Audience>,
    opens: Vec<(Group, Date)>,
}

impl Doors {
    pub(crate) fn of(file: &ServiceFile) -> Self {
        let dated = |one: &OpeningFile| Some((one.to, Date::parse(&one.from)?));
        Self {
            service: file.key.clone(),
            audience: file.audience.clone(),
            opens: file.opens.iter().filter_map(dated).collect(),
        }
    }

    /// Whether the one for whom a case would be may come in: a human or a company,
    /// and of a group to which the version is open.
    ///
    /// # Errors
    /// It is for others, it is not open to them yet, or the store's.
    pub(crate) fn admit(&self, read: &mut Read<'_>, person: PersonId, today: Date) -> Result<(), Refusal> {
        let company = identity::company_number(read, person)?;
        let (wanted, refusal) = match company {
            Some(_) => (Audience::Company, Refusal::ForPersons),
            None => (Audience::Person, Refusal::ForCompanies),
        };
        if !self.audience.contains(&wanted) {
            return Err(refusal);
        }
        if self.opens.is_empty() {
            return Ok(());
        }
        let groups = self.groups(read, person, company.as_ref())?;
        let days = self.opens.iter().filter(|(group, _)| groups.contains(group)).map(|(_, day)| *day);
        match days.min() {
            Some(day) if day <= today => Ok(()),
            day => Err(Refusal::NotOpen(day)),
        }
    }

    fn groups(
        &self,
        read: &mut Read<'_>,
        person: PersonId,
        company: Option<&CompanyNumber>,
    ) -> Result<Vec<Group>, Refusal> {
        if company.is_some() {
            return Ok(vec![Group::Business]);
        }
        let place = if identity::came_from_abroad(read, person)? { Group::Abroad } else { Group::Residents };
        let mut groups = vec![place];
        let Some(number) = identity::id_number(read, person)? else { return Ok(groups) };
        let blind = read.blind(NUMBER, number.as_str());
        for row in read.rows(&sql::INVITATIONS_OF, &params![self.service, blind])? {
            let word: String = row.get(0)?;
            groups.extend(Group::ALL.into_iter().filter(|group| group.as_str() == word));
        }
        Ok(groups)
    }
}

const NUMBER: &str = "services_invited.number";

/// Lets people in as staff or invited; who is listed already stays. Their numbers
/// are kept as a keyed index only.
///
/// # Errors
/// Nobody was named, or too many; or the store's.
pub async fn invite(ctx: &Ctx, key: Key, service: &str, group: Group, numbers: Vec<IdNumber>) -> Result<(), Refusal> {
    if numbers.is_empty() || numbers.len() > INVITED || !matches!(group, Group::Staff | Group::Invited) {
        return Err(Refusal::Incomplete(vec!["numbers".to_owned()]));
    }
    let service = service.to_owned();
    ctx.write(key, move |tx| {
        let by = tx.actor().officer().ok_or(Refusal::NotYours)?;
        let now = tx.now();
        for number in &numbers {
            let blind = tx.blind(NUMBER, number.as_str());
            tx.execute(&sql::INVITE, &params![service, group.as_str(), blind, by, now])?;
        }
        let detail = json!({ "group": group.as_str(), "people": numbers.len() });
        audit::record_in(tx, &Leaf::new("services.invited", format!("service:{service}")).with(detail))?;
        Ok(())
    })
    .await
}

/// How many people are listed for a service, by group.
///
/// # Errors
/// The store's.
pub fn invited(read: &mut Read<'_>, service: &str) -> Result<Vec<(String, u64)>, store::Error> {
    let rows = read.rows(&sql::COUNT_INVITED, &params![service])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
