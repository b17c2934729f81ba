"""Figures of a run: from headcount to square metres, presence, and money through the years."""

from __future__ import annotations

from sim.report.style import BLUE as BLUE
from sim.report.style import GREEN as GREEN
from sim.report.style import GREY as GREY
from sim.report.style import ORANGE as ORANGE
from sim.report.style import RED as RED
from sim.report.style import new_figure as new_figure
from sim.report.style import save as save
