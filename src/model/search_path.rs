//! The folders in which a container looks for a program that is called by its bare name.
//!
//! The last PATH holds; as a file says little of what its base image sets, those of all ENV count together.

use crate::syntax::expand::{Piece, Variable, expand};
use crate::syntax::{Args, Keyword, Pair};

use super::Model;
use super::state::cleaned;

/// A folder of PATH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchFolder {
    /// An absolute path that is written out.
    Known(String),
    /// An absolute path that hangs on a variable which the file does not set.
    Somewhere,
    /// It is relative, empty, or may be: as written.
    Relative(String),
}

/// What PATH holds where nobody sets it.
///
/// Source: `DefaultPathEnvUnix` of `util/system/path.go` in BuildKit.
const DEFAULT: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Stands for the value of a variable that is not known.
const UNKNOWN: char = '\u{1}';

/// Stands for the folders of PATH as it was.
const INHERITED: char = '\u{2}';

/// How deep variables are followed into each other.
const DEPTH: usize = 8;

impl Model<'_, '_> {
    /// The folders that each ENV PATH of the stages adds, with the instruction that does.
    #[must_use]
    pub fn search_folders(&self, stages: &[usize]) -> Vec<(usize, SearchFolder)> {
        let mut folders = Vec::new();
        for at in stages.iter().flat_map(|stage| self.stages[*stage].range.clone()) {
            for raw in self.values_of_path(at) {
                let value = self.filled_in(at, raw, DEPTH);
                folders.extend(value.split(':').filter_map(folder).map(|folder| (at, folder)));
            }
        }
        folders
    }

    /// The folders that are known to be searched: those of [`search_folders`](Self::search_folders), and those that
    /// every system has.
    #[must_use]
    pub fn known_search_folders(&self, stages: &[usize]) -> Vec<String> {
        let mut folders: Vec<String> = DEFAULT.iter().map(|folder| (*folder).to_owned()).collect();
        for (_, folder) in self.search_folders(stages) {
            if let SearchFolder::Known(folder) = folder
                && !folders.contains(&folder)
            {
                folders.push(folder);
            }
        }
        folders
    }

    fn values_of_path(&self, at: usize) -> Vec<&[u8]> {
        let instruction = self.instructions[at];
        let pairs: &[Pair] = match (instruction.body.keyword, &instruction.body.args) {
            (Keyword::Env, Args::Pairs(pairs)) => pairs,
            (Keyword::Env, Args::LegacyPair(pair)) => std::slice::from_ref(pair),
            _ => &[],
        };
        let text = instruction.joined.text();
        pairs.iter().filter(|pair| pair.key.slice(text) == b"PATH").map(|pair| pair.value.slice(text)).collect()
    }

    /// A value of instruction `at` with its variables filled in, as far as the file tells.
    fn filled_in(&self, at: usize, raw: &[u8], depth: usize) -> String {
        let Ok(word) = expand(raw, self.file.escape) else { return UNKNOWN.to_string() };
        let mut value = String::new();
        for piece in word.pieces() {
            match piece {
                Piece::Literal(text) => value.push_str(text),
                Piece::Variable(Variable { name, modifier: None }) if name == "PATH" => value.push(INHERITED),
                Piece::Variable(Variable { name, modifier: None }) if depth > 0 => {
                    match self.env(at, name).or_else(|| self.default_of(at, name)) {
                        Some(text) => value.push_str(&self.filled_in(at, text.as_bytes(), depth - 1)),
                        None => value.push(UNKNOWN),
                    }
                }
                Piece::Variable(_) => value.push(UNKNOWN),
            }
        }
        value
    }

    /// The default that the nearest ARG before instruction `at` gives a variable.
    fn default_of(&self, at: usize, name: &str) -> Option<String> {
        self.earlier(at).rev().find_map(|index| {
            let instruction = self.instructions[index];
            let (Keyword::Arg, Args::Words(words)) = (instruction.body.keyword, &instruction.body.args) else {
                return None;
            };
            let text = instruction.joined.text();
            words.iter().rev().find_map(|word| {
                let word = std::str::from_utf8(word.slice(text)).ok()?;
                let (key, value) = word.split_once('=')?;
                (key == name).then(|| value.trim_matches(['"', '\'']).to_owned())
            })
        })
    }
}

/// What an entry of PATH is; none for the folders that it had before.
fn folder(entry: &str) -> Option<SearchFolder> {
    if entry.starts_with(INHERITED) {
        return None;
    }
    let unknown = entry.contains([UNKNOWN, INHERITED]);
    // A variable that is not set leaves `/bin` of `$X/bin`; one that is set is taken to name an absolute folder.
    if unknown && (entry.starts_with('/') || entry.trim_start_matches(UNKNOWN).starts_with('/')) {
        return Some(SearchFolder::Somewhere);
    }
    if entry.starts_with('/') {
        return Some(SearchFolder::Known(cleaned(entry)));
    }
    Some(SearchFolder::Relative(entry.replace([UNKNOWN, INHERITED], "$…")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    fn folders(file: &str) -> Vec<SearchFolder> {
        let file = syntax::parse(file.as_bytes()).expect("a file");
        let model = Model::of(&file);
        model.search_folders(&[0]).into_iter().map(|(_, folder)| folder).collect()
    }

    #[test]
    fn entries() {
        let known = |path: &str| SearchFolder::Known(path.to_owned());
        let relative = |path: &str| SearchFolder::Relative(path.to_owned());
        for (env, expected) in [
            ("ENV PATH=/a/bin:$PATH", vec![known("/a/bin")]),
            ("ENV PATH /a/bin/:${PATH}:/b", vec![known("/a/bin"), known("/b")]),
            ("ENV H=/opt/h\nENV PATH=$H/bin:$PATH", vec![known("/opt/h/bin")]),
            ("ARG H=/opt/h\nENV PATH=$H/bin:$PATH", vec![known("/opt/h/bin")]),
            ("ENV PATH=$JAVA_HOME/bin:$PATH", vec![SearchFolder::Somewhere]),
            ("ENV PATH=./bin:$PATH", vec![relative("./bin")]),
            ("ENV PATH=.:$PATH:", vec![relative("."), relative("")]),
            ("ENV B=node_modules/.bin\nENV PATH=$B:$PATH", vec![relative("node_modules/.bin")]),
            ("ENV PATH=$B:$PATH", vec![relative("$…")]),
            ("ENV PATH=${X:-/a}:$PATH", vec![relative("$…")]),
            ("ENV A=1", vec![]),
        ] {
            assert_eq!(folders(&format!("FROM a\n{env}\n")), expected, "{env}");
        }
    }
}
