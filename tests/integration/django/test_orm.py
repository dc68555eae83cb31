"""What Django's ORM writes, and how: the caches stay exact, and the cached columns are nobody else's."""

from __future__ import annotations

import pytest

from pgcache import config, migrate, resources
from tests.integration.django.project import Project
from tests.integration.parties.bakery import Bakery

PROGRAMS: dict[str, tuple[str, dict[str, int]]] = {
    "create": (
        "Sale.objects.create(customer=Customer.objects.get(name='Hotel Aurora'), total=6)",
        {"aurora": 6},
    ),
    "bulk_create": (
        """
central = Customer.objects.get(name="Cafe Central")
boris = Employee.objects.get(name="Boris")
till = Drawer.objects.get(name="Till")
Sale.objects.bulk_create([Sale(customer=central, total=n) for n in range(1, 101)], batch_size=30)
Payment.objects.bulk_create([
    *(Payment(customer=central, direction="in", amount=n) for n in range(1, 11)),
    *(Payment(employee=boris, drawer=till, direction="out", amount=n) for n in range(1, 11)),
])
""",
        {"central": 5050 - 55, "boris": -55, "till": -55},
    ),
    "bulk_create that updates conflicts": (
        """
sale = Sale.objects.get(total=140)
Sale.objects.bulk_create(
    [Sale(id=sale.id, customer=sale.customer, total=141), Sale(customer=sale.customer, total=2)],
    update_conflicts=True, unique_fields=["id"], update_fields=["total"],
)
""",
        {"aurora": 3},
    ),
    "update": (
        "Payment.objects.filter(direction='in').update(amount=F('amount') + 1)",
        {
            "aurora": -1,
            "mill": 1,
            "amina": 1,
            "dana": 1,
            "till": 2,
            "safe": 1,
        },
    ),
    "bulk_update": (
        """
sales = list(Sale.objects.filter(deleted_at=None))
for sale in sales:
    sale.total += 1
Sale.objects.bulk_update(sales, ["total"])
""",
        {"aurora": 1, "central": 1},
    ),
    "a payment saved with another party": (
        """
payment = Payment.objects.get(customer__name="Hotel Aurora", amount=90)
payment.customer, payment.vendor = None, Vendor.objects.get(name="Dairy")
payment.save()
""",
        {"aurora": 90, "dairy": 90},
    ),
    "soft-delete and undelete": (
        """
Sale.objects.filter(total=140).update(deleted_at=timezone.now())
mistake = Transaction.objects.get(amount=12)
mistake.deleted_at = None
mistake.save(update_fields=["deleted_at"])
""",
        {"aurora": -140, "dana": 12, "till": 12},
    ),
    "delete": (
        """
Payment.objects.filter(member__name="Dana").delete()
Transaction.objects.get(amount=7).delete()
""",
        {"dana": -440 - 7, "till": 60, "safe": -500},
    ),
    "a stale party, saved as a whole row": (
        """
aurora = Customer.objects.get(name="Hotel Aurora")
Sale.objects.create(customer=aurora, total=6)
Payment.objects.create(customer=aurora, direction="in", amount=1)
assert aurora.balance == 55
aurora.name = "Grand Hotel Aurora"
aurora.save()
aurora.refresh_from_db()
assert aurora.name == "Grand Hotel Aurora", aurora.name
assert aurora.balance == 60, aurora.balance
""",
        {"aurora": 5},
    ),
    "stale parties, saved in bulk": (
        """
vendors = list(Vendor.objects.all())
Payment.objects.create(vendor=vendors[0], direction="in", amount=1)
Payment.objects.create(vendor=vendors[1], direction="in", amount=1)
for vendor in vendors:
    vendor.name += "!"
Vendor.objects.bulk_update(vendors, ["name", "balance"])
assert Vendor.objects.filter(name__endswith="!").count() == 2
""",
        {"mill": 1, "dairy": 1},
    ),
    "new parties, with a balance of their own": (
        """
Customer.objects.create(name="Kiosk", balance=1234)
Member.objects.bulk_create([Member(name="Fay", balance=1234), Member(name="Gus")])
assert sum(Customer.objects.filter(name="Kiosk").values_list("balance", flat=True)) == 0
assert sum(Member.objects.filter(name__in=["Fay", "Gus"]).values_list("balance", flat=True)) == 0
""",
        {},
    ),
    "update_or_create": (
        """
defaults = {"customer": Customer.objects.get(name="Cafe Central")}
Sale.objects.update_or_create(total=140, deleted_at=None, defaults=defaults)
Sale.objects.update_or_create(total=6, deleted_at=None, defaults=defaults)
""",
        {"aurora": -140, "central": 146},
    ),
    "atomic": (
        """
aurora, till = Customer.objects.get(name="Hotel Aurora"), Drawer.objects.get(name="Till")
with transaction.atomic():
    Sale.objects.create(customer=aurora, total=6)
    Payment.objects.create(customer=aurora, drawer=till, direction="in", amount=6)
    aurora.refresh_from_db()
    till.refresh_from_db()
    assert (aurora.balance, till.amount) == (55, 126), (aurora.balance, till.amount)
""",
        {"till": 6},
    ),
    "atomic, rolled back": (
        """
try:
    with transaction.atomic():
        Payment.objects.update(amount=1)
        Sale.objects.all().delete()
        raise ZeroDivisionError
except ZeroDivisionError:
    pass
""",
        {},
    ),
    "atomic, rolled back inside": (
        """
with transaction.atomic():
    Payment.objects.filter(amount=90).update(amount=91)
    try:
        with transaction.atomic():
            Payment.objects.update(amount=1)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    Payment.objects.filter(amount=60).update(amount=61)
""",
        {"aurora": -1, "dana": -1, "till": 0},
    ),
}


@pytest.mark.parametrize(("program", "changes"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_the_caches_stay_exact(project: Project, bakery: Bakery, program: str, changes: dict[str, int]) -> None:
    project.run(program)
    bakery.expect(**changes)


def test_a_guard_that_rejects_raises_what_django_knows(project: Project, bakery: Bakery) -> None:
    preset = resources.sql("presets", "parties", "pgcache.toml")
    migrate.migrate(bakery.conn, config.loads(preset.replace('guard = "ignore"', 'guard = "reject"'), "pgcache.toml"))
    printed = project.run("""
from django.db import DatabaseError

aurora = Customer.objects.get(name="Hotel Aurora")
Sale.objects.create(customer=aurora, total=6)
try:
    aurora.save()
except DatabaseError as error:
    print(error.__cause__.sqlstate)
aurora.name = "Grand Hotel Aurora"
aurora.save(update_fields=["name"])
""")
    assert printed == "PC004\n"
    assert bakery.value("SELECT name FROM customers WHERE id = %(aurora)s") == "Grand Hotel Aurora"
    bakery.expect(aurora=6)
