"""The reference tables and the example data of the receivables preset."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache import resources
from tests.integration.receivables.practice import Practice

TABLES = ("account", "visit", "treatment", "invoice", "invoice_line", "payment")

REFUSED = {
    "a negative payment": "UPDATE payment SET amount = -1",
    "an unknown kind": "UPDATE payment SET kind = 'transfer'",
    "a payment that is no number": "UPDATE payment SET amount = 'NaN'",
    "a line that is no number": "UPDATE invoice_line SET amount = 'NaN'",
    "a treatment that is no number": "UPDATE treatment SET amount = 'NaN'",
}

# What each account of the example owes; the rest of its figures is zero.
EXAMPLE = {
    "Adler": {"balance": "345.50", "unbilled": "140.00", "current": "205.50"},
    "Brandt": {"balance": "600.00", "days_1_30": "600.00"},
    "Costa": {"balance": "365.50", "days_31_60": "365.50"},
    "Dvorak": {"balance": "95.00", "days_61_90": "95.00"},
    "Evans": {"balance": "1460.00", "current": "60.00", "days_over_90": "1400.00"},
    "Fischer": {"balance": "-25.00", "credit": "25.00"},
    "Garcia": {"balance": "40.00", "days_1_30": "40.00"},
    "Haas": {"balance": "-7.00", "credit": "7.00"},
    "Ivanov": {},
    "Jansen": {"balance": "110.00", "days_31_60": "110.00"},
    "Kowalski": {"balance": "-250.00", "credit": "250.00"},
}


def test_the_named_columns_suffice(conn: psycopg.Connection[tuple[Any, ...]]) -> None:
    conn.execute(resources.sql("presets", "receivables", "tables.sql"))
    conn.execute(
        """WITH account AS (INSERT INTO account (name) VALUES ('Ada') RETURNING id),
                visit AS (INSERT INTO visit (account_id) SELECT id FROM account RETURNING id),
                treatment AS (INSERT INTO treatment (visit_id, amount) SELECT id, 1 FROM visit),
                invoice AS (INSERT INTO invoice (account_id) SELECT id FROM account RETURNING id),
                line AS (INSERT INTO invoice_line (invoice_id, amount) SELECT id, 1 FROM invoice)
           INSERT INTO payment (account_id, amount) SELECT id, 1 FROM account"""
    )
    stored = conn.execute(
        """SELECT v.date = current_date, t.billable, t.invoice_line_id, i.invoice_date = current_date, i.due_date,
                  i.voided_at, p.invoice_id, p.kind, p.date = current_date
           FROM visit AS v, treatment AS t, invoice AS i, payment AS p"""
    ).fetchone()
    assert stored == (True, True, None, True, None, None, None, "payment", True)


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_values_that_would_spoil_a_sum_are_refused(practice: Practice, statement: str) -> None:
    practice.treat("ada", 1)
    practice.pay("ada", 1, practice.invoice("ada", 1))
    with pytest.raises(psycopg.errors.CheckViolation):
        practice.run(statement)


def test_each_foreign_key_has_an_index(receivables: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Else deleting one row scans the table that refers to it; one without the nulls serves as well."""
    lacking = receivables.execute(
        """SELECT conrelid::regclass::text, conname FROM pg_constraint
           WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s) AND NOT EXISTS (
               SELECT FROM pg_index JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
               WHERE indrelid = conrelid AND indkey[0] = attnum
                 AND coalesce(pg_get_expr(indpred, indrelid), '') IN ('', format('(%%I IS NOT NULL)', attname))
           )""",
        (list(TABLES),),
    ).fetchall()
    assert lacking == []


def test_every_table_and_column_is_explained(receivables: psycopg.Connection[tuple[Any, ...]]) -> None:
    silent = receivables.execute(
        """SELECT attrelid::regclass::text, attname FROM pg_attribute
           WHERE attrelid = ANY (%s::regclass[]) AND attnum > 0
             AND (col_description(attrelid, attnum) IS NULL OR obj_description(attrelid, 'pg_class') IS NULL)""",
        (list(TABLES),),
    ).fetchall()
    assert silent == []


@pytest.mark.parametrize("first", ["finance", "receivables"])
def test_the_account_is_that_of_the_preset_finance(conn: psycopg.Connection[tuple[Any, ...]], first: str) -> None:
    described = """SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid),
                          col_description(attrelid, attnum)
                   FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                   WHERE attrelid = 'account'::regclass AND attnum > 0 ORDER BY attnum"""
    found = []
    for preset in (first, *({"finance", "receivables"} - {first})):
        conn.execute(resources.sql("presets", preset, "tables.sql"))
        found.append(conn.execute(described).fetchall())
    assert found[0] == found[1]


def test_tables_and_example_can_be_run_again(practice: Practice) -> None:
    conn = practice.conn
    practice.run("DELETE FROM account")
    practice.run("RESET pgcache.today")
    for days in range(2):
        # Ids are made of the rows, however dates are written.
        practice.run("SET DateStyle = 'German, DMY'" if days else "RESET DateStyle")
        conn.execute(resources.sql("presets", "receivables", "tables.sql"))
        conn.execute(resources.sql("presets", "receivables", "example.sql"))
        practice.run("RESET DateStyle")
        ((today,),) = practice.run("SELECT current_date").fetchall()
        assert isinstance(today, date)
        practice.travel(today + timedelta(days=days))
        found = practice.schedule()
        names = dict(practice.run("SELECT name, id FROM account").fetchall())
        figures = {
            name: {figure: value for figure, value in found[number].items() if isinstance(value, Decimal) and value}
            for name, number in names.items()
        }
        expected = {name: {f: Decimal(value) for f, value in row.items()} for name, row in EXAMPLE.items()}
        assert figures == expected
