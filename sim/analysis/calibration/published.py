"""From published weekly occupancy percentages: what they tell, and what they cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from sim.analysis.calibration.clustering import (
    Clustering,
    Interval,
    Site,
    fit_clustering,
    weeks_from_middle,
)
from sim.analysis.calibration.estimates import mean_by_weeks
from sim.errors import Fault, InputError
from sim.kernels.presence import WEEKDAYS
from sim.scenario.csvtext import Column, number, read
from sim.scenario.files import Refused, decoded

if TYPE_CHECKING:
    from pathlib import Path

    from sim.problem import Floats

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
FEWEST_WEEKS = 4
_COLUMNS = {"week": Column("text", required=True), "percent": Column("decimal")} | {
    day: Column("decimal") for day in DAYS
}


@dataclass(frozen=True, eq=False)
class Published:
    """Occupancy as it was published.

    Attributes
    ----------
    file, sha256 : str
    weeks : tuple of str
        As the file calls them, in its order.
    share : float64[week, weekday or 1]
    note : str
        What was detected about the table.
    """

    file: str
    sha256: str
    weeks: tuple[str, ...]
    share: Floats
    note: str

    @property
    def by_day(self) -> bool:
        """Whether weekdays are told apart."""
        return bool(self.share.shape[1] == WEEKDAYS)


@dataclass(frozen=True, eq=False)
class FromPublished:
    """What percentages tell.

    Attributes
    ----------
    mean : Interval
        Of the percentages, over weeks and days, as a share.
    by_weekday : tuple of Interval
        Empty where only weeks are given.
    least_clustering : float or None
        r of the shocks that all people behind the percentages have in common: as if they were
        countless. The clustering of one office is at least that.
    clustering : Clustering or None
        Where the people behind the percentages are known, counted as alike.
    known, unknown : tuple of str
        What can be identified, and what cannot, in words.
    """

    mean: Interval
    by_weekday: tuple[Interval, ...]
    least_clustering: float | None
    clustering: Clustering | None
    known: tuple[str, ...]
    unknown: tuple[str, ...]


def read_published(path: Path) -> Published:
    """Read weekly percentages: ``week,monday,…,friday`` or ``week,percent``.

    Raises
    ------
    InputError
        With every fault that was found.
    """
    import hashlib

    file = str(path)
    try:
        data = path.read_bytes()
        text, encoding = decoded(data)
    except Refused as refused:
        raise InputError(
            [Fault(file, None, None, "", "", refused.message, refused.remedy)]
        ) from None
    except OSError as error:
        message = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
        raise InputError([Fault(file, None, None, "", "", message, "check the name")]) from None
    table = read(text, encoding, file, _COLUMNS, "")
    columns = _columns_of(table.rows)
    if not table.faults and columns is None:
        message = "needs the columns monday to friday, or the column percent"
        table.fault(1, "", "", message, "as in week,monday,tuesday,wednesday,thursday,friday")
    shares = []
    for row in table.rows if columns else ():
        values = []
        for name in columns or ():
            cell = number(row.cells.get(name, ""), table.dialect.decimal)
            if cell is None or not 0 < float(cell) < 100:
                found = row.cells.get(name, "")
                table.fault(row.line, name, found, "must be a percentage between 0 and 100", "")
                continue
            values.append(float(cell) / 100)
        shares.append(values)
    if not table.faults and len(shares) < FEWEST_WEEKS:
        message = f"has {len(shares)} weeks"
        table.fault(None, "", "", message, f"at least {FEWEST_WEEKS} are needed")
    if table.faults:
        raise InputError(table.faults)
    share = np.array(shares)
    if share.max() <= 1.5 / 100:
        message = "all percentages are below 1.5: perhaps they are shares"
        raise InputError([Fault(file, None, None, "", "", message, "write 45 for 45 %")])
    weeks = tuple(row.cells.get("week", "") for row in table.rows)
    name = file.rsplit("/", 1)[-1]
    return Published(name, hashlib.sha256(data).hexdigest(), weeks, share, str(table.dialect))


def _columns_of(rows: Sequence[object]) -> tuple[str, ...] | None:
    cells: set[str] = set()
    for row in rows:
        cells |= set(row.cells)  # type: ignore[attr-defined]
    if set(DAYS) <= cells:
        return DAYS
    return ("percent",) if "percent" in cells else None


def fit_published(published: Published, people: int | None, seed: int) -> FromPublished:
    """Say what percentages tell.

    Parameters
    ----------
    published : Published
    people : int or None
        How many people the percentages are of, where they are of people and that is known.
    seed : int

    Returns
    -------
    FromPublished
    """
    random = np.random.Generator(np.random.Philox(seed))
    share = published.share
    means = mean_by_weeks(np.column_stack([share, share.mean(axis=1)]), _ones(share), random)
    clustering = None
    if people is not None and published.by_day:
        site = Site(np.array([people]), people * share[None], None)
        clustering = fit_clustering([site], np.arange(len(share)), random)
    known = ["the mean of the percentages, and whether it moves"]
    unknown = [
        "who comes how often: percentages do not tell people apart",
        "absence and compliance apart: both are in the percentages",
        "whether the same people or others come on two days",
    ]
    least = None
    if published.by_day:
        known.insert(0, "the profile of the week")
        least = _least_clustering(share)
    else:
        unknown.insert(0, "the profile of the week and the clustering of single days")
    if clustering is None:
        unknown.append(
            "the clustering of one office: days of an average over offices vary by what they have "
            "in common only"
        )
    else:
        known.append("clustering, if people are alike; people who differ make it look smaller")
    return FromPublished(
        means[-1],
        tuple(means[:-1]) if published.by_day else (),
        least,
        clustering,
        tuple(known),
        tuple(unknown),
    )


def _ones(share: Floats) -> Floats:
    return np.ones((len(share), share.shape[1] + 1))


def _least_clustering(share: Floats) -> float:
    """Return r of countless people: Φ⁻¹(share) = (t + √r z) / √(1 - r) has variance r / (1 - r)."""
    probit = special.ndtri(share)
    t = weeks_from_middle(np.arange(len(share)))
    centred = probit - probit.mean(axis=0)
    centred = centred - t[:, None] * (t @ centred).sum() / (WEEKDAYS * (t @ t))
    variance = float((centred**2).sum()) / (WEEKDAYS * (len(share) - 1) - 1)
    return variance / (1 + variance)


def people_of(said: str, headcount: int, workstations: int, published: Published) -> Published:
    """Return percentages of workstations as percentages of people, others as they are."""
    from dataclasses import replace

    if said != "workstations":
        return published
    share = published.share * workstations / headcount
    if share.max() >= 1:
        message = "of the scenario's workstations would be more people than it has"
        raise InputError(
            [Fault(published.file, None, None, "", "", message, "check headcount and workstations")]
        )
    return replace(published, share=share)


def profile(by_weekday: Sequence[Interval]) -> Mapping[str, float]:
    """Return the weekdays relative to their mean."""
    values = np.array([one.value for one in by_weekday])
    relative = values / values.mean()
    return dict(zip(DAYS, (float(round(v, 4)) for v in relative), strict=True))
