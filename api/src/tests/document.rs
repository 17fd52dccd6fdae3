//! The OpenAPI document as generators need it.

use std::collections::HashSet;

use serde_json::Value;

use crate::openapi;

fn document() -> Value {
    serde_json::to_value(openapi::model()).unwrap()
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["responses"].is_object() {
                found.push((format!("{method} {path}"), operation.clone()));
            }
        }
    }
    found
}

#[test]
fn every_operation_has_one_tag_and_a_name_of_its_own() {
    let document = document();
    let tags: HashSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut names = HashSet::new();
    for (place, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        let camel = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric());
        assert!(camel, "{place}: {name}");
        assert!(names.insert(name), "{place}");
        let own = operation["tags"].as_array().unwrap();
        assert_eq!(own.len(), 1, "{place}");
        assert!(tags.contains(own[0].as_str().unwrap()), "{place}: {}", own[0]);
        assert!(operation["summary"].is_string(), "{place}");
    }
}

#[test]
fn every_answer_is_described_and_every_operation_can_be_refused() {
    for (place, operation) in operations(&document()) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("4XX") && responses.contains_key("5XX"), "{place}");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
        for (status, response) in responses {
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described || response["$ref"].is_string(), "{place} {status}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let described = parameter["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{place} {}", parameter["name"]);
        }
    }
}

#[test]
fn every_schema_has_an_example() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let bare = schemas
        .iter()
        .filter(|(_, schema)| schema["example"].is_null() && !schema["examples"].is_array());
    assert_eq!(bare.map(|(name, _)| name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let (mut left, mut lost) = (vec![&document], HashSet::new());
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.trim_start_matches('#');
                    if document.pointer(pointer).is_none() {
                        lost.insert(reference.clone());
                    }
                }
                left.extend(members.values());
            }
            Value::Array(items) => left.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    assert_eq!(lost, HashSet::new());
}

#[test]
fn the_yaml_is_openapi_3_1() {
    let yaml = openapi::document();
    assert!(yaml.starts_with("openapi: 3.1"), "{}", yaml.get(..40).unwrap_or_default());
}
