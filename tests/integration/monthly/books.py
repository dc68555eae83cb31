"""Three accounts whose every month fits in the head; the tests change them and state what must change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from tests.oracle.compare import assert_exact

TODAY = "2025-06-15"

_ROWS = """
INSERT INTO account (id, name, opening_balance) VALUES
    (%(everyday)s, 'Everyday', 100), (%(savings)s, 'Savings', 1000), (%(empty)s, 'Empty', 7);
INSERT INTO transaction (id, account_id, flow_type, amount, date, status, deleted_at) VALUES
    (%(salary)s, %(everyday)s, 'income', 500, '2025-03-31', 'paid', NULL),
    (%(rent)s, %(everyday)s, 'outcome', 200, '2025-04-01', 'paid', NULL),
    (%(bill)s, %(everyday)s, 'outcome', 30, '2025-05-20', 'unpaid', NULL),
    (%(plan)s, %(everyday)s, 'outcome', 70, '2025-08-10', 'forecast', NULL),
    (%(mistake)s, %(everyday)s, 'outcome', 999, '2025-01-01', 'paid', now()),
    (%(interest)s, %(savings)s, 'income', 5, '2025-05-31', 'paid', NULL);
"""
_NAMES = ("everyday", "savings", "empty", "salary", "rent", "bill", "plan", "mistake", "interest")


class Books:
    """The accounts, their rows, and the ids of all of them by name."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self.ids = {name: UUID(int=n) for n, name in enumerate(_NAMES, start=1)}
        self.travel(TODAY)
        with psycopg.ClientCursor(conn) as cursor:  # several statements in one string, with parameters
            cursor.execute(_ROWS, self.ids)

    def travel(self, day: str) -> None:
        """Make it another day."""
        self.conn.execute("SELECT set_config('pgcache.today', %s, false)", (day,))

    def run(self, query: str, **params: object) -> list[tuple[Any, ...]]:
        """Execute one statement, and give its rows; every name is a parameter."""
        cursor = self.conn.execute(query, {**self.ids, **params})
        return cursor.fetchall() if cursor.description else []

    def value(self, query: str, **params: object) -> Any:
        """The single value that a query gives."""
        ((value,),) = self.run(query, **params)
        return value

    def balances(self, account: str, columns: str = "actual_balance, projected_balance") -> dict[str, tuple[Any, ...]]:
        """What the view shows of an account, by month."""
        query = f"SELECT year_month, {columns} FROM monthly_account_balance WHERE account_id = %(id)s ORDER BY month"
        return {row[0]: row[1:] for row in self.run(query, id=self.ids[account])}

    def exact(self) -> None:
        """Compare the months and the view with the oracle."""
        assert_exact(self.conn, "account_month", "monthly_account_balance")


def amounts(*pairs: tuple[int | str, int | str]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(actual), Decimal(projected)) for actual, projected in pairs]
