"""The estate of a problem: its floors, how they can be left, and what that costs; model part 7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.domain.estate import Floor, Holding

PRICES = ("rent_m2", "running_m2", "holding_m2", "move", "exit_m2", "sale_m2")
"""Figures of money, in the order in which arrays have them."""


@dataclass(frozen=True, eq=False)
class EstatePlan:
    """The estate; numbers are indices of unknowns unless said otherwise.

    Attributes
    ----------
    days : tuple of date
        First day of each year, and the day after the last.
    mid : bool
        Whether flows fall in the middle of their year, not at its end.
    policy : str
        Whose service level says how many workstations are required.
    discount : int
        Rate [1/year].
    growth : int or None
        Growth of the staff [1/year].
    prices : tuple of int
        By ``PRICES``.
    own_prices : float64[price, building]
        What a building has in their place, else NaN.
    paid : bool[building]
        Whether its costs are those of the ledger that is to be least.
    yearly_moves, max_sites : int or None
        Numbers, not indices; None for no limit.
    ceiling : float or None
        One-off spending in a year [currency].
    holdings : tuple of Holding
    floors : tuple of Floor
    seated : int64[body, floor]
        Workstations today.
    secure : int64[body]
        Workstations that must be in secure rooms.
    fits : bool[body, building]
        Where it may sit.
    """

    days: tuple[date, ...]
    mid: bool
    policy: str
    discount: int
    growth: int | None
    prices: tuple[int, ...]
    own_prices: NDArray[np.float64]
    paid: NDArray[np.bool_]
    yearly_moves: int | None
    max_sites: int | None
    ceiling: float | None
    holdings: tuple[Holding, ...]
    floors: tuple[Floor, ...]
    seated: NDArray[np.int64]
    secure: NDArray[np.int64]
    fits: NDArray[np.bool_]

    @property
    def years(self) -> int:
        """Years of the plan."""
        return len(self.days) - 1

    @property
    def buildings(self) -> tuple[str, ...]:
        """Names of the buildings."""
        return tuple(holding.building for holding in self.holdings)

    @property
    def building_of(self) -> NDArray[np.int64]:
        """Index of the building of each floor, int64[floor]."""
        return np.array([self.buildings.index(floor.building) for floor in self.floors])

    @property
    def areas(self) -> NDArray[np.float64]:
        """Area of each floor, float64[floor] [m²]."""
        return np.array([floor.area for floor in self.floors])

    @property
    def year_names(self) -> tuple[str, ...]:
        """How the years are called: 2026, or 2026/27 where they begin later in the year."""
        first = [day.year for day in self.days[:-1]]
        if (self.days[0].month, self.days[0].day) == (1, 1):
            return tuple(map(str, first))
        return tuple(f"{year}/{(year + 1) % 100:02d}" for year in first)
