"""A practice with three accounts and nothing else: the tests say what happens, and what is owed then."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.integration.receivables.ledger import FIGURES, Row, aging
from tests.oracle.compare import assert_exact

TODAY = date(2025, 6, 15)
ACCOUNTS = {name: UUID(int=n) for n, name in enumerate(("ada", "bert", "cleo"), start=1)}


def day(late: int) -> date:
    """The due date of what is so many days late today."""
    return TODAY - timedelta(days=late)


class Practice:
    """The practice; ids count up in the order in which things are made."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self._last = 100
        self.travel(TODAY)
        for name, number in ACCOUNTS.items():
            self.add("account", id=number, name=name)

    def travel(self, today: date) -> None:
        """Make it another day."""
        self.today = today
        self.conn.execute("SELECT set_config('pgcache.today', %s, false)", (str(today),))

    def run(self, query: str, **params: object) -> psycopg.Cursor[Any]:
        """Execute one statement; every account is a parameter."""
        return self.conn.execute(query.encode(), {**ACCOUNTS, **params})

    def add(self, table: str, **values: object) -> UUID:
        """Insert one row, and give its id."""
        self._last += 1
        values = {"id": UUID(int=self._last), **values}
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Placeholder, values)),
        )
        row = self.conn.execute(statement, values).fetchone()
        assert row is not None
        return UUID(str(row[0]))

    def invoice(self, account: str, *amounts: int | str, due: date | None = TODAY, on: date = TODAY) -> UUID:
        """Make an invoice out, with a line for each amount."""
        number = self.add("invoice", account_id=ACCOUNTS[account], invoice_date=on, due_date=due)
        for amount in amounts:
            self.add("invoice_line", invoice_id=number, amount=amount)
        return number

    def pay(self, account: str, amount: int | str, invoice: UUID | None = None, *, kind: str = "payment") -> UUID:
        """Take money in, or give it back."""
        return self.add("payment", account_id=ACCOUNTS[account], invoice_id=invoice, kind=kind, amount=amount)

    def treat(self, account: str, *amounts: int | str, **values: object) -> UUID:
        """Record a visit with a treatment for each amount, and give the visit."""
        visit = self.add("visit", account_id=ACCOUNTS[account])
        for amount in amounts:
            self.add("treatment", visit_id=visit, amount=amount, **values)
        return visit

    def figures(self) -> dict[UUID, Row]:
        """What is stored of every account, after a refresh."""
        self.run("SELECT pgcache.refresh('account_aging')")
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return {row.pop("account_id"): row for row in cursor.execute("TABLE pgcache.account_aging")}

    def schedule(self) -> dict[UUID, Row]:
        """The figures, which must be what the ledger and the oracle say."""
        found = self.figures()
        for row in found.values():
            assert (row.pop("dirty"), row.pop("refreshed_at") is None) == (False, False)
            assert list(row) == list(FIGURES)
        assert found == aging(self.conn, self.today)
        assert_exact(self.conn, "account_aging")
        return found

    def owes(self, account: str, **figures: int | str | date) -> None:
        """Compare what an account owes, and when that changes by itself; what is not named must be zero, or never."""
        expected = {name: Decimal(value) if isinstance(value, int | str) else value for name, value in figures.items()}
        found = self.schedule()[ACCOUNTS[account]]
        assert {name: value for name, value in found.items() if value} == expected
