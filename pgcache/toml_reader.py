"""Reads TOML into checked values and collects every problem that it meets, each with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pgcache.errors import DeclarationError
from pgcache.model import Location
from pgcache.toml_lines import KeyPath, key_lines

# Tells what is wrong with a text and what to do, as the end of a sentence about it; None if nothing is.
Check = Callable[[str], str | None]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TOML_POSITION = re.compile(r" \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$")


@dataclass(frozen=True)
class Float:
    """A TOML float as it was written: money must not pass through a binary float."""

    text: str


def quoted(text: str) -> str:
    """Give a text from the declaration in quotes, on one line whatever it holds."""
    return repr(text)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Give the end of a message about an unknown word: the closest known one, else all of them."""
    known = list(words)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {quoted(close[0])}?"
    return "known: " + ", ".join(known)


class Document:
    """A TOML text, the lines of its keys, and the problems found in it so far.

    Parameters
    ----------
    text:
        The TOML.
    file:
        The name to use in messages.

    Raises
    ------
    DeclarationError
        The text is not TOML.
    """

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._problems: list[tuple[int, str]] = []
        try:
            self.values: dict[str, object] = tomllib.loads(text, parse_float=Float)
            self._lines = key_lines(text)
        except RecursionError:
            raise DeclarationError(f"{file}:1: arrays or tables are nested too deeply; simplify them") from None
        except tomllib.TOMLDecodeError as error:
            raise DeclarationError(_syntax_problem(error, text, file)) from None
        except ValueError:  # int() takes only so many digits
            raise DeclarationError(f"{file}:1: a number has thousands of digits; shorten it") from None

    def location(self, path: KeyPath) -> Location:
        """Give the place of a key, or of the nearest table around it that has a line of its own."""
        while path and path not in self._lines:
            path = path[:-1]
        return Location(self._file, self._lines.get(path, 1))

    def report(self, path: KeyPath, problem: str) -> None:
        """Keep a problem of the key at `path`: what is wrong; what to do."""
        location = self.location(path)
        self._problems.append((location.line, f"{location}: {problem}"))

    def raise_problems(self) -> None:
        """Raise what has been reported, in the order of the lines.

        Raises
        ------
        DeclarationError
            There was a problem.
        """
        if self._problems:
            ordered = sorted(self._problems, key=lambda problem: problem[0])
            raise DeclarationError([message for _, message in ordered])


class Table:
    """One table of a document. Hands out its values checked, and reports what is wrong with them.

    An empty string, tuple or None stands for a value that is missing or wrong and has been reported;
    a value that is given out as good is never empty.

    Parameters
    ----------
    document:
        Where problems are reported.
    path:
        The path of the table in the document.
    values:
        What tomllib gave for it.
    label:
        What to call the table in messages: "[[cache]]".
    known:
        The keys that it may have.
    """

    def __init__(
        self,
        document: Document,
        path: KeyPath,
        values: Mapping[str, object],
        label: str,
        known: Sequence[str],
    ) -> None:
        self._document = document
        self._path = path
        self._values = values
        self._label = label
        self.location = document.location(path)
        for key in values:
            if key not in known:
                self.report(f"unknown key {quoted(key)} in {label}; {did_you_mean(key, known)}", key)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> object:
        """Give the value of a key as tomllib read it, None where the table has no such key."""
        return self._values.get(key)

    def location_of(self, *path: str | int) -> Location:
        """Give the place of the value at `path` below the table."""
        return self._document.location((*self._path, *path))

    def report(self, problem: str, *path: str | int) -> None:
        """Report a problem of the table, or of the value at `path` below it."""
        self._document.report((*self._path, *path), problem)

    def string(self, key: str, check: Check | None = None, *, example: str = "...") -> str:
        """Give a string that the table must have."""
        if self._lacks(key, f'"{example}"'):
            return ""
        return self.optional_string(key, check, example=example) or ""

    def optional_string(self, key: str, check: Check | None = None, *, example: str = "...") -> str | None:
        """Give a string, None where the table does not have it."""
        return self._text(self._values[key], (key,), key, f'"{example}"', check) if key in self else None

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """Give one of several words."""
        word = self.optional_string(key, example=default)
        if word is None:
            return default
        if word not in choices:
            self.report(f"{key} cannot be {quoted(word)}; choose one of {', '.join(choices)}", key)
            return default
        return word

    def strings(self, key: str, check: Check | None = None, *, distinct: bool = False) -> tuple[str, ...]:
        """Give a list of strings that the table must have."""
        if self._lacks(key, '["..."]'):
            return ()
        values = self._values[key]
        if not isinstance(values, list):
            self._report_type(values, (key,), key, "an array of strings", '["..."]')
            return ()
        if not values:
            self.report(f'{key} is an empty list; write {key} = ["..."]', key)
        good: list[str] = []
        for index, value in enumerate(values):
            text = self._text(value, (key, index), f"{key}, item {index + 1},", None, check)
            if distinct and text in good:
                self.report(f"{key} names {quoted(text)} twice; remove one", key, index)
            elif text is not None:
                good.append(text)
        return tuple(good) if len(good) == len(values) else ()

    def pairs(
        self, key: str, key_check: Check, value_check: Check, *, left: str = "name", right: str = "..."
    ) -> tuple[tuple[str, str], ...]:
        """Give a table of strings that the table must have."""
        example = f'{{ {left} = "{right}" }}'
        if self._lacks(key, example):
            return ()
        values = self._values[key]
        if not isinstance(values, dict):
            self._report_type(values, (key,), key, "a table", example)
            return ()
        if not values:
            self.report(f"{key} is empty; write {key} = {example}", key)
        good = []
        for name, value in values.items():
            subject = f"{key}.{name if _BARE_KEY.fullmatch(name) else quoted(name)}"
            checked_name = self._text(name, (key, name), f"the name in {subject}", None, key_check)
            text = self._text(value, (key, name), subject, f'"{right}"', value_check)
            if checked_name is not None and text is not None:
                good.append((checked_name, text))
        return tuple(good) if len(good) == len(values) else ()

    def table(self, key: str, label: str, known: Sequence[str], *, required: bool = False) -> Table | None:
        """Give a table below this one, None where there is none or it is something else."""
        example = "{ ... }"
        if key not in self:
            if required:
                self._lacks(key, example)
            return None
        values = self._values[key]
        if not isinstance(values, dict):
            self._report_type(values, (key,), key, "a table", example)
            return None
        return Table(self._document, (*self._path, key), values, label, known)

    def tables(self, key: str, label: str, known: Sequence[str]) -> list[Table]:
        """Give the tables of an array of tables, [[label]] in TOML, that the table must have."""
        values = self._values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.report(f"{key} must be an array of tables; write {label} above each", key)
            return []
        if not values:
            self.report(f"{self._label} has no {label}; add one", *([key] if key in self else []))
        return [
            Table(self._document, (*self._path, key, index), value, label, known) for index, value in enumerate(values)
        ]

    def _lacks(self, key: str, example: str) -> bool:
        if key in self:
            return False
        self.report(f"{self._label} has no {key}; add {key} = {example}")
        return True

    def _text(self, value: object, path: KeyPath, subject: str, example: str | None, check: Check | None) -> str | None:
        """Give a string if it is one and good, else report what is wrong."""
        problem: str | None = None
        if not isinstance(value, str):
            self._report_type(value, path, subject, "a string", example)
            return None
        if not value:
            problem = "is empty; fill it in"
        elif "\0" in value:
            problem = "holds a NUL character, which PostgreSQL cannot store; remove it"
        elif check is not None:
            problem = check(value)
        if problem is not None:
            self.report(f"{subject} {problem}", *path)
            return None
        return value

    def _report_type(self, value: object, path: KeyPath, subject: str, wanted: str, example: str | None) -> None:
        way_out = f"write {subject} = {example}" if example else "write a string"
        self.report(f"{subject} must be {wanted}, not {type_name(value)}; {way_out}", *path)


def type_name(value: object) -> str:
    """Name the TOML type of a value, with its article."""
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "an integer", Float: "a float", list: "an array", dict: "a table"}
    return names.get(type(value), "a date or time")


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, file: str) -> str:
    message = str(error)
    line, column = 1, ""
    if match := _TOML_POSITION.search(message):
        message = message[: match.start()]
        line = int(match["line"] or text.rstrip().count("\n") + 1)
        column = f" at column {match['column']}" if match["column"] else " at the end of the file"
    return f"{file}:{line}: this is not TOML{column}: {message}; correct it"
