//! Whether bash is in an image, and stays there.

use crate::knowledge::{self, Verb, base_name, bases};
use crate::shell::{Body, Simple};

use super::Model;

/// Verbs that take packages away.
const REMOVALS: &[&str] = &["del", "remove", "purge", "erase", "autoremove"];

/// Commands that take files away.
const TAKE_AWAY: &[&str] = &["rm", "mv", "unlink", "shred"];

impl Model<'_, '_> {
    /// Whether bash is in the image for sure wherever a SHELL right above `index` reaches: the base brings it, or an
    /// earlier RUN installed it whatever happened, and nothing takes it away, above or below.
    ///
    /// Where a RUN installed it, any package that is removed may be the group that it came in:
    /// `apk add --virtual .build bash`, `apk del .build`.
    #[must_use]
    pub fn has_bash(&self, index: usize) -> bool {
        let mut seen = self.up_to(index).chain(self.under_shell_behind(index));
        if self.base_image(index).is_some_and(bases::BaseImage::has_bash) {
            return !seen.any(|at| self.removes(at, true));
        }
        !seen.any(|at| self.removes(at, false)) && self.earlier(index).any(|at| self.installs_bash(at))
    }

    fn installs_bash(&self, index: usize) -> bool {
        let Some(script) = self.run_script(index) else { return false };
        let installs = |simple: &&Simple| {
            let words = simple.literals();
            knowledge::invocation(&words).is_some_and(|found| {
                found.verb == Verb::Install
                    && found.unclear.is_none()
                    && found.operands.iter().any(|operand| words[*operand] == Some("bash"))
            })
        };
        let final_ones = |simple: &&Simple| script.failure_is_final(simple, &self.states[index].shell);
        script.simple_commands().into_iter().filter(installs).any(|simple| final_ones(&simple))
    }

    /// Whether an instruction may take bash away: by its name, or where `only_by_name` does not hold by any package.
    fn removes(&self, index: usize, only_by_name: bool) -> bool {
        let removes = |text: &str| {
            // One operator parts commands as well as another.
            let text = text.replace([';', '\n'], " && ").replace(['"', '\'', '(', ')', '`', '\\'], " ");
            let words: Vec<&str> = text.split_ascii_whitespace().collect();
            words.split(|word| matches!(*word, "&&" | "||" | "|")).any(|command| {
                let named_behind = |at: usize| command[at..].iter().any(|word| base_name(word) == "bash");
                command.iter().enumerate().any(|(at, word)| {
                    REMOVALS.contains(word) && (!only_by_name || named_behind(at))
                        || TAKE_AWAY.contains(word) && named_behind(at)
                })
            })
        };
        match self.body(index) {
            // `sh -c 'apk del bash'` has the words of one within one word.
            Some(Body::Script(script)) => {
                let whole = script.whole();
                let any = !only_by_name && REMOVALS.iter().any(|word| whole.contains(word));
                (any || whole.contains("bash"))
                    && script.simple_commands().into_iter().any(|simple| removes(script.str(simple.range)))
            }
            Some(Body::Exec(words)) => removes(&words.join(" ")),
            _ => false,
        }
    }
}
