//! `dockmod config show`: what is in force for a file, and where each value comes from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::registry::Registry;
use crate::transforms;

use super::resolve::{Effective, Origin, Sourced};

/// What is in force, as YAML with the origin of each value behind it. `folder` is where paths are shown from.
#[must_use]
pub fn show(effective: &Effective, files: &[PathBuf], folder: &Path) -> String {
    let mut text = String::new();
    let origin = |origin: &Origin| in_words(origin, folder);
    for file in files.iter().rev() {
        let _ = writeln!(text, "# from {}", file.strip_prefix(folder).unwrap_or(file).display());
    }
    let mut line = |indent: usize, what: &str, from: Option<&Origin>| {
        let _ = match from {
            Some(from) => writeln!(text, "{:indent$}{what:width$} # {}", "", origin(from), width = 42 - indent),
            None => writeln!(text, "{:indent$}{what}", ""),
        };
    };
    line(0, &format!("safety: {}", effective.safety.value.name()), Some(&effective.safety.origin));
    line(0, &format!("profile: {}", effective.profile.value.name()), Some(&effective.profile.origin));
    let reasons = format!("require-suppression-reasons: {}", effective.reasons.value);
    line(0, &reasons, Some(&effective.reasons.origin));
    line(0, "select:", None);
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for transform in transforms::ALL.iter().copied() {
        let (takes_part, from) = effective.takes_part(transform);
        if takes_part { &mut taken } else { &mut left }.push((transform.id, from));
    }
    for (id, from) in &taken {
        line(2, &format!("- {id}"), Some(from));
    }
    line(0, if left.is_empty() { "ignore: []" } else { "ignore:" }, None);
    for (id, from) in &left {
        line(2, &format!("- {id}"), Some(from));
    }
    line(0, "transforms:", None);
    for transform in transforms::ALL.iter().filter(|transform| !transform.options.is_empty()) {
        line(2, &format!("{}:", transform.id), None);
        for (key, values) in transform.options {
            let set = effective.options.get(&(transform.id, (*key).to_owned()));
            let value = set.map_or(values[0], |set| set.value.as_str());
            line(4, &format!("{key}: {value}"), Some(set.map_or(&Origin::Default, |set| &set.origin)));
        }
    }
    if !effective.registries.is_empty() {
        line(0, "registries:", None);
    }
    for (host, Sourced { value, origin }) in &effective.registries {
        line(2, &format!("{host}:"), Some(origin));
        for said in said_of(value) {
            line(4, &said, None);
        }
    }
    text
}

/// What is said of a registry, a line each.
fn said_of(registry: &Registry) -> Vec<String> {
    let Registry { rewrite, mirrors, plain_http, ca_file, concurrent } = registry;
    let mirrors: Vec<String> = mirrors.iter().map(ToString::to_string).collect();
    [
        rewrite.as_ref().map(|place| format!("rewrite: {place}")),
        (!mirrors.is_empty()).then(|| format!("mirrors: [{}]", mirrors.join(", "))),
        plain_http.then(|| "plain-http: true".to_owned()),
        ca_file.as_ref().map(|file| format!("ca-file: {}", file.display())),
        concurrent.map(|number| format!("concurrent: {number}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn in_words(origin: &Origin, folder: &Path) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::CommandLine(flag) => (*flag).to_owned(),
        Origin::File(path, line) => {
            format!("{}:{line}", path.strip_prefix(folder).unwrap_or(path).display())
        }
    }
}
