//! What is kept from whoever applies: values that only officers read, and, from
//! whoever acts for another, what officers wrote.

use base::id::TypedId;
use base::{Mandate, MandateId};

use super::*;

const FILE: &str = "[[page]]\nid = \"file\"\nofficers = true\n\
    known = [{ id = \"street\", lookup = \"person\", path = \"/address/street/en\" }]\n";

fn steps() -> String {
    format!(
        "{FILE}[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\ndiscreet = \"no\"\n\
         [appeal]\nunit = \"{THERE}\"\ndays = 20\n"
    )
}

impl Town {
    /// The other person, under a mandate of the one who applies.
    async fn agent(&self) -> Browser<'_> {
        let Actor::Citizen { person: agent, account, assurance } = self.other.actor.clone() else { unreachable!() };
        let mandate = Mandate { id: MandateId::from_bits(1), services: None, ceiling_minor: None };
        let person = self.own.actor.person().unwrap();
        self.browser(&Actor::Agent { person, agent, account, assurance, mandate }).await
    }
}

#[test]
fn officers_read_what_no_form_shows() {
    let steps = steps();
    in_town(&steps, |town| async move {
        let number = Town::number(FIRST);
        town.registers.change(&number, |known| known.person["address"]["street"]["en"] = json!("Hidden Lane"));
        let id = town.draft("work", &[FIRST + 1]).await;
        let mut own = town.browser(&town.own.actor).await;
        let at = |page: &str| format!("/en/cases/{id}/{page}");
        assert_eq!(own.get(&at("form/file")).await.status, StatusCode::NOT_FOUND);
        for page in ["form/purpose", "form/partners", "check"] {
            assert!(!own.get(&at(page)).await.has("Hidden Lane"), "{page}");
        }
        services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
        town.settle().await;
        assert!(!town.page(id).await.has("Hidden Lane"));
        let mut clerk = town.clerk("clerk", HERE).await;
        let page = clerk.get(&desk(id)).await;
        assert!(page.has("Street in the register") && page.has("Hidden Lane"), "{}", page.text);
        town.house.holds().await;
    });
}

#[test]
fn whoever_acts_for_another_reads_the_folders_words_and_not_the_officers() {
    let steps = steps();
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        let mut clerk = town.clerk("clerk", HERE).await;
        assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut clerk, id, "reject", "convicted of theft").await, StatusCode::SEE_OTHER);
        town.ends(id, "refused").await;
        let page = format!("/en/cases/{id}");
        let read = town.agent().await.get(&page).await;
        assert!(read.has("Not today") && !read.has("theft"), "{}", read.text);
        assert!(town.page(id).await.has("convicted of theft"), "the person themselves reads why");
        // What the appeal says is kept as well, and what was said before it.
        services::appeal(&town.own, Key::once(&town.own), &town.services.catalogue, id, "spent").await.unwrap();
        let mut judge = town.clerk("judge", THERE).await;
        assert_eq!(take(&mut judge, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut judge, id, "lose", "the sentence of theft stands").await, StatusCode::SEE_OTHER);
        town.ends(id, "refused").await;
        let read = town.agent().await.get(&page).await;
        assert!(read.has("Not today") && !read.has("theft"), "{}", read.text);
        assert!(town.page(id).await.has("the sentence of theft stands"));
        town.house.holds().await;
    });
}

#[test]
fn what_is_kept_is_kept_where_it_can_be() {
    for (steps, about) in [
        (
            format!(
                "{FILE}when = \"true\"\n[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n"
            ),
            "for officers",
        ),
        (
            "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\ndiscreet = \"no\"\n"
                .to_owned(),
            "`discreet` belongs",
        ),
        (
            format!("[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\ndiscreet = \"hush\"\n"),
            "reason-hush",
        ),
    ] {
        let faults = folder::faults(&steps);
        assert!(faults.iter().any(|fault| fault.contains(about)), "{about}: {faults:?}");
    }
}
