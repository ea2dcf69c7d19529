//! Comments that switch transforms off for an instruction or a file.
//!
//! `# dockmod: ignore=ID[,ID]` and `# hadolint ignore=CODE[,CODE]` hold for the instruction below them,
//! `# dockmod: ignore-file`, `# hadolint global ignore=CODE` and `# check=skip=NAME` for the whole file.

use crate::model::Model;
use crate::syntax::{DirectiveKind, Item, Span, Trivia, TriviaKind};

use super::Transform;

/// What is switched off where.
#[derive(Debug, Default)]
pub struct Suppressions {
    whole_file: bool,
    global: Vec<String>,
    local: Vec<(Span, Vec<String>)>,
    /// The file's length in bytes.
    length: usize,
}

impl Suppressions {
    /// Reads the comments of a file.
    #[must_use]
    pub fn of(model: &Model<'_, '_>) -> Self {
        let source = model.file.source;
        let mut found = Self { length: source.len(), ..Self::default() };
        for directive in &model.file.directives {
            if directive.kind == DirectiveKind::Check {
                let value = String::from_utf8_lossy(directive.value.slice(source)).into_owned();
                let skips = value.split(';').filter_map(|part| part.trim().strip_prefix("skip="));
                found.global.extend(skips.flat_map(names));
            }
        }
        let mut above: Vec<String> = Vec::new();
        for item in &model.file.items {
            match item {
                Item::Directive(_) => above.clear(),
                Item::Trivia(Trivia { kind: TriviaKind::Blank, .. }) => {}
                Item::Trivia(Trivia { span, .. }) => {
                    let text = String::from_utf8_lossy(span.slice(source)).into_owned();
                    above.extend(found.comment(&text));
                }
                Item::Instruction(instruction) => {
                    let mut ids = std::mem::take(&mut above);
                    for trivia in &instruction.inner {
                        if trivia.kind == TriviaKind::Comment {
                            let text = String::from_utf8_lossy(trivia.span.slice(source)).into_owned();
                            ids.extend(found.comment(&text));
                        }
                    }
                    if !ids.is_empty() {
                        found.local.push((instruction.span, ids));
                    }
                }
            }
        }
        found
    }

    /// Reads one comment; gives what it switches off for the instruction below.
    fn comment(&mut self, comment: &str) -> Vec<String> {
        // The first line of a file may begin with a byte-order mark.
        let text = comment.trim_start_matches('\u{feff}').trim().trim_start_matches('#').trim();
        if let Some(rest) = text.strip_prefix("dockmod:") {
            let rest = rest.trim();
            if rest.starts_with("ignore-file") {
                self.whole_file = true;
            }
            return rest.strip_prefix("ignore=").map(|list| names(first_word(list))).unwrap_or_default();
        }
        let Some(rest) = text.strip_prefix("hadolint") else {
            return text.strip_prefix("check=skip=").map(|list| names(first_word(list))).unwrap_or_default();
        };
        let rest = rest.trim();
        if let Some(list) = rest.strip_prefix("global").and_then(|rest| rest.trim().strip_prefix("ignore=")) {
            self.global.extend(names(list));
            return Vec::new();
        }
        rest.strip_prefix("ignore=").map(names).unwrap_or_default()
    }

    /// Whether `transform` is switched off for what lies in `span`.
    #[must_use]
    pub fn cover(&self, transform: &Transform, span: Span) -> bool {
        let names = |list: &[String]| {
            list.iter().any(|name| name == transform.id || transform.codes.contains(&name.as_str()) || name == "all")
        };
        // An insertion at the very end of the file touches the last instruction.
        let at_end = |place: &Span| place.end == self.length && span.start == place.end;
        let touches = |place: &Span| place.start <= span.end && (span.start < place.end || at_end(place));
        self.whole_file || names(&self.global) || self.local.iter().any(|(place, list)| touches(place) && names(list))
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| first_word(name).to_owned()).filter(|name| !name.is_empty()).collect()
}
