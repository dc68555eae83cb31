"""A real bank's transactions, through the triggers: every month of every account against sums made in Python.

PGCACHE_TEST_BANK_CSV names a file with the columns account_id, date, flow_type and amount.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg
import pytest

from tests.oracle.compare import assert_exact

Months = dict[tuple[UUID, str], Decimal]

TODAY = date(1993, 12, 31)
LABELS = [f"{year}-{month:02}" for year in (1993, 1994) for month in range(1, 13)]


@pytest.fixture(scope="module")
def lines() -> list[tuple[UUID, date, str, Decimal]]:
    path = os.environ.get("PGCACHE_TEST_BANK_CSV")
    if not path:
        pytest.skip("PGCACHE_TEST_BANK_CSV names no file")
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [
            (
                uuid5(NAMESPACE_OID, line["account_id"]),
                date.fromisoformat(line["date"]),
                line["flow_type"],
                Decimal(line["amount"]),
            )
            for line in csv.DictReader(file)
        ]


def balances(lines: list[tuple[UUID, date, str, Decimal]]) -> Months:
    """The balance of every account at the end of every month from its first one on."""
    moved: Months = defaultdict(Decimal)
    first: dict[UUID, str] = {}
    for account, day, flow_type, amount in lines:
        label = f"{day:%Y-%m}"
        moved[account, label] += amount if flow_type == "income" else -amount
        first[account] = min(first.get(account, f"{TODAY:%Y-%m}"), label)  # at the latest the current month
    found: Months = {}
    for account, began in first.items():
        balance = Decimal(0)
        for label in LABELS:
            balance += moved.get((account, label), Decimal(0))
            if label >= began:
                found[account, label] = balance
    return found


def test_months_are_those_made_outside_the_database(
    monthly: psycopg.Connection[Any], lines: list[tuple[UUID, date, str, Decimal]]
) -> None:
    monthly.execute("SELECT set_config('pgcache.today', %s, false)", (str(TODAY),))
    with monthly.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO account (id, name) VALUES (%s, '')", [(id_,) for id_ in {row[0] for row in lines}]
        )
        with cursor.copy("COPY transaction (account_id, date, flow_type, amount) FROM STDIN") as copy:
            for row in lines[::2]:
                copy.write_row(row)
        cursor.executemany(
            "INSERT INTO transaction (account_id, date, flow_type, amount) VALUES (%s, %s, %s, %s)", lines[1::2]
        )
    expected = balances(lines)

    rows = monthly.execute("SELECT account_id, year_month, actual_balance FROM monthly_account_balance").fetchall()
    assert {(account, label): balance for account, label, balance in rows} == expected

    worth = monthly.execute("SELECT label, actual FROM net_worth_timeline(1993, 1, 24)").fetchall()
    assert worth == [(label, sum(b for (_, month), b in expected.items() if month == label)) for label in LABELS]
    assert_exact(monthly, "account_month")
