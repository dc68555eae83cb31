"""What ends an update early that changes nothing that counts."""

from __future__ import annotations

from psycopg import sql

from pgcache.bound import BoundSource
from pgcache.catalog import Relation
from pgcache.compile.fragments import Fragment, joined, name, raw
from pgcache.compile.maker import Maker
from pgcache.template import render


def skip_unread(maker: Maker, relation: Relation, event: str, source: BoundSource | None = None) -> Fragment:
    """The statements that return from the trigger where no column that a figure depends on has changed.

    Rows are compared byte by byte, which any type can be, and which no other comparison is stricter than.

    Parameters
    ----------
    maker:
        Of the cache.
    relation:
        The table with the trigger.
    event:
        That of the trigger; nothing is skipped but updates.
    source:
        Of a cache that is maintained by differences: where another statement overlaps with this one, its keys are
        recomputed whatever has changed. None where keys are only marked.
    """
    read = sorted(maker.cache.reads.get(relation.oid, ()))
    if event != "update" or not read:
        return raw("")
    by_row = maker.cache.declared.triggers == "row"

    def columns(version: str) -> Fragment:
        return joined(joined([raw(version), name(column)], ".") for column in read)

    parts = {
        "new_columns": columns("NEW" if by_row else "n"),
        "old_columns": columns("OLD" if by_row else "o"),
        "mixed": raw("v_mixed" if source else "false"),
        # A statement with which triggers on the target may interfere is noted as open until it says that it is done.
        "close": sql.SQL("v_mixed_since := {};").format(maker.f.mixed("s"))
        if source and maker.cache.stays_open(source)
        else raw(""),
    }
    return raw(render(f"fragments/skip_unread{'_row' if by_row else ''}.sql", parts).strip())
