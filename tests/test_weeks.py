"""The compiled day against the SimPy processes: the same log, to the last second and tie."""

from __future__ import annotations

import numpy as np
from days import random_days
from hypothesis import given, settings

from sim.kernels import weeks
from sim.kernels.visits import new_log
from sim.occupancy.processes import simulate_days


def compiled(visits, site):
    log = new_log(visits)
    weeks.simulate_days(visits, site, log)
    return log


@settings(max_examples=300)
@given(random_days(days=3, people=24))
def test_both_engines_keep_the_same_log(given_days):
    visits, site = given_days
    expected, found = simulate_days(visits, site), compiled(visits, site)
    for name in expected._fields:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
