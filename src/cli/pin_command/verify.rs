//! `dockmod pin --verify`: whether registries still have what is locked, and which tags moved.

use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::args::PinArgs;
use crate::cli::images::Asker;
use crate::cli::{Status, terminal};
use crate::config::Configuration;
use crate::pin::{Checked, Fate, Lock, check};
use crate::report::plural;

/// Asks for all that is locked, and tells what became of it.
pub(super) fn verify(args: &PinArgs, configuration: &Configuration, lock: &Lock, path: &Path) -> io::Result<Status> {
    if lock.is_empty() {
        terminal::error(&format!("{}: nothing is locked: run `dockmod pin` first", path.display()));
        return Ok(Status::Failed);
    }
    let asker = match Asker::new(configuration) {
        Ok(asker) => asker,
        Err(unasked) => {
            unasked.tell();
            return Ok(Status::Failed);
        }
    };
    let source = asker.source();
    let checked = check(lock, source);
    let mut out = io::stdout().lock();
    let (mut gone, mut moved, mut failed) = (0_usize, 0_usize, 0_usize);
    for Checked { reference, digest, files, fate } in &checked {
        let first = files.first().map(String::as_str).unwrap_or_default();
        let place = match files.len() {
            0 | 1 => first.to_owned(),
            count => format!("{first} and {} more", count - 1),
        };
        match fate {
            Fate::Kept => {}
            Fate::Gone => {
                gone += 1;
                writeln!(out, "{reference}: gone: the registry no longer has {digest} ({place})")?;
            }
            Fate::Moved(now) => {
                moved += 1;
                writeln!(out, "{reference}: moved: from {} to {} ({place})", digest.short(), now.short())?;
            }
            Fate::TagGone => {
                moved += 1;
                writeln!(out, "{reference}: the tag is gone, its digest {} is still there ({place})", digest.short())?;
            }
            Fate::Failed(error) => {
                failed += 1;
                terminal::error(&format!("{reference}: {error}"));
            }
        }
    }
    if !args.quiet {
        let images = plural(checked.len(), "locked image", "locked images");
        terminal::line(&format!("{images}: {gone} gone, {moved} whose tag moved or is gone"));
        asker.told().iter().for_each(|line| terminal::line(line));
    }
    Ok(match (failed, gone) {
        (1.., _) => Status::Failed,
        (0, 1..) => Status::WouldChange,
        (0, 0) => Status::Done,
    })
}
