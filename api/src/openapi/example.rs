//! Examples of schemas that are made of others: put together from the examples of their members.

use serde_json::{Map, Value, json};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Components, RefOr};

/// How deep members are followed; no shape of ours nests deeper.
const DEPTH_MAX: u8 = 6;

/// Gives every object schema without an example one of its members' examples.
pub(super) fn complete(components: &mut Components) {
    let all = serde_json::to_value(&components.schemas).expect("schemas are plain data");
    for (name, schema) in &mut components.schemas {
        let RefOr::T(schema) = schema else { continue };
        let composed = of(&all, &all[name], DEPTH_MAX);
        match schema {
            Schema::Object(object) if object.example.is_none() && object.examples.is_empty() => {
                object.examples.push(composed);
            }
            Schema::AllOf(all_of) if all_of.example.is_none() && all_of.examples.is_empty() => {
                all_of.examples.push(composed);
            }
            _ => {}
        }
    }
}

/// The example of a schema, its own or a composed one.
fn of(all: &Value, schema: &Value, depth: u8) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    let named = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    if let Some(name) = named {
        return of(all, &all[name], depth - 1);
    }
    let own = [&schema["example"], &schema["examples"][0], &schema["default"], &schema["enum"][0]];
    if let Some(own) = own.into_iter().find(|own| !own.is_null()) {
        return own.clone();
    }
    for choice in ["oneOf", "anyOf"] {
        let found = schema[choice].as_array().into_iter().flatten();
        if let Some(found) = found.map(|one| of(all, one, depth - 1)).find(|one| !one.is_null()) {
            return found;
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| of(all, part, depth - 1));
        let members = parts.filter_map(|part| part.as_object().cloned()).flatten();
        return Value::Object(members.collect());
    }
    plain(all, schema, depth)
}

/// The example of a schema that says only of which type it is.
fn plain(all: &Value, schema: &Value, depth: u8) -> Value {
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind.unwrap_or("object") {
        "string" => json!("text"),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([of(all, &schema["items"], depth - 1)]),
        _ => {
            let members = schema["properties"].as_object().into_iter().flatten();
            let members = members.map(|(name, member)| (name.clone(), of(all, member, depth - 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_made_of_the_members_examples() {
        let all = json!({
            "Page": {"type": "object", "properties": {
                "data": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
                "next": {"type": ["string", "null"]}
            }},
            "Row": {"allOf": [
                {"type": "object", "properties": {"id": {"type": "string", "example": "a"}}},
                {"type": "object", "properties": {"n": {"type": "integer"}, "on": {"type": "boolean"}}}
            ]}
        });
        let wanted = json!({"data": [{"id": "a", "n": 1, "on": true}], "next": "text"});
        assert_eq!(of(&all, &all["Page"], DEPTH_MAX), wanted);
    }
}
