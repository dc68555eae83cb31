"""The reference tables and the example data of the parties preset."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache import resources
from tests.integration.parties.bakery import CACHES, MEASURES, TARGETS, Bakery
from tests.oracle.compare import assert_exact

TABLES = (*TARGETS, "sales", "purchases", "payments", "salaries", "transactions")

REFUSED = {
    "a payment of nobody": "INSERT INTO payments (direction, amount) VALUES ('in', 1)",
    "a payment of two": """INSERT INTO payments (customer_id, vendor_id, direction, amount)
        VALUES (%(aurora)s, %(mill)s, 'in', 1)""",
    "a negative payment": "UPDATE payments SET amount = -1 WHERE id = %(customer_in)s",
    "an unknown direction": "UPDATE payments SET direction = 'back' WHERE id = %(customer_in)s",
    "a negative transaction": "UPDATE transactions SET amount = -1",
    "an unknown flow type": "UPDATE transactions SET flow_type = 'transfer'",
    "a payment that is no number": "UPDATE payments SET amount = 'NaN'",
    "a transaction that is no number": "UPDATE transactions SET amount = 'NaN'",
    "a sale that is no number": "UPDATE sales SET total = 'NaN'",
    "a purchase that is no number": "UPDATE purchases SET total = 'NaN'",
    "a salary that is no number": "UPDATE salaries SET amount = 'NaN'",
}

EXAMPLE = {
    "customers": {
        "Cafe Central": "241.90",
        "Hotel Aurora": "667.42",
        "School canteen": "294.33",
        "Station kiosk": "208.64",
        "Walk-in": "0.00",
    },
    "vendors": {"Dairy": "497.35", "Mill": "1130.06", "Power company": "275.90"},
    "employees": {"Amina": "0.00", "Boris": "25.00", "Chiara": "270.00"},
    "members": {"Dana": "5793.50", "Emil": "2279.25"},
    "cash_drawer_money": {"Safe": "381.55", "Till": "16507.15"},
}


def test_the_named_columns_suffice(conn: psycopg.Connection[tuple[Any, ...]]) -> None:
    conn.execute(resources.sql("presets", "parties", "tables.sql"))
    conn.execute(
        """WITH customer AS (INSERT INTO customers (name) VALUES ('Hotel') RETURNING id),
                vendor AS (INSERT INTO vendors (name) VALUES ('Mill') RETURNING id),
                employee AS (INSERT INTO employees (name) VALUES ('Amina') RETURNING id),
                member AS (INSERT INTO members (name) VALUES ('Dana') RETURNING id),
                drawer AS (INSERT INTO cash_drawer_money (name) VALUES ('Till') RETURNING id),
                sale AS (INSERT INTO sales (customer_id, total) SELECT id, 1 FROM customer),
                purchase AS (INSERT INTO purchases (vendor_id, total) SELECT id, 1 FROM vendor),
                salary AS (INSERT INTO salaries (employee_id, amount) SELECT id, 1 FROM employee),
                payment AS (
                    INSERT INTO payments (customer_id, vendor_id, employee_id, member_id, direction, amount)
                    SELECT id, NULL::uuid, NULL::uuid, NULL::uuid, 'in', 1 FROM customer
                    UNION ALL SELECT NULL, id, NULL, NULL, 'in', 1 FROM vendor
                    UNION ALL SELECT NULL, NULL, id, NULL, 'out', 1 FROM employee
                    UNION ALL SELECT NULL, NULL, NULL, id, 'out', 1 FROM member
                )
           INSERT INTO transactions (member_id, flow_type, amount) SELECT id, 'income', 1 FROM member"""
    )
    for table, measure in MEASURES.items():
        assert conn.execute(f"SELECT {measure} FROM {table}".encode()).fetchall() == [(0,)]
    stored = conn.execute("SELECT count(*) FROM payments WHERE drawer_id IS NULL AND deleted_at IS NULL").fetchone()
    assert stored == (4,)


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_values_that_would_spoil_a_sum_are_refused(bakery: Bakery, statement: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        bakery.run(statement)
    bakery.expect()


def test_each_foreign_key_has_an_index(parties: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Else deleting one row scans the table that refers to it; one without the nulls serves as well."""
    lacking = parties.execute(
        """SELECT conrelid::regclass::text, conname FROM pg_constraint
           WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s) AND NOT EXISTS (
               SELECT FROM pg_index JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
               WHERE indrelid = conrelid AND indkey[0] = attnum
                 AND coalesce(pg_get_expr(indpred, indrelid), '') IN ('', format('(%%I IS NOT NULL)', attname))
           )""",
        (list(TABLES),),
    ).fetchall()
    assert lacking == []


def test_every_table_and_column_is_explained(parties: psycopg.Connection[tuple[Any, ...]]) -> None:
    silent = parties.execute(
        """SELECT attrelid::regclass::text, attname FROM pg_attribute
           WHERE attrelid = ANY (%s::regclass[]) AND attnum > 0
             AND (col_description(attrelid, attnum) IS NULL OR obj_description(attrelid, 'pg_class') IS NULL)""",
        (list(TABLES),),
    ).fetchall()
    assert silent == []


def test_tables_and_example_can_be_run_again(parties: psycopg.Connection[tuple[Any, ...]]) -> None:
    for _ in range(2):
        parties.execute(resources.sql("presets", "parties", "tables.sql"))
        parties.execute(resources.sql("presets", "parties", "example.sql"))
        # Ids are made of the rows, however dates are written here.
        parties.execute("SET DateStyle = 'German, DMY'; SET TimeZone = 'Pacific/Apia'")
        for table, figures in EXAMPLE.items():
            found = dict(parties.execute(f"SELECT name, {MEASURES[table]} FROM {table}".encode()).fetchall())
            assert found == {name: Decimal(value) for name, value in figures.items()}
    assert_exact(parties, *CACHES)


def test_the_example_meets_every_case(parties: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Each kind of party paid and was paid, in cash and by bank; rows are soft-deleted."""
    parties.execute(resources.sql("presets", "parties", "example.sql"))
    met = parties.execute(
        """SELECT count(DISTINCT (direction, num_nulls(customer_id), num_nulls(vendor_id), num_nulls(employee_id))),
                  count(*) FILTER (WHERE drawer_id IS NULL), count(*) FILTER (WHERE deleted_at IS NOT NULL)
           FROM payments"""
    ).fetchone()
    assert met == (8, 111, 1)
