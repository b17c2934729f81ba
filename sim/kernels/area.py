"""Area and money that follow from people and workstations; plain array arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def required_area(
    fixed: Floats,
    workstations: NDArray[np.int64],
    workstation_area: Floats,
    office_area: Floats,
    meeting_people: Floats,
    seat_area: Floats,
) -> Floats:
    """Return the area that a body needs [m²], float64[body, draw].

    Parameters
    ----------
    fixed : float64[body, 1]
        Area that never scales with people [m²].
    workstations : int64[body, draw]
    workstation_area : float64[body or 1, draw]
        Area per workstation [m²]; the norm says what it includes.
    office_area : float64[body, draw]
        Private offices by rank, added up [m²].
    meeting_people : float64[body, draw]
        People who meet in the busiest hour.
    seat_area : float64[body or 1, draw]
        Area of a seat in a meeting room [m²].

    Notes
    -----
    fixed + D · m² per workstation + offices + people meeting · m² per seat; model part 6.
    """
    return fixed + workstations * workstation_area + office_area + meeting_people * seat_area


def workstations_by_ratio(ratio: Floats, sharing: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ⌈s · N⌉ workstations for N people who share at ratio s, int64[body, draw].

    A product a rounding error above a whole number counts as that number.
    """
    return np.ceil(ratio * sharing - 1e-9).astype(np.int64)


def ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Return ``over / under``, NaN where there is nothing below the line."""
    return np.asarray(over / np.where(np.asarray(under) > 0, under, np.nan))
