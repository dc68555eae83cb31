"""Reads one [[cache]] of a declaration."""

from __future__ import annotations

from decimal import Decimal
from typing import cast, get_args

from pgcache.model import (
    Action,
    Cache,
    Drift,
    Guard,
    History,
    Mode,
    Rollover,
    Source,
    TableName,
    Through,
    Triggers,
    Within,
)
from pgcache.policy import is_limit, parse_amount, parse_share
from pgcache.sql_text import (
    NAME_BYTES,
    expression_problem,
    name_problem,
    split_table_name,
    table_name_problem,
)
from pgcache.toml_deferred import STAMP, check_mode, read_query, read_refresh
from pgcache.toml_reader import Float, Table, did_you_mean, quoted, type_name
from pgcache.toml_timeline import read_timeline

# Generated objects add suffixes to the name.
CACHE_NAME_BYTES = 40

# A cache's view cannot share a name with a table of the schema pgcache, nor with an index or a sequence.
_TABLES = ("cache", "dirty", "drift", "found", "object", "repair", "run", "setting", "slot", "write")
RESERVED_NAMES = frozenset(
    (
        *_TABLES,
        *(f"{table}_pkey" for table in _TABLES),
        "alembic_version",
        "alembic_version_pkc",
        "dirty_by_cache",
        "dirty_id_seq",
        "drift_by_key",
        "drift_by_run",
        "drift_id_seq",
        "drift_open",
        "repair_by_key",
        "run_by_cache",
        "run_id",
        "write_by_key",
        "write_id_seq",
    )
)

CACHE_KEYS = (
    "name",
    "target",
    "key",
    "mode",
    "guard",
    "triggers",
    "drift",
    "rpc",
    "initial",
    "source",
    "rollover",
    "timeline",
    "query",
    "refresh",
)
_SOURCE_KEYS = ("table", "key", "through", "within", "where", "values", "touched")
_ROLLOVER_KEYS = ("recurrence", "rpc", "history")
_HISTORY_KEYS = ("table", "key", "from", "to", "values")
_DRIFT_KEYS = ("threshold", "relative_threshold", "action", "max_corrections")


def read_cache(table: Table) -> Cache:
    """Turn a [[cache]] into its object; what is wrong with it is reported to the table's document.

    Parameters
    ----------
    table:
        The table, with the keys `CACHE_KEYS`.

    Returns
    -------
    Cache
        Its attributes are empty where the declaration is wrong.
    """
    key = table.strings("key", name_problem, distinct=True)
    mode = cast(Mode, table.choice("mode", get_args(Mode), "immediate"))
    sources = _sources(table, len(key))
    measures = _measures(sources)
    for measure in measures:
        if measure in key:
            table.report(f"key names {quoted(measure)}, which is a measure; a key column holds no sum", "key")
    target, creates, stamp, index = _target(table, mode)
    if stamp in (*key, *measures):
        table.report(
            f"stamp is {quoted(stamp or '')}, which the cache uses already; choose another name", "target", "stamp"
        )
    if creates:
        _check_created(table)
    check_mode(table, mode)
    return Cache(
        name=table.string("name", _cache_name_problem),
        target=target,
        creates=creates,
        stamp=stamp,
        index=index,
        key=key,
        mode=mode,
        guard=cast(Guard, table.choice("guard", get_args(Guard), "ignore")),
        triggers=cast(Triggers, table.choice("triggers", get_args(Triggers), "statement")),
        drift=_drift(table),
        rpc=table.optional_string("rpc", name_problem),
        initial=_initial(table, measures),
        query=read_query(table),
        refresh=read_refresh(table, (*key, *measures, *([stamp] if stamp else []))),
        sources=sources,
        rollover=_rollover(table, len(key), measures, sources),
        timeline=read_timeline(table, key, measures, stamp),
        location=table.location,
    )


def _measures(sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Give the measures of all sources, none while a source's are not known because they are wrong."""
    if not all(source.values for source in sources):
        return ()
    return tuple(dict.fromkeys(measure for source in sources for measure, _ in source.values))


def _cache_name_problem(name: str) -> str | None:
    size = len(name.encode())
    if size > CACHE_NAME_BYTES:
        return (
            f"has {size} bytes, and PostgreSQL's {NAME_BYTES} leave {CACHE_NAME_BYTES} "
            "beside what pgcache adds; shorten it"
        )
    if name in RESERVED_NAMES:
        return f"cannot be {quoted(name)}, which the schema pgcache needs itself; choose another"
    return None


def _table_name(text: str) -> TableName:
    return split_table_name(text) if text else TableName("")


def _target(table: Table, mode: Mode) -> tuple[TableName, bool, str | None, str | None]:
    """Give the target, whether pgcache creates it, the column for the time of its last change, and the indexed one."""
    inline = isinstance(table.get("target"), dict)
    target = table.table("target", "target", ("table", "create", "stamp", "index")) if inline else None
    if target is None:
        return _table_name(table.string("target", table_name_problem, example="table")), False, None, None
    create = target.get("create")
    if create is not None and not isinstance(create, bool):
        target.report(f"create must be a boolean, not {type_name(create)}; leave it out", "create")
    if "stamp" in target and create is not True and mode != "deferred":
        target.report("stamp is for a target that pgcache creates; leave it out", "stamp")
    if "index" in target and create is not True:
        target.report("index is for a target that pgcache creates; leave it out, and create one of your own", "index")
    stamp = target.optional_string("stamp", name_problem, example="last_calculated")
    if create is True and mode == "deferred":
        stamp = stamp or STAMP
    index = target.optional_string("index", name_problem, example="balance")
    return _table_name(target.string("table", table_name_problem, example="table")), create is True, stamp, index


def _check_created(table: Table) -> None:
    """Report what only makes sense for a table of the user's own."""
    for key in ("guard", "initial", "rollover"):
        if key in table:
            table.report(f"{key} is for a target of your own, and pgcache creates this one; leave it out", key)
    for source in table.tables("source", "[[cache.source]]", _SOURCE_KEYS):
        if "within" in source:
            source.report("within needs a target of your own, whose rows have the period; leave it out", "within")


def _drift(table: Table) -> Drift:
    drift = table.table("drift", "drift", _DRIFT_KEYS)
    if drift is None:
        return Drift()
    relative = drift.optional_string("relative_threshold", _share_problem, example="0.1%")
    return Drift(
        _threshold(drift),
        cast(Action, drift.choice("action", get_args(Action), "correct")),
        (relative and parse_share(relative)) or Drift().relative_threshold,
        _max_corrections(drift),
    )


def _share_problem(text: str) -> str | None:
    return None if parse_share(text) is not None else f'cannot be {quoted(text)}; write a share such as "0.1%"'


def _max_corrections(drift: Table) -> str | None:
    limit = drift.get("max_corrections")
    if isinstance(limit, int) and not isinstance(limit, bool):
        if limit >= 0:
            return str(limit)
        drift.report("max_corrections is negative; write 0 or more", "max_corrections")
        return None
    return drift.optional_string("max_corrections", _limit_problem, example="5%")


def _limit_problem(text: str) -> str | None:
    return None if is_limit(text) else f'cannot be {quoted(text)}; write a number of keys, or a share such as "5%"'


def _threshold(drift: Table) -> Decimal:
    threshold = drift.get("threshold")
    if isinstance(threshold, Float):
        drift.report(
            f'threshold is a float, which is not exact; write it as a string, threshold = "{threshold.text}"',
            "threshold",
        )
    elif isinstance(threshold, int) and not isinstance(threshold, bool):
        if threshold >= 0:
            return Decimal(threshold)
        drift.report("threshold is negative; write 0 or more", "threshold")
    else:
        text = drift.optional_string("threshold", _amount_problem, example="0.00")
        if text:
            return Decimal(text)
    return Drift().threshold


def _amount_problem(text: str) -> str | None:
    if parse_amount(text) is not None:
        return None
    return f'cannot be {quoted(text)}; write an amount of 0 or more such as "0.00"'


def _initial(table: Table, measures: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if "initial" not in table:
        return ()
    if isinstance(table.get("initial"), dict):
        initial = table.pairs("initial", name_problem, expression_problem, left="measure", right="expression")
        _check_measures(table, "initial", initial, measures)
        return initial
    expression = table.optional_string("initial", expression_problem, example="expression")
    if expression is None or not measures:
        return ()
    if len(measures) > 1:
        each = ", ".join(f'{measure} = "..."' for measure in measures)
        table.report(f"initial does not say of which measure; write initial = {{ {each} }}", "initial")
    return ((measures[0], expression),)


def _check_measures(table: Table, key: str, pairs: tuple[tuple[str, str], ...], measures: tuple[str, ...]) -> None:
    for name, _ in pairs:
        if measures and name not in measures:
            table.report(f"no source has a measure {quoted(name)}; {did_you_mean(name, measures)}", key, name)


def _sources(table: Table, key_length: int) -> tuple[Source, ...]:
    sources = table.tables("source", "[[cache.source]]", _SOURCE_KEYS)
    return tuple(_source(source, key_length, "query" in table, table.get("mode") == "deferred") for source in sources)


def _source(table: Table, key_length: int, queried: bool, deferred: bool) -> Source:
    key: tuple[str, ...] = ()
    through = None
    if "through" in table:
        through = _through(table, key_length, deferred)
        if "key" in table:
            table.report("key and through both give the key; keep one", "key")
    elif "key" in table:
        key = table.strings("key", expression_problem)
        _check_length(table, "key", key, key_length)
    else:
        table.report('[[cache.source]] gives no key; add key = ["..."] or through = { ... }')
    values: tuple[tuple[str, str], ...] = ()
    if not queried:
        values = table.pairs("values", name_problem, expression_problem, left="measure", right="expression")
    for word in ("values", "within") if queried else ():
        if word in table:
            table.report(f"{word} is for sources that add up, and a query says all of it; leave it out", word)
    if deferred and "touched" in table:
        table.report(
            "touched is of no use to a deferred cache, which marks the keys that are touched; leave it out", "touched"
        )
    return Source(
        table=_table_name(table.string("table", table_name_problem, example="table")),
        key=key,
        through=through,
        within=_within(table),
        where=table.optional_string("where", expression_problem),
        values=values,
        location=table.location,
        touched=table.optional_string("touched", expression_problem),
    )


def _through(source: Table, key_length: int, deferred: bool) -> Through | None:
    table = source.table("through", "through", ("table", "on", "key", "where", "through"))
    if table is None:
        return None
    key: tuple[str, ...] = ()
    onward = None
    if "through" in table:
        onward = _through(table, key_length, deferred)
        if "key" in table:
            table.report("key and through both give the key; keep one", "key")
        if not deferred:
            table.report("several tables between a source and its key are for a deferred cache; name one", "through")
    else:
        key = table.strings("key", name_problem)
        _check_length(table, "key", key, key_length)
    return Through(
        table=_table_name(table.string("table", table_name_problem, example="table")),
        on=table.pairs("on", name_problem, expression_problem, left="mapping_column", right="source expression"),
        key=key,
        where=table.optional_string("where", expression_problem),
        through=onward,
        location=table.location,
    )


def _check_length(table: Table, key: str, given: tuple[str, ...], key_length: int) -> None:
    """Report a list with fewer or more members than the cache's key, unless either is known to be wrong."""
    if given and key_length and len(given) != key_length:
        problem = f"{key} must have as many members as the key of the cache, {key_length}, not {len(given)}"
        table.report(f"{problem}; give one for each column", key)


def _within(source: Table) -> Within | None:
    table = source.table("within", "within", ("column", "from", "to"))
    if table is None:
        return None
    return Within(
        column=table.string("column", _position_problem, example="column"),
        from_column=table.string("from", name_problem, example="column"),
        to_column=table.string("to", name_problem, example="column"),
        location=table.location,
    )


def _position_problem(text: str) -> str | None:
    # A column, or an expression over the row: which of the two a short one is, only the database can tell.
    too_long = name_problem(text)
    if too_long is None or text.isidentifier():
        return too_long
    return expression_problem(text)


def _rollover(cache: Table, key_length: int, measures: tuple[str, ...], sources: tuple[Source, ...]) -> Rollover | None:
    table = cache.table("rollover", "[cache.rollover]", _ROLLOVER_KEYS)
    if table is None:
        return None
    _check_period(table, sources)
    recurrence = table.string("recurrence", name_problem, example="column")
    rpc = table.string("rpc", name_problem, example="function")
    history = table.table("history", "history", _HISTORY_KEYS, required=True)
    if history is None:
        return None
    key = history.strings("key", name_problem)
    _check_length(history, "key", key, key_length)
    values = history.pairs("values", name_problem, name_problem, left="measure", right="column")
    _check_measures(history, "values", values, measures)
    return Rollover(
        recurrence=recurrence,
        rpc=rpc,
        history=History(
            table=_table_name(history.string("table", table_name_problem, example="table")),
            key=key,
            from_column=history.string("from", name_problem, example="column"),
            to_column=history.string("to", name_problem, example="column"),
            values=values,
        ),
        location=table.location,
    )


def _check_period(rollover: Table, sources: tuple[Source, ...]) -> None:
    """Report the sources that do not share the one period which the rollover moves."""
    period = None
    for source in sources:
        if source.within is None:
            problem = f"a rollover needs a period, and the source at {source.location} has none"
            rollover.report(f"{problem}; add within = {{ ... }} to it")
            continue
        ends = (source.within.from_column, source.within.to_column)
        period = period or ends
        if ends != period:
            problem = f"a rollover needs one period, and the source at {source.location} has another"
            rollover.report(f"{problem}; use one from and to")
