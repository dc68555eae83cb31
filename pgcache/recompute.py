"""Makes single keys exact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from pgcache import queries
from pgcache.errors import DeclarationError
from pgcache.reconcile import caches_of, installed_caches


@dataclass(frozen=True)
class Recomputed:
    """One measure of one key, as it is now; None where the query of a deferred cache gives none."""

    key: dict[str, str]
    measure: str
    value: Decimal | None


def recompute(conn: psycopg.Connection[Any], cache: str, values: Sequence[str]) -> Iterator[Recomputed]:
    """Recompute some keys, one after the other.

    Parameters
    ----------
    conn:
        An autocommit connection: each key is one transaction.
    cache:
        The name of an installed cache.
    values:
        The keys, as text: for a key of n columns, n values after the other.

    Raises
    ------
    DeclarationError
        The number of values does not fit the key; nothing was changed.
    PgcacheError
        pgcache is not installed, or there is no such cache.
    """
    caches_of(conn, names=[cache])
    columns = next(row["key_columns"] for row in installed_caches(conn) if row["name"] == cache)
    size = len(columns)
    if len(values) % size:
        raise DeclarationError(
            f"{len(values)} values make no keys of cache {cache!r}; give {size} for each key: {', '.join(columns)}"
        )
    for start in range(0, len(values), size):
        key = list(values[start : start + size])
        for row in queries.rows(conn, "recompute", cache, key):
            yield Recomputed(dict(zip(columns, key, strict=True)), row["measure"], row["value"])
