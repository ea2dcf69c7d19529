//! The last part of a path.

/// What stands behind the last slash of a path, or of the name of a program or an image.
#[must_use]
pub fn base_name(path: &str) -> &str {
    // Such names are short: a search that is set up for long texts costs more than the bytes do.
    path.as_bytes().iter().rposition(|byte| *byte == b'/').map_or(path, |at| &path[at + 1..])
}
