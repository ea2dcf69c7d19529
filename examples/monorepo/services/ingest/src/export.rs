//! The files that the API serves: `latest.json` and one `<station>.jsonl` a station.

use std::error::Error;
use std::fs;
use std::path::Path;

use crate::archive::Archive;
use crate::reading::Reading;

pub fn write_all(archive: &Archive, folder: &Path) -> Result<(), Box<dyn Error>> {
    let readings = archive.all()?;
    let mut latest = Vec::new();
    for series in readings.chunk_by(|a, b| a.station == b.station) {
        let history: String = series.iter().map(history_line).collect();
        replace(&folder.join(format!("{}.jsonl", series[0].station)), &history)?;
        latest.extend(series.last().map(latest_entry));
    }
    replace(&folder.join("latest.json"), &format!("[{}]\n", latest.join(",")))?;
    Ok(())
}

// Stations and times were checked on the way in: neither holds a quote or a backslash.
fn history_line(reading: &Reading) -> String {
    format!("{{\"time\":\"{}\",\"level_cm\":{}}}\n", reading.time, reading.level_cm)
}

fn latest_entry(reading: &Reading) -> String {
    format!("{{\"station\":\"{}\",\"time\":\"{}\",\"level_cm\":{}}}", reading.station, reading.time, reading.level_cm)
}

/// A reader sees the old file or the new one, never half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    fs::write(&draft, text)?;
    fs::rename(draft, path)
}
