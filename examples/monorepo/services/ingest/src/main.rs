//! Takes every CSV file of the spool folder into the archive, then writes the
//! files that the API serves.

mod archive;
mod export;
mod reading;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use archive::Archive;
use reading::Stations;

fn main() -> ExitCode {
    let once = env::args().any(|arg| arg == "--once");
    match run(once) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ingest: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(once: bool) -> Result<(), Box<dyn Error>> {
    let spool = folder("SPOOL_DIR", "spool");
    let data = folder("DATA_DIR", "data");
    let stations = Stations::read(&folder("STATIONS_FILE", "../../shared/stations.csv"))?;

    fs::create_dir_all(&data)?;
    let mut archive = Archive::open(&data.join("readings.db"))?;
    loop {
        if take_in(&spool, &stations, &mut archive)? > 0 {
            export::write_all(&archive, &data)?;
        }
        if once {
            return Ok(());
        }
        thread::sleep(Duration::from_secs(30));
    }
}

fn folder(variable: &str, default: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| PathBuf::from(default), PathBuf::from)
}

/// Returns how many readings were new.
fn take_in(spool: &Path, stations: &Stations, archive: &mut Archive) -> Result<usize, Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(spool)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();

    let mut added = 0;
    for path in files {
        let (readings, rejected) = reading::read_file(&path, stations)?;
        added += archive.add(&readings)?;
        for line in &rejected {
            eprintln!("ingest: {}: {line}", path.display());
        }
        fs::rename(&path, path.with_extension("done"))?;
    }
    Ok(added)
}
