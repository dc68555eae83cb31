"""Reads pgcache.toml into the declaration's objects; everything that needs no database is checked here."""

from __future__ import annotations

import re
from pathlib import Path

from pgcache import resources
from pgcache.errors import DeclarationError
from pgcache.model import Cache, Declaration, Location
from pgcache.toml_cache import CACHE_KEYS, read_cache
from pgcache.toml_deferred import with_queries
from pgcache.toml_reader import Document, Table, did_you_mean, quoted, type_name

VERSION = 1

_TOP_KEYS = ("version", "presets", "time_zone", "cache")
_TIME_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


def load(path: Path) -> Declaration:
    """Read a declaration from a file.

    Parameters
    ----------
    path:
        The file, usually pgcache.toml.

    Raises
    ------
    DeclarationError
        The file cannot be read, or what it says is wrong.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise DeclarationError(
            f"{path}: there is no such file; run pgcache init PRESET, or name another file with --config"
        ) from None
    except OSError as error:
        raise DeclarationError(
            f"{path}: cannot be read ({error.strerror}); make it readable, or name another file with --config"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DeclarationError(
            f"{path}:{line}: byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None
    return loads(text, str(path))


def loads(text: str, file: str) -> Declaration:
    """Read a declaration from a text.

    Parameters
    ----------
    text:
        What pgcache.toml holds.
    file:
        The name of the file, for messages.

    Raises
    ------
    DeclarationError
        What the text says is wrong; every problem is named, with its line.
    """
    document = Document(text, file)
    top = Table(document, (), document.values, "the declaration", _TOP_KEYS)
    _check_version(top)
    presets = top.strings("presets", _preset_problem, distinct=True) if "presets" in top else ()
    time_zone = top.optional_string("time_zone", _time_zone_problem, example="Europe/Prague")
    tables = top.tables("cache", "[[cache]]", CACHE_KEYS)
    caches = tuple(read_cache(table) for table in tables)
    _check_together(list(zip(tables, caches, strict=True)))
    document.raise_problems()
    whole = with_queries(text, [cache.query for cache in caches if cache.query])
    return Declaration(Path(file), caches, presets, time_zone, location=top.location, text=whole)


def _check_version(top: Table) -> None:
    version = top.get("version")
    if version is None:
        top.report(f"the declaration has no version; add version = {VERSION}")
    elif isinstance(version, bool) or not isinstance(version, int):
        problem = f"version must be an integer, not {type_name(version)}; write version = {VERSION}"
        top.report(problem, "version")
    elif version != VERSION:
        problem = f"version is not {VERSION}, which is all that this pgcache reads"
        top.report(f"{problem}; write version = {VERSION} or use another", "version")


def _preset_problem(name: str) -> str | None:
    known = sorted(file.parent.name for file in resources.path("sql", "presets").glob("*/pgcache.toml"))
    return None if name in known else f"is no preset: {quoted(name)}; {did_you_mean(name, known)}"


def _time_zone_problem(name: str) -> str | None:
    if _TIME_ZONE.fullmatch(name):
        return None  # whether there is such a zone is for the database to say
    return "is not the name of a time zone; write one such as Europe/Prague"


def _check_together(pairs: list[tuple[Table, Cache]]) -> None:
    """Report what two caches, or two functions of one, must not share."""
    names: dict[object, Location] = {}
    functions: dict[object, Location] = {}
    columns: dict[object, Location] = {}
    for table, cache in pairs:
        name = quoted(cache.name)
        if cache.name and (other := _claim(names, cache.name, table.location_of("name"))):
            table.report(f"the name {name} is taken by {other}; rename one", "name")
        for path, function in _functions(cache):
            if other := _claim(functions, (cache.target.schema, function), table.location_of(*path)):
                problem = f"the function {quoted(function)} is already the rpc of {other}; rename one"
                table.report(problem, *path)
        for measure in cache.measures:
            if cache.target.name and (other := _claim(columns, (cache.target, measure), table.location)):
                problem = f"{quoted(measure)} of {cache.target} is already a measure of the cache at {other}"
                table.report(f"{problem}; remove one", "target")


def _claim(claims: dict[object, Location], claim: object, location: Location) -> Location | None:
    """Note who uses what only one may use; give the place of the one who already does."""
    if claim in claims:
        return claims[claim]
    claims[claim] = location
    return None


def _functions(cache: Cache) -> list[tuple[tuple[str, ...], str]]:
    """Give the SQL functions that a cache declares, each with the path of its key."""
    functions = [(("rpc",), cache.rpc), (("rollover", "rpc"), cache.rollover.rpc if cache.rollover else None)]
    if cache.timeline:
        functions += [(("timeline", *path), name) for path, name in cache.timeline.functions]
    return [(path, name) for path, name in functions if name]
