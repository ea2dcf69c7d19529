//! How a changed file is shown: its fixes as comment lines, which `git apply` passes over, and a diff.

use std::io::{self, Write};

use crate::report::diff;
use crate::report::escape::visible;

/// Where it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Whether colours are wanted.
    pub coloured: bool,
    /// Whether it is a terminal.
    pub terminal: bool,
}

impl Screen {
    /// Prints the comment lines, then the diff.
    pub fn print(
        self,
        out: &mut impl Write,
        path: &str,
        comments: impl Iterator<Item = String>,
        (source, changed): (&[u8], &[u8]),
    ) -> io::Result<()> {
        for line in comments {
            let line = visible(&line).into_owned();
            let line = if self.coloured { console::style(line).dim().to_string() } else { line };
            writeln!(out, "{line}")?;
        }
        // `git apply` takes no absolute path.
        let name = path.strip_prefix("./").unwrap_or(path).trim_start_matches('/');
        let text = if self.coloured || self.terminal {
            let text = diff::coloured(name, source, changed);
            if self.coloured { text } else { console::strip_ansi_codes(&text).into_owned() }
        } else {
            diff::unified(name, source, changed)
        };
        out.write_all(text.as_bytes())
    }
}
