"""Visits to the office: what both engines of occupancy are given, and what both give back.

Times are whole seconds after opening: they add exactly, and two events can be at one instant.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

OWN = -1
"""Home of a visit that has a workstation of its own; the place of one seated there."""
NOWHERE = -2
"""Place of somebody who found no workstation and works in an unassigned place."""
NEVER = -1
"""A time that does not come; a room that nobody asked for."""

SEATED, UNASSIGNED, TURNED_AWAY, NO_SHOW = range(4)
"""Outcomes of a visit: had a workstation at some time, worked elsewhere, left, did not come."""


class Visits(NamedTuple):
    """Visits of many days, those of one day together and numbered from 0 within it."""

    start: np.ndarray  # int64[day + 1], the first visit of each day
    arrival: np.ndarray  # int32[visit], when the person comes
    due: np.ndarray  # int32[visit], when a booking begins
    stay: np.ndarray  # int32[visit], from the first seat on
    patience: np.ndarray  # int32[visit], how long the person waits each time
    home: np.ndarray  # int32[visit], neighbourhood, or OWN
    booked: np.ndarray  # bool[visit], asked for a workstation at home beforehand
    shows: np.ndarray  # bool[visit], False for a booking that nobody uses
    remains: np.ndarray  # bool[visit], works in an unassigned place where there is no other
    pause: np.ndarray  # int64[visit + 1], the first pause of each visit
    pause_start: np.ndarray  # int32[pause], ascending within a visit
    pause_length: np.ndarray  # int32[pause]
    holds: np.ndarray  # bool[pause], whether the workstation stays taken meanwhile
    room: np.ndarray  # int32[pause], size class of the meeting room asked for, or NEVER


class Site(NamedTuple):
    """Where the visits go."""

    closing: int  # everybody is gone
    lapse: int  # after which a booking is free again; NEVER keeps it all day
    workstations: np.ndarray  # int32[day, neighbourhood], shared and in service
    reach: np.ndarray  # int32[neighbourhood, choice], where to look, own first, -1 at the end
    rooms: np.ndarray  # int32[size class], meeting rooms


class Log(NamedTuple):
    """What happened; the spells of visit v lie from ``pause[v] + v`` on."""

    outcome: np.ndarray  # int8[visit]
    gone: np.ndarray  # int32[visit], when the person leaves the building, NEVER if not come
    waited: np.ndarray  # int32[visit], in all
    spells: np.ndarray  # int32[visit], how many times the person was seated
    seated: np.ndarray  # int32[spell], from when
    left: np.ndarray  # int32[spell], until when
    place: np.ndarray  # int32[spell], neighbourhood, or OWN
    number: np.ndarray  # int32[spell], of the workstation within the neighbourhood, from 0
    found: np.ndarray  # int32[pause], size class of the room found; NEVER: none asked or none free
    asked: np.ndarray  # bool[pause], whether a room was asked for
    away: np.ndarray  # int32[pause], for how long the person was away, NEVER if it was missed
    lapsed: np.ndarray  # bool[visit], whether an accepted booking became free unused
    accepted: np.ndarray  # bool[visit], whether a booking was accepted
    events: np.ndarray  # int64[day]


def new_log(visits: Visits) -> Log:
    """Return an empty log of these visits."""
    count, pauses = visits.arrival.size, visits.pause_start.size
    spell = count + pauses

    def never(size: int) -> np.ndarray:
        return np.full(size, NEVER, np.int32)

    return Log(
        outcome=np.full(count, NO_SHOW, np.int8),
        gone=never(count),
        waited=np.zeros(count, np.int32),
        spells=np.zeros(count, np.int32),
        seated=never(spell),
        left=never(spell),
        place=never(spell),
        number=never(spell),
        found=never(pauses),
        asked=np.zeros(pauses, np.bool_),
        away=never(pauses),
        lapsed=np.zeros(count, np.bool_),
        accepted=np.zeros(count, np.bool_),
        events=np.zeros(visits.start.size - 1, np.int64),
    )
