"""Codes of countries and their parts, as the library ``holidays`` knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.document import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator


def holiday_problems(country: str | None, part: str | None) -> Iterator[tuple[str, str, str]]:
    """Check whose public holidays are to be kept.

    Parameters
    ----------
    country, part : str or None

    Yields
    ------
    key, message, remedy
    """
    if country is None:
        if part is not None:
            yield "subdivision", "needs the country of which it is a part", 'as in country = "KZ"'
        return
    # only here, and only its list: most scenarios need no dates, and a check of them stays cheap
    from holidays.registry import COUNTRIES

    known = {code for _, *codes in COUNTRIES.values() for code in codes if len(code) == 2}
    if country not in known:
        near = nearest(country, sorted(known))
        remedy = f"did you mean {near}?" if near else 'two letters of ISO 3166, as in "KZ"'
        yield "country", "has no public holidays that are known", remedy
    elif part is not None:
        import holidays

        given = holidays.country_holidays(country)
        parts = [*given.subdivisions, *given.subdivisions_aliases]
        if part not in parts:
            near = nearest(part, parts)
            listed = f"parts: {', '.join(parts[:5])}" if parts else "leave it out: there are none"
            remedy = f"did you mean {near}?" if near else listed
            yield "subdivision", f"is no part of {country} with holidays of its own", remedy
