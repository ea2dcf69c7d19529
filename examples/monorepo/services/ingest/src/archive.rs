//! The archive: one SQLite table with every reading.

use std::path::Path;

use rusqlite::{params, Connection, Result};

use crate::reading::Reading;

pub struct Archive {
    connection: Connection,
}

impl Archive {
    pub fn open(path: &Path) -> Result<Self> {
        Self::with(Connection::open(path)?)
    }

    fn with(connection: Connection) -> Result<Self> {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS reading (
                 station  TEXT NOT NULL,
                 time     TEXT NOT NULL,
                 level_cm INTEGER NOT NULL,
                 PRIMARY KEY (station, time)
             ) WITHOUT ROWID;",
        )?;
        Ok(Self { connection })
    }

    /// Adds what is not there yet, all or nothing, and returns how many that were.
    pub fn add(&mut self, readings: &[Reading]) -> Result<usize> {
        let transaction = self.connection.transaction()?;
        let mut added = 0;
        {
            let mut insert =
                transaction.prepare("INSERT OR IGNORE INTO reading (station, time, level_cm) VALUES (?1, ?2, ?3)")?;
            for reading in readings {
                added += insert.execute(params![reading.station, reading.time, reading.level_cm])?;
            }
        }
        transaction.commit()?;
        Ok(added)
    }

    /// All readings by station, then time.
    pub fn all(&self) -> Result<Vec<Reading>> {
        let mut select =
            self.connection.prepare("SELECT station, time, level_cm FROM reading ORDER BY station, time")?;
        let rows = select
            .query_map([], |row| Ok(Reading { station: row.get(0)?, time: row.get(1)?, level_cm: row.get(2)? }))?;
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_kept_once() {
        let mut archive = Archive::with(Connection::open_in_memory().unwrap()).unwrap();
        let reading = Reading { station: "HAV01".to_owned(), time: "2024-03-01T06:00:00Z".to_owned(), level_cm: 431 };
        assert_eq!(archive.add(&[reading.clone()]).unwrap(), 1);
        assert_eq!(archive.add(&[reading.clone()]).unwrap(), 0);
        assert_eq!(archive.all().unwrap(), [reading]);
    }
}
