//! `dockmod list` and `dockmod explain`.

use std::io::{self, Write as _};

use crate::config;
use crate::edit::Transform;
use crate::transforms;

use super::{Status, terminal};

/// Prints id, summary, safety and codes of each transform.
pub fn list() -> io::Result<Status> {
    let mut out = io::stdout().lock();
    let width = transforms::ALL.iter().map(|transform| transform.id.len()).max().unwrap_or(0);
    let safety = |transform: &Transform| {
        let offers = transform.offers.name();
        if transform.opt_in { format!("{offers}, opt-in") } else { offers.to_owned() }
    };
    let column = transforms::ALL.iter().map(|transform| safety(transform).len()).max().unwrap_or(0);
    for transform in transforms::ALL {
        let codes =
            if transform.codes.is_empty() { String::new() } else { format!(" ({})", transform.codes.join(", ")) };
        writeln!(out, "{:width$}  {:column$}  {}{codes}", transform.id, safety(transform), transform.summary)?;
    }
    Ok(Status::Done)
}

/// Prints the page of a transform.
pub fn explain(id: &str) -> io::Result<Status> {
    let Some(transform) = transforms::find(id) else {
        terminal::error(&config::unknown(id));
        return Ok(Status::Failed);
    };
    io::stdout().lock().write_all(transform.readme.as_bytes())?;
    Ok(Status::Done)
}
