//! What dash and bash read differently, though both take it.
//!
//! Sources: dash(1), bash(1) and its POSIX mode, the `ShellCheck` wiki on `SC3xxx`.

use super::lexed::{self, BLOT, ExpansionKind, Lexed};
use super::tree::{Command, CompoundKind, Simple};
use super::{Interpreter, Script};

/// Variables that bash sets by itself.
const SET_BY_BASH: &[&str] = &[
    "RANDOM",
    "UID",
    "EUID",
    "HOSTNAME",
    "HOSTTYPE",
    "OSTYPE",
    "MACHTYPE",
    "SECONDS",
    "LINENO",
    "SHLVL",
    "DIRSTACK",
    "FUNCNAME",
    "GROUPS",
    "PIPESTATUS",
    "SHELLOPTS",
    "BASHPID",
    "BASH",
    "BASH_VERSION",
    "EPOCHSECONDS",
    "SRANDOM",
];

/// Commands that only bash has, or that do something else in it.
const OTHERWISE: &[&str] = &[
    "source",
    "pushd",
    "popd",
    "dirs",
    "declare",
    "typeset",
    "shopt",
    "let",
    "mapfile",
    "readarray",
    "enable",
    "builtin",
    "alias",
    "trap",
    "type",
    "hash",
    "ulimit",
    "kill",
    "wait",
    "help",
    "disown",
    "suspend",
    "eval",
    "local",
];

/// Files that hold nothing but plain assignments, and may be read by either shell.
const PLAIN_FILES: &[&str] = &["/etc/os-release", "/etc/lsb-release", "/usr/lib/os-release"];

impl Script<'_> {
    /// The bodies of its command substitutions, those within others too, as scripts of their own.
    ///
    /// # Errors
    /// Where one can't be read.
    pub fn substitutions(&self) -> Result<Vec<Script<'static>>, String> {
        let text = self.str((0..self.text.text().len()).into());
        let lexed = lexed::lex(text).ok_or("its quoting can't be read with certainty")?;
        if text[lexed.until..].contains(['$', '`']) {
            return Err("a heredoc in it may expand".to_owned());
        }
        let mut bodies = Vec::new();
        for found in &lexed.expansions {
            if matches!(found.kind, ExpansionKind::Substitution | ExpansionKind::Backticks) {
                let inner = &text[found.inner.range()];
                if inner.trim().is_empty() {
                    continue;
                }
                if found.kind == ExpansionKind::Backticks && inner.contains('\\') {
                    return Err(format!("`{}` can't be read with certainty", &text[found.range.range()]));
                }
                let body = super::script_of(inner.to_owned(), self.bash);
                bodies.push(body.map_err(|_| format!("`{inner}` can't be read with certainty"))?);
            }
        }
        Ok(bodies)
    }

    /// Why bash may do something else with this script than `sh` does; `None` where it does the same.
    #[must_use]
    pub fn differs_in_bash(&self, shell: &Interpreter) -> Option<String> {
        let bodies = match self.substitutions() {
            Ok(bodies) => bodies,
            Err(reason) => return Some(reason),
        };
        let errexit = shell.errexit() || self.may_set_errexit();
        if errexit && bodies.iter().any(|body| body.list.items.len() > 1) {
            return Some("bash does not keep `-e` within `$(…)`".to_owned());
        }
        std::iter::once(self).chain(&bodies).find_map(Script::own_difference)
    }

    /// Whether any `set` in the script may switch `-e` on.
    fn may_set_errexit(&self) -> bool {
        let sets = self.simple_commands().into_iter().filter(|simple| simple.name() == Some("set"));
        sets.flat_map(|simple| simple.words.iter().skip(1)).any(|word| {
            word.literal.as_deref().is_none_or(|word| word == "errexit" || word.starts_with('-') && word.contains('e'))
        })
    }

    fn own_difference(&self) -> Option<String> {
        let text = self.str((0..self.text.text().len()).into());
        let Some(lexed) = lexed::lex(text) else { return Some("its quoting can't be read with certainty".to_owned()) };
        if let Some(word) = brace_expansion(&lexed) {
            return Some(format!("`{word}` is several words in bash"));
        }
        if lexed.bare.contains("[^") {
            return Some("`[^…]` is a pattern of bash".to_owned());
        }
        if let Some(expansion) = differing_expansion(text, &lexed) {
            return Some(format!("`{expansion}` is something else in bash"));
        }
        let mut functions = false;
        self.list.visit(&mut |command| {
            functions |= matches!(command, Command::Compound(compound) if compound.kind == CompoundKind::Function);
        });
        if functions {
            return Some("it defines a function".to_owned());
        }
        self.simple_commands().into_iter().find_map(|simple| self.differing_command(simple))
    }

    fn differing_command(&self, simple: &Simple) -> Option<String> {
        let raw: Vec<&str> = simple.words.iter().map(|word| self.str(word.range)).collect();
        let name = simple.name()?;
        let literals = simple.literals();
        let first = raw.get(1).copied().unwrap_or_default();
        // `make a=~/b`: bash puts the home directory in, dash does not.
        let bare_tilde = |word: &&&str| lexed::lex(word).is_none_or(|lexed| lexed.bare.contains("=~"));
        if let Some(word) = raw.iter().find(bare_tilde) {
            return Some(format!("`{word}` is something else in bash"));
        }
        let differs = match name {
            "echo" => first.starts_with('-') && first != "-n" || raw.iter().skip(1).any(|word| has_echo_escape(word)),
            "printf" => first.starts_with('-') || raw.get(1).is_some_and(|format| has_printf_difference(format)),
            "read" => raw.len() < 2 || first.starts_with('-') && first != "-r",
            "test" | "[" => raw.iter().any(|word| matches!(*word, "==" | "-v" | "-R" | "=~")),
            "." => !matches!(literals.as_slice(), [_, Some(file)] if PLAIN_FILES.contains(file)),
            "export" | "readonly" | "exec" => first.starts_with('-'),
            "command" => !matches!(first, "-v" | "-V"),
            _ => OTHERWISE.contains(&name),
        };
        differs.then(|| format!("bash does something else with `{name}` here"))
    }
}

/// `{a,b}` or `{1..9}` outside of quotes.
fn brace_expansion(lexed: &Lexed) -> Option<String> {
    let words = lexed.bare.split([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')']);
    words
        .filter(|word| {
            word.split_once('{')
                .is_some_and(|(_, rest)| rest.contains('}') && (rest.contains(',') || rest.contains("..")))
        })
        .map(|word| word.replace(BLOT, "…"))
        .next()
}

/// An expansion that dash does not know, or knows otherwise.
fn differing_expansion<'t>(text: &'t str, lexed: &Lexed) -> Option<&'t str> {
    let differs = |found: &&lexed::Expansion| {
        let inner = &text[found.inner.range()];
        match found.kind {
            ExpansionKind::Parameter => SET_BY_BASH.contains(&inner),
            ExpansionKind::Braced => {
                let name = inner.trim_start_matches('#');
                let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
                let (name, operator) = name.split_at(end);
                let special = name.is_empty() && matches!(operator, "?" | "#" | "@" | "*" | "$" | "!" | "-" | "");
                let plain = operator.is_empty()
                    || operator.starts_with(['-', '=', '+', '?', '#', '%'])
                    || [":-", ":=", ":+", ":?"].iter().any(|known| operator.starts_with(known));
                SET_BY_BASH.contains(&name) || !special && (name.is_empty() || !plain)
            }
            ExpansionKind::Arithmetic => ["**", "++", "--", ",", "[", "#"].iter().any(|part| inner.contains(part)),
            ExpansionKind::Substitution => inner.trim_start().starts_with('<'),
            ExpansionKind::Backticks => false,
        }
    };
    lexed.expansions.iter().find(differs).map(|found| &text[found.range.range()])
}

/// Whether dash's `echo` may read an escape where bash's prints it.
fn has_echo_escape(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let after = bytes.windows(2).filter(|pair| pair[0] == b'\\').map(|pair| pair[1]);
    after.into_iter().any(|byte| byte.is_ascii_alphanumeric() || byte == b'\\')
}

fn has_printf_difference(format: &str) -> bool {
    let bytes = format.as_bytes();
    let single = format.starts_with('\'');
    let escapes = bytes.windows(2).filter(|pair| pair[0] == b'\\').map(|pair| pair[1]).any(|byte| {
        let known = matches!(byte, b'n' | b'r' | b't' | b'a' | b'b' | b'f' | b'v' | b'\\' | b'0'..=b'7');
        let unquoted = !single && matches!(byte, b'"' | b'$' | b'`');
        !known && !unquoted
    });
    escapes || format.contains("%q") || format.contains("%(")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(text: &str) -> bool {
        let script = super::super::script_of(text.to_owned(), false).expect("a script");
        script.differs_in_bash(&Interpreter::default_linux()).is_some()
    }

    #[test]
    fn what_bash_does_otherwise() {
        for text in [
            r#"echo "a\nb" > f"#,
            "echo -e a",
            "mkdir -p a/{b,c}",
            "for i in {1..3}; do b; done",
            "[ a == b ]",
            "a=$(echo '\\t')",
            "source x",
            ". ./x.sh",
            "echo ${x^^}",
            "echo ${x/a/b}",
            "echo $RANDOM",
            "echo $'a'",
            "make a=~/b",
            "set -e; x=$(a; b)",
            r"printf 'a\x41'",
            "read -p x y",
            "rm [^a]*",
        ] {
            assert!(differs(text), "{text}");
        }
    }

    #[test]
    fn what_bash_does_the_same() {
        for text in [
            "curl -f x | tar xz && echo \"a \\\"b\\\" $x\" >> f",
            "set -eux; x=\"$(a | b)\"; find . -exec rm {} +",
            "printf 'a\\nb %s\\n' \"${x:-y}\" ${#z} ${z%%.*}",
            "echo 'a' | tee f; [ a = b ]",
            ". /etc/os-release && echo $VERSION_CODENAME",
        ] {
            assert!(!differs(text), "{text}");
        }
    }
}
