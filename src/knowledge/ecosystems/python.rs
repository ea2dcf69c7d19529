//! pip's requirements files.
//!
//! Sources: pip's documentation of the requirements file format, and `pip/_internal/req/req_file.py`.

use super::{NeedsProject, Reading, local};

/// Options of a requirements file that name no file.
const HARMLESS: &[&str] = &[
    "--no-index",
    "--trusted-host",
    "--pre",
    "--prefer-binary",
    "--no-binary",
    "--only-binary",
    "--require-hashes",
    "--hash",
];

/// Where Python's `splitlines` ends a line.
const LINE_ENDS: &[char] =
    &['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

pub(super) fn requirements_name_nothing_local(
    path: &str,
    text: &str,
    reading: &mut Reading,
) -> Result<(), NeedsProject> {
    if text.contains('\0') {
        reading.doubt(format!("`{path}` is no plain text"));
        return Ok(());
    }
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").split(LINE_ENDS) {
        let line = line.replace('\t', " ");
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('-') {
            option_names_nothing_local(path, line, reading)?;
        } else {
            requirement_names_nothing_local(path, line, reading)?;
        }
    }
    Ok(())
}

fn option_names_nothing_local(path: &str, line: &str, reading: &mut Reading) -> Result<(), NeedsProject> {
    let (first, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
    let attached = (first.starts_with("-r") || first.starts_with("-c")) && !first.starts_with("--");
    if attached || matches!(first, "--requirement" | "--constraint") {
        return Err(local(format!("`{path}` takes in another file: `{line}`")));
    }
    if first.starts_with("-e") || first == "--editable" {
        return Err(local(format!("`{path}` installs a folder in place: `{line}`")));
    }
    if first.starts_with("-f") || first == "--find-links" {
        return Err(local(format!("`{path}` looks for packages elsewhere: `{line}`")));
    }
    if matches!(first, "--index-url" | "-i" | "--extra-index-url") {
        let address = value.contains("://") && !value.contains("file:");
        return if address { Ok(()) } else { Err(local(format!("`{path}` names an index in a folder: `{line}`"))) };
    }
    if !HARMLESS.contains(&first) {
        reading.doubt(format!("`{path}` holds an option that is not understood: `{line}`"));
    }
    Ok(())
}

fn requirement_names_nothing_local(path: &str, line: &str, reading: &mut Reading) -> Result<(), NeedsProject> {
    let requirement = line.split(';').next().unwrap_or_default();
    let name = requirement.split(['=', '<', '>', '!', '~', '[', '@', ' ']).next().unwrap_or_default();
    let archive =
        [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().any(|end| requirement.trim_end().ends_with(end));
    let address = requirement.contains("://") && !requirement.contains("file:");
    if (requirement.contains("file:") || name.starts_with('.') || name.contains('/') || archive) && !address {
        return Err(local(format!("`{path}` names something local: `{line}`")));
    }
    if requirement.contains("${") {
        reading.doubt(format!("`{path}` holds a variable: `{line}`"));
    }
    if line.split(" --").skip(1).any(|option| !option.starts_with("hash")) {
        reading.doubt(format!("`{path}` holds an option that is not understood: `{line}`"));
    }
    Ok(())
}
