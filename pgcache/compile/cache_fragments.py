"""The pieces of SQL that the templates of one cache share.

Inside generated statements the declared names are given plain ones, numbered from 1: key_1, value_1 (measures), on_1
(mapping values), within_1 (the position in time), from_1 and to_1 (periods). Expressions of the declaration are
evaluated in subqueries over their own table alone, under its own name, so that no other name can be mistaken for a
column of theirs.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from psycopg import sql

from pgcache.bound import BoundCache, BoundSource, BoundThrough, Period
from pgcache.catalog import Column, pasted
from pgcache.compile.fragments import Fragment, as_type, contribution, equal, joined, name, numbered, raw

# As nearly always, there is no note, and no function to call.
_NOTED = raw(
    "CASE WHEN current_setting('pgcache.not_finite', true) <> '' THEN pgcache.not_finite_noted() ELSE false END"
)


class Fragments:
    """The pieces of one cache."""

    def __init__(self, cache: BoundCache) -> None:
        self.cache = cache
        self.keys = len(cache.key)
        self.values = len(cache.measures)
        self.alias = name(cache.target.name)
        self.literal = sql.Literal(cache.name)

    # Identity

    def setting(self) -> Fragment:
        """The setting that holds the open statements of this cache; custom settings have plain names."""
        return sql.Literal(f"pgcache.open_{zlib.crc32(self.cache.name.encode()):08x}")

    def meets(self, part: str) -> Fragment:
        """Whether another open statement overlaps with the one that fired a trigger, which stays open.

        So does one of the client's command that has recomputed a key since something in it was not finite.
        """
        return self._meets(part, closes=False)

    def mixed(self, part: str) -> Fragment:
        """Whether another open statement overlaps with the one that fired a trigger, which is closed by asking."""
        return self._meets(part, closes=self.cache.declared.triggers == "statement")

    def _meets(self, part: str, *, closes: bool) -> Fragment:
        if not self.cache.overlapping:
            return _NOTED
        # Alone, as nearly always, a statement need not call a function to know it.
        alone = sql.SQL("set_config({}, '', true) IS NULL").format(self.setting()) if closes else raw("false")
        return sql.SQL(
            "(CASE current_setting({0}, true) WHEN {1} THEN {2} ELSE pgcache.meets_other({0}, {1}, {3}) END OR {4})"
        ).format(self.setting(), sql.Literal(part), alone, sql.Literal(closes), _NOTED)

    def internal(self, suffix: str) -> Fragment:
        """A generated function, view or table of this cache."""
        return sql.Identifier("pgcache", f"{self.cache.name}{suffix}")

    def match(self, alias: Fragment, value: str) -> Fragment:
        """The target row whose key is in `value` with {} for key_1, key_2 ..."""
        return joined(
            (
                equal(
                    sql.SQL("{}.{}").format(alias, name(column.name)),
                    column,
                    raw(value.replace("{}", f"key_{n}")),
                )
                for n, column in enumerate(self.cache.key, 1)
            ),
            " AND ",
        )

    def match_json(self) -> Fragment:
        return joined(
            (
                equal(sql.SQL("{}.{}").format(self.alias, name(column.name)), column, self.json_value(column))
                for column in self.cache.key
            ),
            " AND ",
        )

    def json_value(self, column: Column) -> Fragment:
        """A key column out of the parameter p_key."""
        return sql.SQL("(p_key ->> {})::{}").format(sql.Literal(column.name), raw(column.type))

    def key_json(self, value: str) -> Fragment:
        """The key as pgcache.drift keeps it, from `value` with {} for key_1, key_2 ..."""
        return self.key_of(raw(value.replace("{}", f"key_{n}")) for n in range(1, self.keys + 1))

    def key_of(self, values: Iterable[Fragment]) -> Fragment:
        return sql.SQL("{}({})").format(self.internal("_key"), joined(values))

    def json(self, values: Iterable[Fragment]) -> Fragment:
        pairs = (
            sql.SQL("{}, {}::text").format(sql.Literal(column.name), value)
            for column, value in zip(self.cache.key, values, strict=True)
        )
        return sql.SQL("jsonb_build_object({})").format(joined(pairs))

    # Source rows

    def row_keys(self, source: BoundSource) -> tuple[tuple[Column, str], ...]:
        """What a source row is looked up by: its mapping values, or the key itself."""
        if source.through:
            return source.through.on
        return tuple(zip(self.cache.key, source.key, strict=True))

    def contributions(
        self, source: BoundSource, relation: Fragment, prefix: str, sign: str = "", *, shown: bool = False
    ) -> Fragment:
        """A subquery over source rows: key_n or on_n, within_1 (true where it has no period), and value_n.

        To be shown, also the row itself, the transaction that wrote it, and its place in the table.
        """
        declared = source.values
        columns: list[Fragment] = [
            sql.SQL("{} AS {}").format(as_type(expression, column), raw(f"{prefix}_{n}"))
            for n, (column, expression) in enumerate(self.row_keys(source), 1)
        ]
        if source.within is not None:
            columns.append(sql.SQL("{} AS within_1").format(pasted(source.within)))
        elif prefix == "on":
            columns.append(raw("true AS within_1"))
        columns += [
            sql.SQL("{}{} AS {}").format(
                raw(sign), contribution(declared.get(measure.name), measure), raw(f"value_{n}")
            )
            for n, measure in enumerate(self.cache.measures, 1)
        ]
        if shown:
            columns.append(
                sql.SQL(
                    "jsonb_strip_nulls(to_jsonb({0}.*)) AS content, pgcache.full_xid({0}.xmin) AS written_in, "
                    "{0}.ctid AS place"
                ).format(name(source.relation.name))
            )
        where = sql.SQL(" WHERE ({})").format(pasted(source.declared.where)) if source.declared.where else raw("")
        return sql.SQL("SELECT {} FROM {} AS {}{}").format(joined(columns), relation, name(source.relation.name), where)

    def transition(self, version: str) -> Fragment:
        """The new or the old versions of the rows that fired a trigger."""
        if self.cache.declared.triggers == "row":
            return raw(f"(SELECT {version.upper()}.*)")
        return raw(f"{version}_rows")

    def more(self, event: str) -> Fragment:
        """Whether a statement has changed more than one row."""
        if self.cache.declared.triggers == "row":
            return raw("false")
        # A moved row may have no new version: a trigger on its new partition may have refused it.
        return sql.SQL("EXISTS (SELECT FROM {} OFFSET 1)").format(
            self.transition("new" if event == "insert" else "old")
        )

    def changed_rows(self, source: BoundSource, event: str, prefix: str) -> Fragment:
        """What a statement changed: new row versions count, old ones count negative."""
        parts = []
        if event in ("insert", "update"):
            parts.append(self.contributions(source, self.transition("new"), prefix))
        if event in ("update", "delete"):
            parts.append(self.contributions(source, self.transition("old"), prefix, "-"))
        return sql.SQL("({})").format(joined(parts, " UNION ALL "))

    def mapping_rows(
        self, through: BoundThrough, relation: Fragment, times: str | None = None, *, shown: bool = False
    ) -> Fragment:
        """A subquery over mapping rows: on_n, key_n, how often it counts; to be shown, also who wrote it."""
        columns: list[Fragment] = [
            sql.SQL("{}::{} AS {}").format(name(column.name), raw(column.type), raw(f"on_{n}"))
            for n, (column, _) in enumerate(through.on, 1)
        ]
        columns += [
            sql.SQL("{}::{} AS {}").format(name(column.name), raw(target.type), raw(f"key_{n}"))
            for n, (column, target) in enumerate(zip(through.key, self.cache.key, strict=True), 1)
        ]
        if times is not None:
            columns.append(raw(f"{times} AS times"))
        if shown:
            columns.append(sql.SQL("pgcache.full_xid({}.xmin) AS written_in").format(name(through.relation.name)))
        where = sql.SQL(" WHERE ({})").format(pasted(through.where)) if through.where else raw("")
        return sql.SQL("SELECT {} FROM {} AS {}{}").format(
            joined(columns), relation, name(through.relation.name), where
        )

    def chained_rows(self, through: BoundThrough, *, shown: bool = False) -> Fragment:
        """A subquery over a mapping, and those that it leads on to: on_n, and the key_n at the end.

        To be shown, also the transaction that wrote any of them last.
        """
        onward = through.through
        if onward is None:
            return self.mapping_rows(through, through.relation.identifier, shown=shown)
        ons = [
            sql.SQL("{}::{} AS {}").format(name(c.name), raw(c.type), raw(f"on_{n}"))
            for n, (c, _) in enumerate(through.on, 1)
        ]
        nexts = [
            sql.SQL("{} AS {}").format(as_type(expression, column), raw(f"next_{n}"))
            for n, (column, expression) in enumerate(onward.on, 1)
        ]
        wanted = [numbered("on", len(ons), "f.{}"), numbered("key", self.keys, "o.{}")]
        if shown:
            nexts.append(sql.SQL("pgcache.full_xid({}.xmin) AS written_in").format(name(through.relation.name)))
            wanted.append(raw("greatest(f.written_in, o.written_in) AS written_in"))
        where = sql.SQL(" WHERE ({})").format(pasted(through.where)) if through.where else raw("")
        return sql.SQL("SELECT {} FROM (SELECT {} FROM {} AS {}{}) AS f JOIN ({}) AS o ON {}").format(
            joined(wanted),
            joined([*ons, *nexts]),
            through.relation.identifier,
            name(through.relation.name),
            where,
            self.chained_rows(onward, shown=shown),
            joined(
                (equal(raw(f"o.on_{n}"), column, raw(f"f.next_{n}")) for n, (column, _) in enumerate(onward.on, 1)),
                " AND ",
            ),
        )

    def changed_mapping(self, through: BoundThrough, event: str) -> Fragment:
        parts = []
        if event in ("insert", "update"):
            parts.append(self.mapping_rows(through, self.transition("new"), "1"))
        if event in ("update", "delete"):
            parts.append(self.mapping_rows(through, self.transition("old"), "-1"))
        return sql.SQL("({})").format(joined(parts, " UNION ALL "))

    def on_equal(self, through: BoundThrough, left: str, right: str) -> Fragment:
        return joined(
            (
                equal(raw(f"{left}.on_{n}"), column, raw(f"{right}.on_{n}"))
                for n, (column, _) in enumerate(through.on, 1)
            ),
            " AND ",
        )

    def keyed_rows(self, source: BoundSource, rows: Fragment, *, for_key: bool, shown: bool = False) -> Fragment:
        """The contributions of a source, or its pending deltas, with the keys that they count for.

        For one key, its parameters and those of its periods limit them; for all, the target rows do. To be shown, the
        rows themselves take the place of the measures.
        """
        wanted = [self._shown(source) if shown else numbered("value", self.values, "s.{}")]
        origin = "m" if source.through else "s"
        joins = [sql.SQL("({}) AS s").format(rows)]
        conditions: list[Fragment] = []
        if source.through:
            joins.append(
                sql.SQL("JOIN ({}) AS m ON {}").format(
                    self.chained_rows(source.through, shown=shown),
                    self.on_equal(source.through, "m", "s"),
                )
            )
        if for_key:
            conditions += [
                equal(raw(f"{origin}.key_{n}"), column, raw(f"p_key_{n}")) for n, column in enumerate(self.cache.key, 1)
            ]
            if source.period:
                n = self.cache.periods.index(source.period) + 1
                conditions.append(raw(f"s.within_1 BETWEEN p_from_{n} AND p_to_{n}"))
        else:
            wanted.insert(0, numbered("key", self.keys, f"{origin}.{{}}"))
            if source.period:
                joins.append(
                    sql.SQL("JOIN {} AS t ON {} AND s.within_1 BETWEEN t.{} AND t.{}").format(
                        self.cache.target.identifier,
                        self.match(raw("t"), f"{origin}.{{}}"),
                        name(source.period.from_column),
                        name(source.period.to_column),
                    )
                )
        where = sql.SQL(" WHERE {}").format(joined(conditions, " AND ")) if conditions else raw("")
        return sql.SQL("SELECT {} FROM {}{}").format(joined(wanted), joined(joins, " "), where)

    def _shown(self, source: BoundSource) -> Fragment:
        """What `rows.sql` tells of a source row."""
        return sql.SQL("{}, s.content, ARRAY[{}]::numeric[], {}, s.place").format(
            raw(str(source.number)),
            numbered("value", self.values, "s.{}"),
            raw("greatest(s.written_in, m.written_in)" if source.through else "s.written_in"),
        )

    def all_rows(self, *, for_key: bool, shown: bool = False) -> Fragment:
        """A subquery over everything that the sources contribute."""
        return sql.SQL("({})").format(joined(self.source_rows(for_key=for_key, shown=shown), " UNION ALL "))

    def source_rows(self, *, for_key: bool, shown: bool = False) -> list[Fragment]:
        """What each source contributes, with the keys that it counts for."""
        rows = []
        for source in self.cache.sources:
            contributions = self.contributions(source, source.relation.identifier, source.looked_up_by, shown=shown)
            rows.append(self.keyed_rows(source, contributions, for_key=for_key, shown=shown))
        return rows

    # Amounts

    def each(self, pattern: str, separator: str = ", ") -> Fragment:
        """A pattern for each measure, with {n} for its number."""
        return joined((raw(pattern.replace("{n}", str(n))) for n in range(1, self.values + 1)), separator)

    def each_key(self, pattern: str, separator: str = ", ") -> Fragment:
        """A pattern for each key column, with {n} for its number."""
        return joined((raw(pattern.replace("{n}", str(n))) for n in range(1, self.keys + 1)), separator)

    def measures(self) -> Fragment:
        """The columns that pgcache writes: the measures, and the time of it where the target keeps that."""
        stamp = [self.cache.declared.stamp] if self.cache.declared.stamp else []
        return joined(name(column) for column in [*(measure.name for measure in self.cache.measures), *stamp])

    def stored(self, pattern: str) -> Fragment:
        """What is written into `measures`: a pattern for each measure, with {n} for its number."""
        return joined([self.each(pattern), *self._now()])

    def adjusted(self, alias: Fragment, value: str) -> Fragment:
        """What is written into `measures` to add `value`, {n} for the number of each; a null counts as 0."""
        sums = (
            sql.SQL("coalesce({}.{}, 0) + {}").format(alias, name(measure.name), raw(value.replace("{n}", str(n))))
            for n, measure in enumerate(self.cache.measures, 1)
        )
        return joined([*sums, *self._now()])

    def _now(self) -> list[Fragment]:
        return [raw("clock_timestamp()")] if self.cache.declared.stamp else []

    def initial(self) -> list[Fragment]:
        declared = dict(self.cache.declared.initial)
        return [contribution(declared.get(measure.name), measure) for measure in self.cache.measures]

    def cached(self) -> Fragment:
        columns = joined(sql.SQL("{}.{}").format(self.alias, name(measure.name)) for measure in self.cache.measures)
        return sql.SQL("ARRAY[{}]::numeric[]").format(columns)

    def target_keys(self) -> Fragment:
        return joined(
            sql.SQL("{}.{}::{} AS {}").format(self.alias, name(column.name), raw(column.type), raw(f"key_{n}"))
            for n, column in enumerate(self.cache.key, 1)
        )

    def state(self) -> Fragment:
        """What a target row says of itself: its key, cached and initial values, and its periods."""
        columns = [sql.SQL("{}.{}").format(self.alias, name(column.name)) for column in self.cache.key]
        bounds = [
            sql.SQL("{}.{}").format(self.alias, name(bound))
            for period in self.cache.periods
            for bound in (period.from_column, period.to_column)
        ]
        initial = sql.SQL("ARRAY[{}]::numeric[]").format(joined(self.initial()))
        parts = [
            self.target_keys(),
            sql.SQL("{} AS key").format(self.key_of(columns)),
            sql.SQL("ROW({}) AS identity").format(joined(columns)),
            sql.SQL("{} AS cached").format(self.cached()),
            sql.SQL("{} AS initial").format(initial),
            sql.SQL("ROW({}) AS basis").format(joined([initial, *bounds])),
        ]
        for n, _ in enumerate(self.cache.periods, 1):
            parts.append(sql.SQL("{} AS {}").format(bounds[2 * n - 2], raw(f"from_{n}")))
            parts.append(sql.SQL("{} AS {}").format(bounds[2 * n - 1], raw(f"to_{n}")))
        return joined(parts)

    def sum_of(self, row: str, periods: Sequence[tuple[str, str]] | None = None, suffix: str = "_sum") -> Fragment:
        """A call of a sum function for the key in a record, and the record's periods or the given ones."""
        arguments = [raw(f"{row}.key_{n}") for n in range(1, self.keys + 1)]
        for n, _ in enumerate(self.cache.periods, 1):
            start, end = periods[n - 1] if periods else (f"{row}.from_{n}", f"{row}.to_{n}")
            arguments += [raw(start), raw(end)]
        return sql.SQL("{}({})").format(self.internal(suffix), joined(arguments))

    def expected(self, row: str, periods: Sequence[tuple[str, str]] | None = None) -> Fragment:
        """What the key in a record comes to."""
        return sql.SQL("pgcache.add({}.initial, {})").format(raw(row), self.sum_of(row, periods))

    def sum_parameters(self) -> list[tuple[str, str]]:
        """The names and types of what the sum function takes."""
        parameters = [(f"p_key_{n}", column.type) for n, column in enumerate(self.cache.key, 1)]
        for n, period in enumerate(self.cache.periods, 1):
            parameters += [(f"p_from_{n}", period.type), (f"p_to_{n}", period.type)]
        return parameters

    def period(self, period: Period | None) -> Fragment:
        """The bounds of a target row's period; where there is none, of one that everything lies in."""
        if period is None:
            return raw("true AS from_1, true AS to_1")
        return sql.SQL("t.{} AS from_1, t.{} AS to_1").format(name(period.from_column), name(period.to_column))
