"""Counter-based streams: published answers, the oracle, and what a stream must never do."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from handmade import JIT
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import streams

ONES = 2**64 - 1
words = st.integers(0, ONES)
PLACES = st.tuples(st.integers(0, 2**62), st.integers(0, 2**31), st.integers(0, 2**32 - 1))


def threefry(key, counter):
    return tuple(map(int, streams.threefry(*map(np.uint64, (*key, *counter)))))


def decrypted(key, output):
    """Return the counter that Threefry-2x64-20 turns into ``output``: its steps undone."""
    schedule = (key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDAA9FC1A22)
    x0, x1 = output
    for done in range(20, 0, -1):
        if done % 4 == 0:
            step = done // 4
            x0 -= schedule[step % 3]
            x1 = (x1 - schedule[(step + 1) % 3] - step) & naive.MASK
        turn = naive.ROTATIONS[(done - 1) % 8]
        x1 ^= x0 & naive.MASK
        x1 = (x1 >> turn | x1 << (64 - turn)) & naive.MASK
        x0 = (x0 - x1) & naive.MASK
    return (x0 - key[0]) & naive.MASK, (x1 - key[1]) & naive.MASK


def place_of(word, seed, key):
    """Return a draw below 2**63 and a place in it whose first random word is ``word``."""
    found = (decrypted((seed, key), (word, other)) for other in range(100))
    return next((draw, place) for draw, place in found if draw < 2**63)


def uniforms(count, seed=7, name="a", purpose=streams.INPUT, slot=0):
    key = streams.stream_key(name)
    return np.array([streams.uniform(np.uint64(seed), key, i, purpose, slot) for i in range(count)])


@pytest.mark.parametrize(
    ("key", "counter", "answer"),
    [
        ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
        ((ONES, ONES), (ONES, ONES), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
        (
            (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
            (0x243F6A8885A308D3, 0x13198A2E03707344),
            (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
        ),
    ],
)
def test_threefry_gives_the_published_answers(key, counter, answer):
    """Known answers of Random123 (kat_vectors, threefry2x64, 20 rounds)."""
    assert threefry(key, counter) == answer


@given(key=st.tuples(words, words), counter=st.tuples(words, words))
def test_threefry_is_that_of_the_oracle(key, counter):
    assert threefry(key, counter) == naive.threefry2x64(key, counter)


@given(seed=words, name=st.text(max_size=20), place=PLACES)
def test_uniform_is_the_first_word_at_its_place(seed, name, place):
    draw, purpose, slot = place
    key = streams.stream_key(name)
    word, _ = naive.threefry2x64((seed, int(key)), (draw, purpose << 32 | slot))
    found = streams.uniform(np.uint64(seed), key, draw, purpose, slot)
    assert abs(found - (word + 0.5) / 2**64) <= 2.0**-52
    assert 0 < found < 1


@pytest.mark.parametrize("word", [0, ONES, ONES - 2**11, 2**63 - 1, 2**63])
@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_uniform_is_strictly_between_0_and_1_even_at_the_last_word(word, seed):
    """The cipher is run backwards to the counter whose random word is all zeros or all ones."""
    key = streams.stream_key("run/any")
    draw, place = place_of(word, seed, int(key))
    assert threefry((seed, int(key)), (draw, place))[0] == word
    found = streams.uniform(np.uint64(seed), key, draw, place >> 32, place & (2**32 - 1))
    assert 0 < found < 1
    assert abs(found - (word + 0.5) / 2**64) <= 2.0**-52


def test_stream_keys_stay_what_they_were():
    """Eight bytes of blake2b, little-endian: another key would change every published figure."""
    known = {"run/day": 0xC9DAF2C4436597BC, "sizing/body/office": 0x8F09A6766020A902}
    assert {name: int(streams.stream_key(name)) for name in known} == known


def test_purposes_are_told_apart():
    purposes = [value for name, value in vars(streams).items() if name.isupper() and name[0] != "_"]
    assert len(purposes) >= 10
    assert sorted(purposes) == list(range(len(purposes)))


@pytest.mark.parametrize(
    "other",
    [{"seed": 8}, {"seed": 0}, {"name": "b"}, {"purpose": streams.READY}, {"slot": 1}],
)
def test_streams_are_unrelated(other):
    """Kolmogorov–Smirnov and Spearman at a false-alarm rate of 1e-6 each; ten such tests."""
    count = 20_000 if JIT else 500
    one, two = uniforms(count), uniforms(count, **other)
    assert not np.any(one == two)
    assert stats.kstest(two, "uniform").pvalue > 1e-6
    assert stats.spearmanr(one, two).pvalue > 1e-6


def test_consecutive_draws_are_unrelated():
    """Spearman at lags 1 and 16 and pairs on a 16 × 16 grid; false alarms 1e-6 each."""
    u = uniforms(40_000 if JIT else 4_000)
    assert stats.spearmanr(u[1:], u[:-1]).pvalue > 1e-6
    assert stats.spearmanr(u[16:], u[:-16]).pvalue > 1e-6
    cells = np.histogram2d(u[::2], u[1::2], bins=16, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(cells.ravel()).pvalue > 1e-6


@given(first=st.integers(0, 10**12), count=st.integers(1, 20), cut=st.integers(0, 20))
def test_a_stream_does_not_know_its_block(first, count, cut):
    seed, key = np.uint64(3), streams.stream_key("x")
    whole, parts = np.empty(count), np.empty(count)
    streams.uniforms(seed, key, first, streams.INPUT, 0, whole)
    cut = min(cut, count)
    streams.uniforms(seed, key, first, streams.INPUT, 0, parts[:cut])
    streams.uniforms(seed, key, first + cut, streams.INPUT, 0, parts[cut:])
    assert whole.tolist() == parts.tolist()
    assert whole[0] == streams.uniform(seed, key, first, streams.INPUT, 0)


@given(first=st.integers(0, 10**12), count=st.integers(1, 20), slot=st.integers(0, 2**31))
def test_pairs_are_both_numbers_of_a_place(first, count, slot):
    seed, key = np.uint64(3), streams.stream_key("x")
    pairs = np.empty((2, count))
    streams.uniform_pairs(seed, key, first, streams.PRESENT, slot, *pairs)
    places = [(seed, key, first + i, streams.PRESENT, slot) for i in range(count)]
    assert [tuple(pair) for pair in pairs.T] == [streams.two_uniforms(*at) for at in places]
