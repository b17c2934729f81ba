"""The overlay that a calibration writes: TOML with its provenance, for ``--overlay``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.calibration.published import profile
from sim.analysis.calibration.target import copula_ranks
from sim.kernels.presence import WEEKDAYS
from sim.version import __version__

if TYPE_CHECKING:
    from sim.analysis.calibration.clustering import Interval
    from sim.analysis.calibration.estimates import Estimates
    from sim.analysis.calibration.published import FromPublished
    from sim.analysis.calibration.target import TargetFit

_Z90 = 1.6448536269514722
_QUANTILES = 41


@dataclass(frozen=True)
class Origin:
    """What an overlay was made from.

    Attributes
    ----------
    source : str
        Short name under ``[scenario.sources]``.
    file, sha256 : str
        Empty where there is none.
    period : str
    rows : int
    method : str
    date : str
    """

    source: str
    file: str
    sha256: str
    period: str
    rows: int
    method: str
    date: str

    @property
    def words(self) -> str:
        """The entry among the scenario's sources."""
        parts = [self.file, f"sha256 {self.sha256}" if self.sha256 else "", self.period]
        parts += [f"{self.rows:,} rows" if self.rows else "", self.method]
        parts += [f"officesim {__version__}", self.date]
        return "; ".join(part for part in parts if part)


def from_log(
    origin: Origin,
    found: Estimates,
    mandated: float | None,
    policies: Sequence[str],
    has_bookings: bool,
) -> str:
    """Return the overlay of a log.

    Parameters
    ----------
    origin : Origin
    found : Estimates
    mandated : float or None
        Days a week that were asked of people in the combined mode while the log was kept.
    policies : sequence of str
        Policies whose people come as those of the log do.
    has_bookings : bool
        Whether the scenario has bookings, which have no-shows.

    Returns
    -------
    str
    """
    cohort = "combined" if "combined" in found.presence else next(iter(found.presence))
    weekday = profile(found.presence[cohort])
    lines = [*_head(origin), "[attendance]", 'days_basis = "observed"']
    lines.append(f"weekday = {_told({'value': list(weekday.values())}, origin.source, True)}")
    if found.clustering is not None:
        lines.append(f"clustering = {_clustering(found.clustering.clustering, origin.source)}")
        lines += _shared(found, origin.source)
    days = found.days[cohort]
    if mandated is not None:
        share = _scaled(days, 1 / mandated, 1.0)
        lines.append(f"compliance = {_told(share, origin.source, True)}")
    elif policies:
        lines.append(
            f"compliance = {_told({'value': 1.0}, 'the days of the log are attended days', True)}"
        )
    for name in policies if mandated is None else ():
        lines += ["", f"[policy.{_key(name)}]"]
        scaled = _told(_scaled(days, 1.0, float(WEEKDAYS)), origin.source, True)
        lines.append(f"days_on_site = {scaled}")
    if has_bookings and found.no_show is not None and found.no_show.value < 1:
        lines += ["", "[occupancy.booking]"]
        value = {"value": round(found.no_show.value, 4)}
        lines.append(f"no_show = {_told(value, origin.source, True)}")
    return "\n".join(lines) + "\n"


def from_published(origin: Origin, found: FromPublished) -> str:
    """Return the overlay of published percentages; nothing in it is confirmed."""
    lines = _head(origin)
    lines += [f"# Known: {said}." for said in found.known]
    lines += [f"# Not known: {said}." for said in found.unknown]
    lines.append("[attendance]")
    if found.by_weekday:
        weekday = list(profile(found.by_weekday).values())
        lines.append(f"weekday = {_told({'value': weekday}, origin.source, False)}")
    if found.clustering is not None:
        told = _clustering(found.clustering.clustering, origin.source, False)
        lines.append(f"clustering = {told}")
    return "\n".join(lines) + "\n"


def from_targets(
    origin: Origin,
    found: TargetFit,
    paths: Mapping[str, str],
    correlations: Sequence[tuple[Sequence[str], float]],
) -> str:
    """Return the overlay of published targets; nothing in it is confirmed.

    Parameters
    ----------
    origin : Origin
    found : TargetFit
    paths : mapping of str to str
        Where the scenario states each input, by its stream; others cannot be written.
    correlations : sequence of (inputs, rank)
        Those that the scenario states; its list is replaced as a whole.

    Returns
    -------
    str
    """
    lines = _head(origin)
    lines.append("# Each input alone may be anywhere in its range; together they give the targets.")
    shares = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    tables: dict[str, list[str]] = {}
    for stream, values in zip(found.streams, found.accepted, strict=True):
        if stream not in paths:
            lines.append(f"# {stream}: stated as no input of its own; left as it is")
            continue
        *table, key = paths[stream].split(".")
        quantiles = [float(f"{q:.5g}") for q in np.quantile(values, shares)]
        told = _told({"empirical": quantiles}, origin.source, False)
        tables.setdefault(".".join(map(_key, table)), []).append(f"{_key(key)} = {told}")
    for name, entries in tables.items():
        lines += ["", f"[{name}]", *entries]
    written = {stream for stream in found.streams if stream in paths}
    lines += _correlations(found, written, correlations)
    return "\n".join(lines) + "\n"


def _correlations(
    found: TargetFit, written: set[str], before: Sequence[tuple[Sequence[str], float]]
) -> Iterator[str]:
    pairs = {pair: rank for pair, rank in copula_ranks(found).items() if set(pair) <= written}
    kept = [(inputs, rank) for inputs, rank in before if not written & set(inputs)]
    if not pairs:
        return
    for inputs, rank in [*pairs.items(), *kept]:
        yield ""
        yield "[[correlation]]"
        yield f"inputs = {json.dumps(list(inputs), ensure_ascii=False)}"
        yield f"rank = {rank:g}"


def _head(origin: Origin) -> list[str]:
    return [
        f"# Written by `officesim calibrate`, officesim {__version__}, {origin.date}.",
        "# Lay it over the scenario: officesim run FILE --overlay THIS",
        f"# From: {origin.file or 'published figures'}",
        *([f"# sha256: {origin.sha256}"] if origin.sha256 else []),
        *([f"# Period: {origin.period}"] if origin.period else []),
        *([f"# Rows: {origin.rows}"] if origin.rows else []),
        f"# Method: {origin.method}",
        "",
        "[scenario.sources]",
        f"{origin.source} = {json.dumps(origin.words, ensure_ascii=False)}",
        "",
    ]


def _told(value: Mapping[str, object], source: str, confirmed: bool) -> str:
    (kind, figure), *_ = value.items()
    return (
        f"{{ {kind} = {_toml(figure)}, source = {json.dumps(source, ensure_ascii=False)}, "
        f"confirmed = {str(confirmed).lower()} }}"
    )


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f"{value!r}"


def _clustering(found: Interval, source: str, confirmed: bool = True) -> str:
    if found.high <= 0:
        return _told({"value": 0.0}, source, confirmed)
    # at the end of what there can be, half a normal: 95 % of it lies below 1.96 of its sd
    half = (found.high - found.value) / 1.96
    sd = max((found.high - found.low) / (2 * _Z90) if found.low > 0 else half, 1e-4)
    shape = {"mean": round(found.value, 5), "sd": round(sd, 5), "min": 0.0, "max": 0.95}
    return _told({"normal": shape}, source, confirmed)


def _shared(found: Estimates, source: str) -> Iterator[str]:
    """Yield the parts of the shock that the log identifies; a comment for those it does not."""
    clustering = found.clustering
    assert clustering is not None, "the caller looked"
    if clustering.clustering.low <= 0:
        yield "# shared: not identified, since independence of people is not rejected"
        return
    parts = []
    if np.isfinite(clustering.common.value):
        parts.append(f"common = {_down(clustering.common.value)}")
    else:
        yield "# shared.common: not identified from one site; the scenario's figure stays"
    parts.append(f"week = {_down(clustering.week.value)}")
    said = json.dumps(source, ensure_ascii=False)
    yield f"shared = {{ {', '.join(parts)}, source = {said}, confirmed = true }}"


def _scaled(found: Interval, factor: float, most: float) -> dict[str, object]:
    mean = min(found.value * factor, most)
    sd = max((found.high - found.low) * factor / (2 * _Z90), 1e-5)
    if mean >= most:
        return {"value": most}
    shape = {"mean": round(mean, 5), "sd": round(sd, 6), "min": 0.0, "max": most}
    return {"normal": shape}


def _down(part: float) -> str:
    """Return four digits of a part, so that parts never exceed the whole."""
    return f"{math.floor(1e4 * part) / 1e4:.4f}"


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else json.dumps(name, ensure_ascii=False)
