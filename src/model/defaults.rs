//! What a build without `--build-arg` puts for the variables of a word.

use crate::syntax::{Keyword, lossy};

use super::Model;
use super::stage::{expanded, global_args};

impl Model<'_, '_> {
    /// The word with `$NAME` and `${NAME}` filled in as ENV and the defaults of ARG before instruction `index`
    /// say; `None` where one of them is not known, or another form of expansion is used.
    #[must_use]
    pub fn with_defaults(&self, index: usize, word: &str) -> Option<String> {
        if !word.contains('$') {
            return Some(word.to_owned());
        }
        let stage = self.stage_of(index)?;
        let first = self.stages.first().map_or(0, |stage| stage.range.start);
        let globals = global_args(&self.instructions[..first]);
        let mut known: Vec<(String, String)> = Vec::new();
        // From the stage at the bottom up, so that the last value of a name is the one in force.
        for below in self.line_of(stage.index).into_iter().rev() {
            for at in self.stages[below].range.clone().filter(|at| *at < index) {
                self.add_values(at, &globals, &mut known);
            }
        }
        expanded(word, &known)
    }

    fn add_values(&self, index: usize, globals: &[(String, String)], known: &mut Vec<(String, String)>) {
        let instruction = self.instructions[index];
        let text = instruction.joined.text();
        let body = &instruction.body;
        let unquoted = |value: &str| value.trim_matches(['"', '\'']).to_owned();
        match body.keyword {
            Keyword::Env => known.extend(body.pairs().iter().map(|pair| {
                let string = |range: crate::syntax::TextRange| lossy(range.slice(text)).into_owned();
                (string(pair.key), unquoted(&string(pair.value)))
            })),
            Keyword::Arg => {
                for (_, word) in body.operands(text) {
                    if let Some((name, value)) = word.split_once('=') {
                        known.push((name.to_owned(), unquoted(value)));
                    } else if let Some(global) = globals.iter().rev().find(|(name, _)| *name == word) {
                        known.push(global.clone());
                    }
                }
            }
            _ => {}
        }
    }
}
