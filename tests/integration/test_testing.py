"""pgcache.testing: the assertion passes where caches are exact, and says what is wrong where they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from pgcache import testing
from pgcache.config import loads
from pgcache.errors import PgcacheError
from pgcache.migrate import migrate
from pgcache.schemas import expand
from pgcache.testing import assert_caches_exact
from tests.integration.finance.household import Household, migrate_finance

Clone = Callable[[str, Callable[[str], None]], str]


def _build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate_finance(conn)
        Household(conn)


@pytest.fixture
def dsn(clone: Clone) -> str:
    """A database with the finance preset and the household, exact."""
    return clone("household to assert", _build)


@pytest.fixture
def engine(dsn: str) -> Iterator[sqlalchemy.Engine]:
    settings = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    engine = sqlalchemy.create_engine(sqlalchemy.URL.create("postgresql+psycopg", query=settings))
    yield engine
    engine.dispose()


def drift(conn: psycopg.Connection[Any], statement: str) -> None:
    """Change something behind the back of the triggers."""
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(statement.encode())


def complaint(conn: Any, *caches: str) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_caches_exact(conn, *caches)
    return str(caught.value)


def test_exact_caches_pass(conn: psycopg.Connection[Any], engine: sqlalchemy.Engine) -> None:
    assert_caches_exact(conn)
    assert_caches_exact(conn, "account_balance")
    assert_caches_exact(engine)
    with engine.connect() as connection:
        assert_caches_exact(connection, "account_balance", "budget_consumption")


def test_what_is_said_of_a_drift(conn: psycopg.Connection[Any]) -> None:
    drift(conn, "UPDATE transaction SET amount = 16 WHERE amount = 15")
    row = (
        '{"id": "00000000-0000-0000-0000-00000000000a", "date": "2025-06-12", "amount": 16.00, "status": "paid", '
        '"flow_type": "outcome", "account_id": "00000000-0000-0000-0000-000000000001", '
        '"category_id": "00000000-0000-0000-0000-000000000006"}'
    )
    lines = complaint(conn).splitlines()
    assert lines[:4] == [
        "cache account_balance is not exact for 1 key(s):",
        (
            '  {"id": "00000000-0000-0000-0000-000000000001"}: cached_balance is 1025.00, '
            "but its history adds up to 1024.00 (drift -1.00)"
        ),
        "    5 row(s) of transaction that count for it:",
        f"      {row} adds -16.00 to cached_balance",
    ]
    assert len(lines) == 14
    assert lines[8:11] == [
        "cache budget_consumption is not exact for 1 key(s):",
        (
            '  {"id": "00000000-0000-0000-0000-000000000004"}: cached_consumption is 80.00, '
            "but its history adds up to 81.00 (drift 1.00)"
        ),
        "    3 row(s) of transaction that count for it:",
    ]
    adds = [line.rpartition(" adds ")[2] for line in lines[11:]]
    assert adds == [f"{amount}.00 to cached_consumption" for amount in (16, 25, 40)]


def test_the_named_caches_alone_are_looked_at(conn: psycopg.Connection[Any]) -> None:
    drift(conn, "UPDATE budget SET cached_consumption = 0")
    assert_caches_exact(conn, "account_balance")
    assert complaint(conn, "budget_consumption").startswith("cache budget_consumption is not exact for 2 key(s):")


@pytest.mark.parametrize("kind", ["psycopg", "psycopg with dicts", "SQLAlchemy"])
def test_within_a_transaction_that_rolls_back(dsn: str, engine: sqlalchemy.Engine, kind: str) -> None:
    connection: Any
    if kind == "SQLAlchemy":
        connection = engine.connect()
        run = connection.exec_driver_sql
    else:
        connection = psycopg.connect(dsn, row_factory=dict_row) if "dicts" in kind else psycopg.connect(dsn)
        run = connection.execute
    with connection:
        run("INSERT INTO account (name) VALUES ('New')")
        assert_caches_exact(connection)
        run("SET session_replication_role = replica")
        run("UPDATE account SET cached_balance = 7 WHERE name = 'New'")
        run("SET session_replication_role = origin")
        said = complaint(connection)
        assert "cached_balance is 7.00, but its history adds up to 0" in said
        assert "no row of transaction counts for it" in said
        run("UPDATE account SET name = 'Newer' WHERE name = 'New'")
        connection.rollback()
        assert_caches_exact(connection)


def test_the_newest_rows_come_first(conn: psycopg.Connection[Any]) -> None:
    with conn.transaction():
        for amount in range(1, 8):
            conn.execute(
                "INSERT INTO transaction (account_id, flow_type, amount) SELECT id, 'income', %s FROM account "
                "WHERE name = 'Savings'",
                (amount,),
            )
    conn.execute("UPDATE transaction SET description = 'touched' WHERE amount = 2")
    drift(conn, "UPDATE account SET cached_balance = 0 WHERE name = 'Savings'")
    said = complaint(conn)
    assert "the newest 5 of 7 row(s) of transaction that count for it:" in said
    amounts = [line.rpartition("adds ")[2] for line in said.splitlines() if " adds " in line and "up to" not in line]
    assert amounts == [f"{amount}.00 to cached_balance" for amount in (2, 7, 6, 5, 4)]


def test_many_keys_are_cut_short(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO account (name) SELECT n::text FROM generate_series(1, 12) AS n")
    drift(conn, "UPDATE account SET cached_balance = 9")
    said = complaint(conn)
    assert said.startswith("cache account_balance is not exact for 14 key(s):")
    assert said.count(" is 9.00, but") == testing.KEYS_SHOWN
    assert said.endswith("\n  and 4 more")


def test_a_cache_that_is_not_there(conn: psycopg.Connection[Any]) -> None:
    with pytest.raises(PgcacheError, match=r"no cache is named 'balance' .*installed: account_balance, budget_c"):
        assert_caches_exact(conn, "balance")


@pytest.mark.parametrize("statement", ["DROP SCHEMA pgcache CASCADE", "DELETE FROM pgcache.cache"])
def test_without_any_cache_nothing_is_asserted(conn: psycopg.Connection[Any], statement: str) -> None:
    conn.execute(statement.encode())
    with pytest.raises(PgcacheError, match="no cache is installed"):
        assert_caches_exact(conn)


def test_rows_that_may_not_be_read(conn: psycopg.Connection[Any]) -> None:
    drift(conn, "UPDATE account SET cached_balance = 9; UPDATE budget SET cached_consumption = 9")
    with conn.transaction(force_rollback=True):
        conn.execute("CREATE ROLE reader; GRANT USAGE ON SCHEMA pgcache TO reader")
        conn.execute("GRANT SELECT ON ALL TABLES IN SCHEMA pgcache TO reader")
        conn.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgcache TO reader; SET LOCAL ROLE reader")
        said = complaint(conn)
    assert "the rows that count for it cannot be shown: permission denied for table " in said
    assert said.count(" is 9.00, but its history adds up to ") == 4


HOSTILE = """
version = 1
[[cache]]
name = "hostile"
target = "Order %s"
key = ["a b", "day"]
  [[cache.source]]
  table = "line"
  key = ['"a b"', '''"when"::date''']
  where = '''note IS DISTINCT FROM '100 % :x {}' /* :y % */'''
  values = { 'Sum of' = "line.n", twice = "2 * n" }
  [[cache.source]]
  table = "other"
  through = { table = "link", on = { id = "link" }, key = ["a b", "day"], where = "id > 0" }
  within = { column = "At All", from = "from", to = "to" }
  values = { twice = "n" }
"""
HOSTILE_TABLES = """
CREATE TABLE "Order %s" ("a b" varchar(5), day date, "from" integer DEFAULT 1, "to" integer DEFAULT 9,
                         "Sum of" numeric NOT NULL DEFAULT 0, twice numeric NOT NULL DEFAULT 0,
                         PRIMARY KEY ("a b", day));
CREATE TABLE line ("a b" varchar(5), "when" timestamp, n integer, note text, line integer) PARTITION BY LIST (n);
CREATE TABLE line_default PARTITION OF line DEFAULT;
CREATE TABLE link (id integer PRIMARY KEY, "a b" varchar(5), day date);
CREATE TABLE other (link integer, "At All" integer, n integer);
INSERT INTO "Order %s" VALUES ('it''s', '2024-02-29');
INSERT INTO link VALUES (1, 'it''s', '2024-02-29'), (2, 'it''s', '2024-02-29'), (0, 'it''s', '2024-02-29');
"""
HOSTILE_ROWS = """
INSERT INTO line VALUES ('it''s', '2024-02-29 23:59', 3, 'x', 1), ('it''s', '2024-03-01', 4, 'x', 1),
                        ('it''s', '2024-02-29', 5, '100 % :x {}', 1);
INSERT INTO other VALUES (1, 5, 10), (2, 9, 20), (1, 0, 40), (0, 5, 80);
"""


@pytest.mark.parametrize("style", ["ISO, MDY", "German, DMY"])
def test_whatever_names_and_types_there_are(
    conn: psycopg.Connection[Any], engine: sqlalchemy.Engine, style: str
) -> None:
    conn.execute("DROP SCHEMA public CASCADE; DROP SCHEMA pgcache CASCADE; CREATE SCHEMA public")
    conn.execute(HOSTILE_TABLES.encode())
    migrate(conn, loads(HOSTILE, "pgcache.toml"))
    conn.execute(f"SET datestyle = '{style}'".encode())
    conn.execute(HOSTILE_ROWS.encode())
    assert_caches_exact(conn)
    drift(conn, 'UPDATE "Order %s" SET twice = 0')
    expected = [
        "cache hostile is not exact for 1 key(s):",
        '  {"a b": "it\'s", "day": "2024-02-29"}: twice is 0, but its history adds up to 36 (drift 36)',
        "    1 row(s) of line that count for it:",
        (
            '      {"n": 3, "a b": "it\'s", "line": 1, "note": "x", "when": "2024-02-29T23:59:00"} '
            "adds 3 to Sum of, 6 to twice"
        ),
        "    2 row(s) of other that count for it:",
        '      {"n": 20, "link": 2, "At All": 9} adds 20 to twice',
        '      {"n": 10, "link": 1, "At All": 5} adds 10 to twice',
    ]
    assert complaint(conn).splitlines() == expected
    assert complaint(engine).splitlines() == expected


def test_a_declaration_that_was_repeated_in_schemas(conn: psycopg.Connection[Any]) -> None:
    declaration = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
  [[cache.source]]
  table = "entry"
  key = ["account"]
  values = { balance = "amount" }
"""
    conn.execute("DROP SCHEMA public CASCADE; DROP SCHEMA pgcache CASCADE")
    for tenant in ("tenant_a", "tenant_b"):
        conn.execute(
            f"CREATE SCHEMA {tenant}; SET search_path = {tenant};"
            "CREATE TABLE account (id integer PRIMARY KEY, balance numeric NOT NULL DEFAULT 0);"
            "CREATE TABLE entry (account integer REFERENCES account, amount numeric);"
            "INSERT INTO account VALUES (1); INSERT INTO entry VALUES (1, 2); RESET search_path".encode()
        )
    migrate(conn, expand(conn, loads(declaration, "pgcache.toml"), ["tenant_*"]))
    assert_caches_exact(conn)
    drift(conn, "UPDATE tenant_b.account SET balance = 1; UPDATE tenant_a.entry SET amount = 3")
    said = complaint(conn, "tenant_b.balance")
    assert said.splitlines()[1:] == [
        '  {"id": "1"}: balance is 1, but its history adds up to 2 (drift 1)',
        "    1 row(s) of entry that count for it:",
        '      {"amount": 2, "account": 1} adds 2 to balance',
    ]
    assert '{"amount": 3, "account": 1} adds 3 to balance' in complaint(conn)
