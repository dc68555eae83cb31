"""A small household whose every figure fits in the head; the tests change it and state what must change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from pgcache import config, migrate, resources
from pgcache.model import Mode
from tests.oracle.compare import assert_exact, is_nowait

CACHES = ("account_balance", "budget_consumption")

ACCOUNTS = ("everyday", "savings")
BUDGETS = ("june", "year")

# What `expect` compares with where a test says nothing else.
START = {"everyday": 1025, "savings": 0, "june": 40, "year": 80}

_ROWS: str = """
INSERT INTO account (id, name, opening_balance) VALUES
    (%(everyday)s, 'Everyday', 100),
    (%(savings)s, 'Savings', 0);
INSERT INTO category (id, name) VALUES (%(food)s, 'Food'), (%(fun)s, 'Fun'), (%(rest)s, 'Rest');
INSERT INTO budget (id, name, amount, period_start, period_end, recurrence) VALUES
    (%(june)s, 'Food in June', 300, '2025-06-01', '2025-06-30', 'monthly'),
    (%(year)s, 'Food and fun in 2025', 3000, '2025-01-01', '2025-12-31', 'yearly');
INSERT INTO budget_category (budget_id, category_id) VALUES
    (%(june)s, %(food)s),
    (%(year)s, %(food)s),
    (%(year)s, %(fun)s);
INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date, deleted_at) VALUES
    (%(salary)s, %(everyday)s, NULL, 'income', 1000, '2025-06-01', NULL),
    (%(groceries)s, %(everyday)s, %(food)s, 'outcome', 40, '2025-06-10', NULL),
    (%(cinema)s, %(everyday)s, %(fun)s, 'outcome', 15, '2025-06-12', NULL),
    (%(picnic)s, %(everyday)s, %(food)s, 'outcome', 25, '2025-05-31', NULL),
    (%(refund)s, %(everyday)s, %(food)s, 'income', 5, '2025-06-20', NULL),
    (%(mistake)s, %(everyday)s, %(food)s, 'outcome', 60, '2025-06-15', '2025-06-16 10:00+00');
"""
_NAMES = (*ACCOUNTS, *BUDGETS, "food", "fun", "rest")
_NAMES_OF_TRANSACTIONS = ("salary", "groceries", "cinema", "picnic", "refund", "mistake")


def migrate_finance(conn: psycopg.Connection[Any], mode: Mode = "immediate") -> None:
    """Do what `pgcache migrate --with-tables` does with the preset's declaration, its caches in some mode."""
    declaration = config.load(resources.path("sql", "presets", "finance", "pgcache.toml"))
    caches = tuple(replace(cache, mode=mode) for cache in declaration.caches)
    migrate.migrate(conn, replace(declaration, caches=caches), with_tables=True)


class Household:
    """Two accounts, two budgets, six transactions, and the ids of all of them by name.

    Its rows are written unless they are `there`, as in a copy of a database that has them.
    """

    def __init__(self, conn: psycopg.Connection[tuple[Any, ...]], *, there: bool = False) -> None:
        self.conn = conn
        self.ids = {name: UUID(int=n) for n, name in enumerate(_NAMES + _NAMES_OF_TRANSACTIONS, start=1)}
        if not there:
            with psycopg.ClientCursor(conn) as cursor:  # several statements in one string, with parameters
                cursor.execute(_ROWS, self.ids)

    def run(self, query: str, **params: object) -> psycopg.Cursor[tuple[Any, ...]]:
        """Execute one statement; every name of the household is a parameter."""
        return self.conn.execute(query, {**self.ids, **params})

    def value(self, query: str, **params: object) -> Any:
        """The single value that a query gives."""
        row = self.run(query, **params).fetchone()
        assert row is not None
        return row[0]

    def corrupt(self, query: str) -> None:
        """Execute a statement past all triggers, as a restore or a replica would."""
        with self.conn.transaction():
            self.run("SET LOCAL session_replication_role = replica")
            self.run(query)

    def balance(self, account: UUID) -> Any:
        """The cached balance of an account; None where there is no such account."""
        table = "pgcache.account_balance" if is_nowait(self.conn, "account_balance") else "account"
        row = self.run(f"SELECT cached_balance FROM {table} WHERE id = %(id)s", id=account).fetchone()
        return row and row[0]

    def consumption(self, budget: UUID) -> Any:
        """The cached consumption of a budget; None where there is no such budget."""
        table = "pgcache.budget_consumption" if is_nowait(self.conn, "budget_consumption") else "budget"
        row = self.run(f"SELECT cached_consumption FROM {table} WHERE id = %(id)s", id=budget).fetchone()
        return row and row[0]

    def expect(self, **changed: int | str | None) -> None:
        """Compare the named figures with what a test says, the others with START, and all with the oracle.

        None says that the account or the budget is gone.
        """
        wanted = {name: None if v is None else Decimal(v) for name, v in {**START, **changed}.items()}
        found = {
            **{name: self.balance(self.ids[name]) for name in ACCOUNTS},
            **{name: self.consumption(self.ids[name]) for name in BUDGETS},
        }
        wrong = [f"{name}: {found[name]}, not {wanted[name]}" for name in wanted if found[name] != wanted[name]]
        assert not wrong, "; ".join(wrong)
        self.exact()

    def exact(self) -> None:
        """Compare every cache with the oracle."""
        assert_exact(self.conn, *CACHES)
