//! What the commands of a RUN write to a place of the image, or copy, move or link there.

use crate::model::copy::{below, has_pattern, join};
use crate::model::state::cleaned;
use crate::shell::{Body, Script, Simple, Word};
use crate::syntax::lossy;

use super::{Brought, Program, Search, base, unseen};

/// What a command brings from elsewhere in the image.
enum Placed {
    /// This file.
    File(String),
    /// A file that is not written out.
    Unclear,
}

impl Search<'_, '_, '_> {
    /// What a RUN writes to one of the places, or copies, moves or links there.
    pub(super) fn written(&self, at: usize, before: &[usize], hops: usize) -> Brought {
        let Some(Body::Script(script)) = self.model.body(at) else {
            return self.named_in_text(at);
        };
        let mut found = Brought::default();
        for simple in script.simple_commands() {
            let printed = prints(simple) && !self.holds_shebang(at);
            let redirected = simple.redirects.iter().filter(|redirect| redirect.writes).any(|redirect| {
                let written = script.str(redirect.range);
                let written = written.trim_start_matches(|c: char| c.is_ascii_digit() || "<>|& ".contains(c));
                self.is_place(redirect.target.as_deref().unwrap_or(written))
            });
            if redirected {
                found.programs.push(Program::Unseen { source: None, printed });
            }
            match simple.name().map(base) {
                Some("tee" | "curl" | "wget" | "dd") if self.is_named_by(script, simple) => {
                    found.programs.push(unseen(None));
                }
                Some("cp" | "mv" | "ln" | "install") => match self.placed(script, simple) {
                    Some(Placed::File(source)) => {
                        let place = join(self.model.states[at].workdir.path(), &source);
                        found.programs.extend(self.followed(&source, place, before, hops));
                    }
                    Some(Placed::Unclear) => found.programs.push(unseen(None)),
                    None => {}
                },
                _ => {}
            }
        }
        found
    }

    /// A RUN that can't be read, and names one of the places.
    fn named_in_text(&self, at: usize) -> Brought {
        let text = lossy(self.model.instructions[at].span.slice(self.model.file.source));
        let ends = |c: char| c.is_whitespace() || "\"'`;|&()<>=,".contains(c);
        if text.split(ends).any(|word| self.places.iter().any(|place| place == word)) {
            return Brought::perhaps(unseen(None));
        }
        Brought::default()
    }

    /// Whether a `#!` stands anywhere in an instruction, its heredocs included.
    fn holds_shebang(&self, at: usize) -> bool {
        memchr::memmem::find(self.model.instructions[at].span.slice(self.model.file.source), b"#!").is_some()
    }

    /// Whether a path, as a command names it, is one of the places, or may be.
    fn is_place(&self, path: &str) -> bool {
        let path = path.trim_matches(['"', '\'']);
        if path.starts_with('/') && !path.contains('$') {
            return self.places.contains(&cleaned(path));
        }
        self.places.iter().any(|place| base(place) == base(path))
    }

    /// Whether a word of a command, or what follows an option's letter or `=` in it, is one of the places.
    fn is_named_by(&self, script: &Script<'_>, simple: &Simple) -> bool {
        simple.words[1..].iter().map(|word| text_of(script, word)).any(|word| {
            let value = word.split_once('=').map_or(word, |(_, value)| value);
            let value = value.strip_prefix("-O").or_else(|| value.strip_prefix("-o")).unwrap_or(value);
            !value.contains("://") && self.is_place(value)
        })
    }

    /// What cp, mv, ln or install bring to one of the places.
    fn placed(&self, script: &Script<'_>, simple: &Simple) -> Option<Placed> {
        let operands: Vec<&Word> =
            simple.words[1..].iter().filter(|word| !text_of(script, word).starts_with('-')).collect();
        let (last, sources) = operands.split_last()?;
        let target = text_of(script, last);
        let folder = target.starts_with('/') && !target.contains('$');
        let literal = |word: &Word| word.literal.as_deref().filter(|literal| !has_pattern(literal)).map(str::to_owned);
        // What stands before it may be the value of an option.
        if let Some(source) = sources.last().filter(|_| self.is_place(target)) {
            return Some(literal(source).map_or(Placed::Unclear, Placed::File));
        }
        for source in sources {
            let text = text_of(script, source);
            let literal = literal(source);
            let arrives = join(target, base(text.trim_end_matches("/.")));
            let same =
                self.places.iter().any(|place| if folder { *place == arrives } else { base(place) == base(text) });
            if same {
                return Some(literal.map_or(Placed::Unclear, Placed::File));
            }
            let inside = |place: &String| {
                let any = literal.is_none() || text.ends_with("/.");
                below(place, &arrives).is_some() || any && below(place, target).is_some()
            };
            if folder && self.places.iter().any(inside) {
                return Some(Placed::Unclear);
            }
        }
        None
    }
}

/// A word's text without its quotes, or as written where something in it expands.
fn text_of<'w>(script: &'w Script<'_>, word: &'w Word) -> &'w str {
    word.literal.as_deref().unwrap_or_else(|| script.str(word.range))
}

/// Whether a command's output is text.
fn prints(simple: &Simple) -> bool {
    match simple.name().map(base) {
        Some("echo" | "printf") => true,
        Some("cat") => simple.redirects.iter().any(|redirect| redirect.heredoc),
        _ => false,
    }
}
