"""Targets that pgcache creates and upserts: keys as expressions, keys through a parent, changed declarations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache import queries
from pgcache.config import loads
from pgcache.errors import DeclarationError
from pgcache.migrate import migrate, script
from pgcache.plan import make_plan
from pgcache.reconcile import reconcile
from tests.conftest import Clone

TABLES = """
CREATE SCHEMA books;
CREATE TABLE books.entry (id serial PRIMARY KEY, account integer, day date, status text, amount numeric(14,4));
CREATE TABLE books.invoice (id integer PRIMARY KEY, customer text, void boolean DEFAULT false);
CREATE TABLE books.line (id serial PRIMARY KEY, invoice integer REFERENCES books.invoice, amount numeric(12,2));
INSERT INTO books.entry (account, day, status, amount)
VALUES (9, '2023-12-31', 'paid', 1.2345), (9, '2023-12-01', 'open', 2);
"""

MONTHS = """
[[cache]]
name = "months"
target = { table = "books.account_month", create = true }
key = ["account", "month"]
rpc = "recompute_month"
  [[cache.source]]
  table = "books.entry"
  key = ["account", "date_trunc('month', day::timestamp)::date"]
  values = { paid = "CASE WHEN status = 'paid' THEN amount END", rows = "1" }
"""

CUSTOMERS = """
[[cache]]
name = "customers"
target = { table = "books.customer_total", create = true }
key = ["customer"]
  [[cache.source]]
  table = "books.line"
  through = { table = "books.invoice", on = { id = "invoice" }, key = ["customer"], where = "NOT void" }
  values = { total = "amount" }
"""


def declared(*caches: str) -> str:
    return "version = 1\n" + "".join(caches)


def build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        migrate(conn, loads(declared(MONTHS, CUSTOMERS), "pgcache.toml"))


@pytest.fixture
def dsn(clone: Clone) -> str:
    return clone("created targets", build)


def months(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT account, month::text, paid, rows FROM books.account_month ORDER BY 1, 2").fetchall()


def totals(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT customer, total FROM books.customer_total ORDER BY 1").fetchall()


def drifted(conn: psycopg.Connection[Any]) -> int:
    return sum(result.drifted for result in reconcile(conn, ["months", "customers"], dry_run=True).caches)


def test_the_backfill_creates_the_rows(conn: psycopg.Connection[Any]) -> None:
    assert months(conn) == [(9, "2023-12-01", Decimal("1.2345"), 2)]


def test_a_statement_upserts_the_months_it_touches(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "INSERT INTO books.entry (account, day, status, amount)"
        " VALUES (1, '2024-02-29', 'paid', 5), (1, '2024-02-01', 'paid', 2.5), (1, '2024-03-01', 'open', 7),"
        " (9, '2023-12-15', 'paid', 1), (NULL, '2024-01-01', 'paid', 3), (2, NULL, 'paid', 4)"
    )
    assert months(conn) == [
        (1, "2024-02-01", Decimal("7.5"), 2),
        (1, "2024-03-01", Decimal(0), 1),
        (9, "2023-12-01", Decimal("2.2345"), 3),
    ]
    conn.execute("UPDATE books.entry SET day = day + 31, status = 'paid' WHERE account = 1")
    conn.execute("DELETE FROM books.entry WHERE account = 9")
    assert months(conn) == [
        (1, "2024-02-01", Decimal(0), 0),
        (1, "2024-03-01", Decimal("7.5"), 2),
        (1, "2024-04-01", Decimal(7), 1),
        (9, "2023-12-01", Decimal(0), 0),
    ]
    assert drifted(conn) == 0


def test_a_change_of_the_parent_moves_the_amounts(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO books.invoice VALUES (1, 'ann'), (2, 'bob')")
    conn.execute("INSERT INTO books.line (invoice, amount) VALUES (1, 10), (1, 20), (2, 5)")
    assert totals(conn) == [("ann", 30), ("bob", 5)]
    conn.execute("UPDATE books.invoice SET customer = 'cy' WHERE id = 1")
    conn.execute("UPDATE books.invoice SET void = true WHERE id = 2")
    assert totals(conn) == [("ann", 0), ("bob", 0), ("cy", 30)]
    conn.execute("UPDATE books.line SET invoice = 2 WHERE amount = 20")
    conn.execute("UPDATE books.invoice SET void = false")
    assert totals(conn) == [("ann", 0), ("bob", 25), ("cy", 10)]
    conn.execute("TRUNCATE books.invoice CASCADE")
    assert totals(conn) == [("ann", 0), ("bob", 0), ("cy", 0)]
    assert drifted(conn) == 0


def test_reconcile_brings_missing_rows_back(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO books.entry (account, day, status, amount) VALUES (1, '2024-02-29', 'paid', 5)")
    before = months(conn)
    conn.execute("DELETE FROM books.account_month WHERE account = 1")
    conn.execute("UPDATE books.account_month SET paid = 0, rows = 0")
    conn.execute("INSERT INTO books.account_month VALUES (5, '2024-01-01', 1, 1)")
    (found,) = reconcile(conn, ["months"]).caches
    assert (found.drifted, found.corrected) == (3, 3)
    assert months(conn) == [*before[:1], (5, "2024-01-01", Decimal(0), Decimal(0)), *before[1:]]


def test_recompute_of_a_key_without_a_row(conn: psycopg.Connection[Any]) -> None:
    conn.execute("DELETE FROM books.account_month")
    found = conn.execute("SELECT * FROM books.recompute_month(9, '2023-12-01')").fetchone()
    assert found == (Decimal("1.2345"), Decimal(2))
    assert months(conn) == [(9, "2023-12-01", Decimal("1.2345"), 2)]


def test_a_second_migration_changes_nothing(conn: psycopg.Connection[Any]) -> None:
    assert make_plan(conn, loads(declared(MONTHS, CUSTOMERS), "pgcache.toml")).empty


@pytest.mark.parametrize(("mode", "rows", "open_"), [("immediate", 2, 2), ("nowait", 3, 5)])
@pytest.mark.parametrize("first", [True, False])
def test_another_measure_leaves_the_figures_of_the_others(
    conn: psycopg.Connection[Any], dsn: str, mode: str, rows: int, open_: int, first: bool
) -> None:
    """Until the backfill has filled it; and views and indexes of the user's stay. What is pending is folded."""
    before = MONTHS.replace('name = "months"', f'name = "months"\nmode = "{mode}"')
    unpaid = "unpaid = \"CASE WHEN status <> 'paid' THEN amount END\""
    kept = before[before.index("values = { ") + len("values = { ") : -len(" }\n")]
    after = before.replace(kept, f"{unpaid}, {kept}" if first else f"{kept}, {unpaid}")
    migrate(conn, loads(declared(before, CUSTOMERS), "pgcache.toml"))
    conn.execute(
        "CREATE VIEW mine AS SELECT paid FROM books.account_month; CREATE INDEX mine_too ON books.account_month (paid)"
    )
    with psycopg.connect(dsn) as holder:
        holder.execute("SELECT FROM books.account_month FOR UPDATE")
        if mode == "nowait":
            conn.execute("INSERT INTO books.entry (account, day, status, amount) VALUES (9, '2023-12-02', 'open', 3)")
            assert queries.value(conn, "count_pending", "months") == 1
    migrate(conn, loads(declared(after, CUSTOMERS), "pgcache.toml"), fill=False)
    assert months(conn) == [(9, "2023-12-01", Decimal("1.2345"), rows)]
    migrate(conn, loads(declared(after, CUSTOMERS), "pgcache.toml"))
    assert conn.execute("SELECT paid, unpaid, rows FROM books.account_month").fetchall() == [
        (Decimal("1.2345"), Decimal(open_), rows)
    ]
    assert conn.execute("SELECT paid FROM mine").fetchall() == [(Decimal("1.2345"),)]
    assert conn.execute("SELECT 'books.mine_too'::regclass").fetchone()
    assert make_plan(conn, loads(declared(after, CUSTOMERS), "pgcache.toml")).empty
    assert drifted(conn) == 0


def test_views_are_locked_before_the_table_as_their_readers_do(conn: psycopg.Connection[Any]) -> None:
    text = script(
        conn, loads(declared(MONTHS.replace('rows = "1"', 'rows = "1", more = "2"'), CUSTOMERS), "pgcache.toml")
    )
    assert 0 < text.index('DROP VIEW IF EXISTS "pgcache"."months"') < text.index('ALTER TABLE "books"."account_month"')


def test_a_measure_that_goes_rebuilds_the_table(conn: psycopg.Connection[Any]) -> None:
    changed = MONTHS.replace('rows = "1"', "unpaid = \"CASE WHEN status <> 'paid' THEN amount END\"")
    migrate(conn, loads(declared(changed, CUSTOMERS), "pgcache.toml"))
    found = conn.execute("SELECT paid, unpaid FROM books.account_month").fetchall()
    assert found == [(Decimal("1.2345"), Decimal(2))]
    assert make_plan(conn, loads(declared(changed, CUSTOMERS), "pgcache.toml")).empty


def test_the_declared_index_is_made_and_moved(conn: psycopg.Connection[Any]) -> None:
    """Without rebuilding the table."""
    before = conn.execute("SELECT 'books.account_month'::regclass::oid").fetchone()
    for measure in ("paid", "rows"):
        indexed = MONTHS.replace("create = true", f'create = true, index = "{measure}"')
        migrate(conn, loads(declared(indexed, CUSTOMERS), "pgcache.toml"))
        found = conn.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'months_index'").fetchall()
        made = f"CREATE INDEX months_index ON books.account_month USING btree ({measure}) WHERE ({measure} <> "
        assert [definition.startswith(made) for (definition,) in found] == [True]
        assert make_plan(conn, loads(declared(indexed, CUSTOMERS), "pgcache.toml")).empty
    assert conn.execute("SELECT 'books.account_month'::regclass::oid").fetchone() == before
    assert months(conn)


def test_an_index_of_no_measure_is_refused(conn: psycopg.Connection[Any]) -> None:
    wrong = MONTHS.replace("create = true", 'create = true, index = "month"')
    with pytest.raises(DeclarationError, match="index names 'month', which is no measure; known: paid, rows"):
        make_plan(conn, loads(declared(wrong, CUSTOMERS), "pgcache.toml"))


def test_pruning_drops_the_table(conn: psycopg.Connection[Any]) -> None:
    migrate(conn, loads(declared(CUSTOMERS), "pgcache.toml"), prune=True)
    assert queries.value(conn, "oid", "books.account_month") is None
    assert queries.value(conn, "oid", "books.customer_total") is not None


def test_a_table_of_somebody_else_is_not_taken(conn: psycopg.Connection[Any]) -> None:
    taken = CUSTOMERS.replace("customer_total", "entry").replace('"customers"', '"others"')
    with pytest.raises(
        DeclarationError, match=r"pgcache is to create the target books\.entry, but that is there already"
    ):
        migrate(conn, loads(declared(MONTHS, taken), "pgcache.toml"))
