"""Mode nowait: a delta that was appended, and that the target row cannot take when it is folded."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from pgcache.config import loads
from pgcache.fold import fold
from pgcache.migrate import migrate
from tests.conftest import Clone
from tests.integration.cli.pgcache import Pgcache

TABLES = """
CREATE TABLE account (id integer PRIMARY KEY, balance numeric(6,2) NOT NULL DEFAULT 0 CHECK (balance >= 0));
CREATE TABLE entry (account integer REFERENCES account, amount numeric(6,2));
CREATE INDEX ON entry (account);
INSERT INTO account VALUES (1), (2);
INSERT INTO entry VALUES (1, 50);
"""
DECLARATION = """
version = 1
[[cache]]
name = "balance"
target = "account"
key = ["id"]
mode = "nowait"
  [[cache.source]]
  table = "entry"
  key = ["account"]
  values = { balance = "amount" }
"""
BALANCE = "SELECT balance FROM account WHERE id = 1"


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES.encode())
        migrate(conn, loads(DECLARATION, "pgcache.toml"))


@pytest.mark.parametrize(
    ("amount", "error", "said"),
    [
        (-100, errors.CheckViolation, 'violates check constraint "account_balance_check"'),
        (9990, errors.NumericValueOutOfRange, "numeric field overflow"),
    ],
)
def test_it_fails_who_folds_until_the_sum_fits(
    clone: Clone, tmp_path: Path, amount: int, error: type[Exception], said: str
) -> None:
    """Its own writer has been let through. The error names what was written to; other keys go on; nothing is lost."""
    dsn = clone("an account that must not be negative", _install)
    with psycopg.connect(dsn, autocommit=True) as conn, psycopg.connect(dsn) as holder:
        holder.execute("SELECT FROM account WHERE id = 1 FOR NO KEY UPDATE")
        conn.execute("INSERT INTO entry VALUES (1, %s)", [amount])
        holder.rollback()
        with pytest.raises(error, match=said):
            conn.execute("INSERT INTO entry VALUES (1, 1)")
        conn.execute("INSERT INTO entry VALUES (2, 1)")
        told = Pgcache(dsn, tmp_path, conn)("fold", code=1).error
        assert told.startswith('cache "balance": what is pending for {"id": "1"} could not be folded: ')
        assert said in told
        view = "SELECT balance FROM pgcache.balance WHERE id = {}"
        assert conn.execute(view.format(2).encode()).fetchone() == (1,)
        if error is errors.CheckViolation:
            assert conn.execute(view.format(1).encode()).fetchone() == (50 + amount,)
        else:
            with pytest.raises(error):
                conn.execute(view.format(1).encode())
        # Whatever makes the sum fit is taken, and takes what is pending along.
        conn.execute("UPDATE entry SET amount = 7 WHERE amount = %s", [amount])
        assert conn.execute(BALANCE).fetchone() == (57,)
        assert [folded.left for folded in fold(conn)] == [0]


def test_one_command_lets_the_writers_go_on(clone: Clone, tmp_path: Path) -> None:
    """The one that plan, migrate and doctor tell, where the sum is meant to be so."""
    dsn = clone("an account that must not be negative", _install)
    with psycopg.connect(dsn, autocommit=True) as conn, psycopg.connect(dsn) as holder:
        holder.execute("SELECT FROM account WHERE id = 1 FOR NO KEY UPDATE")
        conn.execute("INSERT INTO entry VALUES (1, -100)")
        holder.rollback()
        pgcache = Pgcache(dsn, tmp_path, conn)
        pgcache.declare(DECLARATION)
        (finding,) = pgcache("doctor", "--config", str(tmp_path / "pgcache.toml"), "--json", code=3).json["findings"]
        conn.execute(finding["mend"].encode())
        conn.execute("INSERT INTO entry VALUES (1, 1)")
        assert conn.execute(BALANCE).fetchone() == (-49,)
        assert [folded.left for folded in fold(conn)] == [0]
