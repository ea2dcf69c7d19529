//! The progress bar of GNU wget, which fills a build's log.
//!
//! Source: the manual of GNU Wget, "Download Options".

use super::program;

/// Long options that decide what wget prints, or where to; getopt takes their beginnings too.
const DECIDE: &[&str] = &[
    "quiet",
    "no-verbose",
    "progress",
    "show-progress",
    "output-file",
    "append-output",
    "background",
    "version",
    "help",
];

pub(super) fn place(words: &[Option<&str>]) -> Option<usize> {
    let (at, name) = program(words)?;
    let path = words[at]?;
    if name != "wget" || !matches!(path, "wget" | "/usr/bin/wget") || words.len() == at + 1 {
        return None;
    }
    let decided = words[at + 1..].iter().flatten().any(|word| decides(word));
    (!decided).then_some(at)
}

fn decides(word: &str) -> bool {
    if word.starts_with("progress") || word.starts_with("quiet") || word.starts_with("verbose") {
        // The command of `-e`.
        return true;
    }
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        return !name.is_empty() && DECIDE.iter().any(|known| known.starts_with(name));
    }
    // `-nv`, `-q`, `-o`, `-a`, `-b`, `-V`, `-h`, alone or with others; what looks like one of them in an attached
    // value is taken for one.
    let letters = word.strip_prefix('-').unwrap_or_default();
    letters.contains(['q', 'o', 'a', 'b', 'V', 'h']) || letters.contains("nv")
}
