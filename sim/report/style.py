"""The one style of all figures: readable without colour and in print, each with its source line."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Bbox

from sim.report.words import figure as stated
from sim.report.words import plain
from sim.version import __version__

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.legend import Legend

    from sim.problem import Problem

# Okabe and Ito (2008), "Color universal design": told apart by the colour-blind and in grey.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"
SKY, PURPLE, BLACK, PALE = "#56B4E9", "#CC79A7", "#000000", "#dddddd"
SERIES = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": RED, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": ORANGE, "linestyle": ":", "marker": "D"},
    {"color": PURPLE, "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
    {"color": SKY, "linestyle": (0, (3, 1)), "marker": "P"},
    {"color": BLACK, "linestyle": (0, (1, 3)), "marker": "X"},
    {"color": GREY, "linestyle": (0, (8, 3)), "marker": "*"},
)
"""Colour, line and marker of each series: any one of them is enough to tell series apart."""
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "ooo", "+++")
"""Fillings of areas, for print without colour."""
SMALL, SMALLEST = 8.0, 7.5
"""Sizes of text below that of the axes [points]."""

_STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "axes.formatter.useoffset": False,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "svg.fonttype": "none",
    "svg.hashsalt": "officesim",
    # what a file says is text: a dollar sign begins no formula
    "text.parse_math": False,
}
_DPI = 200
_EDGE, _LEADING, _POINTS = 0.1, 1.25, 72
_MOST_LINES = 3
_ELLIPSIS = "…"
_ON_PIXELS = 1.04
"""How much wider a line gets, at most, where letters are put on pixels."""
_NO_GLYPH = "Glyph .* missing from font"
"""What the font lacks is a box in the PNG, and whole in the SVG."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style, whatever else the process has set; also a decorator."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", _NO_GLYPH)
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


@styled()
def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG, each under a temporary name first.

    Parameters
    ----------
    figure : Figure
    stem : Path
        Folder and name without ending; the folder is made if it is missing.

    Returns
    -------
    list of Path
        The same figure gives the same bytes.
    """
    _settle(figure)
    stem.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in ("png", "svg"):
        path = stem.with_name(f"{stem.name}.{kind}")
        temporary = stem.with_name(f".{stem.name}.tmp.{kind}")
        metadata = {"Date": None} if kind == "svg" else {}
        try:
            figure.savefig(temporary, format=kind, dpi=_DPI, metadata=metadata)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        written.append(path)
    return written


def _settle(figure: Figure) -> None:
    """Lay out once and for all, on round numbers: the solver's last bits follow addresses."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        bounds = np.round(axes.get_position(original=True).bounds, 6)
        axes.set_position(Bbox.from_bounds(*bounds))


def file_name(name: str) -> str:
    """Return a name from a scenario that is safe within a file's name, and still its own."""
    return re.sub(r"[^\w-]", lambda found: f"%{ord(found[0]):02X}", re.sub(r"\s", "_", name))


@styled()
def new_figure(width: float, height: float, title: str, subtitle: str, problem: Problem) -> Figure:
    """Return a figure with its title, what it shows, and where it comes from.

    Parameters
    ----------
    width, height : float
        Of the room for axes, which texts leave alone [inches].
    title, subtitle : str
        What the figure says; and which statistic, place, draws and units it shows.
    problem : Problem
        Names the source; its classification heads the figure.

    Returns
    -------
    Figure
        Draw into it under ``styled``.
    """
    room = width - 2 * _EDGE
    source = f"Source: scenario {problem.name}, {problem.title}; officesim {__version__}."
    head = [
        (problem.classification or "", {"fontsize": SMALL, "fontweight": "bold"}),
        (title, {"fontsize": 12, "fontweight": "bold"}),
        (subtitle, {"fontsize": SMALL, "color": GREY}),
    ]
    foot = [(source, {"fontsize": SMALLEST, "color": GREY})]
    above, below = (_laid_out(texts, room) for texts in (head, foot))
    top, bottom = (sum(tall for _, tall, _ in part) + 1.5 * _EDGE for part in (above, below))
    whole = height + top + bottom
    side = _EDGE / width
    rect = (side, bottom / whole, 1 - 2 * side, height / whole)
    figure = Figure(figsize=(width, whole), layout=ConstrainedLayoutEngine(rect=rect))
    for y, texts in ((whole - _EDGE, above), (bottom - 0.5 * _EDGE, below)):
        for text, tall, look in texts:
            figure.text(side, y / whole, text, va="top", linespacing=_LEADING, **look)
            y -= tall
    return figure


def _laid_out(texts: Sequence[tuple[str, Any]], room: float) -> list[tuple[str, float, Any]]:
    """Return texts wrapped to a width, with their heights [inches]."""
    shown = [(wrapped(text, room, **look), look) for text, look in texts if text]
    inch = _LEADING / _POINTS
    return [(text, (text.count("\n") + 1) * look["fontsize"] * inch, look) for text, look in shown]


def wrapped(
    text: str, room: float, fontsize: float = 9, most: int = _MOST_LINES, **look: Any
) -> str:
    """Return a text over as many lines as its width needs.

    Parameters
    ----------
    text : str
        From a scenario or not: control characters are spelt out.
    room : float
        Width of a line [inches].
    fontsize : float
        [points]
    most : int
        Lines; what is longer ends in an ellipsis.
    **look
        ``fontweight``, where it is not normal; anything else does not change a width.
    """
    weight = look.get("fontweight", "normal")
    lines = [""]
    for word in plain(text).split():
        for part in _parts(word, room, fontsize, weight):
            longer = f"{lines[-1]} {part}" if lines[-1] else part
            if _width(longer, fontsize, weight) <= room or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(part)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + _ELLIPSIS]
        while len(lines[-1]) > 1 and _width(lines[-1], fontsize, weight) > room:
            lines[-1] = lines[-1][:-2] + _ELLIPSIS
    return "\n".join(lines)


def _parts(word: str, room: float, fontsize: float, weight: str) -> Iterator[str]:
    """Yield a word, in pieces where it is too long for a line."""
    while _width(word, fontsize, weight) > room and len(word) > 1:
        end = len(word) - 1
        while end > 1 and _width(word[:end], fontsize, weight) > room:
            end = max(1, end - max(1, end // 8))
        yield word[:end]
        word = word[end:]
    yield word


@lru_cache(maxsize=4096)
def _width(text: str, fontsize: float, weight: str) -> float:
    """Return the width of a line [inches]."""
    looks = FontProperties(size=fontsize, weight=weight)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _NO_GLYPH)
        width, _, _ = text_to_path.get_text_width_height_descent(text, looks, False)
    return _ON_PIXELS * float(width) / _POINTS


@styled()
def legend_above(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> Legend:
    """Put one legend for all axes between the title and the axes."""
    left, bottom, width, height = figure.get_layout_engine().get()["rect"]  # type: ignore[union-attr]
    inch = SMALL / _POINTS
    entries = [_width(plain(label), SMALL, "normal") + 5 * inch for label in labels]
    room = width * figure.get_figwidth()
    columns = len(labels) if sum(entries) <= room else max(1, int(room / max(entries)))
    legend = figure.legend(
        handles,
        [plain(label) for label in labels],
        loc="upper left",
        bbox_to_anchor=(left, bottom + height),
        borderaxespad=0,
        borderpad=0,
        ncols=columns,
    )
    lines = math.ceil(len(labels) / columns)
    less = 1.6 * inch * lines / figure.get_figheight()
    rect = (left, bottom, width, height - less)
    figure.set_layout_engine(ConstrainedLayoutEngine(rect=rect))
    return legend


def number_ticks(axis: Axis) -> None:
    """Label an axis with thousands separators and no more digits than its ticks need."""
    axis.set_major_formatter(lambda value, _: stated(value))


def percent_ticks(axis: Axis) -> None:
    """Label an axis of shares in per cent."""
    axis.set_major_formatter(lambda value, _: f"{stated(100 * value)} %")
