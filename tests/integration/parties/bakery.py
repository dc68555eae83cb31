"""A small bakery whose every figure fits in the head; the tests change it and state what must change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from pgcache import config, migrate, resources
from tests.oracle.compare import assert_exact

CACHES = ("customer_balance", "vendor_balance", "employee_balance", "member_balance", "cash_drawer_amount")

# Two of each, and where the first one's cached value lies.
TARGETS = {
    "customers": ("aurora", "central"),
    "vendors": ("mill", "dairy"),
    "employees": ("amina", "boris"),
    "members": ("dana", "emil"),
    "cash_drawer_money": ("till", "safe"),
}
MEASURES = {table: "amount" if table == "cash_drawer_money" else "balance" for table in TARGETS}

# What `expect` compares with where a test says nothing else.
START = {
    "aurora": 55,
    "central": 30,
    "mill": 100,
    "dairy": 50,
    "amina": 110,
    "boris": 250,
    "dana": 492,
    "emil": 8,
    "till": 120,
    "safe": 270,
}

_ROWS: str = """
INSERT INTO customers (id, name) VALUES (%(aurora)s, 'Hotel Aurora'), (%(central)s, 'Cafe Central');
INSERT INTO vendors (id, name) VALUES (%(mill)s, 'Mill'), (%(dairy)s, 'Dairy');
INSERT INTO employees (id, name) VALUES (%(amina)s, 'Amina'), (%(boris)s, 'Boris');
INSERT INTO members (id, name) VALUES (%(dana)s, 'Dana'), (%(emil)s, 'Emil');
INSERT INTO cash_drawer_money (id, name) VALUES (%(till)s, 'Till'), (%(safe)s, 'Safe');

INSERT INTO sales (id, customer_id, total, deleted_at) VALUES
    (%(sale)s, %(aurora)s, 140, NULL),
    (%(sale_central)s, %(central)s, 30, NULL),
    (%(sale_mistake)s, %(aurora)s, 60, '2025-06-16 10:00+00');
INSERT INTO purchases (id, vendor_id, total, deleted_at) VALUES
    (%(purchase)s, %(mill)s, 200, NULL),
    (%(purchase_dairy)s, %(dairy)s, 50, NULL),
    (%(purchase_mistake)s, %(mill)s, 70, '2025-06-16 10:00+00');
INSERT INTO salaries (id, employee_id, amount, deleted_at) VALUES
    (%(salary)s, %(amina)s, 300, NULL),
    (%(salary_boris)s, %(boris)s, 250, NULL),
    (%(salary_mistake)s, %(amina)s, 80, '2025-06-16 10:00+00');
INSERT INTO transactions (id, member_id, drawer_id, flow_type, amount, deleted_at) VALUES
    (%(fee)s, %(dana)s, NULL, 'income', 7, NULL),
    (%(fee_emil)s, %(emil)s, NULL, 'income', 8, NULL),
    (%(fee_mistake)s, %(dana)s, NULL, 'income', 11, '2025-06-16 10:00+00'),
    (%(cash_fee)s, %(dana)s, %(till)s, 'income', 70, NULL),
    (%(cash_out)s, %(dana)s, %(safe)s, 'outcome', 25, NULL),
    (%(cash_mistake)s, %(dana)s, %(till)s, 'income', 12, '2025-06-16 10:00+00');
INSERT INTO payments (id, customer_id, vendor_id, employee_id, member_id, drawer_id, direction, amount, deleted_at)
VALUES
    (%(customer_in)s, %(aurora)s, NULL, NULL, NULL, %(till)s, 'in', 90, NULL),
    (%(customer_out)s, %(aurora)s, NULL, NULL, NULL, %(safe)s, 'out', 5, NULL),
    (%(customer_mistake)s, %(aurora)s, NULL, NULL, NULL, %(till)s, 'in', 33, '2025-06-16 10:00+00'),
    (%(vendor_in)s, NULL, %(mill)s, NULL, NULL, %(till)s, 'in', 20, NULL),
    (%(vendor_out)s, NULL, %(mill)s, NULL, NULL, NULL, 'out', 120, NULL),
    (%(vendor_mistake)s, NULL, %(mill)s, NULL, NULL, NULL, 'out', 34, '2025-06-16 10:00+00'),
    (%(employee_in)s, NULL, NULL, %(amina)s, NULL, NULL, 'in', 10, NULL),
    (%(employee_out)s, NULL, NULL, %(amina)s, NULL, %(safe)s, 'out', 200, NULL),
    (%(employee_mistake)s, NULL, NULL, %(amina)s, NULL, %(safe)s, 'out', 35, '2025-06-16 10:00+00'),
    (%(member_in)s, NULL, NULL, NULL, %(dana)s, %(safe)s, 'in', 500, NULL),
    (%(member_out)s, NULL, NULL, NULL, %(dana)s, %(till)s, 'out', 60, NULL),
    (%(member_mistake)s, NULL, NULL, NULL, %(dana)s, %(till)s, 'out', 36, '2025-06-16 10:00+00');
"""
_PARTIES = tuple(name for pair in TARGETS.values() for name in pair)
_DEBTS = tuple(
    name
    for kind, second in (("sale", "central"), ("purchase", "dairy"), ("salary", "boris"), ("fee", "emil"))
    for name in (kind, f"{kind}_{second}", f"{kind}_mistake")
)
_PAYMENTS = tuple(
    f"{kind}_{which}" for kind in ("customer", "vendor", "employee", "member") for which in ("in", "out", "mistake")
)
_NAMES = (*_PARTIES, *_DEBTS, "cash_fee", "cash_out", "cash_mistake", *_PAYMENTS)


def migrate_parties(conn: psycopg.Connection[Any]) -> None:
    """Do what `pgcache migrate --with-tables` does with the preset's declaration."""
    declaration = config.load(resources.path("sql", "presets", "parties", "pgcache.toml"))
    migrate.migrate(conn, declaration, with_tables=True)


class Bakery:
    """Two parties of each kind, two drawers, their history, and the ids of all of them by name."""

    def __init__(self, conn: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.conn = conn
        self.ids = {name: UUID(int=n) for n, name in enumerate(_NAMES, start=1)}
        with psycopg.ClientCursor(conn) as cursor:  # several statements in one string, with parameters
            cursor.execute(_ROWS, self.ids)

    def run(self, query: str, **params: object) -> psycopg.Cursor[tuple[Any, ...]]:
        """Execute one statement; every name of the bakery is a parameter."""
        return self.conn.execute(query, {**self.ids, **params})

    def value(self, query: str, **params: object) -> Any:
        """The single value that a query gives."""
        row = self.run(query, **params).fetchone()
        assert row is not None
        return row[0]

    def corrupt(self, query: str) -> None:
        """Execute a statement past all triggers, as a restore or a replica would."""
        with self.conn.transaction():
            self.run("SET LOCAL session_replication_role = replica")
            self.run(query)

    def found(self) -> dict[str, Decimal | None]:
        """Every cached value by the name of its party or drawer; None where that is gone."""
        found: dict[str, Decimal | None] = {}
        for table, names in TARGETS.items():
            query = sql.SQL("SELECT id, {} FROM {}").format(sql.Identifier(MEASURES[table]), sql.Identifier(table))
            values: dict[UUID, Decimal] = dict(self.conn.execute(query).fetchall())
            found |= {name: values.get(self.ids[name]) for name in names}
        return found

    def expect(self, **changes: int | str) -> None:
        """Compare the named figures with START and what a test says to add to it, the others with START, and all
        with the oracle.
        """
        wanted = {name: Decimal(START[name]) + Decimal(changes.get(name, 0)) for name in START}
        assert set(changes) <= set(START)
        found = self.found()
        wrong = [f"{name}: {found[name]}, not {wanted[name]}" for name in wanted if found[name] != wanted[name]]
        assert not wrong, "; ".join(wrong)
        self.exact()

    def exact(self) -> None:
        """Compare every cache with the oracle."""
        assert_exact(self.conn, *CACHES)
