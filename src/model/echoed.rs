//! What `echo` prints of variables whose value is in the file.
//!
//! dash's `echo` reads escapes, also those that an expansion brings; bash's does not.

use crate::shell::{Script, Simple};
use crate::syntax::{Args, Keyword, lossy};

use super::Model;

impl Model<'_, '_> {
    /// A variable that an `echo` of instruction `index` prints, and that ENV, ARG or the script itself sets to
    /// something with an escape in it.
    #[must_use]
    pub fn echoes_escape_of(&self, index: usize) -> Option<String> {
        let script = self.script(index)?;
        let bodies = script.substitutions().unwrap_or_default();
        let scripts = || std::iter::once(script).chain(&bodies);
        let echoed: Vec<&str> = scripts()
            .flat_map(|script| script.simple_commands().into_iter().map(move |simple| (script, simple)))
            .filter(|(_, simple)| simple.name() == Some("echo"))
            .map(|(script, simple)| script.str(simple.range))
            .collect();
        if echoed.is_empty() {
            return None;
        }
        let mut names: Vec<String> = (0..index).flat_map(|at| self.set_with_escape(at)).collect();
        names.extend(scripts().flat_map(assigned_with_escape));
        names.into_iter().find(|name| echoed.iter().any(|text| expands(text, name)))
    }

    /// The variables that an ENV or ARG sets to a value with an escape, wherever it stands: a global ARG may come
    /// into a stage.
    fn set_with_escape(&self, index: usize) -> Vec<String> {
        let instruction = self.instructions[index];
        let text = instruction.joined.text();
        let string = |range: crate::syntax::TextRange| lossy(range.slice(text)).into_owned();
        match (instruction.body.keyword, &instruction.body.args) {
            (Keyword::Env, _) => {
                let pairs = instruction.body.pairs().iter();
                pairs.filter(|pair| has_escape(&string(pair.value))).map(|pair| string(pair.key)).collect()
            }
            (Keyword::Arg, Args::Words(words)) => {
                let pairs = words.iter().map(|word| string(*word));
                let split = pairs.filter_map(|word| {
                    let (name, value) = word.split_once('=')?;
                    has_escape(value).then(|| name.to_owned())
                });
                split.collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The variables that a script sets to a value with an escape, `export` and the like among them.
fn assigned_with_escape(script: &Script<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for simple in script.simple_commands() {
        let ranges = simple.assignments.iter().map(|one| one.range).chain(declared(simple));
        for text in ranges.map(|range| script.str(range)) {
            let Some((name, value)) = text.split_once('=') else { continue };
            if has_escape(&without_substitutions(value)) {
                found.push(name.trim_end_matches('+').to_owned());
            }
        }
    }
    found
}

fn declared(simple: &Simple) -> impl Iterator<Item = crate::syntax::TextRange> {
    let declares = matches!(simple.name(), Some("export" | "readonly" | "local"));
    simple.words.iter().skip(1).filter(move |_| declares).map(|word| word.range)
}

/// The text without its `$(…)` and backticks: what they print is not known, and what they say is not printed.
fn without_substitutions(text: &str) -> String {
    let mut kept = String::new();
    let mut depth = 0_usize;
    let mut ticked = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '`' => ticked = !ticked,
            '(' if depth > 0 || text[..at].ends_with('$') => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth == 0 && !ticked => kept.push(letter),
            _ => {}
        }
    }
    kept
}

/// A backslash in front of what dash's `echo` reads as an escape.
fn has_escape(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.windows(2).any(|pair| pair[0] == b'\\' && (pair[1].is_ascii_alphanumeric() || pair[1] == b'\\'))
}

/// Whether `$NAME` or `${NAME…}` is in the text.
fn expands(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('{');
        rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    })
}
