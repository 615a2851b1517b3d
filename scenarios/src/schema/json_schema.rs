//! The JSON Schema of a scenario, drawn from the table of keys that the decoder reads by.

use serde_json::{Map, Value, json};

use super::decode;
use super::spec::{Choice, KeySpec, Seam, TableSpec, Takes};

const DURATION: &str = r"^([0-9]+(\.[0-9]+)?(d|h|m|s|ms|us))+$";
const PRICE: &str = r"^\$[0-9]+(\.[0-9]+)?$";
const PERCENT: &str = r"^[0-9]+(\.[0-9]+)?%$";
const SIZE: &str = r"^[0-9]+(\.[0-9]+)?(TiB|TB|GiB|GB|MiB|MB|KiB|kB|B)$";
const NAME: &str = r"^[A-Za-z0-9._-]{1,128}$";
const TAG: &str = r"^([A-Za-z0-9._-]{1,128}:)?[A-Za-z0-9._-]{1,128}$";

/// The schema, in draft 7.
pub fn json_schema() -> Value {
    let mut schema = table(&decode::TOP);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("Windtunnel scenario");
    // What a scenario lacks may stand in the one it extends.
    let whole = json!({ "required": schema["required"] });
    schema["anyOf"] = json!([whole, { "required": ["extends"] }]);
    schema["required"] = json!([]);
    schema
}

fn table(spec: &TableSpec) -> Value {
    let ready = || spec.keys.iter().filter(|key| key.is_ready());
    let properties: Map<_, _> = ready()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<_> = ready()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": spec.doc,
        "properties": properties,
        "additionalProperties": spec.open,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &KeySpec) -> Value {
    let mut schema = value(&key.takes);
    let default = key.default.map(|default| format!(" Default: {default}."));
    schema["description"] = json!(format!("{}{}", key.doc, default.unwrap_or_default()));
    schema
}

fn value(takes: &Takes) -> Value {
    match takes {
        Takes::Bool => json!({ "type": "boolean" }),
        Takes::Text | Takes::Timezone | Takes::File | Takes::Folder | Takes::Moment => {
            json!({ "type": "string" })
        }
        Takes::Name => json!({ "type": "string", "pattern": NAME }),
        Takes::Tag => json!({ "type": "string", "pattern": TAG }),
        Takes::Integer(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Takes::Number(least, most, false) => {
            json!({ "type": "number", "minimum": least, "maximum": most })
        }
        Takes::Number(above, most, true) => {
            json!({ "type": "number", "exclusiveMinimum": above, "maximum": most })
        }
        Takes::Duration(_) => json!({ "type": "string", "pattern": DURATION }),
        Takes::Price | Takes::Money => json!({ "type": "string", "pattern": PRICE }),
        Takes::Size => json!({ "type": "string", "pattern": SIZE }),
        Takes::Percent => json!({ "type": "string", "pattern": PERCENT }),
        Takes::Choice(words) => choice(words),
        Takes::Part(seam) => part(*seam),
        Takes::List(of) => json!({ "type": "array", "items": value(of) }),
        Takes::Table(spec) => table(spec),
        Takes::Tables(spec) => json!({ "type": "array", "items": table(spec) }),
        Takes::Map(of) => json!({ "type": "object", "additionalProperties": value(of) }),
        Takes::Steps(of) => steps(of),
        Takes::Either(options) => {
            json!({ "anyOf": options.iter().map(value).collect::<Vec<_>>() })
        }
        Takes::Raw => json!({}),
    }
}

fn choice(words: &[Choice]) -> Value {
    let told = words
        .iter()
        .map(|choice| json!({ "const": choice.word, "description": choice.doc }));
    json!({ "oneOf": told.collect::<Vec<_>>() })
}

fn part(seam: Seam) -> Value {
    let key = seam.key();
    let name = json!({ "type": "string", "pattern": NAME });
    let mut properties = Map::new();
    properties.insert(key.to_owned(), name.clone());
    let long = json!({ "type": "object", "properties": properties, "required": [key] });
    json!({ "anyOf": [name, long] })
}

fn steps(of: &Takes) -> Value {
    let pair = [value(&Takes::Duration(false)), value(of)];
    json!({
        "type": "array",
        "minItems": 1,
        "items": { "type": "array", "items": pair, "minItems": 2, "maxItems": 2 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key the decoder knows is in the schema exactly if it can be written now.
    fn agrees(spec: &TableSpec, schema: &Value) {
        for key in spec.keys {
            let property = &schema["properties"][key.name];
            assert_eq!(
                property.is_object(),
                key.is_ready(),
                "{} {}",
                spec.title,
                key.name
            );
            if let Takes::Tables(inner) = key.takes {
                agrees(inner, &property["items"]);
            }
            if let Takes::Table(inner) = key.takes {
                agrees(inner, property);
            }
        }
    }

    #[test]
    fn the_schema_has_the_keys_of_the_decoder() {
        let schema = json_schema();
        agrees(&decode::TOP, &schema);
        let whole = json!(["name", "fleet", "policy"]);
        assert_eq!(schema["anyOf"][0]["required"], whole);
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
