"""From uniforms to draws of the unknown inputs: distributions, correlation and designs."""

from __future__ import annotations

import functools
import importlib.resources
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim import streams
from sim.kernels import designs, quantiles
from sim.problem import Distribution, Floats, Problem, Unknown

_FARTHEST_SCORE = 8.25  # the least uniform is 2**-53, a score of -8.21
_SCORE_STEP = 1 / 64
_SIMPLEX_STEPS = 4097
_LEAST_TABULATED = 0.3  # below it a Beta crowds at its ends, too steep for the table


@dataclass(frozen=True, eq=False)
class Draws:
    """Consecutive draws of every unknown input of a problem.

    Attributes
    ----------
    first, count : int
        Index of the first draw and how many there are.
    stream : str
        ``run``, or ``sizing`` for the draws from which one number of workstations is found.
    values : tuple of float64[body or 1, draw]
        One array for each unknown of the problem.
    """

    first: int
    count: int
    stream: str
    values: tuple[Floats, ...]

    def key(self, name: str) -> np.uint64:
        """Return the key of a named stream of these draws."""
        return streams.stream_key(f"{self.stream}/{name}")


def draw(problem: Problem, first: int, count: int, stream: str = "run") -> Draws:
    """Draw the unknown inputs of consecutive draws.

    Parameters
    ----------
    problem : Problem
    first, count : int
        Index of the first draw and how many.
    stream : str
        ``run`` or ``sizing``.

    Returns
    -------
    Draws
        The same numbers whatever the block they are asked for in.
    """
    at = correlated(problem, uniforms(problem, first, count, stream))
    values = tuple(
        _simplex(problem, unknown, first, count, stream)
        if unknown.distribution.kind == "simplex"
        else quantile(unknown.distribution, at[unknown.stream])
        for unknown in problem.unknowns
    )
    return Draws(first, count, stream, values)


def draws_at(problem: Problem, at: Mapping[str, Floats], first: int, stream: str = "run") -> Draws:
    """Return the draws whose inputs lie at given points of their distributions.

    Parameters
    ----------
    problem : Problem
    at : mapping of str to float64[body or 1, draw]
        By stream, the share of the distribution that lies below; from ``correlated``.
    first : int
        Index of the first draw, by which staff and days are counted.
    stream : str
        Luck of staff and days: that of a ``run`` or any other.

    Returns
    -------
    Draws
    """
    values = tuple(
        quantile(unknown.distribution, at[unknown.stream]) for unknown in problem.unknowns
    )
    return Draws(first, values[0].shape[1], stream, values)


def uniforms(
    problem: Problem, first: int, count: int, stream: str = "run", skip: int = 0
) -> dict[str, Floats]:
    """Return independent uniforms of consecutive draws.

    Parameters
    ----------
    problem : Problem
    first, count : int
        Index of the first draw and how many.
    stream : str
    skip : int
        Dimensions of the design that are left to other points, with which these are to be even.

    Returns
    -------
    dict of str to float64[body or 1, draw]
        By stream; what is constant stays at 0.5.
    """
    found: dict[str, Floats] = {}
    for name, rows, _ in input_streams(problem):
        found[name] = np.full((rows, count), 0.5)
    for name, b, path, dimension in _coordinates(problem):
        found[name][b] = _design(problem, f"{stream}/{path}", skip + dimension, first, count)
    return found


def correlated(problem: Problem, independent: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the uniforms with the correlation of the scenario, made of independent ones."""
    found = dict(independent)
    if problem.correlated:
        normal = [normal_score(independent[name]) for name in problem.correlated]
        for j, name in enumerate(problem.correlated):
            mixed = sum(problem.cholesky[j, k] * normal[k] for k in range(j + 1))
            found[name] = normal_share(np.asarray(mixed))
    return found


def dimensions(problem: Problem) -> dict[str, int]:
    """Return the dimension of the design in which each random input lies, by its path.

    Two problems of one seed draw an input alike where its path and its dimension are the same;
    in the design ``mc``, and beyond the last Sobol dimension, the path alone decides.
    """
    last = 0 if problem.run.design == "mc" else _sobol_table()[0].size
    return {path: min(dimension, last) for _, _, path, dimension in _coordinates(problem)}


def _coordinates(problem: Problem) -> Iterator[tuple[str, int, str, int]]:
    """Yield stream, row, path and dimension of everything that is random."""
    dimension = 0
    for name, rows, random in input_streams(problem):
        for b in range(rows if random else 0):
            path = name if rows == 1 else f"{name}/{problem.bodies[b]}"
            yield name, b, path, dimension + b
        dimension += rows


def input_streams(problem: Problem) -> list[tuple[str, int, bool]]:
    """Return each stream with its rows and whether anything random reads it, in order.

    A constant keeps its dimension: fixing an input leaves the draws of the others alone.
    """
    rows: dict[str, int] = {}
    random: dict[str, bool] = {}
    for unknown in problem.unknowns:
        name = unknown.stream
        rows[name] = len(problem.bodies) if unknown.per_body else 1
        random[name] = random.get(name, False) or not unknown.distribution.constant
    return [(name, rows[name], random[name]) for name in rows]


def _design(problem: Problem, path: str, dimension: int, first: int, count: int) -> Floats:
    key = streams.stream_key(path)
    seed = np.uint64(problem.run.seed)
    if problem.run.design == "mc" or dimension >= _sobol_table()[0].size:
        return monte_carlo(seed, key, first, count)
    return sobol(seed, key, dimension, first, count)


def monte_carlo(seed: np.uint64, key: np.uint64, first: int, count: int, slot: int = 0) -> Floats:
    """Return independent uniforms of consecutive draws of a stream, float64[draw]."""
    out = np.empty(count)
    streams.uniforms(seed, key, first, streams.INPUT, slot, out)
    return out


def sobol(seed: np.uint64, key: np.uint64, dimension: int, first: int, count: int) -> Floats:
    """Return randomised Sobol points of consecutive draws in one dimension, float64[draw]."""
    last = (first + count - 1) // designs.REPLICATES
    bits = max(1, int(last).bit_length())
    plain = direction_numbers(dimension, bits)
    scrambled = np.empty((designs.REPLICATES, bits), np.uint64)
    shift = np.empty(designs.REPLICATES, np.uint64)
    designs.scramble(seed, key, plain, scrambled, shift)
    out = np.empty(count)
    designs.sobol_points(first, scrambled, shift, out)
    return out


@functools.lru_cache(maxsize=1)
def _sobol_table() -> tuple[np.ndarray, np.ndarray]:
    """Return primitive polynomials and initial numbers by dimension, as scipy ships them.

    Joe and Kuo (2008), "Constructing Sobol sequences with better two-dimensional projections".
    Read from scipy's data file because importing ``scipy.stats`` takes longer than a run.
    """
    file = importlib.resources.files("scipy") / "stats" / "_sobol_direction_numbers.npz"
    with file.open("rb") as stream, np.load(stream) as table:
        return table["poly"], table["vinit"]


@functools.lru_cache(maxsize=4096)
def direction_numbers(dimension: int, bits: int) -> np.ndarray:
    """Return the Sobol direction numbers of a dimension, uint64[bit] of 52 binary digits each.

    The point of index n is the exclusive or of the numbers at the bits of n.
    """
    polynomials, initial = _sobol_table()
    polynomial = int(polynomials[dimension])
    degree = polynomial.bit_length() - 1
    numbers = [1] * bits if dimension == 0 else [int(v) for v in initial[dimension][:degree]]
    for j in range(len(numbers), bits):
        number = numbers[j - degree] ^ (numbers[j - degree] << degree)
        for k in range(1, degree):
            if polynomial >> (degree - k) & 1:
                number ^= numbers[j - k] << k
        numbers.append(number)
    return np.array(
        [number << (designs.DIGITS - 1 - j) for j, number in enumerate(numbers[:bits])], np.uint64
    )


def _simplex(problem: Problem, unknown: Unknown, first: int, count: int, stream: str) -> Floats:
    """Return Σ φ_f w_f with w ~ Dirichlet(1), by exponentials from counter streams."""
    seed = np.uint64(problem.run.seed)
    rows = len(problem.bodies) if unknown.per_body else 1
    out = np.empty((rows, count))
    for b in range(rows):
        path = unknown.stream if rows == 1 else f"{unknown.stream}/{problem.bodies[b]}"
        key = streams.stream_key(f"{stream}/{path}")
        weighted = np.zeros(count)
        total = np.zeros(count)
        for f, share in enumerate(unknown.distribution.parameters):
            weight = -np.log(monte_carlo(seed, key, first, count, slot=f + 1))
            weighted += share * weight
            total += weight
        out[b] = weighted / total
    return out


def quantile(distribution: Distribution, u: Floats) -> Floats:
    """Return the quantiles of a distribution at uniforms of any shape.

    All but the steepest Betas do without ``scipy.special``, whose import takes longer than drawing
    the inputs of a run.
    """
    return _QUANTILES[distribution.kind](u, *distribution.parameters)


def normal_score(u: Floats) -> Floats:
    """Return Φ⁻¹(u); what rounds to 1 counts as the number before."""
    out = np.empty(u.shape)
    quantiles.normal_scores(np.minimum(u, np.nextafter(1.0, 0.0)).ravel(), out.ravel())
    return out


def normal_share(z: Floats) -> Floats:
    """Return Φ(z)."""
    out = np.empty(z.shape)
    quantiles.normal_uniforms(z.ravel(), out.ravel())
    return out


def _constant(u: Floats, value: float) -> Floats:
    return np.full(u.shape, value)


def _uniform(u: Floats, low: float, high: float) -> Floats:
    return low + u * (high - low)


def _triangular(u: Floats, low: float, mode: float, high: float) -> Floats:
    left, right, width = mode - low, high - mode, high - low
    rising = low + np.sqrt(u * width * left)
    falling = high - np.sqrt((1 - u) * width * right)
    return np.where(u * width < left, rising, falling)


def _pert(u: Floats, low: float, mode: float, high: float) -> Floats:
    width = high - low
    a, b = 1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width
    return low + width * _beta(u, a, b)


def _normal(u: Floats, mean: float, sd: float, low: float, high: float) -> Floats:
    if low > mean:  # the lower tail keeps its digits, the upper does not
        return -_normal(1 - u, -mean, sd, -high, -low)
    bottom, top = (math.erfc((mean - end) / sd * math.sqrt(0.5)) / 2 for end in (low, high))
    return np.clip(mean + sd * normal_score(bottom + u * (top - bottom)), low, high)


def _lognormal(u: Floats, mean: float, sd: float) -> Floats:
    variance = math.log1p((sd / mean) ** 2)
    return mean * np.exp(math.sqrt(variance) * normal_score(u) - variance / 2)


def _beta(u: Floats, a: float, b: float) -> Floats:
    if min(a, b) < _LEAST_TABULATED:
        from scipy import special

        return np.asarray(special.betaincinv(a, b, u))
    value, slope = _beta_table(a, b)
    out = np.empty(u.size)
    quantiles.tabulated(np.ravel(u), -_FARTHEST_SCORE, _SCORE_STEP, value, slope, out)
    return out.reshape(u.shape)


@functools.lru_cache(maxsize=4096)
def _beta_table(a: float, b: float) -> tuple[Floats, Floats]:
    """Return quantiles of a Beta at normal scores, and their derivatives times the step.

    One quantile by scipy takes two microseconds, one from the table a hundredth of that, and it
    differs by less than 1e-10.
    """
    size = int(_FARTHEST_SCORE / _SCORE_STEP) + 1
    (below, rise), (above, fall) = np.empty((2, 2, size))
    quantiles.beta_scores(float(a), float(b), _FARTHEST_SCORE, _SCORE_STEP, below, rise)
    quantiles.beta_scores(float(b), float(a), _FARTHEST_SCORE, _SCORE_STEP, above, fall)
    return np.append(below, 1 - above[-2::-1]), np.append(rise, fall[-2::-1])


def _simplex_quantile(u: Floats, *shares: float) -> Floats:
    """Return quantiles of Σ φ_f w_f with w ~ Dirichlet(1), from a table.

    Its density is the B-spline with the shares as knots. Curry and Schoenberg (1966), "On Pólya
    frequency functions IV", theorem 2.
    """
    value, below = _simplex_table(shares)
    return np.interp(u, below, value)


@functools.lru_cache(maxsize=256)
def _simplex_table(shares: tuple[float, ...]) -> tuple[Floats, Floats]:
    from scipy.interpolate import BSpline  # a run needs none of it

    knots = np.sort(shares)
    value = np.linspace(knots[0], knots[-1], _SIMPLEX_STEPS)
    if knots[0] == knots[-1]:
        return value, np.linspace(0.0, 1.0, _SIMPLEX_STEPS)
    area = BSpline.basis_element(knots, extrapolate=False).antiderivative()(value[:-1])
    return value, np.append(area * (len(knots) - 1) / (knots[-1] - knots[0]), 1.0)


def _discrete(u: Floats, *values_and_weights: float) -> Floats:
    values, weights = np.reshape(values_and_weights, (2, -1))
    order = np.argsort(values, kind="stable")
    chance = np.cumsum(weights[order])
    return values[order][np.searchsorted(chance[:-1] / chance[-1], u, side="left")]


_QUANTILES: dict[str, Callable[..., Floats]] = {
    "value": _constant,
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "normal": _normal,
    "lognormal": _lognormal,
    "beta": _beta,
    "discrete": _discrete,
    "simplex": _simplex_quantile,
}
