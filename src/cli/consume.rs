//! The one place where results are printed or written: preview, check and apply.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};
use std::path::PathBuf;

use crate::edit::{Fault, Outcome, SuppressionNote};
use crate::report::escape::visible;
use crate::report::plural;
use crate::report::summary::{Summary, Tally};
use crate::write;

use super::args::RunArgs;
use super::run::{FileResult, Report};
use super::shown::Screen;
use super::{Status, terminal};

/// What happens with a changed file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Preview,
    Check,
    Apply,
}

/// Takes results in path order.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Consumer {
    mode: Mode,
    coloured: bool,
    verbose: bool,
    quiet: bool,
    statistics: bool,
    /// Files outside of these are not written through links.
    roots: Vec<PathBuf>,
    summary: Summary,
    out: BufWriter<Stdout>,
    to_terminal: bool,
    /// Errors of configurations that were told.
    wrong_configurations: BTreeSet<String>,
    unused_suppressions: bool,
    /// Suppressions that silence nothing.
    unused: usize,
}

impl Consumer {
    /// A consumer as the arguments ask for.
    pub fn new(args: &RunArgs, roots: Vec<PathBuf>) -> Self {
        let mode = match (args.check, args.apply) {
            (true, _) => Mode::Check,
            (_, true) => Mode::Apply,
            _ => Mode::Preview,
        };
        Self {
            mode,
            coloured: console::colors_enabled(),
            verbose: args.verbose,
            quiet: args.quiet,
            statistics: args.statistics,
            roots,
            summary: Summary::default(),
            out: BufWriter::new(io::stdout()),
            to_terminal: io::stdout().is_terminal(),
            wrong_configurations: BTreeSet::new(),
            unused_suppressions: args.unused_suppressions,
            unused: 0,
        }
    }

    /// Takes the result of one file.
    pub fn take(&mut self, report: Report) -> io::Result<()> {
        let path = report.path.display().to_string();
        match report.result {
            FileResult::Skipped(reason) => {
                self.summary.skipped += 1;
                if self.verbose {
                    terminal::line(&format!("{path}: skipped: {reason}"));
                }
                Ok(())
            }
            FileResult::Failed(message) => {
                self.summary.failed += 1;
                self.flush_for_stderr()?;
                terminal::error(&separated(&path, &message));
                Ok(())
            }
            FileResult::Unconfigured(error) => {
                self.summary.failed += 1;
                // Once for all files below it.
                if self.wrong_configurations.insert(error.to_string()) {
                    self.flush_for_stderr()?;
                    terminal::config_error(&error);
                }
                Ok(())
            }
            FileResult::Known(tally) => {
                self.summary.count_tally(&tally);
                if tally.changed { self.would_change(&path, &tally) } else { Ok(()) }
            }
            FileResult::Fixed { source, outcome } => self.fixed(&report.path, &path, &source, &outcome),
        }
    }

    fn fixed(&mut self, file: &std::path::Path, path: &str, source: &[u8], outcome: &Outcome) -> io::Result<()> {
        self.summary.count(outcome);
        if self.statistics {
            self.summary.count_reasons(outcome);
        }
        if !outcome.cycle.is_empty() {
            self.flush_for_stderr()?;
            terminal::warning(&format!(
                "{path}: {} undo each other: their changes were taken back; please report it",
                outcome.cycle.join(" and ")
            ));
        }
        if !outcome.undecided.is_empty() && !self.quiet {
            self.flush_for_stderr()?;
            for open in &outcome.undecided {
                terminal::line(&format!("{path}:{}: undecided: {}: {}", open.line, open.transform.id, open.reason));
            }
        }
        self.suppressions(path, &outcome.suppressions)?;
        if self.verbose {
            self.left_alone(path, outcome)?;
        }
        let Some(changed) = &outcome.changed else { return Ok(()) };
        match self.mode {
            Mode::Preview => self.preview(path, source, changed, outcome),
            Mode::Check => self.would_change(path, &Tally::of(outcome)),
            Mode::Apply => {
                if let Err(error) = write::replace(file, source, changed, &self.roots) {
                    self.summary.failed += 1;
                    self.summary.changed -= 1;
                    self.flush_for_stderr()?;
                    terminal::error(&format!("{path}: not written: {error}"));
                    return Ok(());
                }
                let tally = Tally::of(outcome);
                let fixes = plural(tally.applied(), "fix", "fixes");
                writeln!(self.out, "{}: fixed: {fixes} ({})", self.shown(path), tally.ids().join(", "))
            }
        }
    }

    fn would_change(&mut self, path: &str, tally: &Tally) -> io::Result<()> {
        let fixes = plural(tally.applied(), "fix", "fixes");
        writeln!(self.out, "{}: would change: {fixes} ({})", self.shown(path), tally.ids().join(", "))
    }

    fn preview(&mut self, path: &str, source: &[u8], changed: &[u8], outcome: &Outcome) -> io::Result<()> {
        let comments = outcome.applied.iter().flat_map(|fix| {
            let head = format!("# {path}:{}: {} ({}): {}", fix.line, fix.transform.id, fix.safety.name(), fix.title);
            [head, format!("#   why: {}; proved: {}", fix.reason, fix.claim.name())]
        });
        let screen = Screen { coloured: self.coloured, terminal: self.to_terminal };
        screen.print(&mut self.out, path, comments, (source, changed))
    }

    /// Tells of suppressing comments that do not what they seem to.
    fn suppressions(&mut self, path: &str, notes: &[SuppressionNote]) -> io::Result<()> {
        for SuppressionNote { line, fault } in notes {
            let message = match fault {
                Fault::SilencesNothing(_) if !self.unused_suppressions => continue,
                Fault::SilencesNothing(name) => {
                    self.unused += 1;
                    format!("`{name}` silences nothing here: take it out")
                }
                Fault::NoSuchTransform(name, Some(near)) => {
                    format!("there is no transform `{name}` to silence: did you mean `{near}`?")
                }
                Fault::NoSuchTransform(name, None) => {
                    format!("there is no transform `{name}` to silence: `dockmod list` shows them all")
                }
                Fault::NoReason => "without a reason behind it this comment silences nothing: write why".to_owned(),
            };
            self.flush_for_stderr()?;
            terminal::warning(&format!("{path}:{line}: {message}"));
        }
        Ok(())
    }

    fn left_alone(&mut self, path: &str, outcome: &Outcome) -> io::Result<()> {
        self.flush_for_stderr()?;
        let declined = outcome.declined.iter();
        let declined =
            declined.map(|no| (no.line, format!("{}: declined by the decisions: {}", no.transform.id, no.reason)));
        let left = outcome.left.iter().map(|left| (left.line, format!("{}: {}", left.transform.id, left.reason)));
        let held = outcome
            .withheld
            .iter()
            .map(|held| (held.line, format!("{}: only with --unsafe: {}", held.transform.id, held.reason)));
        let dropped = outcome.dropped.iter().map(|dropped| {
            let id = dropped.transform.id;
            (dropped.line, format!("{id}: not proved, so not done: {} ({})", dropped.title, dropped.reason))
        });
        let mut lines: Vec<(usize, String)> = left.chain(held).chain(dropped).chain(declined).collect();
        // A stable sort: on one line the order of the transforms stays.
        lines.sort_by_key(|(line, _)| *line);
        for (line, text) in lines {
            terminal::line(&format!("{path}:{line}: {text}"));
        }
        Ok(())
    }

    fn shown(&self, path: &str) -> String {
        if self.to_terminal { visible(path).into_owned() } else { path.to_owned() }
    }

    /// Keeps the two streams in order where both go to one terminal.
    fn flush_for_stderr(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Prints the summary and gives the status.
    pub fn finish(mut self) -> io::Result<Status> {
        self.out.flush()?;
        if !self.quiet {
            let done = self.mode == Mode::Apply;
            for line in self.summary.lines(done) {
                terminal::line(&line);
            }
            if self.mode == Mode::Preview && self.summary.changed > 0 {
                terminal::line("--apply writes them, -i asks about each");
            }
        }
        if self.statistics {
            for line in self.summary.statistics() {
                terminal::line(&line);
            }
        }
        if self.summary.failed > 0 {
            return Ok(Status::Failed);
        }
        Ok(if self.mode == Mode::Check && (self.summary.changed > 0 || self.unused > 0) {
            Status::WouldChange
        } else {
            Status::Done
        })
    }
}

/// `path:line:column: message`, or `path: message` where the message has no place.
pub(super) fn separated(path: &str, message: &str) -> String {
    if message.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{path}:{message}")
    } else {
        format!("{path}: {message}")
    }
}
