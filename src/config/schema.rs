//! The JSON schema of `dockmod.yaml`, for editors.

use super::file::File;

/// The schema as JSON text, with a newline at its end.
///
/// # Errors
/// Where it can't be written as JSON.
pub fn schema() -> Result<String, serde_json::Error> {
    let schema = schemars::schema_for!(File);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_in_docs_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/dockmod.schema.json");
        let text = schema().expect("a schema");
        if std::env::var_os("DOCKMOD_UPDATE_CLI").is_some() {
            std::fs::write(path, &text).expect("written");
        }
        let kept = std::fs::read_to_string(path).expect("docs/dockmod.schema.json");
        assert!(kept == text, "docs/dockmod.schema.json is old: `dockmod config schema > docs/dockmod.schema.json`");
    }
}
