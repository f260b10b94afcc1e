//! The catalogue for machines.

use super::*;
use serde_json::Value;

/// Each part of a graph with a type has what CPSV-AP 3.2 makes mandatory.
fn check(node: &Value) {
    match node {
        Value::Array(all) => all.iter().for_each(check),
        Value::Object(parts) => {
            let mandatory: &[&str] = match parts.get("@type").and_then(Value::as_str) {
                Some("cpsv:PublicService") => {
                    &["@id", "dct:identifier", "dct:title", "dct:description", "cv:hasCompetentAuthority"]
                }
                Some("cv:PublicOrganisation") => &["@id", "skos:prefLabel", "dct:spatial"],
                Some("cv:Cost") => &["@id", "cv:hasValue", "cv:currency"],
                Some("cpsv:Output" | "cv:Output" | "cv:LifeEvent") => &["@id", "dct:title"],
                _ => &[],
            };
            for name in mandatory {
                assert!(parts.contains_key(*name), "{name} is missing in {node}");
            }
            parts.values().for_each(check);
        }
        _ => {}
    }
}

#[test]
fn services_are_told_as_linked_data_in_both_languages_and_pages_as_a_sitemap() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, "[[step]]\nkind = \"pay\"\n").await;
        let mut anybody = town.browser(&town.own.actor).await;
        let all: Value = serde_json::from_str(&anybody.get("/api/v1/services").await.text).unwrap();
        assert_eq!(all["@graph"].as_array().unwrap().len(), 1);
        let one: Value = serde_json::from_str(&anybody.get(&format!("/api/v1/services/{KEY}")).await.text).unwrap();
        assert_eq!(one["dct:identifier"], KEY);
        for (language, name) in [("ar", "ع A way"), ("en", "A way")] {
            let titles = one["dct:title"].as_array().unwrap();
            assert!(titles.contains(&json!({ "@value": name, "@language": language })), "{titles:?}");
        }
        // One fee of 10.00 and four of 150.00.
        assert_eq!(one["cv:hasCost"][0]["cv:hasValue"]["@value"], "610.00");
        assert_eq!(one["cv:processingTime"]["@value"], "P3D");
        check(&all);
        check(&one);
        assert_eq!(anybody.get("/api/v1/services/nothing").await.status, StatusCode::NOT_FOUND);
        let map = anybody.get("/sitemap.xml").await.text;
        assert_eq!(map.matches("<url>").count(), map.matches("</url>").count());
        for path in ["/services/test.way", "/en/services/test.way", "/en/offices"] {
            assert!(map.contains(&format!("{path}</loc>")), "{path}");
        }
    });
}

/// A directory with so many services more, each a copy under its own key.
fn with_copies(copies: usize) -> Arc<Catalogue> {
    let directory = folder::directory(1, "[[step]]\nkind = \"pay\"\n");
    for number in 0..copies {
        let (from, key) = (directory.path().join(KEY), format!("{KEY}.{number:03}"));
        let to = directory.path().join(&key);
        std::fs::create_dir(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap().replace(&format!("\"{KEY}\""), &format!("\"{key}\""));
            std::fs::write(to.join(path.file_name().unwrap()), text).unwrap();
        }
    }
    Arc::new(Catalogue::read(directory.path()).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

#[test]
fn a_long_catalogue_is_listed_page_by_page() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, with_copies(70)).await;
        let mut anybody = town.browser(&town.own.actor).await;
        let (mut path, mut seen, mut pages) = ("/en/services".to_owned(), std::collections::BTreeSet::new(), 0);
        loop {
            let page = anybody.get(&path).await;
            assert!(page.text.len() < 20_000, "{} octets", page.text.len());
            let cards = page.text.split("<li class=\"card\"><a href=\"").skip(1);
            seen.extend(cards.filter_map(|card| card.split('"').next()).map(str::to_owned));
            pages += 1;
            let next = page.text.split("id=\"more\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
            let Some(next) = next else { break };
            path = next.to_owned();
        }
        assert_eq!((seen.len(), pages), (71, 3));
        // A search shows the closest, and says that there are more.
        let found = anybody.get("/en/search?q=way").await;
        assert!(found.has("id=\"cut\""));
        assert_eq!(found.text.matches("<li class=\"card\">").count(), 30);
    });
}
