"""The tables of the parties preset as a Django project maps them: `managed = False`, whole-row saves by default."""

from __future__ import annotations

import uuid

from django.db import models


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class Party(Row):
    name = models.TextField()
    balance = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        abstract = True


class Customer(Party):
    class Meta:
        managed = False
        db_table = "customers"


class Vendor(Party):
    class Meta:
        managed = False
        db_table = "vendors"


class Employee(Party):
    class Meta:
        managed = False
        db_table = "employees"


class Member(Party):
    class Meta:
        managed = False
        db_table = "members"


class Drawer(Row):
    name = models.TextField()
    amount = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        managed = False
        db_table = "cash_drawer_money"


class Sale(Row):
    customer = models.ForeignKey(Customer, models.PROTECT)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "sales"


class Payment(Row):
    customer = models.ForeignKey(Customer, models.PROTECT, null=True)
    vendor = models.ForeignKey(Vendor, models.PROTECT, null=True)
    employee = models.ForeignKey(Employee, models.PROTECT, null=True)
    member = models.ForeignKey(Member, models.PROTECT, null=True)
    drawer = models.ForeignKey(Drawer, models.PROTECT, null=True)
    direction = models.TextField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "payments"


class Transaction(Row):
    member = models.ForeignKey(Member, models.PROTECT)
    drawer = models.ForeignKey(Drawer, models.PROTECT, null=True)
    flow_type = models.TextField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "transactions"
