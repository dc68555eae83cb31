"""Statements on many rows, on several sources at once, and on whole tables."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.integration.parties.bakery import Bakery, migrate_parties

BULK: dict[str, tuple[str, dict[str, Any]]] = {
    "all sales": ("UPDATE sales SET total = total + 1", {"aurora": 1, "central": 1}),
    "all sales undeleted": ("UPDATE sales SET deleted_at = NULL", {"aurora": 60}),
    "all purchases to one vendor": ("UPDATE purchases SET vendor_id = %(dairy)s", {"mill": -200, "dairy": 200}),
    "all salaries deleted": ("DELETE FROM salaries", {"amina": -300, "boris": -250}),
    "all payments": (
        "UPDATE payments SET amount = amount * 2",
        {"aurora": -85, "mill": -100, "amina": -190, "dana": 440, "till": 50, "safe": 295},
    ),
    "all payments turned round": (
        "UPDATE payments SET direction = CASE direction WHEN 'in' THEN 'out' ELSE 'in' END",
        {"aurora": 170, "mill": 200, "amina": 380, "dana": -880, "till": -100, "safe": -590},
    ),
    "all payments undeleted": (
        "UPDATE payments SET deleted_at = NULL",
        {"aurora": -33, "mill": -34, "amina": -35, "dana": -36, "till": -3, "safe": -35},
    ),
    "all payments soft-deleted": (
        "UPDATE payments SET deleted_at = now()",
        {"aurora": 85, "mill": 100, "amina": 190, "dana": -440, "till": -50, "safe": -295},
    ),
    "all payments to one customer": (
        """UPDATE payments SET customer_id = %(central)s, vendor_id = NULL, employee_id = NULL, member_id = NULL""",
        {"aurora": 85, "mill": 100, "amina": 190, "dana": -440, "central": -620 + 385},
    ),
    "all transactions": (
        "UPDATE transactions SET amount = amount + 1",
        {"dana": 1, "emil": 1, "till": 1, "safe": -1},
    ),
    "a thousand sales": (
        "INSERT INTO sales (customer_id, total) SELECT %(aurora)s, 0.01 * n FROM generate_series(1, 1000) AS n",
        {"aurora": "5005.00"},
    ),
    "a thousand payments": (
        """INSERT INTO payments (customer_id, vendor_id, drawer_id, direction, amount)
           SELECT CASE WHEN n %% 2 = 0 THEN %(central)s::uuid END, CASE WHEN n %% 2 = 1 THEN %(dairy)s::uuid END,
                  CASE n %% 4 WHEN 0 THEN %(till)s::uuid WHEN 1 THEN %(safe)s END, 'in', n
           FROM generate_series(1, 1000) AS n""",
        {"central": -250500, "dairy": 250000, "till": 125500, "safe": 124750},
    ),
}

# One statement on several sources of the same targets.
TOGETHER: dict[str, tuple[str, dict[str, Any]]] = {
    "a sale and its payment": (
        """WITH sold AS (INSERT INTO sales (customer_id, total) VALUES (%(aurora)s, 6) RETURNING customer_id, total)
           INSERT INTO payments (customer_id, drawer_id, direction, amount)
           SELECT customer_id, %(till)s, 'in', total FROM sold""",
        {"till": 6},
    ),
    "a sale taken back and refunded": (
        """WITH back AS (UPDATE sales SET deleted_at = now() WHERE id = %(sale)s)
           UPDATE payments SET direction = 'out', amount = 140 WHERE id = %(customer_in)s""",
        {"aurora": -140 + 90 + 140, "till": -90 - 140},
    ),
    "transactions and payments in one drawer": (
        """WITH paid AS (DELETE FROM payments WHERE drawer_id = %(till)s)
           UPDATE transactions SET amount = amount + 1 WHERE drawer_id = %(till)s""",
        {"aurora": 90, "mill": -20, "dana": 61, "till": -49},
    ),
    "every source": (
        """WITH a AS (UPDATE sales SET total = total + 1 WHERE id = %(sale)s),
                b AS (DELETE FROM purchases WHERE id = %(purchase_dairy)s),
                c AS (INSERT INTO salaries (employee_id, amount) VALUES (%(boris)s, 3)),
                d AS (UPDATE transactions SET member_id = %(emil)s WHERE id = %(cash_fee)s),
                e AS (DELETE FROM payments WHERE id = %(member_out)s)
           INSERT INTO payments (vendor_id, drawer_id, direction, amount)
           SELECT id, %(safe)s, 'out', 4 FROM vendors WHERE id = %(dairy)s""",
        {"aurora": 1, "dairy": -54, "boris": 3, "dana": -10, "emil": 70, "till": 60, "safe": -4},
    ),
}

TRUNCATED: dict[str, dict[str, Any]] = {
    "sales": {"aurora": -140, "central": -30},
    "purchases": {"mill": -200, "dairy": -50},
    "salaries": {"amina": -300, "boris": -250},
    "transactions": {"dana": -52, "emil": -8, "till": -70, "safe": 25},
    "payments": {"aurora": 85, "mill": 100, "amina": 190, "dana": -440, "till": -50, "safe": -295},
    "payments, transactions": {
        "aurora": 85,
        "mill": 100,
        "amina": 190,
        "dana": -492,
        "emil": -8,
        "till": -120,
        "safe": -270,
    },
}


@pytest.mark.parametrize(("statement", "changes"), BULK.values(), ids=BULK.keys())
def test_bulk(bakery: Bakery, statement: str, changes: dict[str, Any]) -> None:
    bakery.run(statement)
    bakery.expect(**changes)


@pytest.mark.parametrize(("statement", "changes"), TOGETHER.values(), ids=TOGETHER.keys())
def test_several_sources_in_one_statement(bakery: Bakery, statement: str, changes: dict[str, Any]) -> None:
    bakery.run(statement)
    bakery.expect(**changes)


@pytest.mark.parametrize(("tables", "changes"), TRUNCATED.items(), ids=TRUNCATED.keys())
def test_truncate(bakery: Bakery, tables: str, changes: dict[str, Any]) -> None:
    """Empties one source; what the others contribute stays."""
    bakery.run(f"TRUNCATE {tables}")
    bakery.expect(**changes)


def test_truncate_rolled_back(bakery: Bakery) -> None:
    with bakery.conn.transaction(force_rollback=True):
        bakery.run("TRUNCATE payments")
    bakery.run("UPDATE payments SET amount = amount + 1 WHERE id = %(customer_in)s")
    bakery.expect(aurora=-1, till=1)


def test_an_event_and_its_balances_are_one_transaction(bakery: Bakery, parties_dsn: str) -> None:
    """Another session sees the payment and what it changed together, or neither."""
    seen = """SELECT (SELECT count(*) FROM payments WHERE amount = 6),
                     (SELECT balance FROM customers WHERE id = %(aurora)s),
                     (SELECT amount FROM cash_drawer_money WHERE id = %(till)s)"""
    with psycopg.connect(parties_dsn, autocommit=True) as other:
        with bakery.conn.transaction():
            bakery.run(
                """INSERT INTO payments (customer_id, drawer_id, direction, amount)
                   VALUES (%(aurora)s, %(till)s, 'in', 6)"""
            )
            assert bakery.run(seen).fetchone() == (1, 49, 126)
            assert other.execute(seen, bakery.ids).fetchone() == (0, 55, 120)
        assert other.execute(seen, bakery.ids).fetchone() == (1, 49, 126)


def test_merge(bakery: Bakery) -> None:
    if bakery.conn.info.server_version < 150000:
        pytest.skip("MERGE came with PostgreSQL 15")
    bakery.run(
        """MERGE INTO payments AS p
           USING (VALUES (%(customer_in)s, 'gone'), (%(member_out)s, 'less'),
                         (gen_random_uuid(), 'new')) AS s (id, what)
           ON p.id = s.id
           WHEN MATCHED AND s.what = 'gone' THEN DELETE
           WHEN MATCHED THEN UPDATE SET amount = p.amount - 6, drawer_id = NULL
           WHEN NOT MATCHED THEN INSERT (employee_id, drawer_id, direction, amount)
                VALUES (%(boris)s, %(safe)s, 'out', 6)"""
    )
    bakery.expect(aurora=90, dana=6, boris=-6, till=-90 + 60, safe=-6)


def test_a_cascade_takes_the_payments_out_of_the_drawers(bakery: Bakery) -> None:
    """Not how the reference tables are made, but how a user's may be."""
    for table, column in (("sales", "customer_id"), ("payments", "customer_id")):
        bakery.run(
            f"""ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fkey,
                ADD FOREIGN KEY ({column}) REFERENCES customers (id) ON DELETE CASCADE"""
        )
    migrate_parties(bakery.conn)
    bakery.run("DELETE FROM customers WHERE id = %(aurora)s")
    found = bakery.found()
    assert found["aurora"] is None
    assert found["till"] == 120 - 90
    assert found["safe"] == 270 + 5
    bakery.exact()
