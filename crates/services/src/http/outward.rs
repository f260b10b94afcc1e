//! The catalogue for machines: each service as CPSV-AP 3.2 in JSON-LD, in every
//! language, and the sitemap of the public pages.

use std::fmt::Write as _;
use std::sync::Arc;

use base::{Locale, Money, Zone};
use catalogue::folder::FeeFile;
use catalogue::promise::Measure;
use catalogue::{Catalogue, Service};
use serde_json::{Map, Value, json};
use web::{Extension, Path, Problem, Response, Right, Route, Visit};

use super::fees;

const JSON_LD: &str = "application/ld+json";
/// Addresses in one sitemap at most (sitemaps.org, protocol 0.9).
const ADDRESSES: usize = 50_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/services", Right::Public, all)
            .describe(json!({ "summary": "Every service, as CPSV-AP 3.2 in JSON-LD" })),
        Route::get("/api/v1/services/{key}", Right::Public, one)
            .describe(json!({ "summary": "A service, as CPSV-AP 3.2 in JSON-LD" })),
        Route::get("/sitemap.xml", Right::Public, sitemap),
    ]
}

/// What the short names stand for.
fn context() -> Value {
    json!({
        "cpsv": "http://purl.org/vocab/cpsv#",
        "cv": "http://data.europa.eu/m8g/",
        "dct": "http://purl.org/dc/terms/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// A text in every language.
fn spoken(text: impl Fn(Locale) -> String) -> Value {
    Locale::all().map(|locale| json!({ "@value": text(locale), "@language": locale.tag() })).collect()
}

/// A service, with what it needs, costs and gives.
fn service(catalogue: &Catalogue, service: &Service, origin: &str, today: &str) -> Value {
    let (file, own) = (&service.file, format!("{origin}/services/{}", service.file.key));
    let text = |name: &str| spoken(|locale| service.text(locale, name));
    let part = |name: &str| format!("{own}#{name}");
    let mut about = Map::new();
    let mut put = |name: &str, value: Value| drop(about.insert(name.to_owned(), value));
    put("@id", json!(own));
    put("@type", json!("cpsv:PublicService"));
    put("dct:identifier", json!(file.key));
    put("dct:title", text("name"));
    put("dct:description", text("summary"));
    put("dct:language", Locale::all().map(|locale| json!(locale.tag())).collect());
    put(
        "cv:hasCompetentAuthority",
        json!({
            "@id": format!("{origin}/agencies/{}", file.provider),
            "@type": "cv:PublicOrganisation",
            "dct:identifier": file.provider,
            "skos:prefLabel": spoken(|locale| catalogue.agency(&file.provider, today, locale)),
            "dct:spatial": { "@id": "http://publications.europa.eu/resource/authority/country/PSE" },
        }),
    );
    put(
        "cv:holdsRequirement",
        json!([
            { "@id": part("who"), "@type": "cv:Requirement", "dct:description": text("who-may-apply") },
            { "@id": part("needed"), "@type": "cv:Requirement", "dct:description": text("what-is-needed") },
        ]),
    );
    // Where a rule promises less, this is what everybody can count on.
    let time = match file.promise.longest() {
        (Measure::Minutes, minutes) => format!("PT{minutes}M"),
        (Measure::Days, days) => format!("P{days}D"),
    };
    put("cv:processingTime", json!({ "@value": time, "@type": "xsd:duration" }));
    let cost = |(fee, money): (Option<&FeeFile>, Money)| {
        json!({
            "@id": part(fee.map_or("fee", |fee| fee.code.as_str())),
            "@type": "cv:Cost",
            "cv:hasValue": { "@value": money.number(), "@type": "xsd:decimal" },
            "cv:currency": money.currency().code(),
        })
    };
    put("cv:hasCost", fees::amounts(service).into_iter().map(cost).collect());
    if file.paper.is_some() {
        put("cpsv:produces", json!({ "@id": part("paper"), "@type": "cv:Output", "dct:title": text("paper-title") }));
    }
    put(
        "cv:hasChannel",
        json!({ "@id": part("channel"), "@type": "cv:Channel", "dct:description": text("collection"), "dct:identifier": own }),
    );
    let events = catalogue.life_events().filter(|event| file.life_events.contains(&event.key));
    let events: Vec<Value> = events
        .map(|event| {
            json!({
                "@id": format!("{origin}/life-events/{}", event.key),
                "@type": "cv:LifeEvent",
                "dct:title": spoken(|locale| event.name(locale).to_owned()),
            })
        })
        .collect();
    if !events.is_empty() {
        put("cv:isGroupedBy", Value::Array(events));
    }
    Value::Object(about)
}

async fn all(visit: Visit, Extension(catalogue): Extension<Arc<Catalogue>>) -> Result<Response, Problem> {
    let today = visit.now().date(Zone::Hebron).to_string();
    let version = format!("{}:{today}", catalogue.version());
    let write = || {
        let mut listed: Vec<Value> = Vec::new();
        catalogue.look_at_each(|one| listed.push(service(&catalogue, one, visit.origin(), &today)));
        json!({ "@context": context(), "@graph": listed }).to_string()
    };
    visit.public_text(JSON_LD, &version, write).await
}

async fn one(
    visit: Visit,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let found = catalogue.service(&key).ok_or_else(Problem::not_found)?;
    let today = visit.now().date(Zone::Hebron).to_string();
    let version = format!("{}:{today}", catalogue.version());
    let write = || {
        let mut whole = service(&catalogue, found, visit.origin(), &today);
        if let Some(parts) = whole.as_object_mut() {
            parts.insert("@context".to_owned(), context());
        }
        whole.to_string()
    };
    visit.public_text(JSON_LD, &version, write).await
}

async fn sitemap(visit: Visit, Extension(catalogue): Extension<Arc<Catalogue>>) -> Result<Response, Problem> {
    let write = || {
        let mut paths: Vec<String> =
            ["/", "/services", "/offices", "/privacy", "/terms", "/accessibility"].map(str::to_owned).to_vec();
        paths.extend(catalogue.summaries().map(|service| format!("/services/{}", service.key)));
        paths.extend(catalogue.life_events().map(|event| format!("/life-events/{}", event.key)));
        paths.extend(catalogue.offices().iter().map(|office| format!("/offices/{}", office.key)));
        write_sitemap(visit.origin(), &paths)
    };
    visit.public_text("application/xml", catalogue.version(), write).await
}

/// A sitemap in which each page names itself in the other languages.
fn write_sitemap(origin: &str, paths: &[String]) -> String {
    let address = |locale: Locale, path: &str| match (locale.prefix(), path) {
        ("", "/") => format!("{origin}/"),
        (prefix, "/") => format!("{origin}{prefix}"),
        (prefix, path) => format!("{origin}{prefix}{path}"),
    };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    let pages = paths.iter().flat_map(|path| Locale::all().map(move |locale| (locale, path)));
    for (locale, path) in pages.take(ADDRESSES) {
        let _ = write!(xml, "<url><loc>{}</loc>", address(locale, path));
        for other in Locale::all() {
            let _ = write!(
                xml,
                "<xhtml:link rel=\"alternate\" hreflang=\"{}\" href=\"{}\"/>",
                other.tag(),
                address(other, path)
            );
        }
        xml.push_str("</url>\n");
    }
    xml.push_str("</urlset>\n");
    xml
}
