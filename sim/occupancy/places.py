"""What people share on a day in the office: workstations, a waiting line, and meeting rooms."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simpy.events import Event

from sim.kernels.visits import NEVER, OWN


class Workstation(NamedTuple):
    """A workstation, by its neighbourhood and its number there."""

    place: int
    number: int


OWN_WORKSTATION = Workstation(OWN, -1)


class Neighbourhood:
    """Shared workstations, of which the free one with the lowest number is always taken."""

    def __init__(self, place: int, workstations: int) -> None:
        self._free = [Workstation(place, number) for number in range(workstations)]

    def take(self) -> Workstation | None:
        """Take a free workstation, if there is one."""
        return heapq.heappop(self._free) if self._free else None

    def give_back(self, workstation: Workstation) -> None:
        """Let a workstation be free again."""
        heapq.heappush(self._free, workstation)


@dataclass(frozen=True, eq=False)
class Waiting:
    """Somebody in the waiting line."""

    turn: Event
    reach: Sequence[int]
    until: int


class WaitingLine:
    """Those who wait for a workstation, longest first."""

    def __init__(self) -> None:
        self._line: list[Waiting] = []

    def join(self, waiting: Waiting) -> None:
        """Wait behind all others."""
        self._line.append(waiting)

    def leave(self, waiting: Waiting) -> None:
        """Wait no longer."""
        self._line.remove(waiting)

    def call(self, place: int, now: int) -> Waiting | None:
        """Call out of the line the first who would sit in a neighbourhood and still has time."""
        for waiting in self._line:
            if place in waiting.reach and waiting.until > now:
                self.leave(waiting)
                return waiting
        return None


class Rooms:
    """Meeting rooms by size class."""

    def __init__(self, rooms: Iterable[int]) -> None:
        self._free = [int(count) for count in rooms]

    def take(self, least: int) -> int:
        """Take a free room of the least size class that is enough, or NEVER if there is none."""
        for size in range(least, len(self._free)):
            if self._free[size] > 0:
                self._free[size] -= 1
                return size
        return NEVER

    def give_back(self, size: int) -> None:
        """Let a room be free again."""
        self._free[size] += 1
