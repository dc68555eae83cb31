"""What ends an update early that changes nothing that counts."""

from __future__ import annotations

from psycopg import sql

from pgcache.bound import BoundSource
from pgcache.compile.fragments import Fragment, joined, name, raw
from pgcache.compile.maker import Maker
from pgcache.template import render


def skip_unread(maker: Maker, source: BoundSource, event: str) -> Fragment:
    """The statements that return from the trigger where no column that the source's expressions read has changed.

    Rows are compared byte by byte, which any type can be, and which no other comparison is stricter than.
    """
    if event != "update":
        return raw("")
    by_row = maker.cache.declared.triggers == "row"
    new, old = ("NEW", "OLD") if by_row else ("n", "o")

    def columns(alias: str) -> Fragment:
        return joined(joined([raw(alias), name(column)], ".") for column in source.columns)

    # A statement that looks at a mapping or a period is noted as open until it says that it is done.
    closes = sql.SQL("v_mixed_since := {};").format(maker.f.mixed("s")) if source.mapped else raw("")
    parts = {"new_columns": columns(new), "old_columns": columns(old), "close": closes}
    return raw(render(f"fragments/skip_unread{'_row' if by_row else ''}.sql", parts).strip())
