"""The timeline against direct sums, and what a write costs: `python benchmarks/timeline.py`.

The shape is a household's: 14 accounts, one of them with 7,912 transactions, 24 months, so 336 balances; then the same
with 100 times as many transactions. Everything is compared within one run, on a server of its own with fsync off, and
told as medians and their ratios. Direct sums are what an application does without pgcache, with the index on
(account_id, date): one query for each balance, or all of them in one statement.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import psycopg

from pgcache import presets
from pgcache.config import loads
from pgcache.embedded import EmbeddedServer
from pgcache.migrate import migrate

ACCOUNTS, BUSY, OTHERS, MONTHS = 14, 7912, 20, 24

ROWS = """
INSERT INTO transaction (account_id, flow_type, amount, date, status)
SELECT account.id, CASE WHEN n %% 3 = 0 THEN 'income' ELSE 'outcome' END, (n %% 997) / 100.0, day,
       CASE WHEN day <= '2025-06-15' THEN 'paid' ELSE 'forecast' END
  FROM account, generate_series(1, CASE account.name WHEN '1' THEN %s ELSE %s END) AS n,
       LATERAL (SELECT date '2023-01-01' + n %% 1096 AS day) AS d
"""
# Actual and projected, as one query of an application would ask for both.
ONE_SUM = """
SELECT opening_balance + coalesce(sum(s.signed) FILTER (WHERE s.status = 'paid'), 0),
       opening_balance + coalesce(sum(s.signed), 0)
  FROM account
  LEFT JOIN (SELECT account_id, status, CASE flow_type WHEN 'income' THEN amount ELSE -amount END AS signed
               FROM transaction WHERE deleted_at IS NULL AND date < %(after)s) AS s ON s.account_id = account.id
 WHERE account.id = %(account)s
 GROUP BY account.id
"""
ALL_SUMS = """
SELECT account.id, m::date, f.actual, f.projected
  FROM account, generate_series(timestamp '2024-01-01', '2025-12-01', '1 month') AS m,
       LATERAL (SELECT opening_balance + coalesce(sum(signed) FILTER (WHERE status = 'paid'), 0) AS actual,
                       opening_balance + coalesce(sum(signed), 0) AS projected
                  FROM (SELECT status, CASE flow_type WHEN 'income' THEN amount ELSE -amount END AS signed
                          FROM transaction
                         WHERE account_id = account.id AND deleted_at IS NULL
                           AND date < m + interval '1 month') AS s) AS f
 ORDER BY 1, 2
"""
VIEW = """
SELECT account_id, month, actual_balance, projected_balance
  FROM monthly_account_balance WHERE month BETWEEN '2024-01-01' AND '2025-12-01' ORDER BY 1, 2
"""
TIMELINE = "SELECT actual, projected FROM net_worth_timeline(2024, 1, 24)"
INSERT = "INSERT INTO transaction (account_id, flow_type, amount, date) VALUES (%s, 'income', 0.01, %s)"

Connection = psycopg.Connection[Any]


def median(work: Callable[[], object], times: int) -> float:
    """The median duration of some work, in milliseconds, after one run that does not count."""
    work()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1000


def build(conn: Connection, scale: int) -> None:
    conn.execute("DROP SCHEMA public CASCADE")
    conn.execute("CREATE SCHEMA public")
    conn.execute("DROP SCHEMA IF EXISTS pgcache CASCADE")
    migrate(conn, loads(presets.declaration(["monthly"]), "pgcache.toml"), with_tables=True)
    conn.execute(
        "INSERT INTO account (name, opening_balance) SELECT n, n * 10 FROM generate_series(1, %s) AS n", (ACCOUNTS,)
    )
    conn.execute(ROWS, (BUSY * scale, OTHERS * scale))
    conn.execute("VACUUM ANALYZE")


def reading(conn: Connection, scale: int) -> None:
    accounts = [row[0] for row in conn.execute("SELECT id FROM account ORDER BY id")]
    after = [f"{2024 + n // 12}-{n % 12 + 1:02}-01" for n in range(1, MONTHS + 1)]

    def direct() -> list[tuple[Any, ...]]:
        return [
            row
            for account in accounts
            for day in after
            for row in conn.execute(ONE_SUM, {"account": account, "after": day}, prepare=True)
        ]

    def fetch(query: str) -> list[tuple[Any, ...]]:
        return conn.execute(query, prepare=True).fetchall()

    found = fetch(VIEW)
    assert len(found) == ACCOUNTS * MONTHS
    assert [row[2:] for row in found] == direct()
    assert found == fetch(ALL_SUMS)
    times = 7 if scale == 1 else 3
    queries = median(direct, times)
    together = median(lambda: fetch(ALL_SUMS), times)
    view = median(lambda: fetch(VIEW), 31)
    timeline = median(lambda: fetch(TIMELINE), 31)

    def times_faster(duration: float) -> str:
        return f"{queries / duration:.0f} and {together / duration:.0f} times faster"

    print(f"{scale * (BUSY + OTHERS * (ACCOUNTS - 1)):,} transactions")
    print(f"  336 sums, a query each   {queries:10.2f} ms")
    print(f"  336 sums, one statement  {together:10.2f} ms")
    print(f"  the view, 336 balances   {view:10.2f} ms  {times_faster(view)}")
    print(f"  net_worth_timeline       {timeline:10.2f} ms  {times_faster(timeline)}")


def writing(conn: Connection) -> None:
    """A row in a month with thousands of later ones, and in one without any."""
    (account,), *_ = conn.execute("SELECT id FROM account WHERE name = '2'").fetchall()
    conn.execute(
        "INSERT INTO transaction (account_id, flow_type, amount, date)"
        " SELECT %s, 'income', 1, generate_series(timestamp '1725-01-01', '2025-01-01', '1 month')",
        (account,),
    )
    days = ("1725-01-15", "2025-01-15")
    samples: dict[str, list[float]] = {day: [] for day in days}
    for _ in range(2000):
        for day in days:
            start = time.perf_counter()
            conn.execute(INSERT, (account, day), prepare=True)
            samples[day].append(time.perf_counter() - start)
    early, late = (statistics.median(samples[day]) * 1000 for day in days)
    print("a single-row insert")
    print(f"  before 3,600 months      {early:10.3f} ms")
    print(f"  into the last one        {late:10.3f} ms  ratio {early / late:.2f}")


def main() -> None:
    with EmbeddedServer(settings={"fsync": "off"}) as server, psycopg.connect(server.dsn(), autocommit=True) as conn:
        conn.execute("SET client_min_messages = warning")
        conn.execute("SET pgcache.today = '2025-06-15'")
        for scale in (1, 100):
            build(conn, scale)
            reading(conn, scale)
            if scale == 1:
                writing(conn)


if __name__ == "__main__":
    main()
