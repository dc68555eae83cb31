"""Keys, sources and measures of many types, in several schemas, under settings that change how values are written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache.config import loads
from pgcache.migrate import migrate
from pgcache.reconcile import reconcile

CACHE = """
version = 1
[[cache]]
name = "total"
target = "target"
key = ["k"]
rpc = "recompute_total"
  [[cache.source]]
  table = "source"
  key = ["k"]
  values = { total = "amount" }
"""

KEYS = [
    ("integer", "1", "2"),
    ("bigint", "9007199254740993", "9007199254740992"),
    ("numeric", "1.50", "2"),
    ("text", "'a''b\"c\\d'", "''"),
    ("varchar(5)", "'ab'", "'AB'"),
    ("char(5)", "'ab'", "'cd'"),
    ("date", "'2024-03-02'", "'infinity'"),
    ("timestamptz", "'2024-03-02 10:00:00.123456+01'", "'2024-10-27 02:30:00+02'"),
    ("timestamp", "'2024-03-02 10:00:00.123456'", "'-infinity'"),
    ("interval", "'1 mon -3 days 04:05:06.7'", "'1 year'"),
    ("bytea", "'\\x00ff'", "'\\x'"),
    ("uuid", "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"),
    ("boolean", "true", "false"),
    ("double precision", "0.1::float8 + 0.2::float8", "0.3"),
    ("inet", "'10.0.0.1/8'", "'10.0.0.1'"),
    ("mood", "'happy'", "'sad'"),
    ("code", "'abc'", "'abd'"),
    ("int4range", "'[1,5)'", "'empty'"),
]


@pytest.mark.parametrize(("kind", "one", "two"), KEYS, ids=[kind for kind, _, _ in KEYS])
def test_keys_of_any_type(conn: psycopg.Connection[Any], kind: str, one: str, two: str) -> None:
    """What pgcache keeps of a key as text leads back to it, whatever DateStyle and the like say."""
    conn.execute("CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN code AS text CHECK (VALUE ~ '^[a-z]+$')")
    conn.execute(
        f"CREATE TABLE target (k {kind} PRIMARY KEY, total numeric(12,2) DEFAULT 0);"
        f"CREATE TABLE source (k {kind}, amount numeric(12,2)); CREATE INDEX ON source (k);"
        f"INSERT INTO target VALUES ({one}), ({two})"
    )
    migrate(conn, loads(CACHE, "f"))
    conn.execute("SET datestyle = 'SQL, DMY'; SET intervalstyle = 'iso_8601'; SET timezone = 'America/New_York'")
    conn.execute("SET bytea_output = 'escape'; SET extra_float_digits = 0")
    conn.execute(f"INSERT INTO source VALUES ({one}, 1), ({two}, 2), ({one}, 4), (NULL, 8)")
    assert conn.execute(f"SELECT total FROM target WHERE k = {one}").fetchone() == (5,)
    assert conn.execute(f"SELECT total FROM target WHERE k = {two}").fetchone() == (2,)
    conn.execute("SET session_replication_role = replica; UPDATE target SET total = 0; RESET session_replication_role")
    assert conn.execute(f"SELECT recompute_total({one})").fetchone() == (5,)
    (found,) = reconcile(conn, ["total"]).caches
    assert (found.drifted, found.corrected) == (1, 1)
    assert conn.execute(f"SELECT total FROM target WHERE k = {two}").fetchone() == (2,)


def test_key_types_that_differ_between_source_and_target(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "CREATE TABLE target (k bigint PRIMARY KEY, total numeric); CREATE TABLE source (k smallint, amount integer);"
        "INSERT INTO target VALUES (1)"
    )
    migrate(conn, loads(CACHE, "f"))
    conn.execute("INSERT INTO source VALUES (1, 5), (2, 6)")
    assert conn.execute("SELECT total FROM target").fetchone() == (5,)


def test_domains_enums_and_generated_columns(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TYPE a.flow AS ENUM ('income', 'outcome');"
        "CREATE DOMAIN a.money2 AS numeric(12,2) CHECK (VALUE < 1000);"
        "CREATE TABLE a.target (k integer PRIMARY KEY, total a.money2 DEFAULT 0, entries smallint DEFAULT 0);"
        "CREATE TABLE b.source (k integer REFERENCES a.target, flow a.flow, quantity integer, price a.money2,"
        " amount numeric GENERATED ALWAYS AS (quantity * price) STORED);"
        "INSERT INTO a.target VALUES (1)"
    )
    text = CACHE.replace('"target"', '"a.target"').replace('"source"', '"b.source"')
    values = 'total = "CASE flow WHEN \'income\' THEN amount ELSE -amount END", entries = "1"'
    migrate(conn, loads(text.replace('total = "amount"', values), "f"))
    conn.execute("INSERT INTO b.source VALUES (1, 'income', 3, 10.10), (1, 'outcome', 2, 0.05)")
    conn.execute("UPDATE b.source SET quantity = 4 WHERE flow = 'outcome'")
    assert conn.execute("SELECT total, entries FROM a.target").fetchone() == (Decimal("30.10"), 2)
    # The domain's own check holds for the cached value too, and nothing half done remains.
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("INSERT INTO b.source VALUES (1, 'income', 100, 10)")
    assert conn.execute("SELECT total, entries FROM a.target").fetchone() == (Decimal("30.10"), 2)
    assert conn.execute("SELECT * FROM a.recompute_total(1)").fetchone() == (Decimal("30.10"), 2)


def test_contributions_are_rounded_row_by_row(conn: psycopg.Connection[Any]) -> None:
    """The sum of rounded values can be undone exactly; a rounded sum cannot."""
    conn.execute(
        "CREATE TABLE target (k integer PRIMARY KEY, total numeric(12,2)); INSERT INTO target VALUES (1);"
        "CREATE TABLE source (k integer, amount numeric)"
    )
    migrate(conn, loads(CACHE, "f"))
    conn.execute("INSERT INTO source SELECT 1, 0.005 FROM generate_series(1, 3)")
    assert conn.execute("SELECT total FROM target").fetchone() == (Decimal("0.03"),)
    conn.execute("DELETE FROM source")
    assert conn.execute("SELECT total FROM target").fetchone() == (Decimal("0.00"),)


def test_a_value_of_null_counts_as_nothing(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "CREATE TABLE target (k integer PRIMARY KEY, total numeric); INSERT INTO target VALUES (1);"
        "CREATE TABLE source (k integer, amount numeric)"
    )
    migrate(conn, loads(CACHE, "f"))
    conn.execute("INSERT INTO source VALUES (1, NULL), (1, 2)")
    conn.execute("UPDATE source SET amount = coalesce(amount, 0) + 1")
    assert conn.execute("SELECT total FROM target").fetchone() == (4,)


def test_what_is_not_finite_can_come_and_go(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "CREATE TABLE target (k integer PRIMARY KEY, total numeric DEFAULT 0); INSERT INTO target VALUES (1);"
        "CREATE TABLE source (k integer, amount numeric)"
    )
    migrate(conn, loads(CACHE, "f"))

    def total() -> Decimal:
        row = conn.execute("SELECT total FROM target").fetchone()
        assert row is not None
        return Decimal(row[0])

    conn.execute("INSERT INTO source VALUES (1, 5), (1, 'NaN')")
    assert total().is_nan()
    conn.execute("DELETE FROM source WHERE amount = 'NaN'")
    assert total() == 5
    conn.execute("INSERT INTO source VALUES (1, 'Infinity')")
    assert total() == Decimal("Infinity")
    conn.execute("UPDATE source SET amount = 2 WHERE amount = 'Infinity'")
    assert total() == 7
    conn.execute(
        "SET session_replication_role = replica; UPDATE target SET total = 'NaN'; RESET session_replication_role"
    )
    (found,) = reconcile(conn, ["total"]).caches
    assert (found.drifted, found.corrected, str(found.max_abs_drift)) == (1, 1, "NaN")
    assert total() == 7


def test_what_is_not_finite_behind_a_mapping(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        "CREATE TABLE target (k integer PRIMARY KEY, day_from date, day_to date, total numeric DEFAULT 0);"
        "CREATE TABLE mapping (tag text, k integer); CREATE TABLE source (tag text, day date, amount numeric);"
        "INSERT INTO target VALUES (1, '2024-01-01', '2024-01-31'); INSERT INTO mapping VALUES ('a', 1), ('b', 1)"
    )
    within = 'within = { column = "day", from = "day_from", to = "day_to" }'
    through = f'through = {{ table = "mapping", on = {{ tag = "tag" }}, key = ["k"] }}\n  {within}'
    text = CACHE.replace('rpc = "recompute_total"\n', "").replace('  key = ["k"]\n  values', f"  {through}\n  values")
    migrate(conn, loads(text, "f"))
    conn.execute("INSERT INTO source VALUES ('a', '2024-01-05', 'NaN'), ('b', '2024-01-06', 3), ('b', '2024-02-06', 4)")
    conn.execute("DELETE FROM mapping WHERE tag = 'a'")
    assert conn.execute("SELECT total FROM target").fetchone() == (3,)
    conn.execute("INSERT INTO mapping VALUES ('a', 1)")
    conn.execute("UPDATE target SET day_from = '2024-02-01', day_to = '2024-02-29'")
    assert conn.execute("SELECT total FROM target").fetchone() == (4,)
    conn.execute("UPDATE source SET day = day + 31 WHERE tag = 'a'")
    conn.execute("DELETE FROM source WHERE amount = 'NaN'")
    assert conn.execute("SELECT total FROM target").fetchone() == (4,)
