"""The functions that pgcache ships, the same for every declaration."""

from __future__ import annotations

from pgcache import resources
from pgcache.compile import SqlObject

# Those with which every other object is remembered come first, and those that functions in SQL call.
_FIRST = ("object_text", "record_object", "find_cache", "add", "subtract", "staleness")


def shipped_functions() -> list[SqlObject]:
    """One object for each file below sql/functions, in an order in which they can be created."""
    names = [file.stem for file in sorted(resources.path("sql", "functions").glob("*.sql"))]
    ordered = [*_FIRST, *(name for name in names if name not in _FIRST)]
    return [
        SqlObject("function", f"pgcache.{name}", "", None, resources.sql("functions", f"{name}.sql"))
        for name in ordered
    ]
