"""Take a few samples of the latest gauge levels and print how they moved."""

import argparse
import os
import sys
import time
from collections import OrderedDict

import requests
from tabulate import tabulate


def fetch_latest(api_url, timeout=5):
    """Return {station: level_cm} as the API reports it now."""
    response = requests.get(api_url.rstrip("/") + "/latest", timeout=timeout)
    response.raise_for_status()
    return {row["station"]: row["level_cm"] for row in response.json()}


def collect(fetch, count, pause):
    """Call `fetch` `count` times and return {station: [levels]}."""
    series = OrderedDict()
    for turn in range(count):
        if turn:
            time.sleep(pause)
        for station, level in sorted(fetch().items()):
            series.setdefault(station, []).append(level)
    return series


def summary(series):
    rows = []
    for station, levels in series.items():
        rows.append(
            [station, len(levels), min(levels), max(levels), levels[-1] - levels[0]]
        )
    return tabulate(rows, headers=["station", "n", "min cm", "max cm", "change"])


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", default=os.environ.get("API_URL", "http://localhost:3000"))
    parser.add_argument("-n", "--count", type=int, default=5, help="number of samples")
    parser.add_argument("-p", "--pause", type=float, default=10.0, help="seconds between samples")
    args = parser.parse_args(argv)

    try:
        series = collect(lambda: fetch_latest(args.api), args.count, args.pause)
    except requests.RequestException as error:
        print("sample: %s" % error, file=sys.stderr)
        return 1
    print(summary(series))
    return 0


if __name__ == "__main__":
    sys.exit(main())
