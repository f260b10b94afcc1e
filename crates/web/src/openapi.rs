//! OpenAPI 3.1 of the machine interfaces, put together from what the routes
//! say about themselves.

use serde_json::{Map, Value, json};

use crate::route::Route;

/// The document for these routes.
#[must_use]
pub fn document<'a>(origin: &str, routes: impl Iterator<Item = &'a Route>) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let Some(operation) = &route.operation else { continue };
        let path = route.path.replace("{*", "{");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        let mut operation = operation.clone();
        if let Some(responses) = operation.as_object_mut() {
            let responses = responses.entry("responses").or_insert_with(|| json!({}));
            responses["default"] = json!({ "$ref": "#/components/responses/Problem" });
        }
        item[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hukumati",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": origin }],
        "paths": paths,
        "components": {
            "responses": {
                "Problem": {
                    "description": "A problem as in RFC 9457, in the language of the address.",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                },
            },
            "schemas": { "Problem": problem() },
        },
    })
}

fn problem() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "reference"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": text,
            "status": { "type": "integer" },
            "detail": text,
            "next_step": text,
            "titles": { "type": "object", "additionalProperties": text },
            "reference": text,
            "help_line": text,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "message"],
                    "properties": { "name": text, "message": text },
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Right;

    #[test]
    fn operations_stand_under_their_paths() {
        async fn hello() {}
        let routes = [
            Route::get("/api/v1/cases/{case}", Right::Public, hello).describe(json!({ "summary": "A case" })),
            Route::post("/api/v1/cases/{case}", Right::Public, hello).describe(json!({ "summary": "An act" })),
            Route::get("/api/v1/files/{*path}", Right::Public, hello).describe(json!({})),
            Route::get("/silent", Right::Public, hello),
        ];
        let document = document("http://localhost:8080", routes.iter());
        assert_eq!(document["paths"]["/api/v1/cases/{case}"]["get"]["summary"], "A case");
        assert_eq!(document["paths"]["/api/v1/cases/{case}"]["post"]["summary"], "An act");
        assert!(document["paths"]["/api/v1/files/{path}"]["get"]["responses"]["default"].is_object());
        assert_eq!(document["paths"].as_object().unwrap().len(), 2);
    }
}
