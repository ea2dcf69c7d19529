//! What an interpreter reads of its input.
//!
//! Where it is given no program it reads one from its input, to the end. Else the program decides.
//!
//! Sources: sh(1), perlrun(1), `python3 --help`, `ruby --help`, `php --help`, `node --help`.

const SHELLS: &[&str] = &["bash", "sh", "dash", "ash", "zsh", "ksh"];

const LANGUAGES: &[&str] = &["perl", "python", "ruby", "php", "node"];

/// How one-liners read all of their input at once.
const READ_WHOLE: &[&str] = &[
    "json.load(sys.stdin",
    "sys.stdin.read()",
    "sys.stdin.buffer.read()",
    "STDIN.read",
    "$stdin.read",
    "ARGF.read",
    "stream_get_contents(STDIN)",
    "file_get_contents(\"php://stdin",
    "file_get_contents('php://stdin",
    "readFileSync(0",
    "readFileSync(\"/dev/stdin",
    "readFileSync('/dev/stdin",
];

/// Words of Perl and Ruby by which a loop over the input ends before it.
const END_A_LOOP: &[&str] =
    &["exit", "last", "break", "die", "abort", "close", "exec", "raise", "return", "kill", "eof"];

/// Options whose value is the next word.
const VALUED: &[(&str, &str)] = &[
    ("bash", "-o"),
    ("bash", "-O"),
    ("sh", "-o"),
    ("zsh", "-o"),
    ("ksh", "-o"),
    ("php", "-d"),
    ("php", "-c"),
    ("python", "-W"),
    ("python", "-X"),
    ("perl", "-I"),
    ("ruby", "-I"),
    ("ruby", "-r"),
    ("node", "-r"),
    ("node", "--require"),
];

/// The language without its version: `python3.12` is `python`.
fn language(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

/// Whether a program of this name runs what it is told to.
#[must_use]
pub fn is_one(name: &str) -> bool {
    SHELLS.contains(&name) || LANGUAGES.contains(&language(name))
}

/// Whether an interpreter surely reads its input to the end.
///
/// `raw` is the command as written.
#[must_use]
pub fn reads_all(name: &str, arguments: &[Option<&str>], raw: &str) -> bool {
    let name = if SHELLS.contains(&name) { name } else { language(name) };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let Some(word) = *word else { return false };
        if VALUED.contains(&(name, word)) {
            words.next();
            continue;
        }
        match given(name, word) {
            Given::Option => {}
            Given::ProgramIsInput => return true,
            Given::Code => return code_reads_all(name, arguments, raw),
            Given::Module => return words.next() == Some(&Some("json.tool")),
            Given::File => return false,
        }
    }
    true
}

enum Given {
    /// Nothing that says where the program is.
    Option,
    /// The program is read from the input; what follows are its arguments.
    ProgramIsInput,
    /// The program is in the next word, or in this one.
    Code,
    /// The program is a module of Python.
    Module,
    /// The program is in a file.
    File,
}

fn given(name: &str, word: &str) -> Given {
    if matches!(word, "-" | "/dev/stdin") {
        return Given::ProgramIsInput;
    }
    let Some(option) = word.strip_prefix('-') else { return Given::File };
    if option == "-" {
        // `php -- a` hands the rest to the program; the others take a file from there.
        return if name == "php" { Given::ProgramIsInput } else { Given::File };
    }
    if option.starts_with('-') {
        return if matches!(option, "-eval" | "-print" | "-run") { Given::Code } else { Given::Option };
    }
    let has = |letters: &str| option.contains(|letter| letters.contains(letter));
    let first = option.chars().next().unwrap_or_default();
    match name {
        _ if SHELLS.contains(&name) && has("c") => Given::Code,
        _ if SHELLS.contains(&name) && has("s") => Given::ProgramIsInput,
        "python" if has("c") && !matches!(first, 'W' | 'X') => Given::Code,
        "python" if first == 'm' => Given::Module,
        "perl" if has("eEnp") && !matches!(first, 'M' | 'm' | 'I') => Given::Code,
        "ruby" if has("enp") && !matches!(first, 'r' | 'I') => Given::Code,
        "php" if matches!(first, 'r' | 'R' | 'B' | 'E' | 'f' | 'F' | 'a' | 'S') => Given::Code,
        "node" if has("ep") => Given::Code,
        _ => Given::Option,
    }
}

/// Whether the program on the command line reads to the end.
fn code_reads_all(name: &str, arguments: &[Option<&str>], raw: &str) -> bool {
    if SHELLS.contains(&name) {
        return false;
    }
    let loops = matches!(name, "perl" | "ruby")
        && arguments.iter().flatten().any(|word| {
            let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with(['-', 'M', 'm', 'I', 'r']));
            letters.is_some_and(|letters| letters.contains(['n', 'p']))
        });
    let mut words = raw.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ends = words.any(|word| END_A_LOOP.contains(&word));
    let plain = raw.replace('\\', "");
    let reads_whole = |call: &&str| {
        // `STDIN.readline` and `STDIN.read(10)` are something else.
        let mut found = plain.match_indices(call);
        found.any(|(at, _)| !plain[at + call.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '('))
    };
    loops && !ends || READ_WHOLE.iter().any(reads_whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::base_name;

    fn all(line: &str) -> bool {
        let words: Vec<Option<&str>> = line.split(' ').map(Some).collect();
        let name = base_name(words[0].expect("a name"));
        assert!(is_one(name), "{line}");
        reads_all(name, &words[1..], line)
    }

    #[test]
    fn programs_from_the_input_are_read_whole() {
        let whole = [
            "bash",
            "bash -",
            "bash -ex",
            "bash -o pipefail -s -- -b /usr/bin",
            "sh /dev/stdin x",
            "python3 - --version 1",
            "python3",
            "perl -w",
            "php -- --install-dir=/usr/bin",
            "php -d a=b",
            "/usr/bin/node -",
        ];
        for line in whole {
            assert!(all(line), "{line}");
        }
    }

    #[test]
    fn one_liners() {
        for line in [
            "perl -pe s/a/b/",
            "perl -lane print",
            "python3 -c json.load(sys.stdin)",
            "ruby -e STDIN.read",
            "python3 -m json.tool",
        ] {
            assert!(all(line), "{line}");
        }
        let others = [
            "perl -ne print;exit",
            "perl -e print",
            "perl -MJSON -e print",
            "python3 -c sys.stdin.readline()",
            "python3 -m http.server",
            "ruby -e gets",
            "ruby -e STDIN.readline",
            "node -e x",
            "php -r x",
            "bash -c head",
            "bash -lc head",
            "node pick.js",
            "bash install.sh",
        ];
        for line in others {
            assert!(!all(line), "{line}");
        }
    }
}
