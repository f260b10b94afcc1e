//! A mandate that one citizen gives another, through the router, on both engines:
//! offered, accepted, used, and how it ends.

use crate::kit::forms::{post, words};
use crate::kit::mandates::{
    FATHER, LIST, NEW, SERVICE, SON, accept, acts, first, give, person, run, signed_in, take_up, who, with_two,
};
use crate::kit::{PASSWORD, schemas};
use base::{Assurance, Zone};
use http::StatusCode;
use testkit::on_both_engines;

#[test]
fn a_mandate_is_given_accepted_used_and_taken_back() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let fields = [("scope", "some"), ("services", SERVICE), ("ceiling", "50")];
        let given = give(&portal, &mut father, SON[0], &fields).await;
        assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
        let page = father.get(LIST).await;
        assert!(words(&page).contains("ID number ending in 002"), "{}", page.text);
        assert!(words(&page).contains("waits for acceptance") && words(&page).contains("at most 50.00 shekels"));
        // Nobody can act before it is accepted, whoever names it.
        let id = first(&page, "end");
        let early = take_up(&mut son, &id).await;
        assert_eq!(early.status, StatusCode::BAD_REQUEST, "{}", early.text);
        assert!(who(&mut son).await.contains("Citizen"));
        assert!(portal.messages(SON[1]).await.iter().any(|told| told.contains("تفويض")));
        assert_eq!(accept(&mut son).await, id);
        assert!(portal.messages(FATHER[1]).await.iter().any(|told| told.contains("تفويض")));
        let before = portal.messages(FATHER[1]).await.len();
        take_up(&mut son, &id).await;
        assert_eq!(portal.messages(FATHER[1]).await.len(), before + 1);
        let acting = who(&mut son).await;
        let (father_id, son_id) = (person(&portal, FATHER[0]).await, person(&portal, SON[0]).await);
        assert!(acting.contains("Agent") && acting.contains(&format!("{father_id:?}")), "{acting}");
        assert!(acting.contains(&format!("{son_id:?}")) && acting.contains(SERVICE), "{acting}");
        assert!(acting.contains("ceiling_minor: Some(5000)"), "{acting}");
        // What is one's own is closed meanwhile; the bar leads back.
        for path in ["/account", "/account/acting", LIST, "/account/factors", "/device"] {
            let page = son.get(path).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
            assert!(page.text.contains("id=\"acting\"") && page.text.contains("id=\"acting-back\""), "{}", page.text);
        }
        let back = son.visit("/sign-in?return=/who").await;
        assert!(back.text.contains("Citizen"), "{}", back.text);
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        assert_eq!(portal.messages(FATHER[1]).await.len(), before + 1, "once a day");
        let taken_back = post(&mut father, LIST, &format!("{LIST}/{id}/end"), &[]).await;
        assert_eq!(taken_back.status, StatusCode::SEE_OTHER, "{}", taken_back.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut son).await.contains("Anonymous"));
        let mut again = signed_in(&portal, SON).await;
        assert_eq!(take_up(&mut again, &id).await.status, StatusCode::BAD_REQUEST);
        for (number, act, count) in [
            (FATHER[0], "identity.mandate_offered", 1),
            (FATHER[0], "identity.mandate_accepted", 1),
            (SON[0], "identity.mandate_accepted", 1),
            (FATHER[0], identity::TAKEN_UP, 2),
            (SON[0], identity::TAKEN_UP, 2),
            (FATHER[0], "identity.mandate_revoked", 1),
            (SON[0], "identity.mandate_revoked", 1),
        ] {
            assert_eq!(acts(&portal, number, act).await, count, "{number} {act}");
        }
        portal.holds().await;
    });
}

#[test]
fn an_offer_says_nothing_of_accounts_and_has_its_bounds() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let today = portal.ctx.now().date(Zone::Hebron);
        let known = give(&portal, &mut father, SON[0], &[]).await;
        let unknown = give(&portal, &mut father, "800000077", &[]).await;
        for page in [&known, &unknown] {
            assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, LIST));
        }
        let page = father.get(LIST).await;
        assert!(words(&page).contains("ending in 002") && words(&page).contains("ending in 077"));
        assert!(!page.text.contains("800000077") && !words(&page).contains("Layla Khalil</bdi></b>"), "{}", page.text);
        let (late, yesterday) = (today.plus_years(2).plus_days(1).to_string(), today.plus_days(-1).to_string());
        for (number, changes) in [
            (FATHER[0], &[][..]),
            ("12", &[]),
            (SON[0], &[("valid_until", &*late)]),
            (SON[0], &[("valid_from", &*yesterday)]),
            (SON[0], &[("valid_until", "soon")]),
            (SON[0], &[("ceiling", "much")]),
            (SON[0], &[("scope", "some")]),
            (SON[0], &[("scope", "some"), ("services", "no.such")]),
        ] {
            let page = give(&portal, &mut father, number, changes).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes:?}");
            assert!(page.text.contains("id=\"mandate-error\""));
        }
        // The offer is the number's: the giver cannot accept it, nor a stranger end it.
        let id = first(&son.get(LIST).await, "accept");
        for how in ["accept", "refuse"] {
            let page = post(&mut father, NEW, &format!("{LIST}/{id}/{how}"), &[]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{how}");
        }
        assert_eq!(post(&mut son, NEW, &format!("{LIST}/{id}/end"), &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(post(&mut son, LIST, &format!("{LIST}/{id}/refuse"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_ne!(post(&mut son, NEW, &format!("{LIST}/{id}/accept"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_refused").await, 1);
        // So many a day, and no more.
        let mut last = StatusCode::SEE_OTHER;
        for _ in 0..9 {
            last = give(&portal, &mut father, "800000078", &[]).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
        portal.holds().await;
    });
}

#[test]
fn who_showed_a_password_alone_neither_gives_nor_takes() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        give(&portal, &mut father, SON[0], &[]).await;
        portal.clock.advance_seconds(61);
        let mut low = portal.browser();
        let page = low.visit("/sign-in?return=/who").await;
        let page = low.answer(&page, "password", &[("id_number", SON[0]), ("password", PASSWORD)]).await;
        low.answer(&page, "skip", &[]).await;
        assert!(who(&mut low).await.contains("assurance: Low"));
        assert!(low.get(NEW).await.text.contains("id=\"low\""));
        let today = portal.ctx.now().date(Zone::Hebron).to_string();
        let fields = [("id_number", FATHER[0]), ("scope", "all"), ("valid_from", &*today), ("valid_until", &*today)];
        let given = post(&mut low, LIST, NEW, &fields);
        assert_eq!(given.await.status, StatusCode::FORBIDDEN);
        let id = first(&low.get(LIST).await, "accept");
        assert_eq!(post(&mut low, LIST, &format!("{LIST}/{id}/accept"), &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(accept(&mut son).await, id);
        // Taking it up asks for both factors.
        let page = take_up(&mut low, &id).await;
        assert!(page.text.contains("id=\"password\""), "{}", page.text);
        assert!(who(&mut low).await.contains("Citizen"));
    });
}

#[test]
fn anothers_mandate_is_not_taken_and_a_second_one_widens_nothing() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        const STRANGER: [&str; 2] = ["800000028", "+970599000028"];
        portal.citizen(STRANGER[0], Some(STRANGER[1]), Assurance::Substantial).await;
        give(&portal, &mut father, SON[0], &[("scope", "some"), ("services", SERVICE), ("ceiling", "5")]).await;
        let id = accept(&mut son).await;
        // The same address by somebody else's session: nothing, by the portal or by hand.
        let mut stranger = signed_in(&portal, STRANGER).await;
        assert_eq!(take_up(&mut stranger, &id).await.status, StatusCode::BAD_REQUEST);
        let page = post(&mut stranger, "/account/acting", "/account/acting", &[("mandate", &id)]).await;
        let address = page.header("location").to_owned();
        assert!(address.contains(&id));
        let mut fathers = father.clone();
        let replayed = fathers.get(&address).await;
        assert_eq!(replayed.parameter("error").as_deref(), Some("access_denied"), "{}", replayed.text);
        assert!(who(&mut stranger).await.contains("Citizen"));
        // Whoever signs in on the way is looked at too.
        let mut nobody = portal.browser();
        portal.clock.advance_seconds(61);
        let page = nobody.visit(&address).await;
        let page = nobody.answer(&page, "password", &[("id_number", STRANGER[0]), ("password", PASSWORD)]).await;
        let code = portal.code(STRANGER[1]).await;
        let page = nobody.answer(&page, "code", &[("code", &code)]).await;
        assert!(!page.text.contains("Agent"), "{}", page.text);
        assert!(who(&mut nobody).await.contains("Anonymous"));
        // A wider offer waits for its own acceptance, and changes nothing of the first.
        give(&portal, &mut father, SON[0], &[]).await;
        take_up(&mut son, &id).await;
        let acting = who(&mut son).await;
        assert!(acting.contains("ceiling_minor: Some(500)") && acting.contains(SERVICE), "{acting}");
        portal.holds().await;
    });
}

#[test]
fn a_mandate_ends_with_its_last_day() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let today = portal.ctx.now().date(Zone::Hebron).to_string();
        give(&portal, &mut father, SON[0], &[("valid_until", &today)]).await;
        let id = accept(&mut son).await;
        give(&portal, &mut father, "800000077", &[("valid_until", &today)]).await;
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        run(&portal, "identity.mandates").await;
        assert!(who(&mut son).await.contains("Agent"));
        portal.clock.advance_seconds(24 * 3_600);
        assert!(who(&mut son).await.contains("Anonymous"));
        run(&portal, "identity.mandates").await;
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_expired").await, 2);
        let mut son = signed_in(&portal, SON).await;
        assert!(words(&son.get(LIST).await).contains("over"));
        portal.holds().await;
    });
}

#[test]
fn who_disowns_a_session_takes_back_what_was_given_from_it() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        give(&portal, &mut father, SON[0], &[]).await;
        let id = accept(&mut son).await;
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        let gone = post(&mut father, LIST, "/en/account/disown", &[]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut son).await.contains("Anonymous"));
        assert_eq!(acts(&portal, SON[0], "identity.mandate_revoked").await, 1);
        portal.holds().await;
    });
}
