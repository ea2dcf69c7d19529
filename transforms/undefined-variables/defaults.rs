//! The ARGs above the first FROM, and what FROM makes of their defaults.

use crate::model::Model;
use crate::syntax::Keyword;
use crate::syntax::image;

/// The ARGs above the first FROM.
pub struct Globals(Vec<(String, Option<String>)>);

impl Globals {
    /// Reads them; a default that is not understood counts as one of which nothing is known.
    pub fn of(model: &Model<'_, '_>) -> Self {
        let first = model.stages.first().map_or(0, |stage| stage.range.start);
        let mut globals = Self(Vec::new());
        for instruction in &model.instructions[..first] {
            if instruction.body.keyword != Keyword::Arg {
                continue;
            }
            for (_, word) in instruction.body.operands(instruction.joined.text()) {
                let (name, value) =
                    word.split_once('=').map_or((word.as_str(), Some(String::new())), |(name, value)| {
                        (name, globals.expand(value.trim_matches(['"', '\''])))
                    });
                let name = name.to_owned();
                globals.0.push((name, value));
            }
        }
        globals
    }

    /// Whether one has this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name)?.1.as_deref()
    }

    /// The word with the defaults filled in; `None` where that can't be told.
    pub fn expand(&self, word: &str) -> Option<String> {
        let mut result = String::new();
        let mut rest = word;
        while let Some((before, after)) = rest.split_once('$') {
            result.push_str(before);
            let Some(braced) = after.strip_prefix('{') else {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                result.push_str(self.value(&after[..end])?);
                rest = &after[end..];
                continue;
            };
            let (inner, tail) = braced.split_once('}')?;
            let (name, default) = match inner.split_once(":-").or_else(|| inner.split_once('-')) {
                Some((name, default)) => (name, Some(default)),
                None => (inner, None),
            };
            if name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                || default.is_some_and(|text| text.contains('$'))
            {
                return None;
            }
            let value = self.value(name)?;
            result.push_str(if value.is_empty() { default.unwrap_or_default() } else { value });
            rest = tail;
        }
        result.push_str(rest);
        (!result.contains(['"', '\'', '\\'])).then_some(result)
    }
}

/// Whether a text can be the name of an image. Source: `reference.ParseNormalizedNamed`.
pub fn is_image(text: &str) -> bool {
    let parts = image::read(text.as_bytes());
    let part = |range: crate::syntax::TextRange| &text[range.range()];
    let path = part(parts.path);
    let component = |name: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        name.starts_with(inner)
            && name.ends_with(inner)
            && name.chars().all(|c| inner(c) || matches!(c, '.' | '_' | '-'))
    };
    let some = |range: Option<crate::syntax::TextRange>| range.is_none_or(|range| !range.is_empty());
    path.split('/').all(component) && some(parts.tag) && some(parts.digest) && some(parts.registry)
}
