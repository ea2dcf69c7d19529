//! `dockmod config` and `dockmod init`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::config;
use crate::walk::lexical;

use super::args::{ConfigAction, InitArgs, ShowArgs};
use super::{Status, select, terminal};

/// Shows what the arguments ask for.
pub fn config(what: &ConfigAction) -> io::Result<Status> {
    match what {
        ConfigAction::Show(args) => show(args),
        ConfigAction::Schema => {
            io::stdout().lock().write_all(config::SCHEMA.as_bytes())?;
            Ok(Status::Done)
        }
    }
}

fn show(args: &ShowArgs) -> io::Result<Status> {
    let configuration = match select::configuration(&args.choice, &args.config) {
        Ok(configuration) => configuration,
        Err(message) => return Ok(failed(&message)),
    };
    // A folder stands for the Dockerfile in it.
    let path = if args.path.is_dir() { args.path.join("Dockerfile") } else { args.path.clone() };
    let found = configuration.for_file(&path).and_then(|resolved| Ok((resolved, configuration.files_of(&path)?)));
    let (resolved, files) = match found {
        Ok(found) => found,
        Err(error) => {
            terminal::config_error(&error);
            return Ok(Status::Failed);
        }
    };
    let here = lexical::absolute(Path::new(".")).unwrap_or_default();
    io::stdout().lock().write_all(config::show(&resolved.effective, &files, &here).as_bytes())?;
    if configuration.excludes(&path) {
        terminal::warning(&format!("{}: the configuration leaves this file out", path.display()));
    }
    Ok(Status::Done)
}

/// Writes a start of a configuration.
pub fn init(args: &InitArgs) -> Status {
    let there = config::NAMES.iter().map(|name| args.folder.join(name)).find(|path| path.exists());
    if let Some(path) = there.filter(|_| !args.force) {
        return failed(&format!("{} is there already: `--force` replaces it", path.display()));
    }
    // As a reader in this folder would write it.
    let folder = args.folder.strip_prefix(".").unwrap_or(&args.folder);
    let path = folder.join(config::NAMES[0]);
    let written = if args.force {
        fs::write(&path, config::START)
    } else {
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        file.and_then(|mut file| file.write_all(config::START.as_bytes()))
    };
    if let Err(error) = written {
        return failed(&format!("{}: not written: {error}", path.display()));
    }
    terminal::line(&format!("{} written; `dockmod config show` says what is in force", path.display()));
    Status::Done
}

fn failed(message: &str) -> Status {
    terminal::error(message);
    Status::Failed
}
