"""Compiles a deferred cache: marks, and the functions that compute and store what is marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from pgcache.catalog import DATE
from pgcache.compile.compare import asked, exactly
from pgcache.compile.fragments import Fragment, equal, joined, name, numbered, raw
from pgcache.compile.keys import key_function
from pgcache.compile.maker import Maker
from pgcache.compile.marking import mark_functions
from pgcache.compile.marks import (
    Marks,
    consume,
    dirty,
    is_marked,
    mark_triggers,
    marked_keys,
    marks_table,
    stale_keys,
)
from pgcache.compile.objects import SqlObject
from pgcache.compile.public import rpcs
from pgcache.compile.query import asked_once, kept, query
from pgcache.compile.target import created_target
from pgcache.template import render, text


def deferred(maker: Maker) -> Iterator[SqlObject]:
    """Every object of a deferred cache, in the order in which they can be created."""
    return _Deferred(maker).objects()


class _Deferred:
    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.cache = maker.cache
        self.f = maker.f
        self.marks = Marks(maker.cache)
        self.count = maker.f.keys
        types = [f"{column.type}[]" for column in self.cache.key]
        self.types = raw(", ".join(types))
        self.parts: dict[str, Fragment] = {
            "dirty": dirty(maker),
            "types": self.types,
            "parameters": raw(", ".join(f"p_key_{n} {kind}" for n, kind in enumerate(types, 1))),
            "arrays": numbered("p_key", self.count),
            "key_columns": joined(name(column.name) for column in self.cache.key),
            "measures": joined(map(name, self.written)),
            "compute": self.f.internal("_compute"),
            "store": self.f.internal("_store"),
            "all_keys": self.f.internal("_keys"),
            "everything": self.marks.everything(),
            "match_asked": self.f.match(self.f.alias, "k.{}"),
            "cached": self.f.cached(),
        }

    @property
    def written(self) -> list[str]:
        """The columns that a refresh writes, beside the key."""
        columns = [measure.name for measure in self.cache.measures]
        if self.cache.expires:
            columns.append(self.cache.expires.name)
        if self.cache.declared.stamp:
            columns.append(self.cache.declared.stamp)
        return columns

    def objects(self) -> Iterator[SqlObject]:
        maker, marks = self.maker, self.marks
        if self.cache.declared.creates:
            yield created_target(maker)
        yield marks_table(maker, marks)
        yield key_function(maker)
        yield self._keys()
        yield self._compute()
        yield self._store()
        yield from self._refresh()
        yield from self._one_key()
        yield from self._compare()
        yield from self._told()
        yield from mark_functions(maker, marks)
        yield from mark_triggers(maker, marks)
        yield self._view()
        if self.cache.declared.rpc:
            yield from rpcs(maker, self.cache.declared.rpc)

    def _function(
        self, suffix: str, template: str, types: str, comment: str, parts: dict[str, Fragment], *, shape: str = ""
    ) -> SqlObject:
        return self.maker.function(
            suffix, f"deferred/{template}.sql", types, comment, {**self.parts, **parts}, shape=shape, maintains=True
        )

    def _columns(self, *, values: bool) -> Fragment:
        """The columns of what a function returns: the key, and what was computed for it."""
        columns = [(f"key_{n}", column.type) for n, column in enumerate(self.cache.key, 1)]
        if values:
            columns += [(f"value_{n}", measure.type) for n, measure in enumerate(self.cache.measures, 1)]
            if self.cache.expires:
                columns.append(("expires", self.cache.expires.type))
        return raw(", ".join(f"{called} {kind}" for called, kind in columns))

    def _keys(self) -> SqlObject:
        f = self.f
        target = sql.SQL("SELECT {} FROM {} AS {}").format(f.target_keys(), self.cache.target.identifier, f.alias)
        rows: list[Fragment] = [target]
        if self.cache.declared.creates:
            rows += [
                f.chained_rows(source.through)
                if source.through
                else f.contributions(source, source.relation.identifier, "key")
                for source in self.cache.sources
            ]
        keys = (sql.SQL("SELECT {} FROM ({}) AS r").format(numbered("key", self.count, "r.{}"), row) for row in rows)
        columns = self._columns(values=False)
        return self._function(
            "_keys",
            "keys",
            "",
            "Every key that may have figures.",
            {"columns": columns, "all_keys": sql.SQL("({})").format(joined(keys, " UNION ALL "))},
            shape=text(columns),
        )

    def _compute(self) -> SqlObject:
        columns = self._columns(values=True)
        results: list[Fragment] = [
            sql.SQL("q.{}::{}").format(name(column.name), raw(column.type)) for column in self.cache.key
        ]
        results += [kept(measure) for measure in self.cache.measures]
        if self.cache.expires:
            results.append(sql.SQL("q.{}").format(name(self.cache.expires.name)))
        zone = self.cache.query.time_zone if self.cache.query else None
        settings = "force_custom_plan"
        if zone:
            settings += f"\n    SET timezone = {text(sql.Literal(zone))}"
        return self._function(
            "_compute",
            "compute",
            text(self.types),
            "What the query says of some keys.",
            {
                "columns": columns,
                "results": joined(results),
                "query": query(self.maker),
                "plan_cache_mode": raw(settings),
            },
            shape=text(columns),
        )

    def _written_values(self, alias: str) -> Fragment:
        values = [f"{alias}.value_{n}" for n in range(1, self.f.values + 1)]
        if self.cache.expires:
            values.append(f"{alias}.expires")
        if self.cache.declared.stamp:
            values.append("v_at")
        return raw(", ".join(values))

    def _same_keys(self, left: str, right: str) -> Fragment:
        return joined(
            (equal(raw(f"{left}.key_{n}"), c, raw(f"{right}.key_{n}")) for n, c in enumerate(self.cache.key, 1)),
            " AND ",
        )

    def _store(self) -> SqlObject:
        computed = numbered("key", self.count, "c.{}")
        comment = "Computes and stores the figures of some keys."
        if self.cache.declared.creates:
            parts = {
                "match_computed": self.f.match(self.f.alias, "c.{}"),
                "computed_keys": computed,
                "computed_values": self._written_values("c"),
                "excluded": joined(sql.SQL("excluded.{}").format(name(column)) for column in self.written),
            }
            return self._function("_store", "store_created", text(self.types), comment, parts)
        figures = [f"q.value_{n}" for n in range(1, self.f.values + 1)] + (["q.expires"] if self.cache.expires else [])
        parts = {
            "match_computed": self._same_keys("k", "q"),
            "match_target": self.f.match(self.f.alias, "c.{}"),
            "asked_keys": numbered("key", self.count, "k.{}"),
            "figures": raw(", ".join(figures)),
            "computed_values": self._written_values("c"),
            "key_json": self.f.key_json("c.{}"),
        }
        return self._function("_store", "store_own", text(self.types), comment, parts)

    def _refresh(self) -> Iterator[SqlObject]:
        f = self.f
        variables = [f"v_key_{n}" for n in range(1, self.count + 1)]
        ordered = numbered("key", self.count, "k.{}")
        mark_due = raw("")
        if self.cache.expires:
            parts = {
                **self.maker.shared,
                **self.parts,
                "target_keys": joined(sql.SQL("{}.{}").format(f.alias, name(column.name)) for column in self.cache.key),
                "due": self._due(sql.SQL("{}.{}").format(f.alias, name(self.cache.expires.name))),
                "due_since": self._due_since(sql.SQL("{}.{}").format(f.alias, name(self.cache.expires.name))),
                "match_dirty": f.match(f.alias, "d.{}"),
            }
            mark_due = raw(render("deferred/mark_due.sql", parts).strip())
        yield self._function(
            "_prepare",
            "prepare",
            "",
            "Marks what is due, and returns how many marks there are.",
            {"mark_due": mark_due},
        )
        yield self._function(
            "_refresh",
            "refresh",
            "integer",
            "Takes some marks, and computes and stores the keys that they lead to.",
            {
                "variables": raw(
                    ";\n    ".join(f"{v} {c.type}[]" for v, c in zip(variables, self.cache.key, strict=True))
                ),
                "gathered": joined(
                    sql.SQL("array_agg(k.{} ORDER BY {})").format(raw(f"key_{n}"), ordered)
                    for n in range(1, self.count + 1)
                ),
                "gathered_into": raw(", ".join(variables)),
                "ordered_keys": ordered,
                "taken_keys": marked_keys(self.maker, self.marks, "taken"),
                "slices": raw(", ".join(f"{v}[v_first:v_last]" for v in variables)),
                "failing_key": raw(", ".join(f"{v}[v_first]" for v in variables)),
            },
        )

    def _one_key(self) -> Iterator[SqlObject]:
        f = self.f
        keys = [raw(f"v_key.key_{n}") for n in range(1, self.count + 1)]
        own_expires = raw("")
        if self.cache.expires:
            own_expires = sql.SQL("(SELECT {0}.{1} FROM {2} AS {0} WHERE {3})").format(
                f.alias, name(self.cache.expires.name), self.cache.target.identifier, f.match_json()
            )
        parts = {
            "json_keys": joined(
                sql.SQL("{} AS {}").format(f.json_value(column), raw(f"key_{n}"))
                for n, column in enumerate(self.cache.key, 1)
            ),
            "arrays": joined(sql.SQL("ARRAY[{}]").format(key) for key in keys),
            "key_json": f.key_json("v_key.{}"),
            "stale": self._stale(keys, own_expires),
            "compare_keys": f.internal("_compare_keys"),
            "consume": consume(self.maker, self.marks, keys),
            "require_row": raw("")
            if self.cache.declared.creates
            else sql.SQL("IF NOT FOUND THEN PERFORM pgcache.raise_missing_key({}, p_key); END IF;").format(f.literal),
        }
        comment = "Computes and stores one key, and returns its measures."
        yield self._function("_recompute", "recompute", "jsonb, boolean", comment, parts)
        comment = "Corrects a key that was found wrong."
        yield self._function("_correct", "correct", "jsonb, numeric[], pg_snapshot", comment, parts)

    def _compare(self) -> Iterator[SqlObject]:
        f = self.f
        keys = [raw(f"c.key_{n}") for n in range(1, self.count + 1)]
        creates = self.cache.declared.creates
        # A row that is missing, or that should be, has no figures.
        nothing = f"array_fill(NULL::numeric, ARRAY[{f.values}])"
        cached, computed = f"coalesce(t.cached, {nothing})", f"coalesce(s.computed, {nothing})"
        expires = raw("NULL::date")
        rows = [f.target_keys(), sql.SQL("{} AS cached").format(f.cached())]
        if self.cache.expires:
            rows.append(sql.SQL("{}.{} AS expires").format(f.alias, name(self.cache.expires.name)))
            expires = raw("t.expires")
            # A row that comes due too early is computed then; one that comes due too late is wrong meanwhile.
            earlier = "CASE WHEN s.expires < t.expires OR t.expires IS NULL THEN s.expires ELSE t.expires END"
            cached += f" || {self._number('t.expires')}"
            computed += f" || {self._number(earlier)}"
        parts = {
            "rows": joined(rows),
            "ordered_keys": joined(keys),
            "key_json": f.json(keys),
            "joined_keys": joined(raw(f"coalesce(t.key_{n}, s.key_{n}) AS key_{n}") for n in range(1, self.count + 1)),
            "computed": sql.SQL("ARRAY[{}]::numeric[]").format(f.each("q.value_{n}")),
            "cached_figures": raw(cached),
            "computed_figures": raw(computed),
            "gathered": joined(raw(f"array_agg(k.key_{n}) AS key_{n}") for n in range(1, self.count + 1)),
            "gathered_arrays": numbered("key", self.count, "a.{}"),
            "match_computed": self._same_keys("t", "s"),
            "kept": raw("true" if creates else "t.key_1 IS NOT NULL"),
            "misplaced": raw("(t.key_1 IS NULL) <> (s.key_1 IS NULL)" if creates else "false"),
            "expires": expires,
            "stale": self._stale(keys, raw("c.expires")),
        }
        row = [raw(f"k.key_{n}") for n in range(1, self.count + 1)]
        target = [sql.SQL("{}.{}").format(f.alias, name(column.name)) for column in self.cache.key]
        some = {
            "target_limits": asked(self.maker, target),
            "source_limits": asked(self.maker, row),
            "wanted": exactly(self.maker, keys),
        }
        for suffix, kind, which, limits in (
            ("", "", "Every key", dict.fromkeys(some, raw("true"))),
            ("_keys", "jsonb[]", "Those of some keys", some),
        ):
            given = {"parameters": raw(f"p_keys {kind}" if kind else ""), "types": raw(kind)}
            comment = f"{which} whose figures are wrong, though nothing marks it."
            yield self._function(f"_compare{suffix}", "compare", kind, comment, {**parts, **limits, **given})

    def _told(self) -> Iterator[SqlObject]:
        """What status tells of the marks."""
        f = self.f
        names = self.marks.names
        marks = [
            sql.SQL("SELECT {}, d.marked_at, d.error IS NOT NULL AS failed FROM {} AS d").format(
                raw(", ".join(f"d.{called}" for called in names)), dirty(self.maker)
            )
        ]
        if self.cache.expires:
            column = sql.SQL("{}.{}").format(f.alias, name(self.cache.expires.name))
            values = [sql.SQL("{}.{}").format(f.alias, name(key.name)) for key in self.cache.key]
            values += [
                sql.SQL("NULL::{}").format(raw(column.type)) for kind in self.marks.kinds[1:] for column in kind.columns
            ]
            marks.append(
                sql.SQL("SELECT {}, {}, false FROM {} AS {} WHERE {}").format(
                    joined(values), self._due_since(column), self.cache.target.identifier, f.alias, self._due(column)
                )
            )
        parts = {
            "mark_columns": raw(", ".join(f"m.{called}" for called in names)),
            "all_marks": sql.SQL("({})").format(joined(marks, " UNION ALL ")),
        }
        yield self._function("_staleness", "staleness", "", "How many keys are stale, and since when.", parts)
        yield self._function(
            "_failures", "failures", "", "The keys that could not be computed.", {"key_json": f.key_json("d.{}")}
        )

    def _view(self) -> SqlObject:
        f = self.f
        shown = [*self.cache.key, *self.cache.measures, *([self.cache.expires] if self.cache.expires else [])]
        columns = [sql.SQL("{}.{}").format(f.alias, name(column.name)) for column in shown]
        stamp = self.cache.declared.stamp
        parts = {
            **self.maker.shared,
            **self.parts,
            "view": f.internal(""),
            "columns": joined(columns),
            "refreshed_at": sql.SQL("{}.{}").format(f.alias, name(stamp)) if stamp else raw("NULL::timestamptz"),
            "stale_keys": stale_keys(self.maker, self.marks),
            "match_stale": f.match(f.alias, "pgcache_stale.{}"),
            "due": self._due_now(columns[-1]),
            "comment": self.maker.comment(
                "The figures of the cache as of refreshed_at; dirty tells that they are stale."
            ),
        }
        shape = ", ".join(f"{column.name} {column.type} {column.typmod}" for column in shown)
        statements = render("deferred/view.sql", parts)
        return SqlObject("view", text(parts["view"]), "", self.cache.name, statements, shape)

    def _stale(self, keys: Sequence[Fragment], expires: Fragment) -> Fragment:
        """Whether a key is marked or due; `expires` is its column in the row, where the cache has one."""
        return sql.SQL("({} OR {})").format(is_marked(self.maker, self.marks, keys), self._due_now(expires))

    def _due_now(self, expires: Fragment) -> Fragment:
        """Whether a row is due, where the cache has such a column."""
        if not self.cache.expires:
            return raw("false")
        # Not in a condition that an index could serve: the day is asked for once, and not for each row.
        return sql.SQL("coalesce({}, false)").format(raw(asked_once(text(self._due(expires)))))

    def _number(self, time: str) -> str:
        """When a row is due as a number: days since 1970, or seconds."""
        assert self.cache.expires
        seconds = f"extract(epoch FROM {time})"
        return f"div({seconds}, 86400)" if self.cache.expires.type_oid == DATE else seconds

    def _due(self, column: Fragment) -> Fragment:
        """Whether the time has come that a row's figures change; a null never comes."""
        assert self.cache.expires
        now = "pgcache.today()" if self.cache.expires.type_oid == DATE else "now()"
        return sql.SQL("{} <= {}").format(column, raw(now))

    def _due_since(self, column: Fragment) -> Fragment:
        """Since when a row is due: a day begins at midnight in the declared time zone."""
        assert self.cache.expires
        zone = self.cache.query.time_zone if self.cache.query else None
        since = column
        if self.cache.expires.type_oid == DATE:
            since = sql.SQL("{}::timestamptz").format(column)
            if zone:
                since = sql.SQL("({}::timestamp AT TIME ZONE {})").format(column, sql.Literal(zone))
        return sql.SQL("least({}, clock_timestamp())").format(since)
