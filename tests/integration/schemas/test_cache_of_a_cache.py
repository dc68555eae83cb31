"""A cached column that another cache adds up: accounts have a balance, and their owners the sum of those."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache import reconcile
from pgcache.config import loads
from pgcache.migrate import migrate
from tests.conftest import Clone

TABLES = """
CREATE TABLE owner (id integer PRIMARY KEY, total numeric(12,2) NOT NULL DEFAULT 0);
CREATE TABLE account (id integer PRIMARY KEY, owner_id integer NOT NULL REFERENCES owner,
                      balance numeric(12,2) NOT NULL DEFAULT 0);
CREATE TABLE entry (id serial PRIMARY KEY, account_id integer NOT NULL REFERENCES account, amount numeric(12,2));
CREATE INDEX ON account (owner_id);
CREATE INDEX ON entry (account_id);
INSERT INTO owner SELECT g FROM generate_series(1, 2) AS g;
INSERT INTO account SELECT g, 1 + g % 2 FROM generate_series(1, 4) AS g;
"""

DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
mode = "{mode}"
  [[cache.source]]
  table = "entry"
  key = ["account_id"]
  values = {{ balance = "amount" }}

[[cache]]
name = "total"
target = "owner"
key = ["id"]
  [[cache.source]]
  table = "account"
  key = ["owner_id"]
  values = {{ total = "balance" }}
"""


@pytest.fixture(params=["immediate", "nowait"])
def dsn(clone: Clone, request: pytest.FixtureRequest) -> str:
    def build(dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(TABLES)
            migrate(conn, loads(DECLARATION.format(mode=request.param), "pgcache.toml"))

    return clone(f"cache of a cache, {request.param}", build)


def figures(conn: psycopg.Connection[Any]) -> tuple[list[Any], list[Any]]:
    """The balances of the four accounts, and the totals of the two owners."""
    balances = [row[0] for row in conn.execute("SELECT balance FROM account ORDER BY id")]
    return balances, [row[0] for row in conn.execute("SELECT total FROM owner ORDER BY id")]


def test_one_row_reaches_the_owner(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO entry (account_id, amount) VALUES (1, 5)")
    assert figures(conn) == ([5, 0, 0, 0], [0, 5])
    conn.execute("UPDATE entry SET amount = 7")
    assert figures(conn) == ([7, 0, 0, 0], [0, 7])


def test_a_statement_of_several_accounts_reaches_their_owners(conn: psycopg.Connection[Any]) -> None:
    """The update of an account ends with that of its owner, and the guard still knows pgcache at the next one."""
    conn.execute("INSERT INTO entry (account_id, amount) SELECT g, g FROM generate_series(1, 4) AS g")
    assert figures(conn) == ([1, 2, 3, 4], [6, 4])
    conn.execute("UPDATE entry SET account_id = 1 + account_id % 4, amount = amount * 10")
    assert figures(conn) == ([40, 10, 20, 30], [40, 60])
    conn.execute("DELETE FROM entry WHERE account_id > 2")
    assert figures(conn) == ([40, 10, 0, 0], [10, 40])


def test_a_reconcile_of_several_accounts_reaches_their_owners(conn: psycopg.Connection[Any]) -> None:
    conn.execute("ALTER TABLE entry DISABLE TRIGGER USER")
    conn.execute("INSERT INTO entry (account_id, amount) SELECT g, g FROM generate_series(1, 4) AS g")
    conn.execute("ALTER TABLE entry ENABLE TRIGGER USER")
    reconcile.reconcile(conn, ["balance", "total"])
    assert figures(conn) == ([1, 2, 3, 4], [6, 4])


def test_what_is_written_by_hand_stays_out(conn: psycopg.Connection[Any]) -> None:
    conn.execute("INSERT INTO entry (account_id, amount) VALUES (1, 5)")
    conn.execute("UPDATE account SET balance = 99")
    conn.execute("UPDATE owner SET total = 99")
    assert figures(conn) == ([5, 0, 0, 0], [0, 5])
