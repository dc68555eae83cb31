"""What a cache comes to where writers do not wait: the target's columns, and what is pending beside them.

In the other modes nothing is ever pending, and the columns are all there is.
"""

from __future__ import annotations

from psycopg import sql

from pgcache.bound import BoundSource, pending_suffix
from pgcache.catalog import Column
from pgcache.compile.cache_fragments import Fragments
from pgcache.compile.fragments import Fragment, joined, name, numbered, present, raw
from pgcache.template import render


def pending(f: Fragments, source: BoundSource) -> Fragment:
    """The table of a source's pending deltas."""
    return f.internal(pending_suffix(source))


def waiting(f: Fragments, source: BoundSource, sign: str = "") -> Fragment:
    """A subquery over the pending deltas of a source, in the shape of its contributions."""
    columns = [numbered(source.looked_up_by, len(f.row_keys(source)), "p.{}")]
    if source.period:
        columns.append(raw("p.within_1"))
    elif source.through:
        columns.append(raw("true AS within_1"))
    columns.append(f.each(f"{sign}p.value_{{n}} AS value_{{n}}"))
    return sql.SQL("SELECT {} FROM {} AS p").format(joined(columns), pending(f, source))


def waiting_rows(f: Fragments, *, for_key: bool, sign: str = "") -> list[Fragment]:
    """What is pending in each table, with the keys that it counts for."""
    return [f.keyed_rows(source, waiting(f, source, sign), for_key=for_key) for _, source in f.cache.pendings]


def all_waiting(f: Fragments, *, for_key: bool) -> Fragment:
    """A subquery over everything that is pending."""
    return sql.SQL("({})").format(joined(waiting_rows(f, for_key=for_key), " UNION ALL "))


def settled_rows(f: Fragments) -> Fragment:
    """A subquery over what the cached columns have to hold: all that the sources contribute and that is not pending."""
    rows = [*f.source_rows(for_key=False), *waiting_rows(f, for_key=False, sign="-")]
    return sql.SQL("({})").format(joined(rows, " UNION ALL "))


def settled(f: Fragments, source: BoundSource) -> Fragment:
    """A subquery over the contributions of a source without those that are still pending, by mapping value."""
    parts = [f.contributions(source, source.relation.identifier, "on")]
    if f.cache.nowait:
        parts.append(waiting(f, source, "-"))
    return sql.SQL("({})").format(joined(parts, " UNION ALL "))


def figures(f: Fragments, stamp: str | None = None) -> Fragment:
    """What to read the keys and measures from, exact, and where asked for the time of the last change of a row."""
    if not f.cache.nowait:
        return f.cache.target.identifier
    parts = {
        "target": f.cache.target.identifier,
        "waiting": all_waiting(f, for_key=False),
        "waiting_keys": numbered("key", f.keys, "p.{}"),
    }
    if f.cache.declared.creates:
        measures = [name(column.name) for column in f.cache.measures]
        stamps = [name(stamp)] if stamp else []
        sums = [sql.SQL("sum(t.{0}) AS {0}").format(measure) for measure in measures]
        parts |= {
            "key_columns": joined(name(column.name) for column in f.cache.key),
            "figure_columns": joined([*measures, *stamps]),
            "figure_sums": joined([*sums, *(sql.SQL("max(t.{0}) AS {0}").format(column) for column in stamps)]),
            "keys_present": present("key", f.keys),
            "waiting_values": joined([f.each("p.value_{n}"), *(raw("NULL::timestamptz") for _ in stamps)]),
        }
        return sql.SQL("({})").format(raw(render("nowait/figures_created.sql", parts).strip()))
    parts |= {
        "figure_keys": joined(sql.SQL("t.{}").format(name(column.name)) for column in f.cache.key),
        "figure_measures": joined(_figure(n, measure) for n, measure in enumerate(f.cache.measures, 1)),
        "waiting_sums": f.each("sum(p.value_{n}) AS value_{n}"),
        "match_waiting": f.match(raw("t"), "p.{}"),
    }
    return sql.SQL("({})").format(raw(render("nowait/figures.sql", parts).strip()))


def _figure(n: int, measure: Column) -> Fragment:
    """A measure with what is pending for it; a null that nothing is pending for stays one."""
    return sql.SQL("CASE WHEN p.{0} IS NULL THEN t.{1} ELSE (coalesce(t.{1}, 0) + p.{0})::{2} END AS {1}").format(
        raw(f"value_{n}"), name(measure.name), raw(measure.definition)
    )


def waiting_of(f: Fragments, row: str) -> Fragment:
    """What is pending for the key in a record."""
    if not f.cache.nowait:
        return raw("ARRAY[{}]::numeric[]".format(", ".join("0" for _ in f.cache.measures)))
    return f.sum_of(row, suffix="_pending")


def expected_column(f: Fragments, row: str) -> Fragment:
    """What the cached columns of the key in a record have to hold: all but what is pending, in one snapshot."""
    if not f.cache.nowait:
        return f.expected(row)
    return sql.SQL("pgcache.subtract({}, {})").format(f.expected(row), waiting_of(f, row))
