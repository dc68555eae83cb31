"""Balances by month: the view and the net worth against sums over the transactions, and what a write costs.

The shape is a household's: 14 accounts, one of them with 7,912 transactions, 24 months, so 336 balances; and the same
with 100 times as many transactions. The sums are what an application does without pgcache, with the index on
(account_id, date).
"""

from __future__ import annotations

from typing import Any

from benchmarks import ways
from benchmarks.database import Database, sql
from benchmarks.model import Base, Case, Connection, Effort, Sample, Variant

_BUSY, _OTHERS = 7912, 20
_BALANCES = 14 * 24
_AFTER = [f"{2024 + n // 12}-{n % 12 + 1:02}-01" for n in range(1, 25)]
_INSERTS = 500

Row = tuple[Any, ...]


def _base(scale: int) -> Base:
    def build(conn: Connection) -> None:
        ways.preset("monthly")(conn)
        rows = (
            sql("timeline/rows.sql").replace("__busy__", str(_BUSY * scale)).replace("__others__", str(_OTHERS * scale))
        )
        conn.execute(rows.encode())

    return Base(f"months_{scale}", build)


def _today(conn: Connection) -> None:
    conn.execute("SET pgcache.today = '2025-06-15'")


def _fetch(conn: Connection, name: str) -> list[Row]:
    return conn.execute(sql(f"timeline/{name}").encode(), prepare=True).fetchall()


def _sum_by_sum(conn: Connection) -> list[Row]:
    accounts = [row[0] for row in conn.execute("SELECT id FROM account ORDER BY id")]
    query = sql("timeline/one_sum.sql").encode()
    return [
        row
        for account in accounts
        for day in _AFTER
        for row in conn.execute(query, {"account": account, "after": day}, prepare=True)
    ]


def _queries(database: Database, effort: Effort) -> Sample:
    return database.milliseconds(lambda: _sum_by_sum(database.conn))


def _statement(database: Database, effort: Effort) -> Sample:
    return database.milliseconds(lambda: _fetch(database.conn, "all_sums.sql"))


def _view(database: Database, effort: Effort) -> Sample:
    return database.milliseconds(lambda: _fetch(database.conn, "view.sql"))


def _net_worth(database: Database, effort: Effort) -> Sample:
    return database.milliseconds(lambda: _fetch(database.conn, "net_worth.sql"))


def _compared(conn: Connection) -> None:
    """Make sure that the ways give the same figures, before their speed is compared."""
    _today(conn)
    found = _fetch(conn, "view.sql")
    if len(found) != _BALANCES or found != _fetch(conn, "all_sums.sql"):
        raise AssertionError("the view monthly_account_balance does not say what the sums over the transactions say")


def _reading(name: str, scale: int, *, short: bool = False) -> Case:
    rows = scale * (_BUSY + 13 * _OTHERS)
    return Case(
        name,
        f"{_BALANCES} balances, 14 accounts by 24 months, over {rows:,} transactions",
        "ms",
        "less",
        _base(scale),
        (
            Variant("a sum for each", _queries, _today),
            Variant("sums in one statement", _statement, _today),
            Variant("monthly_account_balance", _view, _compared),
            Variant("net_worth_timeline", _net_worth, _today),
        ),
        short,
        repeat=3,
    )


def _insert(day: str) -> Variant:
    def work(database: Database, effort: Effort) -> Sample:
        def insert() -> None:
            with database.conn.transaction():
                for _ in range(_INSERTS):
                    database.conn.execute(sql("timeline/insert.sql").encode(), {"day": day}, prepare=True)

        return Sample(database.cpu_microseconds(insert).value / _INSERTS)

    return Variant(f"into {day[:4]}", work, _long_history)


def _long_history(conn: Connection) -> None:
    conn.execute(
        "INSERT INTO transaction (account_id, flow_type, amount, date)"
        " SELECT id, 'income', 1, generate_series(timestamp '1725-01-01', '2025-01-01', '1 month')"
        "   FROM account WHERE name = '2'"
    )


CASES = (
    _reading("timeline", 1, short=True),
    _reading("timeline-large", 100),
    Case(
        "timeline-insert",
        "A single-row insert into the last of 3,600 months, and into the first, before all others",
        "µs of processor time per row",
        "less",
        _base(1),
        (_insert("2025-01-15"), _insert("1725-01-15")),
    ),
)
