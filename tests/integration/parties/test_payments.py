"""Every event on payments, which feed all five caches at once: a party's balance by its kind, and a drawer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import pytest
from psycopg.errors import CheckViolation

from tests.integration.parties.bakery import TARGETS, Bakery


@dataclass(frozen=True)
class Kind:
    """A kind of party: its column in payments, two of its parties, and whether a payment in adds to a balance."""

    name: str
    first: str
    second: str
    adds: str

    @property
    def column(self) -> str:
        return f"{self.name}_id"

    def gain(self, direction: str, amount: int) -> int:
        """What a payment adds to the party's balance."""
        return amount if direction == self.adds else -amount


KINDS = [
    Kind("customer", *TARGETS["customers"], adds="out"),
    Kind("vendor", *TARGETS["vendors"], adds="in"),
    Kind("employee", *TARGETS["employees"], adds="in"),
    Kind("member", *TARGETS["members"], adds="in"),
]
DIRECTIONS = ("in", "out")

# The payments of the bakery: amount, and drawer where there is one.
AMOUNTS = {
    "customer_in": (90, "till"),
    "customer_out": (5, "safe"),
    "customer_mistake": (33, "till"),
    "vendor_in": (20, "till"),
    "vendor_out": (120, None),
    "vendor_mistake": (34, None),
    "employee_in": (10, None),
    "employee_out": (200, "safe"),
    "employee_mistake": (35, "safe"),
    "member_in": (500, "safe"),
    "member_out": (60, "till"),
    "member_mistake": (36, "till"),
}
MISTAKES = {"customer": "in", "vendor": "out", "employee": "out", "member": "out"}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_direction = pytest.mark.parametrize("direction", DIRECTIONS)


class Changes(dict[str, int]):
    """What a test expects, added up."""

    def add(self, name: str | None, amount: int) -> None:
        if name:
            self[name] = self.get(name, 0) + amount

    def payment(self, kind: Kind, party: str, direction: str, amount: int, drawer: str | None, times: int = 1) -> None:
        """A payment that counts from now on, or for `times` -1 no more."""
        self.add(party, times * kind.gain(direction, amount))
        self.add(drawer, times * (amount if direction == "in" else -amount))


@each_kind
@each_direction
@pytest.mark.parametrize("drawer", ["till", None])
def test_insert(bakery: Bakery, kind: Kind, direction: str, drawer: str | None) -> None:
    bakery.run(
        f"INSERT INTO payments ({kind.column}, drawer_id, direction, amount)"
        " VALUES (%(party)s, %(drawer)s, %(direction)s, 6)",
        party=bakery.ids[kind.second],
        drawer=drawer and bakery.ids[drawer],
        direction=direction,
    )
    changes = Changes()
    changes.payment(kind, kind.second, direction, 6, drawer)
    bakery.expect(**changes)


def test_insert_of_many_for_everybody(bakery: Bakery) -> None:
    """One statement changes every cache."""
    bakery.run(
        """INSERT INTO payments (customer_id, vendor_id, employee_id, member_id, drawer_id, direction, amount)
           SELECT customer, vendor, employee, member, drawer, direction, amount
           FROM (VALUES (%(aurora)s, NULL, NULL, NULL), (NULL, %(mill)s, NULL, NULL),
                        (NULL, NULL, %(amina)s, NULL), (NULL, NULL, NULL, %(dana)s))
                    AS party (customer, vendor, employee, member),
                (VALUES (%(till)s), (%(safe)s), (NULL)) AS place (drawer),
                (VALUES ('in', 3), ('out', 1)) AS flow (direction, amount)"""
    )
    bakery.expect(aurora=-6, mill=6, amina=6, dana=6, till=8, safe=8)


@each_kind
@each_direction
def test_amount(bakery: Bakery, kind: Kind, direction: str) -> None:
    name = f"{kind.name}_{direction}"
    bakery.run(f"UPDATE payments SET amount = amount + 6 WHERE id = %({name})s")
    changes = Changes()
    changes.payment(kind, kind.first, direction, 6, AMOUNTS[name][1])
    bakery.expect(**changes)


@each_kind
@each_direction
def test_direction_turned_round(bakery: Bakery, kind: Kind, direction: str) -> None:
    name = f"{kind.name}_{direction}"
    (other,) = {*DIRECTIONS} - {direction}
    bakery.run(f"UPDATE payments SET direction = '{other}' WHERE id = %({name})s")
    changes = Changes()
    changes.payment(kind, kind.first, direction, *AMOUNTS[name], times=-1)
    changes.payment(kind, kind.first, other, *AMOUNTS[name])
    bakery.expect(**changes)


@each_kind
@each_direction
@pytest.mark.parametrize("statement", ["UPDATE payments SET deleted_at = now()", "DELETE FROM payments"])
def test_soft_delete_and_delete(bakery: Bakery, kind: Kind, direction: str, statement: str) -> None:
    name = f"{kind.name}_{direction}"
    bakery.run(f"{statement} WHERE id = %({name})s")
    changes = Changes()
    changes.payment(kind, kind.first, direction, *AMOUNTS[name], times=-1)
    bakery.expect(**changes)


@each_kind
def test_undelete(bakery: Bakery, kind: Kind) -> None:
    name = f"{kind.name}_mistake"
    bakery.run(f"UPDATE payments SET deleted_at = NULL WHERE id = %({name})s")
    changes = Changes()
    changes.payment(kind, kind.first, MISTAKES[kind.name], *AMOUNTS[name])
    bakery.expect(**changes)


@each_kind
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments SET amount = 6 WHERE id = %({name})s",
        "UPDATE payments SET direction = CASE direction WHEN 'in' THEN 'out' ELSE 'in' END WHERE id = %({name})s",
        "UPDATE payments SET drawer_id = %(safe)s WHERE id = %({name})s",
        "UPDATE payments SET {column} = %({second})s WHERE id = %({name})s",
        "UPDATE payments SET deleted_at = now() WHERE id = %({name})s",
        "DELETE FROM payments WHERE id = %({name})s",
    ],
)
def test_a_soft_deleted_payment_counts_nowhere(bakery: Bakery, kind: Kind, statement: str) -> None:
    bakery.run(statement.format(name=f"{kind.name}_mistake", column=kind.column, second=kind.second))
    bakery.expect()


@each_kind
@each_direction
def test_to_another_party_of_its_kind(bakery: Bakery, kind: Kind, direction: str) -> None:
    name = f"{kind.name}_{direction}"
    bakery.run(f"UPDATE payments SET {kind.column} = %({kind.second})s WHERE id = %({name})s")
    gain = kind.gain(direction, AMOUNTS[name][0])
    bakery.expect(**{kind.first: -gain, kind.second: gain})


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [(old, new, direction) for (old, new), direction in product(permutations(KINDS, 2), DIRECTIONS)],
    ids=lambda value: value.name if isinstance(value, Kind) else value,
)
def test_from_one_kind_of_party_to_another(bakery: Bakery, old: Kind, new: Kind, direction: str) -> None:
    """Such as from a customer to a vendor: two caches change, the drawer keeps what it holds."""
    name = f"{old.name}_{direction}"
    bakery.run(f"UPDATE payments SET {old.column} = NULL, {new.column} = %({new.second})s WHERE id = %({name})s")
    amount, _ = AMOUNTS[name]
    bakery.expect(**{old.first: -old.gain(direction, amount), new.second: new.gain(direction, amount)})


def test_a_payment_has_exactly_one_party(bakery: Bakery) -> None:
    for statement in (
        "UPDATE payments SET vendor_id = %(mill)s WHERE id = %(customer_in)s",
        "UPDATE payments SET customer_id = NULL WHERE id = %(customer_in)s",
        "INSERT INTO payments (drawer_id, direction, amount) VALUES (%(till)s, 'in', 1)",
    ):
        with pytest.raises(CheckViolation, match="payments_one_party_check"):
            bakery.run(statement)
    bakery.expect()


def test_everything_about_a_payment_changes_at_once(bakery: Bakery) -> None:
    bakery.run(
        """UPDATE payments
           SET customer_id = NULL, employee_id = %(boris)s, drawer_id = %(safe)s, direction = 'out', amount = 6
           WHERE id = %(customer_in)s"""
    )
    bakery.expect(aurora=90, boris=-6, till=-90, safe=-6)


def test_parties_exchanged_between_two_payments(bakery: Bakery) -> None:
    bakery.run(
        """UPDATE payments SET customer_id = CASE WHEN customer_id IS NULL THEN %(central)s::uuid END,
                  vendor_id = CASE WHEN vendor_id IS NULL THEN %(dairy)s::uuid END
           WHERE id IN (%(customer_in)s, %(vendor_out)s)"""
    )
    bakery.expect(aurora=90, dairy=90, mill=120, central=120)
