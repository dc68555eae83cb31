"""Reads the [cache.timeline] of a cache."""

from __future__ import annotations

from pgcache.model import Closing, TableName, Timeline
from pgcache.sql_text import expression_problem, name_problem, split_table_name, table_name_problem
from pgcache.toml_reader import Table, did_you_mean, quoted

_KEYS = (
    "account",
    "key",
    "initial",
    "active",
    "date",
    "actual",
    "projected",
    "entries",
    "months_ahead",
    "view",
    "balance",
    "net_worth",
    "net_worth_at",
    "rebuild",
    "closing",
)
_CLOSING_KEYS = ("table", "close", "reopen")

MONTHS_AHEAD = 12
MOST_MONTHS_AHEAD = 1200


def read_timeline(cache: Table, key: tuple[str, ...], measures: tuple[str, ...], stamp: str | None) -> Timeline | None:
    """Turn the [cache.timeline] of a [[cache]] into its object; what is wrong with it is reported.

    Parameters
    ----------
    cache:
        The table of the cache.
    key, measures, stamp:
        What the rest of the cache says; empty where that is wrong.

    Returns
    -------
    Timeline
        None where the cache has none.
    """
    table = cache.table("timeline", "[cache.timeline]", _KEYS)
    if table is None:
        return None
    if key and len(key) != 2:
        table.report(f"a timeline needs a key of two columns, account and month, and the cache has {len(key)}")
    if stamp is None:
        table.report('a timeline needs a target with a stamp; write target = { ..., stamp = "last_calculated" }')
    account = table.string("account", table_name_problem, example="table")
    return Timeline(
        account=split_table_name(account) if account else TableName(""),
        key=table.string("key", name_problem, example="id"),
        initial=table.optional_string("initial", expression_problem) or "0",
        active=table.optional_string("active", expression_problem) or "true",
        date=table.string("date", expression_problem, example="date"),
        actual=_measure(table, "actual", measures),
        projected=_measure(table, "projected", measures),
        entries=_measure(table, "entries", measures),
        months_ahead=_months_ahead(table),
        view=table.string("view", name_problem, example="view"),
        balance=table.string("balance", name_problem, example="function"),
        net_worth=table.string("net_worth", name_problem, example="function"),
        net_worth_at=table.string("net_worth_at", name_problem, example="function"),
        rebuild=table.string("rebuild", name_problem, example="function"),
        closing=_closing(table),
        location=table.location,
    )


def _measure(table: Table, key: str, measures: tuple[str, ...]) -> str:
    name = table.string(key, name_problem, example="measure")
    if name and measures and name not in measures:
        table.report(f"no source has a measure {quoted(name)}; {did_you_mean(name, measures)}", key)
    return name


def _months_ahead(table: Table) -> int:
    months = table.get("months_ahead")
    if months is None:
        return MONTHS_AHEAD
    if isinstance(months, bool) or not isinstance(months, int) or not 0 <= months <= MOST_MONTHS_AHEAD:
        table.report(
            f"months_ahead must be a number from 0 to {MOST_MONTHS_AHEAD}; write {MONTHS_AHEAD}", "months_ahead"
        )
        return MONTHS_AHEAD
    return months


def _closing(timeline: Table) -> Closing | None:
    table = timeline.table("closing", "closing", _CLOSING_KEYS)
    if table is None:
        return None
    return Closing(
        table=table.string("table", name_problem, example="table"),
        close=table.string("close", name_problem, example="function"),
        reopen=table.string("reopen", name_problem, example="function"),
    )
