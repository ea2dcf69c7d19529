//! `dockmod list` and `dockmod explain`.

use std::io::{self, Write as _};

use crate::transforms;

use super::{Status, select, terminal};

/// Prints id and summary of each transform.
pub fn list() -> io::Result<Status> {
    let mut out = io::stdout().lock();
    let width = transforms::ALL.iter().map(|transform| transform.id.len()).max().unwrap_or(0);
    for transform in transforms::ALL {
        let codes =
            if transform.codes.is_empty() { String::new() } else { format!(" ({})", transform.codes.join(", ")) };
        writeln!(out, "{:width$}  {}{codes}", transform.id, transform.summary)?;
    }
    Ok(Status::Done)
}

/// Prints the page of a transform.
pub fn explain(id: &str) -> io::Result<Status> {
    let Some(transform) = transforms::find(id) else {
        terminal::error(&select::unknown(id));
        return Ok(Status::Failed);
    };
    io::stdout().lock().write_all(transform.readme.as_bytes())?;
    Ok(Status::Done)
}
