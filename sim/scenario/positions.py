"""Where each key of a TOML text stands: ``tomllib`` does not say, and an error must.

The scanner runs only after ``tomllib`` has accepted the text, so it need not check anything.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]+")


def positions(text: str) -> dict[Path, tuple[int, int]]:
    r"""Return line and column, counted from 1, of each key and list entry of a valid TOML text.

    Parameters
    ----------
    text : str
        Text that ``tomllib`` accepts, with ``\n`` at the end of its lines.

    Returns
    -------
    dict
        By path: keys of tables as ``str``, entries of lists as ``int``. A table stands where its
        name occurs first.
    """
    scanner = _Scanner(text)
    scanner.document()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return {path: place(offset) for path, offset in scanner.found.items()}


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {(): 0}
        self.entries: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self.skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip()

    def skip(self) -> None:
        self.at = self._end_of(_BLANK)

    def header(self) -> Path:
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        parts = self.key()
        path: Path = ()
        for name, offset in parts[:-1]:
            path = self.current(self.mark((*path, name), offset))
        name, offset = parts[-1]
        path = self.mark((*path, name), offset)
        if brackets == 2:
            self.entries[path] = self.entries.get(path, -1) + 1
            self.mark(self.current(path), offset)
        self.at += brackets
        return self.current(path)

    def current(self, path: Path) -> Path:
        """Return the newest entry where the path is a list of tables, else the path."""
        return (*path, self.entries[path]) if path in self.entries else path

    def mark(self, path: Path, offset: int) -> Path:
        self.found.setdefault(path, offset)
        return path

    def pair(self, table: Path) -> None:
        path = table
        for name, offset in self.key():
            path = self.mark((*path, name), offset)
        self.at += 1
        self.skip()
        self.value(path)

    def key(self) -> list[tuple[str, int]]:
        """Return the parts of a dotted key with their offsets; stop at what follows it."""
        parts = []
        while True:
            self.skip()
            start = self.at
            self.at = self._end_of(_STRING if self.text[start] in "\"'" else _BARE)
            parts.append((_unquoted(self.text[start : self.at]), start))
            self.skip()
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def value(self, path: Path) -> None:
        match self.text[self.at]:
            case "[":
                self.list(path)
            case "{":
                self.inline_table(path)
            case '"' | "'":
                self.at = self._end_of(_STRING)
            case _:
                self.at = self._end_of(_PLAIN)

    def list(self, path: Path) -> None:
        number = 0
        while self.more("]"):
            self.value(self.mark((*path, number), self.at))
            number += 1

    def inline_table(self, path: Path) -> None:
        while self.more("}"):
            self.pair(path)

    def more(self, closing: str) -> bool:
        """Step over the opening bracket or the comma; tell whether another entry follows."""
        self.skip()
        if self.text[self.at] != closing:
            self.at += self.text[self.at] in "[{,"
            self.skip()
        if self.text[self.at] != closing:
            return True
        self.at += 1
        return False

    def _end_of(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        assert match is not None
        return match.end()


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[0] in "\"'" else key
