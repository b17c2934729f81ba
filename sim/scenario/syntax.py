"""TOML that does not parse: what a planner most likely meant."""

from __future__ import annotations

import re

from sim.errors import Fault

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_COMMENT = re.compile(r"#.*$")
_REMEDIES = (
    (re.compile(r"\d,\d"), "a number has a decimal point: 0.8, not 0,8"),
    (re.compile(r"\d\s*%"), "a percentage is written as a share: 0.8, not 80 %"),
    (re.compile(r"\d[ \u00a0\u202f]\d{3}\b"), "thousands are set apart with _: 1_055, not 1 055"),
    (
        re.compile("[\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019]"),
        'text stands in straight quotes: "central"',
    ),
    (re.compile(r"=\s*(?:True|False|TRUE|FALSE)\b"), "write true or false in small letters"),
    (re.compile(r"=\s*0\d"), "a number has no zero before its first digit"),
    (re.compile(r"=\s*$"), "a value is missing after the equals sign"),
    (re.compile(r"=\s*[^\W\d_]"), 'text stands in quotes: name = "central"'),
    (re.compile(r"^[^=]*[^\x00-\x7f][^=]*="), 'a key with such letters stands in quotes: "Ключ" ='),
)

_WORDS = (
    ("Cannot", "a key or table is stated for a second time"),
    ("Expected newline", "nothing may follow the value on its line"),
    ("Invalid value", "this is no value"),
    ("Invalid statement", "this is neither a key nor a table"),
    ("Illegal character '\\n'", "a text must end on its line"),
)


def syntax_fault(text: str, error: Exception, file: str) -> Fault:
    """Return the one fault of a text that is no TOML.

    Parameters
    ----------
    text : str
        The whole text.
    error : Exception
        What ``tomllib`` raised.
    file : str
        The file's name for the reader.
    """
    if isinstance(error, RecursionError):
        return Fault(file, None, None, "", "", "is nested too deeply", "write it flatter")
    lines = text.split("\n")
    match = _PLACE.search(str(error))
    if match is None:
        return Fault(file, None, None, "", "", "has a number with too many digits", "")
    line = int(match[1] or len(lines))
    column = int(match[2] or len(lines[-1]) + 1)
    written = lines[line - 1]
    said = _PLACE.sub("", str(error))
    message = f"is not valid TOML: {next((p for w, p in _WORDS if said.startswith(w)), said)}"
    key = written.partition("=")[0].strip() if "=" in written else ""
    value = written.partition("=")[2].strip()[:60]
    return Fault(file, line, column, key, value, message, _remedy(written, said))


def _remedy(written: str, error: str) -> str:
    if error.startswith("Cannot"):
        return "the key or table is there twice: keep one"
    if error.startswith("Illegal character '\\n'"):
        return "close the quotes on the line on which they open"
    bare = _COMMENT.sub("", _QUOTED.sub('""', written))
    found = (remedy for pattern, remedy in _REMEDIES if pattern.search(bare))
    return next(found, "see https://toml.io for how values are written")
