import datetime
import sqlite3
from contextlib import closing

import pytest

from reports import archive, render

MARCH = datetime.date(2024, 3, 1)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "readings.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE reading (station TEXT, time TEXT, level_cm INTEGER)")
        connection.executemany(
            "INSERT INTO reading VALUES (?, ?, ?)",
            [
                ("HAV01", "2024-02-29T23:45:00Z", 900),
                ("HAV01", "2024-03-01T00:00:00Z", 430),
                ("HAV01", "2024-03-01T00:15:00Z", 433),
                ("SKJ01", "2024-03-31T23:45:00Z", 260),
            ],
        )
        connection.commit()
    return path


def test_only_the_month_counts(database):
    assert archive.monthly(database, MARCH) == [
        ("HAV01", 2, 430, 431.5, 433),
        ("SKJ01", 1, 260, 260.0, 260),
    ]


def test_the_page_names_title_and_stations(database):
    html = render.to_html("Levels <all>", MARCH, archive.monthly(database, MARCH))
    assert "Levels &lt;all&gt;" in html
    assert "March 2024" in html
    assert "<td>431.5</td>" in html
