"""Every event on the sources that name one party: sales, purchases, salaries, transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.integration.parties.bakery import Bakery


@dataclass(frozen=True)
class Source:
    """A source table, the columns of its party and amount, and rows of the bakery's in it.

    `row` is the first party's, `other` the second's, `mistake` the first's and soft-deleted; `amounts` are theirs.
    """

    table: str
    key: str
    amount: str
    first: str
    second: str
    row: str
    amounts: tuple[int, int, int]
    extra: str = ""

    def fill(self, statement: str) -> str:
        """Put the names of this source into a statement."""
        kind, value = ("", "") if not self.extra else (f", {self.extra}", ", 'income'")
        return statement.format(
            table=self.table,
            key=self.key,
            amount=self.amount,
            first=f"%({self.first})s",
            second=f"%({self.second})s",
            row=f"%({self.row})s",
            other=f"%({self.row}_{self.second})s",
            mistake=f"%({self.row}_mistake)s",
            kind=kind,
            income=value,
        )


SOURCES = {
    "sales": Source("sales", "customer_id", "total", "aurora", "central", "sale", (140, 30, 60)),
    "purchases": Source("purchases", "vendor_id", "total", "mill", "dairy", "purchase", (200, 50, 70)),
    "salaries": Source("salaries", "employee_id", "amount", "amina", "boris", "salary", (300, 250, 80)),
    "transactions": Source("transactions", "member_id", "amount", "dana", "emil", "fee", (7, 8, 11), "flow_type"),
}

# What the first and the second party gain, by the amounts of the row, the other and the mistake: constant first.
Gain = tuple[int, int, int, int]
KEPT: Gain = (0, 0, 0, 0)

EVENTS: dict[str, tuple[str, Gain, Gain]] = {
    "insert": ("INSERT INTO {table} ({key}, {amount}{kind}) VALUES ({first}, 6{income})", (6, 0, 0, 0), KEPT),
    "insert of several rows of several parties": (
        """INSERT INTO {table} ({key}, {amount}{kind})
           VALUES ({first}, 6{income}), ({second}, 9{income}), ({first}, 1{income})""",
        (7, 0, 0, 0),
        (9, 0, 0, 0),
    ),
    "insert of a soft-deleted row": (
        "INSERT INTO {table} ({key}, {amount}, deleted_at{kind}) VALUES ({first}, 6, now(){income})",
        KEPT,
        KEPT,
    ),
    "insert of nothing": (
        "INSERT INTO {table} ({key}, {amount}{kind}) SELECT {first}, 6{income} WHERE false",
        KEPT,
        KEPT,
    ),
    "amount": ("UPDATE {table} SET {amount} = {amount} + 6 WHERE id = {row}", (6, 0, 0, 0), KEPT),
    "amount of a soft-deleted row": ("UPDATE {table} SET {amount} = 6 WHERE id = {mistake}", KEPT, KEPT),
    "party": ("UPDATE {table} SET {key} = {second} WHERE id = {row}", (0, -1, 0, 0), (0, 1, 0, 0)),
    "party of a soft-deleted row": ("UPDATE {table} SET {key} = {second} WHERE id = {mistake}", KEPT, KEPT),
    "party and amount at once": (
        "UPDATE {table} SET {key} = {second}, {amount} = 6 WHERE id = {row}",
        (0, -1, 0, 0),
        (6, 0, 0, 0),
    ),
    "parties exchanged": (
        """UPDATE {table} SET {key} = CASE {key} WHEN {first} THEN {second} ELSE {first} END
           WHERE id IN ({row}, {other}, {mistake})""",
        (0, -1, 1, 0),
        (0, 1, -1, 0),
    ),
    "soft-delete": ("UPDATE {table} SET deleted_at = now() WHERE id = {row}", (0, -1, 0, 0), KEPT),
    "soft-delete again, at another time": ("UPDATE {table} SET deleted_at = now() WHERE id = {mistake}", KEPT, KEPT),
    "undelete": ("UPDATE {table} SET deleted_at = NULL WHERE id = {mistake}", (0, 0, 0, 1), KEPT),
    "undelete, with another party and amount": (
        "UPDATE {table} SET deleted_at = NULL, {key} = {second}, {amount} = 6 WHERE id = {mistake}",
        KEPT,
        (6, 0, 0, 0),
    ),
    "one soft-deleted, the other undeleted": (
        """UPDATE {table} SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END
           WHERE id IN ({row}, {mistake})""",
        (0, -1, 0, 1),
        KEPT,
    ),
    "delete": ("DELETE FROM {table} WHERE id IN ({row}, {other})", (0, -1, 0, 0), (0, 0, -1, 0)),
    "delete of a soft-deleted row": ("DELETE FROM {table} WHERE id = {mistake}", KEPT, KEPT),
    "nothing that counts": ("UPDATE {table} SET {amount} = {amount}, deleted_at = deleted_at", KEPT, KEPT),
    "id": ("UPDATE {table} SET id = gen_random_uuid()", KEPT, KEPT),
    "upsert that updates": (
        """INSERT INTO {table} (id, {key}, {amount}{kind}) VALUES ({row}, {second}, 6{income})
           ON CONFLICT (id) DO UPDATE SET {key} = excluded.{key}, {amount} = excluded.{amount}""",
        (0, -1, 0, 0),
        (6, 0, 0, 0),
    ),
    "upsert that inserts and updates": (
        """INSERT INTO {table} (id, {key}, {amount}{kind})
           VALUES ({row}, {first}, 6{income}), (%(new)s, {second}, 9{income})
           ON CONFLICT (id) DO UPDATE SET {amount} = excluded.{amount}""",
        (6, -1, 0, 0),
        (9, 0, 0, 0),
    ),
    "upsert that does nothing": (
        "INSERT INTO {table} (id, {key}, {amount}{kind}) VALUES ({row}, {second}, 6{income}) ON CONFLICT DO NOTHING",
        KEPT,
        KEPT,
    ),
    "moved by delete and insert in one statement": (
        """WITH gone AS (DELETE FROM {table} WHERE id = {row} RETURNING {amount})
           INSERT INTO {table} ({key}, {amount}{kind}) SELECT {second}, {amount}{income} FROM gone""",
        (0, -1, 0, 0),
        (0, 1, 0, 0),
    ),
}


@pytest.mark.parametrize(("statement", "first", "second"), EVENTS.values(), ids=EVENTS.keys())
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_event(bakery: Bakery, source: Source, statement: str, first: Gain, second: Gain) -> None:
    bakery.run(source.fill(statement), new=UUID(int=99))
    bakery.expect(**{source.first: _gain(first, source), source.second: _gain(second, source)})


def _gain(gain: Gain, source: Source) -> int:
    constant, *factors = gain
    return constant + sum(factor * amount for factor, amount in zip(factors, source.amounts, strict=True))


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_copy(bakery: Bakery, source: Source) -> None:
    with (
        bakery.conn.cursor() as cursor,
        cursor.copy(source.fill("COPY {table} ({key}, {amount}{kind}) FROM STDIN")) as copy,
    ):
        for party, amount in ((source.first, "6.25"), (source.second, "9"), (source.first, "0.75")):
            copy.write_row((bakery.ids[party], amount, *(["income"] if source.extra else [])))
    bakery.expect(**{source.first: 7, source.second: 9})


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_savepoint_rollback(bakery: Bakery, source: Source) -> None:
    with bakery.conn.transaction():
        bakery.run(source.fill("UPDATE {table} SET {amount} = {amount} + 1 WHERE id = {row}"))
        with bakery.conn.transaction(force_rollback=True):
            bakery.run(source.fill("DELETE FROM {table}"))
            bakery.exact()
        bakery.run(source.fill("UPDATE {table} SET {key} = {first} WHERE id = {other}"))
    bakery.expect(**{source.first: 1 + source.amounts[1], source.second: -source.amounts[1]})


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_a_new_party_takes_part_at_once(bakery: Bakery, source: Source) -> None:
    target = {"customer_id": "customers", "vendor_id": "vendors", "employee_id": "employees", "member_id": "members"}
    bakery.run(
        source.fill(
            f"""WITH party AS (INSERT INTO {target[source.key]} (id, name) VALUES (%(new)s, 'New'))
               INSERT INTO {{table}} ({{key}}, {{amount}}{{kind}}) VALUES (%(new)s, 6{{income}})"""
        ),
        new=UUID(int=99),
    )
    assert bakery.value(f"SELECT balance FROM {target[source.key]} WHERE name = 'New'") == 6
    bakery.expect()


SIGNED: dict[str, tuple[str, dict[str, Any]]] = {
    "a credit note": ("INSERT INTO sales (customer_id, total) VALUES (%(aurora)s, -6)", {"aurora": -6}),
    "a vendor's credit note": ("INSERT INTO purchases (vendor_id, total) VALUES (%(mill)s, -6)", {"mill": -6}),
    "a salary corrected": ("INSERT INTO salaries (employee_id, amount) VALUES (%(amina)s, -6)", {"amina": -6}),
    "cents": ("UPDATE sales SET total = 140.01 WHERE id = %(sale)s", {"aurora": "0.01"}),
    "outcome": (
        "INSERT INTO transactions (member_id, flow_type, amount) VALUES (%(dana)s, 'outcome', 6)",
        {"dana": -6},
    ),
    "the flow turned round": ("UPDATE transactions SET flow_type = 'outcome' WHERE id = %(fee)s", {"dana": -14}),
    "the flow of a soft-deleted one turned round": (
        "UPDATE transactions SET flow_type = 'outcome' WHERE id = %(fee_mistake)s",
        {},
    ),
    "flow, amount and member at once": (
        "UPDATE transactions SET flow_type = 'outcome', amount = 6, member_id = %(emil)s WHERE id = %(fee)s",
        {"dana": -7, "emil": -6},
    ),
}


@pytest.mark.parametrize(("statement", "changes"), SIGNED.values(), ids=SIGNED.keys())
def test_sign(bakery: Bakery, statement: str, changes: dict[str, Any]) -> None:
    bakery.run(statement)
    bakery.expect(**changes)


def test_an_amount_that_the_balance_cannot_hold_is_refused(bakery: Bakery) -> None:
    bakery.run("UPDATE sales SET total = 9999999999.99 - 0.01 WHERE id = %(sale_central)s")
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        bakery.run("INSERT INTO sales (customer_id, total) VALUES (%(central)s, 1)")
    bakery.expect(central="9999999969.98")
