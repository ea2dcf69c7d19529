//! Which program reads the shell form.

/// The program that reads a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interpreter {
    /// `sh`: dash, busybox or bash, as the image has it; options such as `-e` beside.
    Sh {
        /// Options before `-c`.
        options: Vec<String>,
    },
    /// bash.
    Bash {
        /// Options before `-c`.
        options: Vec<String>,
    },
    /// PowerShell, cmd, python …
    Other(String),
}

impl Interpreter {
    /// The default on Linux, `/bin/sh -c`.
    #[must_use]
    pub const fn default_linux() -> Self {
        Self::Sh { options: Vec::new() }
    }

    /// The default on Windows, `cmd /S /C`.
    #[must_use]
    pub fn default_windows() -> Self {
        Self::Other("cmd".to_owned())
    }

    /// What a SHELL instruction or a `#!` line names.
    #[must_use]
    pub fn from_words<S: AsRef<str>>(words: &[S]) -> Self {
        let mut words = words.iter().map(AsRef::as_ref);
        let mut program = words.next().unwrap_or_default();
        if base_name(program) == "env" {
            program = words.next().unwrap_or_default();
        }
        let options: Vec<String> = words.map(str::to_owned).collect();
        match base_name(program) {
            "sh" | "dash" | "ash" => Self::Sh { options },
            "bash" => Self::Bash { options },
            other => Self::Other(other.to_owned()),
        }
    }

    /// The options, where it is a Bourne shell.
    #[must_use]
    pub fn options(&self) -> &[String] {
        match self {
            Self::Sh { options } | Self::Bash { options } => options,
            Self::Other(_) => &[],
        }
    }

    /// Whether a failing command ends the script (`-e`, `-o errexit`).
    #[must_use]
    pub fn errexit(&self) -> bool {
        self.has_flag('e', "errexit")
    }

    /// Whether commands are only read, or the shell does anything else than run the string given with `-c`.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let mut words = self.options().iter().map(String::as_str).peekable();
        while let Some(word) = words.next() {
            let known = match word {
                "-o" => words.next().is_some_and(|name| matches!(name, "pipefail" | "errexit" | "nounset" | "xtrace")),
                "--login" | "-l" => true,
                _ => word.strip_prefix('-').is_some_and(|letters| {
                    !letters.is_empty()
                        && letters.chars().all(|letter| matches!(letter, 'c' | 'e' | 'u' | 'x' | 'l' | 'o'))
                }),
            };
            if word.len() > 2 && word.starts_with('-') && !word.starts_with("--") && word.contains('o') {
                // `-eo pipefail`: the letter takes the next word.
                if !words.next().is_some_and(|name| matches!(name, "pipefail" | "errexit" | "nounset" | "xtrace")) {
                    return false;
                }
            }
            if !known {
                return false;
            }
        }
        true
    }

    fn has_flag(&self, letter: char, name: &str) -> bool {
        self.options().iter().any(|word| {
            word == name || word.strip_prefix('-').is_some_and(|rest| !rest.starts_with('-') && rest.contains(letter))
        })
    }
}

fn base_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_and_their_options() {
        let bash = Interpreter::from_words(&["/bin/bash", "-eo", "pipefail", "-c"]);
        assert!(matches!(bash, Interpreter::Bash { .. }));
        assert!(bash.errexit() && bash.is_plain());
        let sh = Interpreter::from_words(&["/bin/sh", "-c"]);
        assert!(!sh.errexit() && sh.is_plain());
        assert!(Interpreter::from_words(&["bash", "-o", "errexit", "-c"]).errexit());
        assert!(!Interpreter::from_words(&["bash", "-n", "-c"]).is_plain());
        assert_eq!(Interpreter::from_words(&["powershell", "-Command"]), Interpreter::Other("powershell".to_owned()));
        assert_eq!(
            Interpreter::from_words(&["C:\\Windows\\System32\\cmd.exe", "/S"]),
            Interpreter::Other("cmd".to_owned())
        );
    }
}
