"""The presets, on tables so large that the planner knows better than to read all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from pgcache import presets
from pgcache.config import loads
from pgcache.migrate import migrate

_NUMBERED = (
    "CREATE FUNCTION numbered(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN lpad(to_hex(n), 32, '0')::uuid"
)
_FINANCE = """
INSERT INTO account (id, name) SELECT numbered(n), n FROM generate_series(1, 1000) AS n;
INSERT INTO category (id, name) SELECT numbered(n), n FROM generate_series(1, 1000) AS n;
INSERT INTO budget (id, name, period_start, period_end, recurrence)
SELECT numbered(n), n, '2025-01-01', '2025-01-31', 'monthly' FROM generate_series(1, 1000) AS n;
INSERT INTO budget_category (budget_id, category_id)
SELECT numbered(n), numbered(1 + n % 1000) FROM generate_series(1, 1000) AS n;
INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date)
SELECT numbered(n), numbered(1 + n % 1000), numbered(1 + n % 1000), 'outcome', 10, date '2025-01-01' + n % 90
  FROM generate_series(1, 5000) AS n;
"""


_PARTIES = """
INSERT INTO customers (id, name) SELECT numbered(n), n FROM generate_series(1, 1000) AS n;
INSERT INTO cash_drawer_money (id, name) SELECT numbered(n), n FROM generate_series(1, 1000) AS n;
INSERT INTO sales (id, customer_id, total)
SELECT numbered(n), numbered(1 + n % 1000), 10 FROM generate_series(1, 5000) AS n;
INSERT INTO payments (id, customer_id, drawer_id, direction, amount)
SELECT numbered(n), numbered(1 + n % 1000), numbered(1 + n % 1000), 'in', 10 FROM generate_series(1, 5000) AS n;
"""
_RECEIVABLES = """
INSERT INTO account (id, name) SELECT numbered(n), n FROM generate_series(1, 1000) AS n;
INSERT INTO invoice (id, account_id, due_date)
SELECT numbered(n), numbered(1 + n % 1000), '2025-01-31' FROM generate_series(1, 5000) AS n;
INSERT INTO invoice_line (id, invoice_id, amount)
SELECT numbered(n), numbered(n), 10 FROM generate_series(1, 5000) AS n;
INSERT INTO visit (id, account_id) SELECT numbered(n), numbered(1 + n % 1000) FROM generate_series(1, 5000) AS n;
INSERT INTO treatment (id, visit_id, amount) SELECT numbered(n), numbered(n), 10 FROM generate_series(1, 5000) AS n;
INSERT INTO payment (id, account_id, invoice_id, amount)
SELECT numbered(n), numbered(1 + n % 1000), numbered(n), 5 FROM generate_series(1, 5000) AS n;
"""

Connection = psycopg.Connection[tuple[Any, ...]]
Clone = Callable[[str, Callable[[str], None]], str]


def _build(names: Sequence[str], rows: str, *, mode: str = "immediate") -> Callable[[str], None]:
    def build(dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute("SET client_min_messages = warning")
            for statements in presets.tables(names).values():
                conn.execute(statements.encode())
            conn.execute(_NUMBERED)
            conn.execute(rows.encode())
            declaration = presets.declaration(names).replace('mode = "immediate"', f'mode = "{mode}"')
            migrate(conn, loads(declaration, "pgcache.toml"))
            conn.execute("VACUUM (ANALYZE)")

    return build


@contextmanager
def _counted(dsn: str) -> Iterator[Connection]:
    with psycopg.connect(dsn, autocommit=True) as conn:
        row = conn.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        if row == (False,):
            pytest.skip("only a superuser may have functions counted")
        yield conn


@pytest.fixture
def large(clone: Clone) -> Iterator[Connection]:
    """A connection (autocommit) to a database with the presets of mode immediate and 5,000 rows in each source."""
    with _counted(clone("large", _build(("finance", "parties", "monthly"), _FINANCE + _PARTIES))) as conn:
        yield conn


@pytest.fixture
def billed(clone: Clone) -> Iterator[Connection]:
    """A connection (autocommit) to a database with the preset receivables and 5,000 rows in each source."""
    with _counted(clone("billed", _build(("receivables",), _RECEIVABLES))) as conn:
        yield conn


@pytest.fixture
def contended(clone: Clone) -> Iterator[Connection]:
    """A connection (autocommit) to a database with the preset finance, its account_balance in mode nowait."""
    with _counted(clone("contended", _build(("finance",), _FINANCE, mode="nowait"))) as conn:
        yield conn
