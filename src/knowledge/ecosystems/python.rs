//! pip's requirements files.

use super::{Need, local, unknown};

pub(super) fn requirements_name_nothing_local(path: &str, text: &str) -> Result<(), Need> {
    if text.contains('\0') {
        return Err(unknown(format!("`{path}` is no plain text")));
    }
    for line in text.replace("\\\n", " ").lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let first = line.split([' ', '=', '\t']).next().unwrap_or_default();
        let attached = (first.starts_with("-r") || first.starts_with("-c")) && !first.starts_with("--");
        if attached || matches!(first, "--requirement" | "--constraint") {
            return Err(local(format!("`{path}` takes in another file: `{line}`")));
        }
        if first.starts_with("-e") || first == "--editable" {
            return Err(local(format!("`{path}` installs a folder in place: `{line}`")));
        }
        if first == "-f" || first == "--find-links" {
            return Err(local(format!("`{path}` looks for packages elsewhere: `{line}`")));
        }
        if first.starts_with('-') {
            let known = [
                "--index-url",
                "-i",
                "--extra-index-url",
                "--no-index",
                "--trusted-host",
                "--pre",
                "--prefer-binary",
                "--no-binary",
                "--only-binary",
                "--require-hashes",
                "--hash",
            ];
            if known.contains(&first) {
                continue;
            }
            return Err(unknown(format!("`{path}` holds an option that is not understood: `{line}`")));
        }
        let requirement = line.split(';').next().unwrap_or_default();
        let name = requirement.split(['=', '<', '>', '!', '~', '[', '@', ' ']).next().unwrap_or_default();
        let archive =
            [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().any(|end| requirement.trim_end().ends_with(end));
        let address = requirement.contains("://") && !requirement.contains("file:");
        if (requirement.contains("file:") || name.starts_with('.') || name.contains('/') || archive) && !address {
            return Err(local(format!("`{path}` names something local: `{line}`")));
        }
        if requirement.contains("${") {
            return Err(unknown(format!("`{path}` holds a variable: `{line}`")));
        }
    }
    Ok(())
}
