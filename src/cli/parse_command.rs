//! `dockmod parse`.

use std::fs;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::Path;

use serde::Serialize;

use crate::config::{Asked, Configuration, Wanted};
use crate::report::escape::visible;
use crate::syntax::{self, Dockerfile, ParseError, dump, tokens, validate};
use crate::walk::Entry;

use super::args::{ParseArgs, ParseFormat, RunArgs};
use super::{Status, run, terminal};

/// A file as JSON: its instructions, or why there are none.
#[derive(Serialize)]
#[serde(untagged)]
enum Parsed {
    File {
        path: String,
        #[serde(flatten)]
        file: dump::FileDump,
        #[serde(skip_serializing_if = "Option::is_none")]
        build_error: Option<String>,
    },
    Rejected {
        path: String,
        error: String,
        line: usize,
        column: usize,
    },
}

/// Parses the paths and prints what BuildKit sees.
pub fn parse(args: &ParseArgs, options: &RunArgs) -> io::Result<Status> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut status = Status::Done;
    let mut all = Vec::new();
    let mut show = |path: &str, source: &[u8], out: &mut dyn io::Write| -> io::Result<bool> {
        let parsed = syntax::parse(source);
        let failed = parsed.is_err();
        match args.format {
            ParseFormat::Tree => tree(path, parsed, out)?,
            ParseFormat::Json => all.push(as_data(path, parsed)),
            ParseFormat::Ndjson => {
                serde_json::to_writer(&mut *out, &as_data(path, parsed))?;
                writeln!(out)?;
            }
        }
        Ok(failed)
    };
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        let mut source = Vec::new();
        io::stdin().lock().read_to_end(&mut source)?;
        if show("-", &source, &mut out)? {
            status = Status::Failed;
        }
    }
    // How BuildKit reads a file is no matter of configuration.
    let configuration = Configuration::new(Wanted::Nothing, Asked::default());
    let paths: Vec<_> = args.paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect();
    for entry in if paths.is_empty() { Vec::new() } else { run::entries(options.files, &paths, &configuration) } {
        let name = entry.path().display().to_string();
        match entry {
            Entry::Skipped { reason, .. } => terminal::line(&format!("{name}: skipped: {reason}")),
            Entry::Failed { error, .. } => {
                terminal::error(&format!("{name}: {error}"));
                status = Status::Failed;
            }
            Entry::Dockerfile(path) => match read(&path) {
                Ok(source) => {
                    if show(&name, &source, &mut out)? {
                        status = Status::Failed;
                    }
                }
                Err(error) => {
                    terminal::error(&format!("{name}: it can't be read: {error}"));
                    status = Status::Failed;
                }
            },
        }
    }
    if args.format == ParseFormat::Json {
        serde_json::to_writer_pretty(&mut out, &all)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(status)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

fn as_data(path: &str, parsed: Result<Dockerfile<'_>, ParseError>) -> Parsed {
    let path = path.to_owned();
    match parsed {
        Ok(file) => {
            let refusal = validate::refusal(&file);
            let build_error =
                refusal.map(|refusal| format!("dockerfile parse error on line {}: {refusal}", refusal.line));
            Parsed::File { path, file: dump::dump(&file), build_error }
        }
        Err(error) => Parsed::Rejected { path, error: error.to_string(), line: error.line, column: error.column },
    }
}

fn tree(path: &str, parsed: Result<Dockerfile<'_>, ParseError>, out: &mut dyn io::Write) -> io::Result<()> {
    let file = match parsed {
        Ok(file) => file,
        Err(error) => return writeln!(out, "{path}:{}:{}: {error}", error.line, error.column),
    };
    writeln!(out, "{}", visible(path))?;
    let mut line = 1;
    for token in tokens::tokens(&file) {
        let text = String::from_utf8_lossy(token.span.slice(file.source));
        let kind = serde_json::to_string(&token.kind)?;
        writeln!(
            out,
            "  {line:>4} {:>6}..{:<6} {:<13} {text:?}",
            token.span.start,
            token.span.end,
            kind.trim_matches('"')
        )?;
        line += text.matches('\n').count();
    }
    Ok(())
}
