//! One line of a gauge file: `station,time,level_cm`.

use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub station: String,
    /// As sent, for example `2024-03-01T06:00:00Z`.
    pub time: String,
    pub level_cm: i64,
}

pub struct Stations(HashSet<String>);

impl Stations {
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut ids = HashSet::new();
        for record in csv::Reader::from_reader(file).records() {
            if let Some(id) = record?.get(0) {
                ids.insert(id.to_owned());
            }
        }
        Ok(Self(ids))
    }
}

pub fn read_file(path: &Path, stations: &Stations) -> Result<(Vec<Reading>, Vec<String>), Box<dyn Error>> {
    read(File::open(path)?, stations)
}

/// Returns the readings and, for each line that is not one, what is wrong with it.
fn read(input: impl Read, stations: &Stations) -> Result<(Vec<Reading>, Vec<String>), Box<dyn Error>> {
    let mut readings = Vec::new();
    let mut rejected = Vec::new();
    let mut lines = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(input);
    for record in lines.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        match parse(&record, stations) {
            Ok(reading) => readings.push(reading),
            Err(problem) => rejected.push(format!("line {line}: {problem}")),
        }
    }
    Ok((readings, rejected))
}

fn parse(record: &csv::StringRecord, stations: &Stations) -> Result<Reading, String> {
    let (Some(station), Some(time), Some(level), None) = (record.get(0), record.get(1), record.get(2), record.get(3))
    else {
        return Err(format!("{} fields instead of 3", record.len()));
    };
    if !stations.0.contains(station) {
        return Err(format!("unknown station {station:?}"));
    }
    if !is_time(time) {
        return Err(format!("time {time:?} is not like 2024-03-01T06:00:00Z"));
    }
    let level_cm = level.parse().map_err(|_| format!("level {level:?} is not a number"))?;
    Ok(Reading { station: station.to_owned(), time: time.to_owned(), level_cm })
}

fn is_time(text: &str) -> bool {
    const SHAPE: &[u8; 20] = b"0000-00-00T00:00:00Z";
    text.len() == SHAPE.len()
        && text.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stations() -> Stations {
        Stations(HashSet::from(["HAV01".to_owned()]))
    }

    #[test]
    fn a_good_line_becomes_a_reading() {
        let (readings, rejected) = read(&b"HAV01, 2024-03-01T06:00:00Z, 431\n"[..], &stations()).unwrap();
        assert_eq!(readings.len(), 1);
        assert_eq!(readings[0].level_cm, 431);
        assert!(rejected.is_empty());
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_kept() {
        let input = "XXX99,2024-03-01T06:00:00Z,1\nHAV01,2024-03-01T06:00:00Z,431\nHAV01,yesterday,1\n";
        let (readings, rejected) = read(input.as_bytes(), &stations()).unwrap();
        assert_eq!(readings.len(), 1);
        assert_eq!(rejected[0], "line 1: unknown station \"XXX99\"");
        assert!(rejected[1].starts_with("line 3: time"));
    }
}
