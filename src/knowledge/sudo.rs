//! What `sudo` does where root runs it.
//!
//! Source: sudo(8), sudoers(5).

/// Letters of options that change nothing for root but the environment: `-E`, `-H`, `-n`, `-S`.
const IDLE: &str = "EHnS";

/// Builtins and reserved words of sh and bash, whose program of the same name does otherwise or is not there.
const OF_THE_SHELL: &[&str] = &[
    "echo", "printf", "test", "[", "[[", "kill", "pwd", "type", "time", "false", "true", "fc", "if", "then", "else",
    "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}", "!", "in", "select", "coproc",
    "function", ":",
];

/// What in the text of a RUN relies on sudo beside the command that it starts; `None` where nothing is known to.
#[must_use]
pub fn relied_on(text: &str) -> Option<&'static str> {
    if ["SUDO_USER", "SUDO_UID", "SUDO_GID", "SUDO_COMMAND"].iter().any(|name| text.contains(name)) {
        return Some("the RUN reads a variable that sudo sets");
    }
    // sudo adds 022 to the umask that it finds.
    text.contains("umask").then_some("the RUN sets the umask, which sudo makes stricter")
}

/// How many words `sudo` and its options are, where the rest is a command that root would run the same way
/// without them, but for its environment.
///
/// # Errors
/// With the reason where it would not.
pub fn idle_words(words: &[Option<&str>]) -> Result<usize, String> {
    let mut at = 1;
    loop {
        let Some(word) = words.get(at) else { return Err("it runs no command".to_owned()) };
        let Some(word) = *word else { return Err("the command that it runs is not written out".to_owned()) };
        if word.starts_with('-') {
            let idle = match word.strip_prefix("--") {
                Some(long) => matches!(long, "preserve-env" | "set-home" | "non-interactive" | "stdin"),
                None => word.trim_start_matches('-').chars().all(|letter| IDLE.contains(letter)) && word.len() > 1,
            };
            if !idle {
                return Err(format!("its option `{word}` may change who runs the command, or how"));
            }
            at += 1;
            continue;
        }
        if word.contains('=') {
            return Err(format!("it sets a variable by itself: `{word}`"));
        }
        if OF_THE_SHELL.contains(&word) || super::commands::changes_shell(word) {
            return Err(format!("without it `{word}` would be the shell's own"));
        }
        return Ok(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(line: &str) -> Option<usize> {
        let words: Vec<Option<&str>> =
            line.split(' ').map(|word| if word.contains('$') { None } else { Some(word) }).collect();
        idle_words(&words).ok()
    }

    #[test]
    fn options_that_are_idle_for_root() {
        assert_eq!(idle("sudo make install"), Some(1));
        assert_eq!(idle("sudo -E -H pip install x"), Some(3));
        assert_eq!(idle("sudo -nE tee f"), Some(2));
        for line in [
            "sudo -u bob make",
            "sudo -i make",
            "sudo X=1 make",
            "sudo cd /x",
            "sudo $C",
            "sudo",
            "sudo -Eu bob x",
            "sudo echo a",
            "sudo --user=bob x",
            "sudo -- x",
        ] {
            assert_eq!(idle(line), None, "{line}");
        }
    }
}
