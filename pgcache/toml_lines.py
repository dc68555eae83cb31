"""Finds the line of every key in a TOML text, which tomllib does not tell."""

from __future__ import annotations

import contextlib
import re
import tomllib

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEY = re.compile(rf"[ \t]*{_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*[ \t]*")
# The triple quotes come first, since "" is also an empty string; up to two quotes may precede their end.
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:""|")?'
    r"|'''.*?'''(?:''|')?"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Give the line of every key, array element and table of a TOML text.

    Parameters
    ----------
    text:
        A text that tomllib has accepted. What is not TOML is not diagnosed here: it ends the search.

    Returns
    -------
    dict
        From the path into what tomllib gives, such as `("cache", 0, "name")`, to the line, from 1.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._counted = 0
        self._line = 1
        self._lines: dict[KeyPath, int] = {}
        self._elements: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        # A form that this scanner does not know must not keep tomllib's result from being used.
        with contextlib.suppress(ValueError):
            while self._skip_blank():
                if self._text.startswith("[", self._position):
                    table = self._header()
                else:
                    self._pair(table)
        return self._lines

    def _header(self) -> KeyPath:
        """Step over [table] or [[table]]; what stands above the last part may be an array's last element."""
        many = self._text.startswith("[[", self._position)
        brackets = 2 if many else 1
        self._position += brackets
        path: KeyPath = ()
        line = self._current_line()
        for part in self._key():
            path = self._record(self._last_element(path), part, line)
        if many:
            index = self._elements.get(path, 0)
            self._elements[path] = index + 1
            path = self._record(path, index, line)
        self._position += brackets
        return path

    def _last_element(self, path: KeyPath) -> KeyPath:
        return (*path, self._elements[path] - 1) if path in self._elements else path

    def _pair(self, table: KeyPath) -> None:
        path = table
        line = self._current_line()
        for part in self._key():
            path = self._record(path, part, line)
        self._position += 1  # the equals sign
        self._skip_blank()
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._text.startswith("[", self._position):
            self._position += 1
            index = 0
            while not self._closed("]"):
                self._value(self._record(path, index, self._current_line()))
                index += 1
        elif self._text.startswith("{", self._position):
            self._position += 1
            while not self._closed("}"):
                self._pair(path)
        else:
            match = _STRING.match(self._text, self._position) or _SCALAR.match(self._text, self._position)
            self._step_over(match)

    def _closed(self, bracket: str) -> bool:
        """Step over what lies between two elements, and over the bracket where it ends them."""
        self._skip_blank()
        if self._text.startswith(",", self._position):
            self._position += 1
            self._skip_blank()
        if self._text.startswith(bracket, self._position):
            self._position += 1
            return True
        return False

    def _key(self) -> list[str]:
        raw = self._step_over(_KEY.match(self._text, self._position))
        # tomllib knows how to read quotes and escapes; a nested table of one key each gives the parts.
        parts: list[str] = []
        inner: object = tomllib.loads(f"{raw}=0")
        while isinstance(inner, dict):
            ((part, inner),) = inner.items()
            parts.append(part)
        return parts

    def _record(self, path: KeyPath, part: str | int, line: int) -> KeyPath:
        path = (*path, part)
        self._lines.setdefault(path, line)
        return path

    def _skip_blank(self) -> bool:
        """Step over white space, line ends and comments; tell whether anything is left."""
        self._step_over(_BLANK.match(self._text, self._position))
        return self._position < len(self._text)

    def _step_over(self, match: re.Match[str] | None) -> str:
        if match is None:
            raise ValueError(f"line {self._current_line()} has a form that is not known")
        self._position = match.end()
        return match.group()

    def _current_line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._position)
        self._counted = self._position
        return self._line
