//! What stands around a command: who gives its input, reads its messages, and handles its failure.

use crate::syntax::TextRange;

use super::tree::{Command, CompoundKind, Joiner, List, Redirect, Simple};
use super::{Interpreter, Script};

/// What stands around a command of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a finding of its own about one place")]
pub struct Place {
    /// Whether a pipe, a file or a heredoc is its standard input.
    pub input_given: bool,
    /// Whether its messages (standard error) go anywhere else than to the log.
    pub messages_taken: bool,
    /// Whether `||`, `!`, or a branch, loop or function decides on what follows from its failure.
    pub failure_handled: bool,
}

impl Script<'_> {
    /// Every simple command with what stands around it, in the order of the text.
    #[must_use]
    pub fn placed_commands(&self) -> Vec<(&Simple, Place)> {
        let mut found = Vec::new();
        self.place_all(&self.list, Place::default(), &mut found);
        // `exec <file` and `exec 2>file` hold for all that follows.
        if found.iter().any(|(simple, _)| simple.name() == Some("exec") && !simple.redirects.is_empty()) {
            for (_, place) in &mut found {
                place.input_given = true;
                place.messages_taken = true;
            }
        }
        found.sort_by_key(|(simple, _)| simple.range);
        found
    }

    fn place_all<'t>(&self, list: &'t List, outer: Place, found: &mut Vec<(&'t Simple, Place)>) {
        for item in &list.items {
            let links = &item.chain.links;
            let last_or = links.iter().rposition(|link| link.joiner.is_some_and(|it| it.kind == Joiner::Or));
            for (at, link) in links.iter().enumerate() {
                let or_follows = last_or.is_some_and(|or| or > at);
                // `a |& b`: which of the pipes it is does not matter.
                let pipes_both = self.bash && self.str(link.range).contains("|&");
                for (position, command) in link.pipeline.commands.iter().enumerate() {
                    let mut here = outer;
                    here.failure_handled |= link.pipeline.negated || or_follows;
                    here.input_given |= position > 0;
                    here.messages_taken |= pipes_both;
                    match command {
                        Command::Simple(simple) => found.push((simple, self.with_redirects(here, &simple.redirects))),
                        Command::Compound(compound) => {
                            here.input_given |= compound.redirected;
                            here.messages_taken |= compound.redirected;
                            here.failure_handled |=
                                !matches!(compound.kind, CompoundKind::Subshell | CompoundKind::Braces);
                            compound.lists.iter().for_each(|list| self.place_all(list, here, found));
                        }
                    }
                }
            }
        }
    }

    fn with_redirects(&self, mut place: Place, redirects: &[Redirect]) -> Place {
        for redirect in redirects {
            let text = self.str(redirect.range);
            place.input_given |= redirect.heredoc || text.trim_start_matches('0').starts_with('<');
            // `>&2` and `1>&2` only send output to where the messages go.
            let of_output = text.starts_with('>') && !text.starts_with(">&") || text.starts_with("1>");
            place.messages_taken |= !of_output && !text.starts_with('<') && text != ">&2";
        }
        place
    }

    /// Whether a command of this range is all that stands before another one that its `&&` leads to.
    #[must_use]
    pub fn leads_to(&self, first: &Simple, second: TextRange) -> bool {
        self.list.items.iter().any(|item| {
            let links = &item.chain.links;
            let Some(from) = links.iter().position(|link| link.pipeline.simple() == Some(first)) else { return false };
            let Some(to) = links.iter().position(|link| holds(link.range, second)) else { return false };
            let and = |at: usize| links[at].joiner.is_some_and(|joiner| joiner.kind == Joiner::And);
            from < to && (from + 1..=to).all(and)
        })
    }

    /// The shell that runs this script, where `in_force` runs the shell form: a heredoc may name its own.
    #[must_use]
    pub fn run_by(&self, in_force: &Interpreter) -> Interpreter {
        let own = self.in_heredoc && self.text.text().starts_with(b"#!");
        // What its `#!` line adds is not counted on.
        if own { Interpreter::default_linux() } else { in_force.clone() }
    }
}

fn holds(outer: TextRange, inner: TextRange) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use crate::model::Model;
    use crate::syntax;

    /// The place of the command `x`, as letters: input, messages, failure.
    fn place(run: &str) -> String {
        let source = format!("FROM a\nSHELL [\"bash\", \"-c\"]\nRUN {run}\n");
        let file = syntax::parse(source.as_bytes()).expect("a Dockerfile");
        let model = Model::of(&file);
        let script = model.script(2).expect("a script");
        let placed = script.placed_commands();
        let (_, place) = placed.into_iter().find(|(simple, _)| simple.name() == Some("x")).expect("an x");
        let letters = [(place.input_given, 'i'), (place.messages_taken, 'm'), (place.failure_handled, 'f')];
        letters.iter().filter(|(holds, _)| *holds).map(|(_, letter)| letter).collect()
    }

    #[test]
    fn places_are_told_apart() {
        for (run, expected) in [
            ("x", ""),
            ("a; x && b", ""),
            ("x | b", ""),
            ("x > f", ""),
            ("x >&2", ""),
            ("a | x", "i"),
            ("x < f", "i"),
            ("x <<< f", "i"),
            ("a | (x; b)", "i"),
            ("x 2>f", "m"),
            ("x > f 2>&1 | b", "m"),
            ("x &> f", "m"),
            ("x >& f", "m"),
            ("x |& b", "m"),
            ("{ x; } 2>f", "im"),
            ("exec 2>f; x", "im"),
            ("x || b", "f"),
            ("a && x && b || c", "f"),
            ("! x", "f"),
            ("if x; then b; fi", "f"),
            ("for i in a; do x; done", "f"),
            ("(x) || b", "f"),
            ("while read a; do x; done < f", "imf"),
        ] {
            assert_eq!(place(run), expected, "{run}");
        }
    }
}
