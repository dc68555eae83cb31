"""A real bank's transactions, through the triggers, against sums made outside the database.

PGCACHE_TEST_BANK_CSV names a file with the columns account_id, date, flow_type, amount, bank_balance and
purpose, by date; bank_balance is what the bank kept beside each transaction. Within a day the bank's order is
its own, so an account's last line may carry a balance from earlier on that day: one more way to be off.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg
import pytest

from pgcache.cause import explain
from tests.integration.finance.household import CACHES
from tests.oracle.compare import assert_exact

Connection = psycopg.Connection[tuple[Any, ...]]
Sums = dict[UUID, Decimal]

THRESHOLD = Decimal("0.50")
SPRING = (date(1993, 3, 1), date(1993, 5, 31))


@dataclass(frozen=True)
class Booking:
    """One line of the file."""

    account: UUID
    category: UUID | None
    flow_type: str
    amount: Decimal
    date: date
    bank_balance: Decimal

    @property
    def row(self) -> tuple[object, ...]:
        return self.account, self.category, self.flow_type, self.amount, self.date


def _id(*name: str) -> UUID:
    return uuid5(NAMESPACE_OID, "/".join(name))


@pytest.fixture(scope="module")
def bookings() -> list[Booking]:
    path = os.environ.get("PGCACHE_TEST_BANK_CSV")
    if not path:
        pytest.skip("PGCACHE_TEST_BANK_CSV names no file")
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [
            Booking(
                _id("account", line["account_id"]),
                _id("category", line["purpose"]) if line["purpose"] else None,
                line["flow_type"],
                Decimal(line["amount"]),
                date.fromisoformat(line["date"]),
                Decimal(line["bank_balance"]),
            )
            for line in csv.DictReader(file)
        ]


@pytest.fixture
def opened(finance: Connection, bookings: list[Booking]) -> Connection:
    """Accounts at 0, and a budget for each purpose in the spring of 1993; no transaction yet."""
    accounts = {booking.account for booking in bookings}
    categories = {booking.category for booking in bookings if booking.category}
    _copy(finance, "COPY account (id, name) FROM STDIN", ((id_, str(id_)) for id_ in accounts))
    _copy(finance, "COPY category (id, name) FROM STDIN", ((id_, str(id_)) for id_ in categories))
    _copy(
        finance,
        "COPY budget (id, name, period_start, period_end) FROM STDIN",
        ((id_, str(id_), *SPRING) for id_ in categories),
    )
    _copy(finance, "COPY budget_category (budget_id, category_id) FROM STDIN", ((id_, id_) for id_ in categories))
    return finance


def _copy(conn: Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    with conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _copy_all(conn: Connection, bookings: list[Booking]) -> None:
    statement = "COPY transaction (account_id, category_id, flow_type, amount, date) FROM STDIN"
    _copy(conn, statement, (booking.row for booking in bookings))


def _insert_each(conn: Connection, bookings: list[Booking]) -> None:
    for booking in bookings:
        conn.execute(
            "INSERT INTO transaction (account_id, category_id, flow_type, amount, date) VALUES (%s, %s, %s, %s, %s)",
            booking.row,
        )


def _balances(bookings: list[Booking]) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for booking in bookings:
        sums[booking.account] += booking.amount if booking.flow_type == "income" else -booking.amount
    return sums


def _spent_in_spring(bookings: list[Booking]) -> Sums:
    sums = {booking.category: Decimal(0) for booking in bookings if booking.category}
    for booking in bookings:
        if booking.category and booking.flow_type == "outcome" and SPRING[0] <= booking.date <= SPRING[1]:
            sums[booking.category] += booking.amount
    return sums


def _cached_balances(conn: Connection) -> Sums:
    return dict(conn.execute("SELECT id, cached_balance FROM account").fetchall())


@pytest.mark.parametrize("load", [_copy_all, _insert_each], ids=["by one COPY", "row by row"])
def test_sums_are_those_made_outside_the_database(
    opened: Connection, bookings: list[Booking], load: Callable[[Connection, list[Booking]], None]
) -> None:
    load(opened, bookings)
    assert _cached_balances(opened) == _balances(bookings)
    consumed: Sums = dict(opened.execute("SELECT id, cached_consumption FROM budget").fetchall())
    assert consumed == _spent_in_spring(bookings)
    assert_exact(opened, *CACHES)


@pytest.fixture
def banks(opened: Connection, bookings: list[Booking]) -> Sums:
    """The bank's balances, of each account's last line, in the place of the cached ones."""
    _copy_all(opened, bookings)
    banks = {booking.account: booking.bank_balance for booking in bookings}
    opened.execute("SELECT pgcache.reconcile('account_balance')")
    with opened.transaction():
        opened.execute("SET LOCAL session_replication_role = replica")  # past the guard
        with opened.cursor() as cursor:
            cursor.executemany(
                "UPDATE account SET cached_balance = %s WHERE id = %s",
                [(balance, account) for account, balance in banks.items()],
            )
    return banks


def test_reconcile_finds_where_the_bank_itself_was_off(
    opened: Connection, bookings: list[Booking], banks: Sums
) -> None:
    true = _balances(bookings)
    off = {account: true[account] - banks[account] for account in banks if true[account] != banks[account]}
    far_off = {account for account, drift in off.items() if abs(drift) > THRESHOLD}
    assert 0 < len(far_off) < len(off)

    found = opened.execute(
        "SELECT checked, drifted, over_threshold, corrected, pending_review, max_abs_drift"
        " FROM pgcache.reconcile('account_balance', %s, 'review')",
        (THRESHOLD,),
    ).fetchone()

    assert found == (len(banks), len(off), len(far_off), 0, len(far_off), max(map(abs, off.values())))
    logged = opened.execute(
        "SELECT (key ->> 'id')::uuid, cached, computed, drift, status FROM pgcache.drift"
    ).fetchall()
    status = {True: "pending_review", False: "below_threshold"}
    assert {row[0]: row[1:] for row in logged} == {
        account: (banks[account], true[account], drift, status[account in far_off]) for account, drift in off.items()
    }
    assert _cached_balances(opened) == banks

    opened.execute("SELECT pgcache.reconcile('account_balance', %s, 'correct')", (THRESHOLD,))
    assert _cached_balances(opened) == true
    assert_exact(opened, *CACHES)


def test_two_thresholds_the_queue_and_what_is_decided(opened: Connection, bookings: list[Booking], banks: Sums) -> None:
    """What the how-to does with a small file."""
    true = _balances(bookings)
    off = {account: true[account] - banks[account] for account in banks if true[account] != banks[account]}
    share = Decimal("0.001")
    over = {account for account, drift in off.items() if abs(drift) > max(THRESHOLD, abs(true[account]) * share)}
    over_one = {account for account, drift in off.items() if abs(drift) > THRESHOLD}
    assert over < over_one < set(off)
    review = (
        "SELECT drifted, over_threshold, pending_review FROM pgcache.reconcile('account_balance', %s, 'review', %s)"
    )
    assert opened.execute(review, (THRESHOLD, share)).fetchone() == (len(off), len(over), len(over))

    queue: dict[UUID, int] = dict(
        opened.execute("SELECT (key ->> 'id')::uuid, id FROM pgcache.drift WHERE status = 'pending_review'").fetchall()
    )
    assert set(queue) == over
    approved, rejected = sorted(over)[::2], sorted(over)[1::2]
    for account in approved:
        assert opened.execute("SELECT drift FROM pgcache.approve(%s)", (queue[account],)).fetchone() == (off[account],)
    for account in rejected:
        opened.execute("SELECT pgcache.reject(%s)", (queue[account],))
    assert _cached_balances(opened) == banks | {account: true[account] for account in approved}
    assert opened.execute(review, (THRESHOLD, share)).fetchone() == (len(off) - len(approved), 0, 0)
    causes = {explain(opened, queue[account]).verdict.cause for account in over}
    ((mode,),) = opened.execute("SELECT mode FROM pgcache.cache WHERE name = 'account_balance'")
    assert causes == {"value was written by hand" if mode == "immediate" else "unknown"}

    opened.execute("SELECT pgcache.reconcile('account_balance')")
    assert _cached_balances(opened) == true
    assert opened.execute(review, (0, 0)).fetchone() == (0, 0, 0)
    assert_exact(opened, *CACHES)
