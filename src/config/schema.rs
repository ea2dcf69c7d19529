//! The JSON schema of `dockmod.yaml`, for editors.

/// The schema as JSON text, with a newline at its end. A test writes it by what [`super::file`] takes, and holds it to that.
pub const SCHEMA: &str = include_str!("../../docs/dockmod.schema.json");

#[cfg(test)]
pub(super) mod tests {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::super::file::File;
    use super::*;
    use crate::transforms;

    #[test]
    fn it_says_what_a_file_may_hold() {
        let schema = schemars::schema_for!(File);
        let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        if std::env::var_os("DOCKMOD_UPDATE_CLI").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/dockmod.schema.json");
            std::fs::write(path, &text).expect("written");
        }
        assert!(
            SCHEMA == text,
            "docs/dockmod.schema.json is old: `DOCKMOD_UPDATE_CLI=1 cargo test --lib schema` writes it"
        );
    }

    /// In the schema: an id of a transform, or a check that one settles.
    pub struct TransformName;

    impl JsonSchema for TransformName {
        fn schema_name() -> Cow<'static, str> {
            "TransformName".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let ids: Vec<&str> = transforms::ALL.iter().map(|transform| transform.id).collect();
            let mut codes: Vec<&str> = transforms::ALL.iter().flat_map(|transform| transform.codes).copied().collect();
            codes.sort_unstable();
            codes.dedup();
            let names = [ids, codes].concat();
            json_schema!({
                "description": "A transform by its id, or by a check of hadolint, ShellCheck or BuildKit that it settles.",
                "enum": names
            })
        }
    }

    /// In the schema: the options of each transform that has some.
    pub struct TransformOptions;

    impl JsonSchema for TransformOptions {
        fn schema_name() -> Cow<'static, str> {
            "TransformOptions".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let mut properties = serde_json::Map::new();
            for transform in transforms::ALL.iter().filter(|transform| !transform.options.is_empty()) {
                let options: serde_json::Map<String, serde_json::Value> = transform
                    .options
                    .iter()
                    .map(|(key, values)| {
                        ((*key).to_owned(), serde_json::json!({ "enum": values, "default": values[0] }))
                    })
                    .collect();
                let schema = serde_json::json!({
                    "description": transform.summary,
                    "type": "object",
                    "properties": options,
                    "additionalProperties": false
                });
                properties.insert(transform.id.to_owned(), schema);
            }
            json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
    }
}
