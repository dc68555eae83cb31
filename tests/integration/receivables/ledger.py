"""The aging schedule by the book: one account after the other, one invoice after the other, in Decimal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

BUCKETS = {"current": 0, "days_1_30": 30, "days_31_60": 60, "days_61_90": 90}
"""The last day after the due date on which an invoice is in a bucket."""

FIGURES = ("balance", "unbilled", *BUCKETS, "days_over_90", "credit", "next_transition")

Row = dict[str, Any]


@dataclass
class _Account:
    unbilled: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    invoices: list[tuple[date, UUID, Decimal]] = field(default_factory=list)

    def figures(self, today: date) -> Row:
        found: Row = dict.fromkeys(FIGURES, Decimal(0))
        turns = []
        for due, _, owed in sorted(self.invoices):
            settled = min(owed, max(self.credit, Decimal(0)))
            self.credit -= settled
            if owed > settled:
                late = (today - due).days
                bucket = next((name for name, last in BUCKETS.items() if late <= last), "days_over_90")
                found[bucket] += owed - settled
                turns += [due + timedelta(days=last + 1) for last in BUCKETS.values() if late <= last]
        found["unbilled"], found["credit"] = self.unbilled, self.credit
        found["balance"] = self.unbilled + sum(found[name] for name in (*BUCKETS, "days_over_90")) - self.credit
        found["next_transition"] = min(turns, default=None)
        return found


def aging(conn: psycopg.Connection[Any], today: date) -> dict[UUID, Row]:
    """What each account owes on a day.

    Parameters
    ----------
    conn:
        A connection to the database that holds the tables.
    today:
        The day.
    """
    with conn.transaction():
        treatments = _rows(conn, "SELECT t.*, v.account_id FROM treatment t JOIN visit v ON v.id = t.visit_id")
        invoices = {row["id"]: row for row in _rows(conn, "TABLE invoice")}
        lines = _rows(conn, "TABLE invoice_line")
        payments = _rows(conn, "TABLE payment")
        accounts = {row["id"]: _Account() for row in _rows(conn, "TABLE account")}
    for treatment in treatments:
        if treatment["billable"] and treatment["invoice_line_id"] is None:
            accounts[treatment["account_id"]].unbilled += treatment["amount"]
    owed = {number: Decimal(0) for number, invoice in invoices.items() if invoice["voided_at"] is None}
    for line in lines:
        if line["invoice_id"] in owed:
            owed[line["invoice_id"]] += line["amount"]
    for payment in payments:
        amount = payment["amount"] if payment["kind"] == "payment" else -payment["amount"]
        if payment["invoice_id"] in owed:
            owed[payment["invoice_id"]] -= amount
        else:
            accounts[payment["account_id"]].credit += amount
    for number, amount in owed.items():
        account, due = accounts[invoices[number]["account_id"]], invoices[number]["due_date"]
        if amount > 0:
            account.invoices.append((due or invoices[number]["invoice_date"], number, amount))
        else:
            account.credit -= amount
    return {number: account.figures(today) for number, account in accounts.items()}


def _rows(conn: psycopg.Connection[Any], query: str) -> list[Row]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()
