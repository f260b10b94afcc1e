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
