"""Binds the timeline of a cache: the table of its accounts, and what the view and the functions read."""

from __future__ import annotations

from collections.abc import Sequence

from pgcache.binder import Binder
from pgcache.bound import BoundSource, BoundTimeline
from pgcache.catalog import DATE, Relation
from pgcache.model import TableName, Timeline


def bind_timeline(
    binder: Binder, timeline: Timeline, target: Relation, sources: Sequence[BoundSource]
) -> BoundTimeline | None:
    """Bind a timeline; problems go to the binder.

    Parameters
    ----------
    binder:
        That of the cache.
    timeline:
        What the declaration says.
    target:
        The table of the months.
    sources:
        The sources, which have been bound already.

    Raises
    ------
    MissingTableError
        There is no table of accounts.
    """
    account = binder.table(timeline.account, timeline.location, ["SELECT"])
    columns = binder.columns(account, [timeline.key], timeline.location)
    theirs, month = (target.columns[name] for name in binder.cache.key)
    for column in columns:
        if not binder.catalog.is_unique(account, [column.name]):
            binder.problem(timeline.location, f"key {column.name} is not unique in {account}; name its primary key")
        if column.type_oid != theirs.type_oid:
            binder.problem(
                timeline.location,
                f"{account}.{column.name} is {column.type}, but {theirs.name} is {theirs.type}; make them the same",
            )
    if month.type_oid != DATE:
        binder.problem(
            timeline.location,
            f"a timeline needs months that are dates, but {month.name} is {month.type}; write "
            "date_trunc('month', day::timestamp)::date",
        )
    # Any numeric column will do to say what the amount is added to.
    binder.amount(account, timeline.initial, target.columns[timeline.actual], timeline.location, "initial")
    binder.condition(account, timeline.active, timeline.location, "active")
    for source in sources:
        if source.through:
            binder.problem(
                timeline.location,
                f"a timeline needs sources that name their account themselves, and that of {source.relation} does it "
                "through another table; give it a key",
            )
        found = binder.expression(source.relation, timeline.date, timeline.location, "date")
        if found and found.type_oid != DATE:
            binder.problem(timeline.location, f"date ({timeline.date}) is {found.type}; it must be a date")
    for name in [timeline.view, *([timeline.closing.table] if timeline.closing else [])]:
        _check_free(binder, timeline, target.schema, name)
    return BoundTimeline(timeline, account, columns[0]) if columns else None


def _check_free(binder: Binder, timeline: Timeline, schema: str, name: str) -> None:
    """Report a relation of somebody else under a name that pgcache is to create.

    The table of closed months, which outlives its cache, is known by its columns.
    """
    found = binder.catalog.relation(TableName(name, schema))
    if found is None or binder.catalog.is_made(schema, name):
        return
    if timeline.closing and name == timeline.closing.table and "closed_by" in found.columns:
        return
    binder.problem(
        timeline.location,
        f"pgcache is to create {schema}.{name}, but that is there already; choose another name",
    )
