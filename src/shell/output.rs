//! Where the output of a command goes.

use super::Script;
use super::tree::{Command, List, Redirect, Simple};

impl Script<'_> {
    /// Whether what `simple` prints goes to the build log or nowhere, not to a file or another command.
    #[must_use]
    pub fn prints_to_the_log(&self, simple: &Simple) -> bool {
        let harmless = |redirect: &Redirect| {
            let raw = self.str(redirect.range);
            redirect.heredoc
                || raw.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('<')
                || matches!(redirect.target.as_deref(), Some("/dev/null" | "/dev/stdout" | "/dev/stderr"))
                || raw.split_once(">&").is_some_and(|(_, to)| matches!(to, "1" | "2"))
        };
        simple.redirects.iter().all(harmless) && !is_read(&self.list, simple)
    }
}

/// Whether a pipe or a redirection around `simple` takes its output.
fn is_read(list: &List, simple: &Simple) -> bool {
    let pipelines = list.items.iter().flat_map(|item| &item.chain.links).map(|link| &link.pipeline);
    for pipeline in pipelines {
        for (at, command) in pipeline.commands.iter().enumerate() {
            let piped = at + 1 < pipeline.commands.len();
            let taken = match command {
                Command::Simple(other) => piped && other == simple,
                Command::Compound(compound) => {
                    let within = compound.lists.iter().any(|list| holds(list, simple));
                    within && (piped || compound.redirected) || compound.lists.iter().any(|list| is_read(list, simple))
                }
            };
            if taken {
                return true;
            }
        }
    }
    false
}

fn holds(list: &List, simple: &Simple) -> bool {
    let mut found = false;
    list.visit(&mut |command| found |= matches!(command, Command::Simple(other) if other == simple));
    found
}

#[cfg(test)]
mod tests {
    use crate::model::Model;
    use crate::syntax;

    /// Whether the command `x` prints to the log.
    fn to_the_log(run: &str) -> bool {
        let source = format!("FROM a\nRUN {run}\n");
        let file = syntax::parse(source.as_bytes()).expect("a Dockerfile");
        let model = Model::of(&file);
        let script = model.script(1).expect("a script");
        let simple = script.simple_commands().into_iter().find(|simple| simple.name() == Some("x")).expect("an x");
        script.prints_to_the_log(simple)
    }

    #[test]
    fn output_that_is_kept_or_read() {
        for run in ["x", "yes | x", "x > /dev/null 2>&1", "x 2>/dev/null", "(a; x)", "x <f", "x >&2"] {
            assert!(to_the_log(run), "{run}");
        }
        for run in ["x | y", "x > f", "x >> f", "{ a; x; } | y", "(x) > f", "x >$F", "x 2> f"] {
            assert!(!to_the_log(run), "{run}");
        }
    }
}
