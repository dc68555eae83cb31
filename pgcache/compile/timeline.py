"""The timeline of a cache of months: the view of the balances, the net worth, rebuilding, and closed months."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from pgcache.bound import BoundTimeline
from pgcache.catalog import pasted
from pgcache.compile.figures import figures, settled_rows
from pgcache.compile.fragments import Fragment, as_type, contribution, equal, joined, name, raw
from pgcache.compile.maker import Maker
from pgcache.compile.objects import SqlObject
from pgcache.model import Closing
from pgcache.template import Parts, render, text

# Where months are never closed, none is.
_NOTHING_KEPT = (
    "(SELECT NULL::{} AS account, NULL::date AS month, 0::numeric AS actual, 0::numeric AS projected WHERE false)"
)


def timeline(maker: Maker, bound: BoundTimeline) -> Iterator[SqlObject]:
    """Every object of a timeline, in the order in which they can be created."""
    made = _TimelineMaker(maker, bound)
    yield made.view()
    yield from made.functions()
    if bound.declared.closing:
        yield from made.closing_functions(bound.declared.closing)


class _TimelineMaker:
    """Makes the objects of one timeline; inside, an account is `account` and its opening balance `opening`."""

    def __init__(self, maker: Maker, bound: BoundTimeline) -> None:
        self.maker = maker
        self.bound = bound
        self.declared = bound.declared
        self.account, self.month = maker.cache.key
        self.closing = bound.declared.closing
        self.parts: dict[str, Fragment] = {
            **maker.shared,
            "account": name(self.account.name),
            "account_type": raw(self.account.type),
            "account_parameter": sql.SQL("{} {}").format(name(self.account.name), raw(self.account.type)),
            "month": name(self.month.name),
            "actual": name(self.declared.actual),
            "projected": name(self.declared.projected),
            "entries": name(self.declared.entries),
            "figures": maker.f.internal(""),
            "view": self.public(self.declared.view),
            "accounts": self.accounts(),
            "kept": self.kept(),
            "ahead": sql.SQL("interval {}").format(sql.Literal(f"{self.declared.months_ahead} months")),
            "of_account": self.same("m", "a.account"),
            "of_series": self.same("m", "s.account"),
            "of_balance": equal(raw("k.account"), self.account, raw("b.account")),
            "of_view": self.same("b", "$1"),
            "is_wanted": equal(raw("a.account"), self.account, raw("$1")),
            "kept_of_account": equal(raw("k.account"), self.account, raw("a.account")),
            "row_of_account": equal(raw("r.account"), self.account, raw("a.account")),
        }

    def public(self, called: str) -> Fragment:
        """A name in the schema of the target."""
        return sql.Identifier(self.maker.cache.target.schema, called)

    def same(self, alias: str, value: str) -> Fragment:
        """The rows of an account in the target, or in what has its column."""
        return equal(sql.SQL("{}.{}").format(raw(alias), name(self.account.name)), self.account, raw(value))

    def accounts(self) -> Fragment:
        """A subquery over the accounts, each with its opening balance."""
        account = self.bound.account
        measure = next(m for m in self.maker.cache.measures if m.name == self.declared.actual)
        return sql.SQL("(SELECT {}.{} AS account, {} AS opening, ({}) IS TRUE AS active FROM {} AS {})").format(
            name(account.name),
            name(self.bound.key.name),
            contribution(self.declared.initial, measure),
            pasted(self.declared.active),
            account.identifier,
            name(account.name),
        )

    def kept(self) -> Fragment:
        """A subquery over the figures of the closed months."""
        if self.closing is None:
            return raw(_NOTHING_KEPT.format(self.account.type))
        return sql.SQL(
            "(SELECT k.{} AS account, k.{} AS month, k.actual_balance AS actual, k.projected_balance AS projected "
            "FROM {} AS k)"
        ).format(name(self.account.name), name(self.month.name), self.public(self.closing.table))

    def rows(self) -> Fragment:
        """A subquery over the rows of the sources, each with its account and day."""
        measures = {measure.name: measure for measure in self.maker.cache.measures}
        sources = []
        for source in self.maker.cache.sources:
            where = sql.SQL(" WHERE ({})").format(pasted(source.declared.where)) if source.declared.where else raw("")
            sources.append(
                sql.SQL("SELECT {} AS account, ({}) AS day, {} AS actual, {} AS projected FROM {} AS {}{}").format(
                    as_type(source.key[0], self.account),
                    pasted(self.declared.date),
                    *(
                        contribution(source.values.get(measure), measures[measure])
                        for measure in (self.declared.actual, self.declared.projected)
                    ),
                    source.relation.identifier,
                    name(source.relation.name),
                    where,
                )
            )
        return sql.SQL("({})").format(joined(sources, " UNION ALL "))

    def view(self) -> SqlObject:
        account, month = name(self.account.name), name(self.month.name)
        columns: list[tuple[str, Fragment, str]] = [
            (self.account.name, raw("b.account"), self.account.type),
            ("year_month", raw("to_char(b.month, 'YYYY-MM')"), "text"),
            (self.month.name, raw("b.month"), "date"),
        ]
        if self.closing:
            columns += [
                (f"{figure}_balance", raw(f"coalesce(k.{figure}, b.{figure})"), "numeric")
                for figure in ("actual", "projected")
            ]
        else:
            columns += [(f"{figure}_balance", raw(f"b.{figure}"), "numeric") for figure in ("actual", "projected")]
        columns += [
            ("last_calculated", raw("b.last_calculated"), "timestamptz"),
            ("active", raw("b.active"), "boolean"),
        ]
        if self.closing:
            columns += [
                (f"{figure}_adjustment", raw(f"coalesce(b.{figure} - k.{figure}, 0)"), "numeric")
                for figure in ("actual", "projected")
            ]
            columns.append(("closed", raw("k.account IS NOT NULL"), "boolean"))
        stamp = self.maker.cache.declared.stamp
        assert stamp is not None  # the declaration's own checks see to it
        parts = {
            **self.parts,
            "stamp": name(stamp),
            "figures": figures(self.maker.f, stamp),
            "columns": joined(
                sql.SQL("{} AS {}").format(expression, name(column)) for column, expression, _ in columns
            ),
            "comment": self.maker.comment(
                f"The balances of every account at the end of each month, up to {self.declared.months_ahead} months "
                "ahead of today."
            ),
        }
        statements = render("timeline/view.sql", parts)
        if self.closing:
            statements = self.closed_table(self.closing, account, month) + statements
        shape = ", ".join(f"{column} {kind}" for column, _, kind in columns)
        return SqlObject("view", text(self.parts["view"]), "", self.maker.cache.name, statements, shape)

    def closed_table(self, closing: Closing, account: Fragment, month: Fragment) -> str:
        """What creates the table of the closed months, if it is not there: it outlives the cache."""
        columns = [
            sql.SQL("{} {} NOT NULL").format(account, raw(self.account.type)),
            sql.SQL("{} date NOT NULL").format(month),
            raw("actual_balance numeric NOT NULL"),
            raw("projected_balance numeric NOT NULL"),
        ]
        parts = {
            **self.parts,
            "closed": self.public(closing.table),
            "closed_columns": joined(columns, ",\n    "),
            "comment": self.maker.comment("The figures of closed months, as they were."),
        }
        return render("timeline/closed.sql", parts)

    def functions(self) -> Iterator[SqlObject]:
        keyed = f"{self.account.type}, integer, integer, boolean"
        comment = (
            "The balance of an account at the end of a month: of what is paid, or of everything that is projected. "
            "Where the view does not cover the month, the account's balance over all months."
        )
        yield self.function(self.declared.balance, "balance", keyed, comment, shape=self.account.name)
        comment = (
            "What all accounts come to at the end of each month: actual up to the current month, projected after it."
        )
        yield self.function(self.declared.net_worth, "net_worth", "integer, integer, integer, boolean", comment)
        comment = "What all accounts come to at the end of a day: actual up to today, projected after it."
        yield self.function(self.declared.net_worth_at, "net_worth_at", "date, boolean", comment, {"rows": self.rows()})
        yield from self.rebuild()
        yield self.maker.function(
            "_coverage", "timeline/coverage.sql", "", "What pgcache status tells of the timeline.", self.parts
        )

    def rebuild(self) -> Iterator[SqlObject]:
        """The function that makes months exact, and the one that applications call."""
        f, types = self.maker.f, f"{self.account.type}, date"
        comment = (
            "Makes months exact again, of all accounts, of one, or of one from a month on; returns how many were off."
        )
        parts = {
            **self.parts,
            "target_keys": f.target_keys(),
            "cached": f.cached(),
            "computed": sql.SQL("ARRAY[{}]::numeric[]").format(f.each("coalesce(sum(s.value_{n}), 0)")),
            "nothing": sql.SQL("ARRAY[{}]::numeric[]").format(f.each("0")),
            "all_rows": settled_rows(f),
            "wanted_targets": self.wanted(f.alias, self.account.name, self.month.name),
            "wanted_rows": self.wanted(raw("s"), "key_1", "key_2"),
            "match_sums": joined(
                (equal(raw(f"t.key_{n}"), key, raw(f"s.key_{n}")) for n, key in enumerate(self.maker.cache.key, 1)),
                " AND ",
            ),
            "key_json": f.key_json("v_off.{}"),
        }
        yield self.maker.function("_rebuild", "timeline/rebuild.sql", types, comment, parts, shape=self.account.name)
        called = self.public(self.declared.rebuild)
        parts = {
            **self.parts,
            "rpc": called,
            "parameters": sql.SQL("{} DEFAULT NULL, from_month date DEFAULT NULL").format(
                self.parts["account_parameter"]
            ),
            "types": raw(types),
            "returns": raw("bigint"),
            "turn": raw(""),
            "results": raw("r.result"),
            "function": f.internal("_rebuild"),
            "arguments": raw("$1, $2"),
            "comment": self.maker.comment(comment),
        }
        name_and_types = f"{text(called)}({types})"
        yield SqlObject(
            "function", name_and_types, "", self.maker.cache.name, render("rpc.sql", parts), self.account.name
        )

    def wanted(self, alias: Fragment, account: str, month: str) -> Fragment:
        """The keys that a rebuild looks at: a null parameter leaves nothing out, a null key is none."""
        mine, when = (sql.SQL("{}.{}").format(alias, name(column)) for column in (account, month))
        return sql.SQL("({} IS NULL AND {} IS NOT NULL OR {}) AND ({} IS NULL AND {} IS NOT NULL OR {} >= {})").format(
            raw("$1"),
            mine,
            equal(mine, self.account, raw("$1")),
            raw("$2"),
            when,
            when,
            raw("date_trunc('month', $2::timestamp)"),
        )

    def closing_functions(self, closing: Closing) -> Iterator[SqlObject]:
        parts = {"closed": self.public(closing.table)}
        comment = "Keeps the figures that a month has now; later changes show as adjustments beside them."
        yield self.function(closing.close, "close", "integer, integer", comment, parts)
        comment = "Opens a closed month again, which then shows what its rows say."
        yield self.function(closing.reopen, "reopen", "integer, integer", comment, parts)

    def function(
        self, called: str, template: str, types: str, comment: str, parts: Parts | None = None, *, shape: str = ""
    ) -> SqlObject:
        """A function that applications call, in the schema of the target."""
        qualified = self.public(called)
        filled = {**self.parts, **(parts or {}), "function": qualified, "comment": self.maker.comment(comment)}
        rendered = render(f"timeline/{template}.sql", filled)
        return SqlObject("function", f"{text(qualified)}({types})", "", self.maker.cache.name, rendered, shape)
