//! How an image says that its containers run.

use std::collections::BTreeMap;

use serde_json::Value;

/// The configuration, flat: what it is about, such as `env PATH` or `user`, and the value.
///
/// Source: the OCI image specification, `config.md`, and Docker's additions to it (`Healthcheck`, `Shell`,
/// `OnBuild`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config(pub BTreeMap<String, String>);

impl Config {
    /// The configuration out of an image's JSON.
    pub(super) fn of(image: &Value) -> Self {
        let mut flat = BTreeMap::new();
        let config = &image["config"];
        for name in ["architecture", "os", "variant"] {
            text(&mut flat, name, &image[name]);
        }
        text(&mut flat, "author", &image["author"]);
        text(&mut flat, "user", &config["User"]);
        text(&mut flat, "working folder", &config["WorkingDir"]);
        text(&mut flat, "stop signal", &config["StopSignal"]);
        for (name, key) in [
            ("entrypoint", "Entrypoint"),
            ("command", "Cmd"),
            ("shell", "Shell"),
            ("on build", "OnBuild"),
            ("health check", "Healthcheck"),
        ] {
            if !matches!(&config[key], Value::Null) && config[key] != Value::Array(Vec::new()) {
                flat.insert(name.to_owned(), config[key].to_string());
            }
        }
        for variable in config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            flat.insert(format!("env {name}"), value.to_owned());
        }
        for (name, key) in [("port", "ExposedPorts"), ("volume", "Volumes")] {
            for value in config[key].as_object().into_iter().flat_map(serde_json::Map::keys) {
                flat.insert(format!("{name} {value}"), "declared".to_owned());
            }
        }
        for (key, value) in config["Labels"].as_object().into_iter().flatten() {
            // Buildah writes its version into each image.
            if key != "io.buildah.version" {
                text(&mut flat, &format!("label {key}"), value);
            }
        }
        // The root is where a container starts that names no folder.
        if flat.get("working folder").is_some_and(|folder| folder == "/") {
            flat.remove("working folder");
        }
        Self(flat)
    }
}

/// An empty text says the same as none.
fn text(flat: &mut BTreeMap<String, String>, name: &str, value: &Value) {
    match value.as_str() {
        Some("") if !name.starts_with("label ") => {}
        Some(value) => {
            flat.insert(name.to_owned(), value.to_owned());
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_configuration_is_named() {
        let image = serde_json::json!({
            "architecture": "amd64", "os": "linux", "author": "A <a@b>",
            "config": {
                "User": "app", "WorkingDir": "/srv", "StopSignal": "SIGINT", "Env": ["A=1=2", "B="],
                "Entrypoint": ["e"], "Cmd": ["c"], "Shell": ["s"], "OnBuild": ["RUN x"],
                "Healthcheck": {"Test": ["NONE"]}, "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/v": {}},
                "Labels": {"k": "v", "empty": "", "io.buildah.version": "1.28"}, "Image": "sha256:1"
            }
        });
        let names: Vec<String> =
            Config::of(&image).0.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        let expected = [
            "architecture=amd64",
            "author=A <a@b>",
            "command=[\"c\"]",
            "entrypoint=[\"e\"]",
            "env A=1=2",
            "env B=",
            "health check={\"Test\":[\"NONE\"]}",
            "label empty=",
            "label k=v",
            "on build=[\"RUN x\"]",
            "os=linux",
            "port 80/tcp=declared",
            "shell=[\"s\"]",
            "stop signal=SIGINT",
            "user=app",
            "volume /v=declared",
            "working folder=/srv",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        let image = serde_json::json!({
            "config": {"User": "", "WorkingDir": "/", "Cmd": null, "Entrypoint": [], "Labels": null}
        });
        assert_eq!(Config::of(&image), Config::default());
    }
}
