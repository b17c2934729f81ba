"""Buildings, floors and who sits where; when a part of them can be handed back. Model part 7."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Right = Literal["lease", "free_use", "operational_management", "owned"]
Heritage = Literal["none", "no_moves_in", "must_keep"]
Disposal = Literal["none", "sale", "transfer", "letting"]
BORROWED = ("lease", "free_use")
"""Rights that end; the others end only when somebody takes the space."""


@dataclass(frozen=True)
class Holding:
    """A building, by which right it is held, and how that ends.

    Attributes
    ----------
    building, holder : str
    right : Right
    by_floor : bool
        Whether floors can be handed back one by one, or only the building as a whole.
    end : date or None
        First day on which a lease or free use has ended; None where it has no end.
    breaks : tuple of date
        Days before the end on which it can be left.
    notice_months : int
        From the notice to the day of leaving; an end needs none.
    renewable : bool
        Whether it goes on from its end for as long as it is wanted, to be left on any day.
    heritage : Heritage
    disposal : Disposal
        Who takes owned space: nobody, a buyer, another body, a tenant.
    disposal_months : int
        From the day on which it is empty to that on which it is taken.
    """

    building: str
    holder: str
    right: Right
    by_floor: bool
    end: date | None
    breaks: tuple[date, ...]
    notice_months: int
    renewable: bool
    heritage: Heritage
    disposal: Disposal
    disposal_months: int

    @property
    def borrowed(self) -> bool:
        """Whether it is held by a right that ends."""
        return self.right in BORROWED

    @property
    def last_day(self) -> date | None:
        """The day by which it must be empty, None where it can be kept."""
        return None if self.renewable else self.end


@dataclass(frozen=True)
class Floor:
    """A floor with its rooms added up.

    Attributes
    ----------
    building, name : str
    area : float
        [m²]
    open_places, secure_places : int
        Workstations outside and inside secure rooms, no more than the rooms' people limits.
    must_stay : bool
        Whether one of its rooms cannot be moved.
    """

    building: str
    name: str
    area: float
    open_places: int
    secure_places: int
    must_stay: bool


@dataclass(frozen=True)
class Room:
    """A room, or with an empty name a floor: its whole area and what is outside its rooms."""

    building: str
    floor: str
    name: str
    area: float
    workstations: int
    secure: bool
    must_stay: bool
    people_limit: int | None

    @property
    def places(self) -> int:
        """Workstations that may be used."""
        limit = self.workstations if self.people_limit is None else self.people_limit
        return min(self.workstations, limit)


@dataclass(frozen=True)
class Seat:
    """Workstations of a body on a floor today."""

    body: str
    building: str
    floor: str
    workstations: int


def floors(rooms: Iterable[Room]) -> tuple[Floor, ...]:
    """Add up rooms to floors, in the order in which floors first occur.

    Parameters
    ----------
    rooms : iterable of Room

    Returns
    -------
    tuple of Floor
        A floor's area is that of its own row, else the sum of its rooms.
    """
    grouped: dict[tuple[str, str], list[Room]] = {}
    for room in rooms:
        grouped.setdefault((room.building, room.floor), []).append(room)
    return tuple(
        Floor(
            building,
            name,
            next((room.area for room in those if not room.name), sum(r.area for r in those)),
            sum(room.places for room in those if not room.secure),
            sum(room.places for room in those if room.secure),
            any(room.must_stay for room in those),
        )
        for (building, name), those in grouped.items()
    )


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def handed_back(holding: Holding, start: date, emptied: date) -> date | None:
    """Return the day on which space that is empty from a day on can be handed back.

    Parameters
    ----------
    holding : Holding
    start : date
        The earliest day on which notice can be given.
    emptied : date

    Returns
    -------
    date or None
        None where it never can: heritage that must be kept, or nobody who takes it.
    """
    if holding.heritage == "must_keep":
        return None
    if not holding.borrowed:
        taken = holding.disposal != "none"
        return months_after(emptied, holding.disposal_months) if taken else None
    noticed = months_after(start, holding.notice_months)
    days = [day for day in holding.breaks if day >= max(emptied, noticed)]
    if holding.end is not None:
        days.append(max(emptied, holding.end))
    elif not holding.breaks:
        days.append(max(emptied, noticed))
    return min(days, default=None)
