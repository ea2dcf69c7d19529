//! Whether a failing command fails its script for sure.

use super::tree::{Chain, Command, CompoundKind, Joiner, List, Simple, Terminator};
use super::{Interpreter, Script};

impl Script<'_> {
    /// Whether a failure of `simple` always ends the script with a failure: nothing handles, negates or
    /// passes over it.
    ///
    /// `shell` is what runs the script. Inside branches, loops, functions and substitutions nothing is certain.
    #[must_use]
    pub fn failure_is_final(&self, simple: &Simple, shell: &Interpreter) -> bool {
        let traps = self.simple_commands().iter().any(|other| {
            matches!(other.name(), Some("trap" | "eval" | "exec" | "exit" | "return"))
                || other.name().is_none() && !other.words.is_empty()
        });
        !traps && list_ends_with(&self.list, simple, shell.errexit() || self.starts_with_errexit())
    }

    /// Whether the script starts with `set -e`, which stands alone and is never taken back.
    #[must_use]
    pub fn starts_with_errexit(&self) -> bool {
        let is_set = |simple: &&Simple| simple.name() == Some("set");
        if self.simple_commands().iter().filter(|simple| is_set(simple)).count() != 1 {
            return false;
        }
        let Some(first) = self.list.items.first() else { return false };
        let [link] = first.chain.links.as_slice() else { return false };
        let Some(simple) = link.pipeline.simple().filter(is_set) else { return false };
        let words: Vec<&str> = simple.words.iter().skip(1).filter_map(|word| word.literal.as_deref()).collect();
        let on = |word: &&str| {
            **word == *"errexit" || word.starts_with('-') && !word.starts_with("--") && word.contains('e')
        };
        words.iter().any(on) && !words.iter().any(|word| word.starts_with('+'))
    }
}

/// Whether `simple` stands in `list` so that its failure makes the list fail; `errexit` tells whether a
/// failure that is not the list's last status counts.
fn list_ends_with(list: &List, simple: &Simple, errexit: bool) -> bool {
    let final_item = list.items.len().saturating_sub(1);
    list.items.iter().enumerate().any(|(at, item)| {
        let alone = item.chain.links.len() == 1;
        // errexit passes over all but the last command of an `&&` list.
        let counts = at == final_item || errexit && (alone || is_last_link(&item.chain, simple));
        counts && item.end != Terminator::Background && chain_ends_with(&item.chain, simple, errexit)
    })
}

fn is_last_link(chain: &Chain, simple: &Simple) -> bool {
    chain.links.last().is_some_and(|link| link.pipeline.simple() == Some(simple))
}

fn chain_ends_with(chain: &Chain, simple: &Simple, errexit: bool) -> bool {
    for (at, link) in chain.links.iter().enumerate() {
        let handled =
            chain.links[at + 1..].iter().any(|later| later.joiner.is_some_and(|joiner| joiner.kind == Joiner::Or));
        // Only the last command of a pipeline gives its status.
        let Some(command) = link.pipeline.commands.last().filter(|_| !link.pipeline.negated && !handled) else {
            continue;
        };
        let last = at + 1 == chain.links.len();
        let found = match command {
            Command::Simple(other) => other == simple,
            Command::Compound(compound) if matches!(compound.kind, CompoundKind::Subshell | CompoundKind::Braces) => {
                // errexit is off on the left of `&&`, and in a pipeline's group it ends that group alone.
                compound.lists.iter().any(|list| list_ends_with(list, simple, errexit && last))
            }
            Command::Compound(_) => false,
        };
        if found {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::model::Model;
    use crate::syntax;

    /// Whether a failure of the command `x` is final.
    fn is_final(run: &str) -> bool {
        let source = format!("FROM a\nRUN {run}\n");
        let file = syntax::parse(source.as_bytes()).expect("a Dockerfile");
        let model = Model::of(&file);
        let script = model.script(1).expect("a script");
        let simple = script.simple_commands().into_iter().find(|simple| simple.name() == Some("x")).expect("an x");
        script.failure_is_final(simple, &model.states[1].shell)
    }

    #[test]
    fn a_failure_that_ends_the_run() {
        for run in
            ["x", "a && x && b", "a; x", "set -e; x; b", "(a && x) && b", "a | x", "set -eux; a && x; b", "{ a; x; }"]
        {
            assert!(is_final(run), "{run}");
        }
    }

    #[test]
    fn a_failure_that_is_handled_or_lost() {
        for run in [
            "x || true",
            "x; b",
            "x | b",
            "! x",
            "if x; then b; fi",
            "if b; then x; fi",
            "x & b",
            "set -e; x && a; b",
            "set -e; set +e; x; b",
            "a && x || b",
            "for i in 1 2; do x; done",
            "x; exit 0",
            "trap 'exit 0' EXIT; x",
            "set -e; (x; b) && c",
            "set -e; { x; b; } || c",
        ] {
            assert!(!is_final(run), "{run}");
        }
    }
}
