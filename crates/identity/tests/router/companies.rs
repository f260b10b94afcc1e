//! A company's signatories and whoever they give a mandate, through the router, on
//! both engines: alone, jointly, for an accountant, and every refusal.

use crate::kit::companies::{ACTING, COMPANIES, ask, beginnable, company};
use crate::kit::forms::{post, words};
use crate::kit::mandates::{
    FATHER, LIST, SERVICE, SON, accept, acts, first, person, run, signed_in, take_up, who, with_two,
};
use crate::kit::ministry::{Ministry, answer, request, to_the_client};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas};
use base::Assurance;
use http::StatusCode;
use identity::Policy;
use store::Key;
use testkit::on_both_engines;

/// One of which the father signs alone, one that two sign for jointly.
const SOLE: &str = "562000011";
const JOINT: &str = "562000029";
const ACCOUNTANT: [&str; 2] = ["800000028", "+970599000028"];

mod sql {
    store::statements! {
        /// Breaks something.
        FORGE = "UPDATE identity_signature SET second = NULL WHERE needed = 2";
        /// Breaks something else.
        EMBODY = "UPDATE identity_person SET owned = claimed WHERE id IN (SELECT person FROM identity_company)";
        /// Mends it.
        DISEMBODY = "UPDATE identity_person SET owned = NULL WHERE id IN (SELECT person FROM identity_company)";
    }
}

async fn house(world: testkit::World) -> (Portal, Browser, Browser) {
    let (portal, father, son) = with_two(world).await;
    portal.registers.companies().put(SOLE, "alone", &[FATHER[0]]);
    portal.registers.companies().put(JOINT, "joint", &[FATHER[0], SON[0]]);
    (portal, father, son)
}

/// Finds the companies and gives the father's own mandate for the sole one.
async fn sole(father: &mut Browser) -> String {
    let asked = ask(father).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    beginnable(&father.get(COMPANIES).await).unwrap()
}

/// Gives a mandate in the first company's name that can be given in.
async fn give(portal: &Portal, browser: &mut Browser, number: &str, changes: &[(&str, &str)]) -> Page {
    let company = company(&browser.get(COMPANIES).await, "give");
    let path = format!("{COMPANIES}/{company}/give");
    let today = portal.ctx.now().date(base::Zone::Hebron);
    let until = today.plus_days(30).to_string();
    let today = today.to_string();
    let mut fields = vec![("id_number", number), ("scope", "all"), ("valid_from", &*today), ("valid_until", &*until)];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    post(browser, &path, &path, &fields).await
}

/// How many messages with this text reached a number.
async fn told(portal: &Portal, phone: &str) -> usize {
    portal.messages(phone).await.iter().filter(|text| text.contains("تفويض")).count()
}

#[test]
fn who_signs_alone_acts_as_the_register_says() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = house(world).await;
        let register = portal.registers.companies();
        assert!(father.get(COMPANIES).await.text.contains("id=\"no-companies\""));
        // A silent register changes nothing and says what becomes of it.
        register.silence(true);
        let silent = ask(&mut father).await;
        assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE, "{}", silent.text);
        assert!(words(&silent).contains("to be checked"), "{}", silent.text);
        register.silence(false);
        let id = sole(&mut father).await;
        // Asked twice, there is one mandate.
        assert_eq!(sole(&mut father).await, id);
        let page = father.get(COMPANIES).await;
        assert_eq!(page.text.matches("name=\"mandate\"").count(), 1, "{}", page.text);
        assert!(words(&page).contains(SOLE) && words(&page).contains("Company 562000029"), "{}", page.text);
        // Another, and who is not its signatory, gets nothing by its id.
        assert_eq!(take_up(&mut son, &id).await.status, StatusCode::BAD_REQUEST);
        // The register is asked again when it is taken up: silence keeps it, and who acts stays who they were.
        register.silence(true);
        let silent = take_up(&mut father, &id).await;
        assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE, "{}", silent.text);
        // Whoever comes back from the provider is answered in their language.
        assert!(words(&silent).contains("to be checked") && who(&mut father).await.contains("Citizen"));
        register.silence(false);
        take_up(&mut father, &id).await;
        let acting = who(&mut father).await;
        let father_id = person(&portal, FATHER[0]).await;
        assert!(acting.contains("Agent") && acting.contains(&format!("agent: {father_id:?}")), "{acting}");
        // Pages say the company's name, and one's own are closed, those of companies too.
        for path in [COMPANIES, ACTING, "/en/account"] {
            let page = father.get(path).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
            assert!(page.text.contains("id=\"acting\"") && words(&page).contains("Company 562000011"), "{}", page.text);
        }
        // Its end is also the end of the session: the job hears of it within a day.
        register.strike_off(SOLE);
        run(&portal, "identity.companies").await;
        assert!(who(&mut father).await.contains("Agent"), "heard a short while ago");
        portal.clock.advance_seconds(13 * 60);
        assert!(who(&mut father).await.contains("Agent"));
        register.silence(true);
        portal.clock.advance_seconds(24 * 3_600);
        run(&portal, "identity.companies").await;
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_unregistered").await, 0, "silence ends nothing");
        register.silence(false);
        run(&portal, "identity.companies").await;
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_unregistered").await, 1);
        let mut father = signed_in(&portal, FATHER).await;
        assert_eq!(take_up(&mut father, &id).await.status, StatusCode::BAD_REQUEST);
        let page = father.get(COMPANIES).await;
        assert!(words(&page).contains("struck off") && beginnable(&page).is_none(), "{}", page.text);
        // And asking for it again gives none.
        assert_eq!(ask(&mut father).await.status, StatusCode::SEE_OTHER);
        assert!(beginnable(&father.get(COMPANIES).await).is_none());
        portal.holds().await;
    });
}

#[test]
fn who_signs_no_more_is_out_at_once_when_the_register_is_asked() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = house(world).await;
        let register = portal.registers.companies();
        register.put(SOLE, "alone", &[FATHER[0], SON[0]]);
        let id = sole(&mut father).await;
        let sons = sole(&mut son).await;
        take_up(&mut father, &id).await;
        assert!(who(&mut father).await.contains("Agent"));
        // Any other of its signatories asks: the register's word ends what cannot be.
        register.put(SOLE, "alone", &[SON[0]]);
        let before = told(&portal, FATHER[1]).await;
        take_up(&mut son, &sons).await;
        assert!(who(&mut son).await.contains("Agent"));
        portal.clock.advance_seconds(1);
        assert!(who(&mut father).await.contains("Anonymous"));
        assert_eq!(told(&portal, FATHER[1]).await, before + 1);
        let mut father = signed_in(&portal, FATHER).await;
        assert_eq!(take_up(&mut father, &id).await.status, StatusCode::BAD_REQUEST);
        let asked = ask(&mut father).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "the joint one is still his");
        assert!(!words(&father.get(COMPANIES).await).contains(SOLE));
        // Two jointly from now on: one alone does not act any more.
        let mut son = signed_in(&portal, SON).await;
        register.put(SOLE, "joint", &[SON[0], FATHER[0]]);
        assert_eq!(take_up(&mut son, &sons).await.status, StatusCode::BAD_REQUEST);
        assert!(who(&mut son).await.contains("Citizen"));
        portal.holds().await;
    });
}

#[test]
fn two_who_sign_jointly_are_two() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = house(world).await;
        portal.citizen(ACCOUNTANT[0], Some(ACCOUNTANT[1]), Assurance::Substantial).await;
        let mut stranger = signed_in(&portal, ACCOUNTANT).await;
        let register = portal.registers.companies();
        ask(&mut father).await;
        let page = father.get(COMPANIES).await;
        let joint = company(&page, "second");
        let path = format!("{COMPANIES}/{joint}/second");
        // Who is no signatory asks for nothing, and gives nothing.
        assert_eq!(post(&mut stranger, ACTING, &path, &[]).await.status, StatusCode::NOT_FOUND);
        register.silence(true);
        assert_eq!(post(&mut father, COMPANIES, &path, &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
        register.silence(false);
        let before = told(&portal, SON[1]).await;
        assert_eq!(post(&mut father, COMPANIES, &path, &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(told(&portal, SON[1]).await, before + 1);
        let page = father.get(COMPANIES).await;
        assert!(words(&page).contains("waits for the second signature"), "{}", page.text);
        assert!(!page.text.contains("/sign\""), "the first does not sign twice: {}", page.text);
        let asked = son.get(COMPANIES).await;
        let id = first(&asked, "sign");
        // Nothing holds before the second signature.
        assert_eq!(take_up(&mut father, &id).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(father.get(&format!("{COMPANIES}/{joint}/give")).await.status, StatusCode::NOT_FOUND);
        let signing = format!("{COMPANIES}/mandates/{id}/sign");
        for (who, page) in [
            ("first", post(&mut father, COMPANIES, &signing, &[]).await),
            ("stranger", post(&mut stranger, ACTING, &signing, &[]).await),
        ] {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{who}");
        }
        for verb in ["refuse", "end"] {
            let page = post(&mut stranger, ACTING, &format!("{COMPANIES}/mandates/{id}/{verb}"), &[]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{verb}");
        }
        // The generic way to accept is not one.
        assert_eq!(post(&mut son, ACTING, &format!("{LIST}/{id}/accept"), &[]).await.status, StatusCode::NOT_FOUND);
        register.silence(true);
        assert_eq!(post(&mut son, COMPANIES, &signing, &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
        register.silence(false);
        assert_eq!(post(&mut son, COMPANIES, &signing, &[]).await.status, StatusCode::SEE_OTHER);
        take_up(&mut father, &id).await;
        assert!(who(&mut father).await.contains("Agent"));
        // The second acts under a mandate of their own only.
        assert_eq!(take_up(&mut son, &id).await.status, StatusCode::BAD_REQUEST);
        portal.holds().await;
        // One signature taken away by hand is found.
        for (statement, broken) in [
            (&sql::FORGE, "identity.companies_are_signed_for"),
            (&sql::EMBODY, "identity.companies_are_nobodys_account"),
        ] {
            portal.ctx.write(Key::once(&portal.ctx), move |tx| tx.execute(statement, &[])).await.unwrap();
            assert!(portal.broken().await.contains(&broken), "{broken}");
        }
        portal.ctx.write(Key::once(&portal.ctx), move |tx| tx.execute(&sql::DISEMBODY, &[])).await.unwrap();
    });
}

#[test]
fn the_second_may_refuse_and_may_take_the_signature_back() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = house(world).await;
        ask(&mut father).await;
        let joint = company(&father.get(COMPANIES).await, "second");
        let path = format!("{COMPANIES}/{joint}/second");
        post(&mut father, COMPANIES, &path, &[]).await;
        let id = first(&son.get(COMPANIES).await, "refuse");
        let refused = post(&mut son, COMPANIES, &format!("{COMPANIES}/mandates/{id}/refuse"), &[]).await;
        assert_eq!(refused.status, StatusCode::SEE_OTHER, "{}", refused.text);
        let late = post(&mut son, COMPANIES, &format!("{COMPANIES}/mandates/{id}/sign"), &[]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        // He asks again, is signed for, and the signature goes.
        post(&mut father, COMPANIES, &path, &[]).await;
        let id = first(&son.get(COMPANIES).await, "sign");
        post(&mut son, COMPANIES, &format!("{COMPANIES}/mandates/{id}/sign"), &[]).await;
        take_up(&mut father, &id).await;
        assert!(who(&mut father).await.contains("Agent"));
        let ended = post(&mut son, COMPANIES, &format!("{COMPANIES}/mandates/{id}/end"), &[]).await;
        assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut father).await.contains("Anonymous"));
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_revoked").await, 1);
        portal.holds().await;
    });
}

#[test]
fn an_accountant_acts_within_bounds_and_gives_nothing_further() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = house(world).await;
        let register = portal.registers.companies();
        register.put(SOLE, "alone", &[FATHER[0], SON[0]]);
        portal.citizen(ACCOUNTANT[0], Some(ACCOUNTANT[1]), Assurance::Substantial).await;
        let mut accountant = signed_in(&portal, ACCOUNTANT).await;
        sole(&mut father).await;
        ask(&mut son).await;
        for changes in
            [&[("id_number", FATHER[0])][..], &[("id_number", "12")], &[("scope", "some")], &[("ceiling", "much")]]
        {
            let page = give(&portal, &mut father, ACCOUNTANT[0], changes).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes:?}");
        }
        // Silence keeps what was typed.
        register.silence(true);
        let page = give(&portal, &mut father, ACCOUNTANT[0], &[("ceiling", "77.50")]).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.text.contains("value=\"77.50\"") && page.text.contains(ACCOUNTANT[0]), "{}", page.text);
        register.silence(false);
        let before = [told(&portal, FATHER[1]).await, told(&portal, SON[1]).await];
        let fields = [("scope", "some"), ("services", SERVICE), ("ceiling", "50")];
        let given = give(&portal, &mut father, ACCOUNTANT[0], &fields).await;
        assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
        // All signatories hear of it, and whoever it is for.
        assert_eq!([told(&portal, FATHER[1]).await, told(&portal, SON[1]).await], before.map(|count| count + 1));
        assert_eq!(told(&portal, ACCOUNTANT[1]).await, 1);
        let list = accountant.get(LIST).await;
        assert!(
            words(&list).contains("Company 562000011") && words(&list).contains("at most 50.00 shekels"),
            "{}",
            list.text
        );
        let id = accept(&mut accountant).await;
        assert_eq!([told(&portal, FATHER[1]).await, told(&portal, SON[1]).await], before.map(|count| count + 2));
        take_up(&mut accountant, &id).await;
        let acting = who(&mut accountant).await;
        assert!(acting.contains("Agent") && acting.contains(SERVICE) && acting.contains("Some(5000)"), "{acting}");
        // Acting, or as oneself: there is no way to give it further.
        let sons = son.get(COMPANIES).await;
        let company = company(&father.get(COMPANIES).await, "give");
        let path = format!("{COMPANIES}/{company}/give");
        assert_eq!(accountant.get(&path).await.status, StatusCode::FORBIDDEN);
        let mut own = signed_in(&portal, ACCOUNTANT).await;
        assert_eq!(own.get(&path).await.status, StatusCode::NOT_FOUND);
        let today = portal.ctx.now().date(base::Zone::Hebron).to_string();
        let fields = [("id_number", SON[0]), ("scope", "all"), ("valid_from", &*today), ("valid_until", &*today)];
        let posted = post(&mut own, ACTING, &path, &fields).await;
        assert_eq!(posted.status, StatusCode::NOT_FOUND, "{}", posted.text);
        assert_eq!(
            post(&mut own, ACTING, &format!("{COMPANIES}/mandates/{id}/end"), &[]).await.status,
            StatusCode::NOT_FOUND
        );
        assert!(own.get(COMPANIES).await.text.contains("id=\"no-companies\""));
        // Another signatory than the giver ends it: the accountant is out, and all are told.
        assert!(sons.text.contains("/end\""), "{}", sons.text);
        register.silence(true);
        let ended = post(&mut son, COMPANIES, &format!("{COMPANIES}/mandates/{id}/end"), &[]).await;
        assert_eq!(ended.status, StatusCode::SEE_OTHER, "ending needs no register: {}", ended.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut accountant).await.contains("Anonymous"));
        assert_eq!([told(&portal, FATHER[1]).await, told(&portal, SON[1]).await], before.map(|count| count + 4));
        portal.holds().await;
    });
}

#[test]
fn a_joint_companys_accountant_needs_both_signatures_and_a_company() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = house(world).await;
        let register = portal.registers.companies();
        register.put(SOLE, "alone", &[]);
        portal.citizen(ACCOUNTANT[0], Some(ACCOUNTANT[1]), Assurance::Substantial).await;
        let mut accountant = signed_in(&portal, ACCOUNTANT).await;
        ask(&mut father).await;
        let joint = company(&father.get(COMPANIES).await, "second");
        post(&mut father, COMPANIES, &format!("{COMPANIES}/{joint}/second"), &[]).await;
        let own = first(&son.get(COMPANIES).await, "sign");
        post(&mut son, COMPANIES, &format!("{COMPANIES}/mandates/{own}/sign"), &[]).await;
        let given = give(&portal, &mut father, ACCOUNTANT[0], &[]).await;
        assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
        // It is not offered before the second signed.
        assert!(!accountant.get(LIST).await.text.contains("/accept\""));
        assert_eq!(told(&portal, ACCOUNTANT[1]).await, 0);
        let id = first(&son.get(COMPANIES).await, "sign");
        let early = post(&mut accountant, ACTING, &format!("{LIST}/{id}/accept"), &[]).await;
        assert_ne!(early.status, StatusCode::SEE_OTHER, "{}", early.text);
        assert_eq!(
            post(&mut son, COMPANIES, &format!("{COMPANIES}/mandates/{id}/sign"), &[]).await.status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(accept(&mut accountant).await, id);
        take_up(&mut accountant, &id).await;
        assert!(who(&mut accountant).await.contains("Agent"));
        // Struck off, nobody acts: the next question to the register ends all.
        register.strike_off(JOINT);
        assert_eq!(take_up(&mut father, &own).await.status, StatusCode::BAD_REQUEST);
        portal.clock.advance_seconds(1);
        assert!(who(&mut accountant).await.contains("Anonymous"));
        assert_eq!(acts(&portal, ACCOUNTANT[0], "identity.mandate_unregistered").await, 1);
        let mut accountant = signed_in(&portal, ACCOUNTANT).await;
        assert_eq!(take_up(&mut accountant, &id).await.status, StatusCode::BAD_REQUEST);
        portal.holds().await;
    });
}

#[test]
fn a_password_alone_and_a_disowned_session_do_nothing_in_a_companys_name() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = house(world).await;
        portal.clock.advance_seconds(61);
        let mut low = portal.browser();
        let page = low.visit("/sign-in?return=/who").await;
        let page = low.answer(&page, "password", &[("id_number", FATHER[0]), ("password", PASSWORD)]).await;
        low.answer(&page, "skip", &[]).await;
        assert!(low.get(COMPANIES).await.text.contains("id=\"low\""));
        assert_eq!(post(&mut low, "/en/account", COMPANIES, &[]).await.status, StatusCode::FORBIDDEN);
        let mut father_again = signed_in(&portal, FATHER).await;
        sole(&mut father_again).await;
        give(&portal, &mut father_again, SON[0], &[]).await;
        let id = accept(&mut son).await;
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        // What somebody else may have given from his account goes with the session.
        let gone = post(&mut father, "/en/account", "/en/account/disown", &[]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut son).await.contains("Anonymous"));
        portal.holds().await;
    });
}

#[test]
fn nothing_is_renewed_for_a_company_that_was_struck_off() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, _) = house(world).await;
        let mut ministry = Ministry::register(&portal, Policy::standard()).await;
        let id = sole(&mut father).await;
        ministry.now = portal.ctx.now().as_seconds();
        let page = father.get(&request(&[("scope", "openid mandate company offline_access")])).await;
        let page = to_the_client(&mut father, page).await;
        let page = answer(&mut father, &page, "consent", &[("answer", "allow"), ("acting", &id)]).await;
        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await.json();
        let refresh = tokens["refresh_token"].as_str().unwrap();
        // No job ran since, and the register's word was never older than the refresh.
        portal.registers.companies().strike_off(SOLE);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let refused = ministry.ask("/oauth2/token", &fields).await;
        assert_eq!((refused.status, &refused.json()["error"]), (StatusCode::BAD_REQUEST, &"invalid_grant".into()));
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_unregistered").await, 1, "and the mandate ended");
        portal.holds().await;
    });
}

#[test]
fn another_house_hears_of_companies_only_if_it_asks_for_them() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, _) = house(world).await;
        let mut ministry = Ministry::register(&portal, Policy::standard()).await;
        let id = sole(&mut father).await;
        ministry.now = portal.ctx.now().as_seconds();
        // A house that knows mandates and not companies is not offered one.
        let page = father.get(&request(&[("scope", "openid profile id_number mandate")])).await;
        let page = to_the_client(&mut father, page).await;
        assert!(page.text.contains("id=\"allow\"") && !page.text.contains(&id), "{}", page.text);
        let forced = answer(&mut father, &page, "consent", &[("answer", "allow"), ("acting", &id)]).await;
        assert_eq!(forced.parameter("error").as_deref(), Some("access_denied"), "{}", forced.text);
        let asks = [("scope", "openid profile id_number mandate company")];
        let told = async |ministry: &mut Ministry, father: &mut Browser, acting: &str| {
            let page = father.get(&request(&asks)).await;
            let page = to_the_client(father, page).await;
            assert!(words(&page).contains("رقم الشركة واسمها"), "{}", page.text);
            let page = answer(father, &page, "consent", &[("answer", "allow"), ("acting", acting)]).await;
            let tokens = ministry.exchange(&page.parameter("code").unwrap()).await.json();
            let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
            let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
            let headers = [("authorization", bearer.as_str())];
            let info = ministry.browser.send(http::Method::GET, "/oauth2/userinfo", String::new(), &headers).await;
            (claims, info)
        };
        let (own, info) = told(&mut ministry, &mut father, "").await;
        let info = info.json();
        assert_eq!((&info["id_number"], info.get("company_number")), (&FATHER[0].into(), None));
        let (acting, info) = told(&mut ministry, &mut father, &id).await;
        let info = info.json();
        assert_ne!(acting["sub"], own["sub"]);
        assert_eq!((&acting["act"]["sub"], &info["sub"]), (&own["sub"], &acting["sub"]));
        assert_eq!(info["company_number"], SOLE);
        assert_eq!((&info["name"], &info["name#en"]), (&"شركة 562000011".into(), &"Company 562000011".into()));
        assert!(info.get("id_number").is_none(), "nobody's ID number: {info}");
        assert!(!acting.contains_key("company_number") && !acting.contains_key("name"), "addresses name nobody");
        portal.holds().await;
    });
}
