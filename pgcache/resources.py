"""Finds the files that travel with pgcache: sql/ and alembic/. Nothing else looks for them."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_IN_WHEEL = _PACKAGE / "_data"


def path(*parts: str) -> Path:
    """Give the path of a file or folder of pgcache.

    Parameters
    ----------
    parts:
        The path below the folder that holds sql/ and alembic/: `path("alembic", "env.py")`.
    """
    # A wheel carries the folders inside the package; an editable install reads them from the checkout.
    root = _IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)


def sql(*parts: str) -> str:
    """Read a file below sql/.

    Parameters
    ----------
    parts:
        The path below sql/: `sql("functions", "today.sql")`.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    return path("sql", *parts).read_text(encoding="utf-8")
