"""Checks the names and expressions of a declaration for what would break generated SQL.

An expression is pasted between parentheses, so it must not be able to end them, nor the statement
around them. Whether it means anything is for PostgreSQL to say. A backslash in a plain string is refused, since
what it means depends on a setting of the session that writes (standard_conforming_strings).
"""

from __future__ import annotations

import re

from pgcache.model import TableName

NAME_BYTES = 63

_SPACE = " \t\n\r\f\v"
# PostgreSQL takes every byte above 127 for a letter, so that no other space or digit exists.
_WORD = re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*")
_DOLLAR_TAG = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$")
_LINE_COMMENT = re.compile(r"--[^\n\r]*")
_COMMENT_MARK = re.compile(r"/\*|\*/")
# A doubled quote reads as the end of one string and the start of the next, which ends at the same place.
_PLAIN_BODY = {"'": re.compile(r"[^']*'"), '"': re.compile(r'[^"]*"')}
# An E string must be read as a whole: a backslash hides a quote, also in its continuation on a later line.
_ESCAPE_BODY = re.compile(r"(?:[^'\\]|\\.|'')*+'", re.DOTALL)
_CONTINUED = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*+)*+[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*+[\n\r])*+'")
_CLOSING = {"(": ")", "[": "]"}

_TABLE_PART = re.compile(r'"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^."]+)')


class _ProblemError(Exception):
    """What is wrong with an expression; what to do."""


def name_problem(name: str) -> str | None:
    """Tell why PostgreSQL could not hold a name as it is: the end of a sentence, None if it can."""
    size = len(name.encode())
    if size > NAME_BYTES:
        return f"has {size} bytes, and PostgreSQL cuts names at {NAME_BYTES}; shorten it"
    return None


def split_table_name(text: str) -> TableName:
    """Split "table" or "schema.table", whose parts may be in double quotes, and are taken literally.

    Raises
    ------
    ValueError
        What is wrong; what to do.
    """
    parts = []
    position = -1
    while position < len(text):
        # Each part but the first follows a dot.
        match = _TABLE_PART.match(text, position + 1)
        if match is None or (match.end() < len(text) and text[match.end()] != "."):
            raise ValueError(
                'is not a table name; write "table" or "schema.table", '
                "with double quotes around a part that holds a dot or a double quote"
            )
        part = match["plain"] if match["quoted"] is None else match["quoted"].replace('""', '"')
        problem = name_problem(part) if part else "holds an empty name; fill it in"
        if problem:
            raise ValueError(problem)
        parts.append(part)
        position = match.end()
    if len(parts) > 2:
        raise ValueError('has more than two parts; write "table" or "schema.table"')
    return TableName(parts[-1], parts[0] if len(parts) == 2 else None)


def table_name_problem(text: str) -> str | None:
    """Tell why a text is no table name: the end of a sentence, None if it is one."""
    try:
        split_table_name(text)
    except ValueError as error:
        return str(error)
    return None


def expression_problem(text: str) -> str | None:
    """Tell why a text cannot stand between parentheses in SQL: the end of a sentence, None if it can.

    Parameters
    ----------
    text:
        The expression, exactly as it will be pasted.
    """
    try:
        _check(text)
    except _ProblemError as error:
        return str(error)
    return None


def query_problem(text: str) -> str | None:
    """Tell why a text cannot stand between parentheses as a query: the end of a sentence, None if it can."""
    try:
        _check(text, several=True)
    except _ProblemError as error:
        return str(error).replace("holds no expression", "holds no query")
    return None


def _check(text: str, *, several: bool = False) -> None:
    open_brackets: list[str] = []
    says_something = False
    position = 0
    while position < len(text):
        char = text[position]
        if comment := _LINE_COMMENT.match(text, position):
            position = comment.end()
            if position == len(text) and not several:  # a query stands on lines of its own
                raise _ProblemError("ends in a -- comment, which would hide what follows it; use /* */")
            continue
        if text.startswith("/*", position):
            position = _comment_end(text, position + 2)
            continue
        if char in _SPACE:
            position += 1
            continue
        says_something = True
        if char in "'\"":
            position = _plain_end(text, position)
        elif word := _WORD.match(text, position):
            position = word.end()
            if word.group() in ("e", "E") and text.startswith("'", position):
                position = _escape_string_end(text, position + 1)
        elif tag := _DOLLAR_TAG.match(text, position):
            position = _dollar_end(text, tag)
        else:
            _check_mark(char, open_brackets, several)
            position += 1
    if open_brackets:
        raise _ProblemError(f"has a {open_brackets[-1]} that is never closed; close it")
    if not says_something:
        raise _ProblemError("holds no expression; fill it in")


def _check_mark(char: str, open_brackets: list[str], several: bool) -> None:
    if char in "([":
        open_brackets.append(char)
    elif char in ")]":
        if not open_brackets or _CLOSING[open_brackets.pop()] != char:
            raise _ProblemError(f"has a {char} that nothing opens; balance the brackets")
    elif char == ";":
        what = "query" if several else "expression"
        raise _ProblemError(f"holds a semicolon, which would end the statement; write one {what}")
    elif char == "\\":
        raise _ProblemError("holds a backslash outside of quotes, which SQL does not know; remove it")
    elif char == "," and not open_brackets and not several:
        raise _ProblemError("holds several expressions separated by commas; write one")


def _plain_end(text: str, position: int) -> int:
    quote = text[position]
    body = _PLAIN_BODY[quote].match(text, position + 1)
    if body is None:
        raise _ProblemError(f"has a {quote} that is never closed; close it")
    if quote == "'" and "\\" in body.group():
        raise _ProblemError(r"has a backslash in a string, which a session setting may reinterpret; write E'\\'")
    return body.end()


def _escape_string_end(text: str, position: int) -> int:
    while body := _ESCAPE_BODY.match(text, position):
        continued = _CONTINUED.match(text, body.end())
        if continued is None:
            return body.end()
        position = continued.end()
    raise _ProblemError("has an E'...' string that is never closed; close it")


def _dollar_end(text: str, tag: re.Match[str]) -> int:
    start = text.find(tag.group(), tag.end())
    if start < 0:
        raise _ProblemError(f"has a {tag.group()} that is never closed; close it")
    return start + len(tag.group())


def _comment_end(text: str, position: int) -> int:
    depth = 1
    while depth:
        mark = _COMMENT_MARK.search(text, position)
        if mark is None:
            raise _ProblemError("has a /* comment that is never closed; close it")
        depth += 1 if mark.group() == "/*" else -1
        position = mark.end()
    return position
