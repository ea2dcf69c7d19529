"""Read the archive that the ingest service writes."""

import sqlite3
from contextlib import closing
from typing import NamedTuple


class Row(NamedTuple):
    station: str
    count: int
    lowest: int
    mean: float
    highest: int


def monthly(path, month):
    """One row for each station that has a reading in the month of the date `month`."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            """
            SELECT station, count(*), min(level_cm), avg(level_cm), max(level_cm)
            FROM reading
            WHERE time LIKE ?
            GROUP BY station
            ORDER BY station
            """,
            (f"{month:%Y-%m}-%",),
        )
        return [Row(*row) for row in rows]
