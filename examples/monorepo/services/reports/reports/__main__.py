"""Write one PDF with the levels of a month."""

import argparse
import datetime
import os
import sqlite3
import sys
from pathlib import Path

from . import archive, render


def month(text):
    return datetime.datetime.strptime(text, "%Y-%m").date()


def last_month():
    first = datetime.date.today().replace(day=1)
    return (first - datetime.timedelta(days=1)).replace(day=1)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="reports", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("readings.db"), help="the archive of ingest")
    parser.add_argument("--month", type=month, default=None, help="like 2024-03; default: last month")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("REPORT_DIR", "out")))
    args = parser.parse_args(argv)

    chosen = args.month or last_month()
    try:
        rows = archive.monthly(args.data, chosen)
    except sqlite3.Error as error:
        print(f"reports: {args.data}: {error}", file=sys.stderr)
        return 1
    if not rows:
        print(f"reports: no readings in {chosen:%Y-%m}", file=sys.stderr)
        return 1

    args.out.mkdir(parents=True, exist_ok=True)
    target = args.out / f"levels-{chosen:%Y-%m}.pdf"
    title = os.environ.get("REPORT_TITLE", "Gauge levels")
    render.write_pdf(render.to_html(title, chosen, rows), target)
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
