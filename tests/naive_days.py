"""Slow, obvious twins of what happens within days: teams, visits, sums of a log, and queues.

As in ``naive``, nothing here is imported from the engine. A visit's luck is a function of a place
in its stream that returns the pair of numbers there.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations

SEATED, UNASSIGNED, TURNED_AWAY, NO_SHOW = range(4)
OWN, NEVER, ANY = -1, -1, -3
SLOT = 900


# --- teams ----------------------------------------------------------------------------------


def marked_chances(marked, others, drawn, odds=1):
    """Return [P(x marked people are drawn)] for x = 0 .. drawn, exactly.

    Every set of people is drawn with a chance in proportion to the product of its members' odds.
    """
    odds = Fraction(odds)
    ways = [math.comb(marked, x) * math.comb(others, drawn - x) for x in range(drawn + 1)]
    weights = [way * odds**x for x, way in enumerate(ways)]
    return [weight / sum(weights) for weight in weights]


def team_chances(sizes, total, odds=None):
    """Return {people of each team: probability} by writing down every set of ``total`` people.

    ``odds`` are those of each team's members; everybody is as likely as the others without.
    """
    odds = odds or [1] * len(sizes)
    people = [team for team, size in enumerate(sizes) for _ in range(size)]
    weights = Counter()
    for chosen in combinations(people, total):
        counts = tuple(chosen.count(team) for team in range(len(sizes)))
        weights[counts] += math.prod(odds[team] for team in chosen)
    whole = sum(weights.values())
    return {counts: weight / whole for counts, weight in weights.items()}
