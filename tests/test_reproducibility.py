"""The same bits whatever the threads, blocks and neighbours, in every shipped scenario."""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
import pytest
from handmade import JIT, RICH, SCENARIOS, planned, results, shipped, written

from sim.job import run
from sim.sizing import service_sizes

EXTRA = ('policy.zz.title="placed last"', "policy.zz.dedicated.fresh={uniform=[0.01,0.2]}")
FIRST = {
    "attendance-order": "order",
    "bodies-csv": "own",
    "estate": "combined",
    "kazakhstan-2023": "level95",
    "neighbourhoods": "pooled",
    "order-back": "hybrid",
    "single-office": "pooled",
}
FEW = 12 if JIT else 4


def bits(dataset):
    """Return {variable: bytes}, so that also NaN and the sign of zero are compared."""
    return {name: x.to_numpy().tobytes() for name, x in dataset.data_vars.items()}


@cache
def small(name, *overrides, **plan):
    return planned(shipped(name, *overrides), sizing_draws=16, **plan)


def same(one, two, but=()):
    one, two = bits(one), bits(two)
    assert one.keys() == two.keys()
    return [name for name in one if one[name] != two[name] and name not in but]


# --- blocks and threads ---------------------------------------------------------------------


@pytest.mark.jit
@pytest.mark.parametrize("name", SCENARIOS)
def test_threads_and_blocks_leave_no_trace(name):
    """Beyond a leaf of draws where they are cheap; odd blocks, and more threads than one."""
    draws = {"single-office": 3_000, "bodies-csv": 60}.get(name, 1_100)
    problem = small(name, draws=draws, weeks=2)
    plain = run(problem, block=512, threads=1)
    for block, threads in ((4096, 1), (777, 2)):
        assert not same(plain, run(problem, block=block, threads=threads))


@pytest.mark.jit
@pytest.mark.parametrize("name", ["single-office", "kazakhstan-2023"])
def test_numbas_own_threads_leave_no_trace(name):
    found = []
    before = numba.get_num_threads()
    for threads in {1, numba.config.NUMBA_NUM_THREADS}:
        numba.set_num_threads(threads)
        found.append(results(planned(small(name), seed=5), 64)[1])
    numba.set_num_threads(before)
    assert all(not same(found[0], other) for other in found)


@pytest.mark.jit
def test_sizes_do_not_know_their_threads():
    one, two = (planned(shipped("kazakhstan-2023"), sizing_draws=1100) for _ in range(2))
    for a, b in zip(service_sizes(one, 1), service_sizes(two, 2), strict=True):
        assert (a is None) == (b is None)
        assert a is None or a.tolist() == b.tolist()


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("design", ["sobol", "mc"])
@pytest.mark.parametrize("estimator", ["conditional", "sampled"])
def test_the_first_draws_of_a_longer_run_are_the_same(name, design, estimator):
    problem = small(name, design=design, estimator=estimator, weeks=2)
    long = results(problem, 2 * FEW + 1)[1]
    short = results(problem, FEW)[1]
    late = results(problem, FEW + 1, first=FEW)[1]
    assert not same(long.isel(draw=slice(0, FEW)), short)
    assert not same(long.isel(draw=slice(FEW, None)), late)
    assert late["draw"].to_numpy().tolist() == list(range(FEW, 2 * FEW + 1))


def test_a_summary_of_a_prefix_is_that_of_a_shorter_run():
    """The number of draws asked for changes nothing but how many there are."""
    problem = small("single-office", draws=100)
    assert not same(run(problem, block=100, threads=1), run(problem, block=9, threads=1))


# --- neighbours -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("design", ["sobol", "mc"])
def test_a_policy_moves_no_other(name, design):
    """One with an input of its own, placed last."""
    more = (f'policy.zz.extends="{FIRST[name]}"', *EXTRA)
    plain = results(small(name, design=design, weeks=2), FEW)[1]
    found = results(small(name, *more, design=design, weeks=2), FEW)[1]
    assert "zz" in found["policy"]
    assert not same(plain, found.sel(policy=plain["policy"].to_numpy()))
    fresh = found.sel(policy="zz")["dedicated_workstations"].to_numpy()
    assert (fresh > 0).any()


@pytest.mark.jit
def test_a_policy_sees_the_luck_of_the_others():
    """A copy of a policy under another name is the same to the last bit."""
    found = results(small("kazakhstan-2023", 'policy.zz.extends="published"', weeks=2), FEW)[1]
    assert not same(
        found.sel(policy="published").drop_vars("policy"),
        found.sel(policy="zz").drop_vars("policy"),
    )


@pytest.mark.jit
@pytest.mark.parametrize("name", ["kazakhstan-2023", "single-office", "attendance-order"])
def test_an_input_moves_no_other_number_under_mc(name):
    """A cost line, somewhere in the middle: only money moves."""
    plain = results(small(name, design="mc", weeks=2), FEW)[1]
    more = small(name, "cost.running.extra={uniform=[1,2]}", design="mc", weeks=2)
    found = results(more, FEW)[1]
    assert not same(plain, found, but=("vacated_running_cost", "payback_years"))
    assert "vacated_running_cost" in same(plain, found)


def test_fixing_an_input_moves_only_what_reads_it():
    few = {"sizing_draws": 16, "weeks": 2}
    plain, fixed = (
        results(planned(written(RICH, *said), **few), FEW)[1]
        for said in ((), ("cost.running.rent=150",))
    )
    assert set(same(plain, fixed)) == {"vacated_running_cost", "payback_years"}


def test_a_body_added_last_moves_no_other():
    body = {
        "name": '"extra"',
        "building": '"two"',
        "headcount": 9,
        "workstations": 9,
        "area_m2": 90,
    }
    lines = "\n".join(f"{key} = {value}" for key, value in body.items())
    text = f"[[body]]\n{lines}\n\n[attendance]"
    overrides = ("policy.tight.workstations={fixed=12}",)
    plain = planned(written(RICH, *overrides), sizing_draws=16)
    more = planned(written(RICH.replace("[attendance]", text, 1), *overrides), sizing_draws=16)
    names = ["eligible_staff", "ready_staff", "remote_staff", "onsite_mean", "onsite_peak"]
    one, two = (results(problem, FEW)[1].sel(body=list(plain.bodies)) for problem in (plain, more))
    assert not same(one[names], two[names])


# --- seeds and estimators -------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_seed_0_is_a_seed(name):
    zero, again, other = (results(small(name, seed=seed, weeks=2), FEW)[1] for seed in (0, 0, 1))
    assert not same(zero, again)
    assert same(zero, other)
    assert all(np.isfinite(zero[x]).all() for x in ("onsite_mean", "released_area"))


@pytest.mark.jit
@pytest.mark.parametrize("name", ["kazakhstan-2023", "single-office"])
def test_sizes_do_not_know_the_draws_nor_the_estimator(name):
    base = [None if x is None else x.tolist() for x in service_sizes(small(name))]
    for plan in ({"estimator": "sampled"}, {"draws": 17}, {"weeks": 3}):
        other = service_sizes(small(name, **plan))
        assert base == [None if x is None else x.tolist() for x in other]


def test_runs_can_be_kept_and_watched():
    """What is stored is what was computed, in order; progress tells the draws done."""

    class Kept(list):
        def __enter__(self):
            return self.append

        def __exit__(self, *_):
            return None

    kept, told = Kept(), []
    problem = small("single-office", draws=50)
    run(problem, block=16, threads=1, keep=kept, progress=told.append)
    assert told == [16, 32, 48, 50]
    whole = results(problem, 50)[1]
    joined = np.concatenate([block["onsite_mean"].to_numpy() for block in kept], axis=-1)
    assert joined.tobytes() == whole["onsite_mean"].to_numpy().tobytes()
