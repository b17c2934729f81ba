"""The position scanner against ``spanned-toml``, which parses TOML and keeps spans."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import spanned_toml
from broken_inputs import BASE
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario.positions import positions


def oracle(text: str) -> dict[tuple[str | int, ...], tuple[int, int]]:
    """Return the place of each key, and of each list entry that is no table of its own."""
    found: dict[tuple[str | int, ...], tuple[int, int]] = {}

    def place(offset: int) -> tuple[int, int]:
        before = text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def walk(node: Any, path: tuple[str | int, ...]) -> None:
        inner = node.inner()
        if isinstance(inner, dict):
            for key, value in inner.items():
                found[*path, key.inner()] = place(key.span().start)
                walk(value, (*path, key.inner()))
        elif isinstance(inner, list):
            for number, value in enumerate(inner):
                span = value.span()
                if span.stop > span.start:
                    found[*path, number] = place(span.start)
                walk(value, (*path, number))

    walk(spanned_toml.loads(text), ())
    return found


DOCUMENTS = {
    "scenario": BASE,
    "dotted": "a.b.c = 1\na.b.'d e' = 2\n[x . \"y z\" . w] # c\nk = 1\n",
    "quoted": '"a.b" = 1\n\'c d\' = 2\n"" = 4\n[" x "]\ny = 1\n',
    "arrays-of-tables": "[[a]]\nb = 1\n[[a.c]]\nd = 1\n[[a.c]]\nd = 2\n[[a]]\n[[a.c]]\nd = 3\n"
    "[a.e]\nf = 1\n",
    "inline": "a = { b = 1, c.d = [ { e = 1 }, { e = [] } ], 'f' = {} }\nb = 2\n",
    "lists": "a = [ # one\n  1,\n  [2, [3]], # [\n  'x, ]',\n  \"]',\",\n]\nb = []\n",
    "strings": 'a = """\nx = 1 # no\n"quoted" \\""" end"""\nb = \'\'\'it\'\'s\n[c]\'\'\'\n'
    'd = """"two""quotes""""\ne = \'\'\'\'\'\'\nf = """a"""""\n[g]\nh = "#"\n',
    "scalars": "a = 1979-05-27 07:32:00Z\nb = -inf\nc = 1_000.5e-3\nd = true\ne = 0xff\n",
    "header-before-parent": "[a.b]\nc = 1\n[a]\nd = 2\n",
    "empty": "",
    "comments": "# a\n\n   # b\n\tx = 1# c\n",
}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_places_agree_with_the_oracle(text: str) -> None:
    found = positions(text)
    expected = oracle(text)
    assert {path: found.get(path) for path in expected} == expected
    entries = {path for path in found if path and path not in expected}
    assert all(isinstance(path[-1], int) for path in entries)


def test_each_table_of_an_array_stands_at_its_own_header() -> None:
    found = positions("x = 1\n[[a]]\n[[a]]\n  [[ a ]]\n")
    assert [found["a", n] for n in range(3)] == [(2, 3), (3, 3), (4, 6)]
    assert found["a",] == (2, 3)
    assert found[()] == (1, 1)


def test_escapes_in_keys() -> None:
    # the oracle loses the start of a key with escapes
    assert positions('x = 1\n"\\u0041\\"" = 3\n')['A"',] == (2, 1)


keys = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True),
    st.text(
        st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), exclude_characters='\\"'),
        max_size=5,
    ).map(lambda key: f'"{key}"'),
)
gaps = st.sampled_from(["", " ", "  ", "\t"])
breaks = st.sampled_from(["", " ", "\n", " # , ] }\n", "\n\n"])
scalars = st.sampled_from(
    ["1", "-2.5", "true", "nan", '"a # b"', "'] }'", '"""x\n= """', "'''\n[y]\n'''", "2024-01-01"]
)


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    entries = draw(st.lists(inner, max_size=3))
    body = ",".join(f"{draw(breaks)}{entry}{draw(breaks)}" for entry in entries)
    return f"[{body}{draw(breaks)}]"


@st.composite
def tables(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    pairs = draw(st.lists(st.tuples(keys, inner), max_size=3))
    return "{" + ",".join(f"{draw(gaps)}{key}{draw(gaps)}={value} " for key, value in pairs) + "}"


values = st.recursive(scalars, lambda inner: lists(inner) | tables(inner), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        name = ".".join(draw(st.lists(keys, min_size=1, max_size=3)))
        match draw(st.sampled_from(["pair", "pair", "table", "array", "comment"])):
            case "pair":
                lines.append(f"{draw(gaps)}{name}{draw(gaps)}={draw(gaps)}{draw(values)}")
            case "table":
                lines.append(f"[{draw(gaps)}{name}{draw(gaps)}]")
            case "array":
                lines.append(f"[[{name}]]{draw(gaps)}# x")
            case _:
                lines.append("# [a] = '")
    return "\n".join(lines)


@settings(deadline=None, max_examples=300)
@given(documents())
def test_generated_documents_agree_with_the_oracle(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = positions(text)
    expected = oracle(text)
    assert {path: found.get(path) for path in expected} == expected
