"""The files of a scenario: in its folder, or stored with a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

_TYPOGRAPHY = frozenset(
    "\u00ab\u00bb\u2116\u2013\u2014\u201c\u201d\u201e\u2019\u2026\u00a0\u00a7\u00b0"
)
_LETTERS = frozenset("\u0401\u0451\u0406\u0456")
"""Letters of Kazakh and Russian outside the alphabet's main block."""
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Refused(Exception):  # noqa: N818 - it never reaches the user; a fault is made of it
    """A text that could not be had."""

    def __init__(self, message: str, remedy: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.line = line


class Source(Protocol):
    """Where texts come from; ``texts`` holds what was read, in order."""

    main: str
    overlays: tuple[str, ...]
    texts: dict[str, str]

    def toml(self, name: str) -> str:
        """Return the text of the scenario or an overlay; raise Refused."""

    def table(self, name: str) -> tuple[str, str]:
        """Return the text and the encoding of a CSV table; raise Refused."""

    def shown(self, name: str) -> str:
        """Return the name by which a fault calls the file."""


class Stored:
    """Texts by name, as ``Loaded.files`` gave them."""

    def __init__(self, files: dict[str, str], overlays: tuple[str, ...]) -> None:
        self.main = next(iter(files), "")
        self.overlays = overlays
        self.texts: dict[str, str] = {}
        self._files = files

    def toml(self, name: str) -> str:
        """Return the text of the scenario or an overlay."""
        return self.table(name)[0]

    def table(self, name: str) -> tuple[str, str]:
        """Return a text; how it was encoded is no longer known."""
        if name not in self._files:
            raise Refused("is not among the stored files", f"there are: {', '.join(self._files)}")
        self.texts[name] = self._files[name]
        return self._files[name], "stored text"

    def shown(self, name: str) -> str:
        """Return the name itself."""
        return name


class Disk:
    """A scenario's folder, and other folders where they are allowed."""

    def __init__(self, path: Path, overlays: tuple[Path, ...], allow: tuple[Path, ...]) -> None:
        self.main = path.name
        self.texts: dict[str, str] = {}
        self._folder = path.parent
        self._allow = (path.parent, *allow)
        self._paths = {self.main: path}
        for overlay in overlays:
            self._paths[self._free_name(overlay)] = overlay
        self.overlays = tuple(self._paths)[1:]

    def _free_name(self, path: Path) -> str:
        """Return the shortest end of a path that no other file has as its name."""
        ends = ("/".join(path.parts[-count:]) for count in range(1, len(path.parts) + 1))
        name = next((end for end in ends if end not in self._paths), str(path))
        while name in self._paths:
            name = f"{name}'"
        return name

    def toml(self, name: str) -> str:
        """Return the text of the scenario or an overlay."""
        data = _bytes(self._paths[name])
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise Refused("is not UTF-8", "save the file as UTF-8", line) from None
        self.texts[name] = text
        return text

    def table(self, name: str) -> tuple[str, str]:
        """Return the text and the encoding of a table in the folder."""
        text, encoding = decoded(_bytes(self._inside(name)))
        self.texts[name] = text
        return text, encoding

    def _inside(self, name: str) -> Path:
        try:
            path = (self._folder / name).resolve()
            allowed = any(path.is_relative_to(folder.resolve()) for folder in self._allow)
        except (OSError, ValueError, RuntimeError):
            raise Refused("is not the name of a file", "write a name such as bodies.csv") from None
        if not allowed:
            message = "lies outside the scenario's folder"
            raise Refused(message, "put it beside the scenario, or allow its folder explicitly")
        return path

    def shown(self, name: str) -> str:
        """Return the path as the user would type it."""
        return str(self._paths.get(name, self._folder / name))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused("there is no such file", "check the name and the folder") from None
    except IsADirectoryError:
        raise Refused("is a folder", "name a file in it") from None
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from None


def decoded(data: bytes) -> tuple[str, str]:
    """Return the text of a table and the name of its encoding.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    text, encoding : str
        The encoding is ``UTF-8`` or ``Windows-1251``.

    Raises
    ------
    Refused
        If it is neither, or cannot be told.
    """
    save = "save the table as CSV UTF-8"
    if data.startswith(_UTF16) or b"\0" in data:
        raise Refused("is UTF-16 or no text at all", save)
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1251")
    except UnicodeDecodeError:
        raise Refused("is neither UTF-8 nor Windows-1251", save) from None
    if not _reads_as_cyrillic(text):
        raise Refused("is not UTF-8, and does not read as Windows-1251", save)
    return text, "Windows-1251"


def _reads_as_cyrillic(text: str) -> bool:
    """Tell whether what stands beyond ASCII is mostly Cyrillic, as it is in Windows-1251."""
    beyond = [char for char in text if char > "\x7f" and char not in _TYPOGRAPHY]
    letters = sum("\u0410" <= char <= "\u044f" or char in _LETTERS for char in beyond)
    return letters >= 0.75 * len(beyond)
