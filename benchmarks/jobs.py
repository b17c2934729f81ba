"""The two jobs that every side computes: one model, one set of outputs, one check of agreement.

Four bodies. Of a body's posts a Beta share is eligible, drawn for each body; half of the eligible
staff work remotely and still owe one day a week on site, the other half come three days, everybody
else five: three cohorts of about 130 people. Absence is drawn once per draw and thins everybody's
days, and days are not equally popular. Nothing here knows who computes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HEADCOUNT = np.array([378, 387, 393, 402])
BODIES = HEADCOUNT.size
ELIGIBLE = (60.0, 30.0)
"""Beta parameters of a body's eligible share: mean 2/3, standard deviation 0.05."""
ABSENCE = (31.56, 231.44)
"""Beta parameters of absence: mean 0.12, standard deviation 0.02."""
REMOTE = 0.5
"""Chance that an eligible person works remotely; the others are in the combined mode."""
WEEKDAY = np.array([0.90, 1.18, 1.14, 1.13, 0.64])
DAYS = np.array([1.0, 3.0, 5.0])
"""Days a week on site: remote mode, combined mode, everybody else."""
WEEKS = 8
CLUSTERING = 0.05
"""Greatest clustering in Job B with shock: r ~ U(0, 0.05)."""
WORKSTATION_AREA = 12.0
AREA = WORKSTATION_AREA * HEADCOUNT
WORKSTATIONS = np.array([232, 238, 241, 247])
"""Job B, without shock: the mean shortage is about 0.05."""
WORKSTATIONS_SHOCK = np.array([244, 249, 253, 258])
"""Job B, with shock: the mean shortage is about 0.05."""
RANK = math.ceil(0.95 * 5 * WEEKS)
"""The 95 % quantile of the days is the count of this rank."""


class Sampled(NamedTuple):
    """What Job A gives for each draw and body, float64[body, draw]."""

    eligible: Floats  # eligible staff
    released: Floats  # area left if every body has ``peak`` workstations [m²]
    peak: Floats  # 95 % quantile of the 40 day counts


class Risk(NamedTuple):
    """What Job B gives for each draw and body, float64[body, draw]."""

    short: Floats  # share of days on which people exceed workstations
    unmet: Floats  # people without a workstation, averaged over days


Outputs = Sampled | Risk
Side = Callable[[int, int], Outputs]
"""Computes a job from a seed and a number of draws."""


class DisagreementError(Exception):
    """Two sides do not compute the same thing, so their times may not be compared."""


def presence(attendance: float = 1.0) -> Floats:
    """Return how likely a person is due on a weekday, float64[cohort, weekday].

    ``attendance`` stretches the days of the combined mode. No weekday fills up, so the days spread
    in proportion to their weights; whoever comes five days comes on all.
    """
    due = np.outer(DAYS * (1.0, attendance, 1.0), WEEKDAY / WEEKDAY.sum())
    due[-1] = 1.0
    return due


def limits(shock: bool) -> np.ndarray:
    """Return the workstations of each body in Job B."""
    return WORKSTATIONS_SHOCK if shock else WORKSTATIONS


def check_agreement(ours: Outputs, theirs: Outputs, who: str, widest: float = 5.0) -> None:
    """Refuse to go on unless the means of all outputs agree for every body.

    Parameters
    ----------
    ours, theirs : Sampled or Risk
    who : str
        Name of the other side.
    widest : float
        Largest difference allowed, in standard errors by the larger of both variances: a few draws
        of something rare tell too small a variance.

    Raises
    ------
    DisagreementError
    """
    for name, a, b in zip(ours._fields, ours, theirs, strict=True):
        gap = np.abs(a.mean(axis=1) - b.mean(axis=1))
        variance = np.maximum(a.var(axis=1), b.var(axis=1))
        error = np.sqrt(variance * (1 / a.shape[1] + 1 / b.shape[1]))
        if not (gap <= widest * error).all():
            raise DisagreementError(
                f"mean of {name!r} differs from that of {who}: {a.mean(axis=1)} and "
                f"{b.mean(axis=1)}, standard errors {error}; nothing was timed"
            )
