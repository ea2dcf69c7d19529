//! Image references with the place of every part, variables kept.
//!
//! Source: `distribution/reference` (`registry[:port]/path[:tag][@digest]`).

use super::TextRange;

/// A reference as written; ranges count from the start of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// Host and port, where the first component is one.
    pub registry: Option<TextRange>,
    /// The name without registry, tag and digest.
    pub path: TextRange,
    /// What follows the last `:` of the last component.
    pub tag: Option<TextRange>,
    /// What follows `@`.
    pub digest: Option<TextRange>,
    /// Every `$NAME` and `${…}`.
    pub variables: Vec<TextRange>,
}

/// Reads `text` as an image reference. Anything is taken apart; nothing is checked.
#[must_use]
pub fn read(text: &[u8]) -> ImageRef {
    let variables = variables(text);
    let inside = |at: usize| variables.iter().any(|range| range.start <= at && at < range.end);
    let find = |from: usize, to: usize, wanted: u8| (from..to).find(|at| text[*at] == wanted && !inside(*at));
    let rfind = |from: usize, to: usize, wanted: u8| (from..to).rev().find(|at| text[*at] == wanted && !inside(*at));

    let digest_at = find(0, text.len(), b'@');
    let name_end = digest_at.unwrap_or(text.len());
    let last_slash = rfind(0, name_end, b'/');
    let tag_at = rfind(last_slash.map_or(0, |slash| slash + 1), name_end, b':');
    let path_end = tag_at.unwrap_or(name_end);
    let registry_end = find(0, path_end, b'/').filter(|slash| {
        let written = (0..*slash).filter(|at| !inside(*at)).map(|at| text[at]).collect::<Vec<_>>();
        is_registry(&written)
    });
    ImageRef {
        registry: registry_end.map(|end| TextRange::new(0, end)),
        path: TextRange::new(registry_end.map_or(0, |end| end + 1), path_end),
        tag: tag_at.map(|at| TextRange::new(at + 1, name_end)),
        digest: digest_at.map(|at| TextRange::new(at + 1, text.len())),
        variables,
    }
}

/// A first component is a host where it holds a dot or a port, or is `localhost`.
fn is_registry(component: &[u8]) -> bool {
    component == b"localhost" || component.iter().any(|byte| matches!(byte, b'.' | b':'))
}

fn variables(text: &[u8]) -> Vec<TextRange> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(dollar) = memchr::memchr(b'$', &text[at..]).map(|offset| at + offset) {
        let rest = &text[dollar + 1..];
        let len = if rest.first() == Some(&b'{') {
            braced(rest)
        } else {
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
        };
        at = dollar + 1 + len;
        if len > 0 {
            found.push(TextRange::new(dollar, at));
        }
    }
    found
}

/// Length of a `{…}` with braces nested in it; all of `text` where it stays open.
fn braced(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Option<&str>, &str, Option<&str>, Option<&str>) {
        let image = read(text.as_bytes());
        let part = |range: TextRange| &text[range.range()];
        (image.registry.map(part), part(image.path), image.tag.map(part), image.digest.map(part))
    }

    #[test]
    fn plain_references() {
        assert_eq!(parts("debian"), (None, "debian", None, None));
        assert_eq!(parts("library/debian:12"), (None, "library/debian", Some("12"), None));
        assert_eq!(
            parts("localhost:5000/a/b:1@sha256:ab"),
            (Some("localhost:5000"), "a/b", Some("1"), Some("sha256:ab"))
        );
        assert_eq!(parts("ghcr.io/a"), (Some("ghcr.io"), "a", None, None));
        assert_eq!(parts("localhost/a:1"), (Some("localhost"), "a", Some("1"), None));
    }

    #[test]
    fn variables_hide_what_is_in_them() {
        assert_eq!(parts("${R:-a.io/x:1}/b:${T:-2@3}"), (None, "${R:-a.io/x:1}/b", Some("${T:-2@3}"), None));
        assert_eq!(parts("$IMAGE"), (None, "$IMAGE", None, None));
        assert_eq!(read(b"a:$T-b${C}").variables.len(), 2);
        assert_eq!(parts("${X").1, "${X");
    }
}
