"""What a mapping value leads to, and the slot that keeps it so."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from pgcache.bound import BoundSource
from pgcache.catalog import Column
from pgcache.compile.fragments import SLOTS, Fragment, equal, joined, numbered, raw
from pgcache.compile.maker import Maker


def behind(maker: Maker, source: BoundSource, value: str) -> dict[str, Fragment]:
    """The target keys behind a mapping value: what the mapping says, or the value itself."""
    f = maker.f
    if source.through is None:
        keys = (raw(f"{value.replace('{n}', str(n))} AS key_{n}") for n in range(1, f.keys + 1))
        unmapped = {"mapping": raw("(SELECT)"), "mapped": raw("true"), "mapped_order": raw("1")}
        return {**unmapped, "mapped_keys": joined(keys)}
    matches = (
        equal(raw(f"m.on_{n}"), column, raw(value.replace("{n}", str(n))))
        for n, (column, _) in enumerate(source.through.on, 1)
    )
    whole = (raw(f"m.key_{n} IS NOT NULL") for n in range(1, f.keys + 1))
    return {
        "mapping": sql.SQL("({})").format(f.mapping_rows(source.through, source.through.relation.identifier)),
        "mapped": joined([*matches, *whole], " AND "),
        "mapped_keys": numbered("key", f.keys, "m.{}"),
        "mapped_order": numbered("key", f.keys, "m.{}"),
    }


def slot_of(values: Sequence[tuple[Column, Fragment]]) -> Fragment:
    """The slot of some values by their hash: equal values share one."""
    if not all(column.hashable for column, _ in values):
        return raw("0")
    return sql.SQL("(hash_record_extended(ROW({}), 0) & {})::integer").format(
        joined(value for _, value in values), raw(str(SLOTS - 1))
    )
