"""From sums of people and seconds to a labelled Dataset of rates, by replication."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from sim.kernels import occupied
from sim.kernels.area import ratio
from sim.kernels.occupied import SLOT
from sim.occupancy.present import occupancy_of
from sim.occupancy.weeks import MODES, SEATINGS, Found
from sim.occupancyplan import OccupancyPlan
from sim.problem import TOTAL, Problem
from sim.results.label import WEEKDAY_NAMES, attributes
from sim.variables import OCCUPANCY

HOUR, MINUTE = 3600, 60
FEWEST = 10
"""People in a group below which nothing is told about it."""
WEEK = "week"
"""All working days together, along the dimension ``day``."""


def dataset(problem: Problem, policies: Sequence[str], found: Sequence[Found]) -> xr.Dataset:
    """Label the replications of every policy.

    Parameters
    ----------
    problem : Problem
    policies : sequence of str
    found : sequence of Found
        One for each of these policies.

    Returns
    -------
    xarray.Dataset
        Dims ``policy, pool, replication, day, slot`` and others, as ``sim.variables.OCCUPANCY``
        says; ``pool`` is a neighbourhood or the total, ``day`` a weekday or the week,
        ``characteristic`` a group or the total of all staff, to compare with. Groups of fewer than
        ten people are left out (nan).
    """
    said = occupancy_of(problem)
    arrays = [_arrays(said, one) for one in found]
    slots = arrays[0]["present"].shape[-1]
    result = xr.Dataset(
        {
            one.name: (
                one.dims,
                np.stack([policy[one.name] for policy in arrays]),
                attributes(problem, one),
            )
            for one in OCCUPANCY
        },
        coords={
            "policy": list(policies),
            "pool": [*(place.name for place in said.neighbourhoods), TOTAL],
            "replication": np.arange(found[0].events.size),
            "day": [*WEEKDAY_NAMES, WEEK],
            "slot": (
                "slot",
                said.opens + np.arange(slots) * SLOT / HOUR,
                {"units": "h", "long_name": "start of the slot, hours after midnight"},
            ),
            "team": list(said.teams),
            "mode": list(MODES),
            "characteristic": np.array(_characteristics(said), np.str_),
        },
        attrs={
            "scenario": problem.name,
            "title": problem.title,
            "opening_hours": said.closes - said.opens,
        },
    )
    peak = np.stack([np.swapaxes(one.peak, 0, 1) for one in found])
    result["peak_by_date"] = (
        ("policy", "pool", "replication", "date"),
        peak,
        {"units": "people", "long_name": "most people present who share, by day; -1 on days off"},
    )
    desks = np.stack([np.concatenate([one.desks.T, one.desks.sum(1)[None]]) for one in found])
    result["workstations"] = (
        ("policy", "pool", "replication"),
        desks,
        {"units": "workstations", "long_name": "shared workstations"},
    )
    return result


def _characteristics(said: OccupancyPlan) -> list[str]:
    """Return the names of the groups, and of all staff to compare them with."""
    names = [group.name for group in said.groups]
    return [*names, TOTAL] if names else []


def _arrays(said: OccupancyPlan, found: Found) -> dict[str, np.ndarray]:
    """Return every variable of one policy, without its dimension ``policy``."""
    week = found.sums.sum(axis=-1, keepdims=True)
    sums = np.moveaxis(np.concatenate([found.sums, week], axis=-1), 1, 0).astype(float)
    days, came = sums[occupied.DAYS], sums[occupied.CAME]
    unseated = sums[occupied.ELSEWHERE] + sums[occupied.LEFT]
    by_pool = {
        "people_sharing": ratio(came, days),
        "peak_present": ratio(sums[occupied.PEAK], days),
        "hours_above": ratio(sums[occupied.ABOVE], days) / HOUR,
        "waiting_share": ratio(sums[occupied.WAITED], came),
        "waiting_minutes": ratio(sums[occupied.WAIT], sums[occupied.WAITED]) / MINUTE,
        "unseated_people": ratio(unseated, days),
        "unseated_share": ratio(unseated, came),
        "shortage_days": ratio(sums[occupied.UNMET_DAY], days),
        "counted_shortage_days": ratio(sums[occupied.OVER_DAY], days),
        "counted_unseated_share": ratio(sums[occupied.OVER_PEOPLE], came),
        "spill_share": ratio(sums[occupied.SPILLED], sums[occupied.FOUND]),
        "displaced_people": ratio(sums[occupied.DISPLACED], days),
        "hours_held": ratio(sums[occupied.HELD], days) / HOUR,
        "hours_used": ratio(sums[occupied.USED], days) / HOUR,
        "hours_open": ratio(sums[occupied.CAPACITY], days) / HOUR,
        "time_utilisation": ratio(sums[occupied.HELD], sums[occupied.CAPACITY]),
        "bookings": ratio(sums[occupied.BOOKED], days),
        "unused_bookings": ratio(sums[occupied.UNUSED], days),
        "lapsed_bookings": ratio(sums[occupied.LAPSED], days),
    }
    by_pool |= {"peak_p95": _peak(found.peak, 0.95), "peak_most": _peak(found.peak, 1.0)}
    arrays = {name: np.moveaxis(values, 0, 1) for name, values in by_pool.items()}
    everybody = sums[occupied.CAME, :, :, -1]
    pooled, apart = (
        ratio(found.unmet[:, SEATINGS.index(seating)], everybody) for seating in ("pooled", "apart")
    )
    arrays |= {
        "unseated_share_pooled": pooled.T,
        "unseated_share_apart": apart.T,
        "pooling_gain": (apart - pooled).T,
    }
    arrays |= {
        name: _by_slot(grid, found.sums[:, occupied.DAYS])
        for name, grid in (("present", found.present), ("held", found.held))
    }
    return arrays | _by_people(said, found)


def _peak(peak: np.ndarray, share: float) -> np.ndarray:
    """Return the peak that a share of working days does not exceed, [replication, pool, day].

    By weekday and over the week; nan where no day is worked.
    """
    weeks = peak.reshape(*peak.shape[:2], -1, len(WEEKDAY_NAMES))
    by_weekday = [_order_statistic(weeks[..., d], share) for d in range(weeks.shape[-1])]
    return np.stack([*by_weekday, _order_statistic(peak, share)], axis=-1)


def _order_statistic(values: np.ndarray, share: float) -> np.ndarray:
    """Return the least value that a share of those from 0 up do not exceed, along the last axis."""
    there = (values >= 0).sum(axis=-1)
    rank = values.shape[-1] - there + np.maximum(np.ceil(share * there - 1e-9), 1) - 1
    at = np.minimum(rank, values.shape[-1] - 1).astype(np.int64)[..., None]
    found = np.take_along_axis(np.sort(values, axis=-1), at, axis=-1)[..., 0]
    return np.where(there > 0, found, np.nan)


def _by_slot(grid: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return the mean over days and a slot, float32[pool, replication, day, slot]."""
    whole = np.concatenate([grid, grid.sum(axis=1, keepdims=True)], axis=1)
    whole = np.concatenate([whole, whole.sum(axis=2, keepdims=True)], axis=2)
    days = np.concatenate([days, days.sum(axis=-1, keepdims=True)], axis=-1)
    mean = ratio(whole, (days * SLOT)[..., None])
    return np.moveaxis(mean, 0, 1).astype(np.float32)


def _by_people(said: OccupancyPlan, found: Found) -> dict[str, np.ndarray]:
    """Return what is told by team, mode and group of people."""
    came, unseated = found.cells[:, 0], found.cells[:, 1]
    team = np.array([cell.team for cell in said.cells])
    teams = np.eye(len(said.teams))[team]
    short = ratio(found.team_days[:, 1], found.team_days[:, 0])
    group = np.array([cell.group for cell in said.cells])
    member = (group[:, None] == np.arange(len(_characteristics(said)))).astype(float)
    member[:, len(said.groups) :] = 1.0
    people = np.array([cell.people for cell in said.cells]) @ member
    told = np.where(people >= FEWEST, 1.0, np.nan)[:, None]
    staff = np.moveaxis(found.staff, 0, -1).astype(float)
    shares = [told * ratio((staff[k].T @ member).T, people[:, None]) for k in range(3)]
    asked, refused = found.rooms.sum(axis=2).T
    worst = np.where(np.isnan(short), -np.inf, short).max(axis=1)
    exists = said.stated_teams & np.isfinite(worst)
    return {
        "team_unseated_share": ratio(unseated.sum(2) @ teams, came.sum(2) @ teams).T,
        "team_shortage_days": short.T,
        "mode_unseated_share": ratio(unseated.sum(1), came.sum(1)).T,
        "characteristic_eligible_share": shares[0],
        "characteristic_ready_share": shares[1],
        "characteristic_remote_share": shares[2],
        "characteristic_unseated_share": told
        * ratio(unseated.sum(2) @ member, came.sum(2) @ member).T,
        "worst_team_shortage": np.where(exists, worst, np.nan),
        "meeting_shortage": ratio(refused, asked),
        "events": found.events.astype(float),
    }
