"""Random histories: after every step each account owes what the ledger says, on whichever day it is."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

import pytest

from tests.integration.receivables.practice import ACCOUNTS, Practice, day

STEPS = 60
_ANY = "(SELECT id FROM {} ORDER BY id LIMIT 1 OFFSET %(n)s %% greatest((SELECT count(*) FROM {}), 1))"


def _any(table: str) -> str:
    return _ANY.format(table, table)


# What a step may do to one row, or to a few; n, m and amount are random numbers, due is a random day.
CHANGES = [
    f"UPDATE invoice SET due_date = %(due)s WHERE id = {_any('invoice')}",
    f"UPDATE invoice SET due_date = NULL, invoice_date = %(due)s WHERE id = {_any('invoice')}",
    f"UPDATE invoice SET voided_at = CASE WHEN voided_at IS NULL THEN now() END WHERE id = {_any('invoice')}",
    f"UPDATE invoice SET account_id = %(account)s WHERE id = {_any('invoice')}",
    f"DELETE FROM invoice WHERE id = {_any('invoice')}",
    f"UPDATE invoice_line SET amount = %(amount)s::numeric - 300 WHERE id = {_any('invoice_line')}",
    f"UPDATE invoice_line SET invoice_id = {_any('invoice')} WHERE id = {_any('invoice_line')}",
    f"DELETE FROM invoice_line WHERE id = {_any('invoice_line')}",
    f"UPDATE payment SET amount = %(amount)s WHERE id = {_any('payment')}",
    f"UPDATE payment SET kind = CASE kind WHEN 'refund' THEN 'payment' ELSE 'refund' END WHERE id = {_any('payment')}",
    f"UPDATE payment SET invoice_id = NULL WHERE id = {_any('payment')}",
    f"UPDATE payment SET invoice_id = {_any('invoice')} WHERE id = {_any('payment')}",
    f"UPDATE payment SET account_id = %(account)s WHERE id = {_any('payment')}",
    f"DELETE FROM payment WHERE id = {_any('payment')}",
    f"UPDATE visit SET account_id = %(account)s WHERE id = {_any('visit')}",
    f"UPDATE treatment SET billable = NOT billable WHERE id = {_any('treatment')}",
    f"UPDATE treatment SET invoice_line_id = {_any('invoice_line')} WHERE id = {_any('treatment')}",
    f"UPDATE treatment SET visit_id = {_any('visit')} WHERE id = {_any('treatment')}",
    f"DELETE FROM visit WHERE id = {_any('visit')}",
]


def step(practice: Practice, chance: random.Random) -> None:
    """Do one thing that may happen in a practice."""
    account, amount = chance.choice(list(ACCOUNTS)), chance.randint(0, 90000) / 100
    due = day(chance.choice([-5, 0, 1, 30, 31, 60, 61, 90, 91, 200]) + chance.choice([0, 0, 0, 1, -1]))
    invoices = [row[0] for row in practice.run("SELECT id FROM invoice ORDER BY id")]
    invoice: UUID | None = chance.choice([*invoices, None])
    kind = chance.choice(["payment", "payment", "refund"])
    happens = chance.random()
    if happens < 0.2:
        lines = [f"{chance.randint(-2000, 50000) / 100:.2f}" for _ in range(chance.randint(0, 3))]
        practice.invoice(account, *lines, due=chance.choice([due, None]), on=day(chance.randint(-3, 100)))
    elif happens < 0.4:
        practice.pay(account, f"{amount:.2f}", invoice, kind=kind)
    elif happens < 0.5:
        practice.treat(
            account, f"{amount:.2f}", f"{chance.randint(-500, 500) / 100:.2f}", billable=chance.random() < 0.8
        )
    elif happens < 0.55:
        practice.travel(practice.today + timedelta(days=chance.choice([1, 1, 7, 30])))
    else:
        parameters = {"n": chance.randint(0, 1000), "due": due, "amount": f"{amount:.2f}", "account": ACCOUNTS[account]}
        practice.run(chance.choice(CHANGES), **parameters)


@pytest.mark.parametrize("seed", range(8))
def test_random_histories(practice: Practice, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(STEPS):
        step(practice, chance)
        practice.schedule()
