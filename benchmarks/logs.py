"""A badge log of about five million rows: how long calibration takes, and in how much memory."""

from __future__ import annotations

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sim.analysis.calibration.synthetic import Truth, attended
from sim.kernels.presence import WEEKDAYS

TRUTH = Truth(people=(5_000, 3_000, 2_000), clustering=0.04, weeks=90)
_TEAM = 15


def write(path: Path, truth: Truth, seed: int = 3) -> int:
    """Write a log with two rows for each visit and return its rows."""
    people = attended(truth, truth.counts(seed)[..., 0], seed)
    random = np.random.default_rng(seed)
    rows = 0
    with path.open("w") as file:
        file.write("person,time,site,team,kind\n")
        for day in range(WEEKDAYS * truth.weeks):
            week, weekday = divmod(day, WEEKDAYS)
            date = dt.date(2023, 1, 2) + dt.timedelta(weeks=week, days=weekday)
            there = np.flatnonzero(people.present[:, week, weekday])
            minutes = random.integers(0, 60, there.size)
            file.writelines(
                f"P{who:06d},{date} {hour}:{minute:02d},site-{people.site[who]},"
                f"team-{who // _TEAM},{kind}\n"
                for who, minute in zip(there.tolist(), minutes.tolist(), strict=True)
                for hour, kind in (("09", "in"), ("17", "out"))
            )
            rows += 2 * there.size
    return rows


def calibrate(path: Path) -> str:
    """Calibrate on a log and tell what it took."""
    started = time.perf_counter()
    from sim.analysis.calibration.backtest import back_test
    from sim.analysis.calibration.badgelog import read_log
    from sim.analysis.calibration.estimates import estimate
    from sim.analysis.calibration.presence import tabulate

    log = read_log(path)
    read = time.perf_counter() - started
    presence = tabulate(log)
    found = estimate(presence, seed=1)
    back_test(found.sites, presence.usual, seed=1)
    whole = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{log.rows:,} rows: {whole:.1f} s, {read:.1f} s of it reading, "
        f"{time.process_time():.1f} s of a processor; peak {peak:,.0f} MiB"
    )


def main() -> None:
    """Write the log, then calibrate on it in a fresh process."""
    if sys.argv[1:]:
        print(calibrate(Path(sys.argv[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        write(path, TRUTH)
        subprocess.run([sys.executable, "-m", "benchmarks.logs", str(path)], check=True)


if __name__ == "__main__":
    main()
