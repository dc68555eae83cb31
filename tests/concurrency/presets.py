"""Storms on the presets parties, monthly and receivables: what their clients do comes from the worlds of the histories.

Single statements touch one row of the user's own tables, or several in the order of their keys, and delete only rows to
which no others refer: those that do not may deadlock, or fail, without any trigger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from pgcache import config, migrate
from tests.concurrency.operations import Operation, Statements
from tests.concurrency.stage import READ_COMMITTED
from tests.concurrency.storm import Job, Storm
from tests.concurrency.world import Place
from tests.histories.presets import ACCOUNTS, PRESETS
from tests.histories.world import Declared, Table, World

_PARTIES = ("customer_id", "vendor_id", "employee_id", "member_id")
"""Columns of which a payment has exactly one."""


@dataclass(frozen=True)
class Preset:
    """A preset's world, and the place of its storms.

    `parents` are the tables to whose rows others refer, which are made in this order; `declared` are the declarations
    that mean the same, between which a migration goes to and fro; `damage` corrupts what is cached of one key.
    """

    world: World
    place: Place
    parents: tuple[str, ...]
    declared: tuple[Declared, ...]
    damage: str

    @property
    def tables(self) -> dict[str, Table]:
        return {table.name: table for table in self.world.tables}

    def install(self, dsn: str) -> None:
        """Make the tables, every row that others refer to, and the caches."""
        with psycopg.connect(dsn, autocommit=True) as conn:
            for name, value in self.place.settings.items():
                conn.execute(f"SET {name} = '{value}'".encode())
            conn.execute(self.world.setup.encode())
            self.fill(conn)
            migrate.migrate(conn, config.loads(self.declared[0].toml, "preset.toml"))

    def fill(self, conn: psycopg.Connection[Any]) -> None:
        """Make every row that others refer to."""
        random = Random(self.world.name)
        for name in self.parents:
            table = self.tables[name]
            for key in table.key.values:
                conn.execute(_upsert(table, random, [key]).encode())

    def writes(self) -> tuple[Operation, ...]:
        """What applications do."""
        return (
            *(
                Operation(f"{verb} {name}", _statement(make, table))
                for name, table in self.tables.items()
                for verb, make in (("upsert", _upsert), ("insert", _insert), ("update", _update))
            ),
            *(
                Operation(f"delete from {name}", _statement(_delete, table))
                for name, table in self.tables.items()
                if name not in self.parents
            ),
        )

    def maintenance(self) -> tuple[Operation, ...]:
        """What corrupts the caches, and what makes single keys exact."""
        return (
            Operation(
                "damage",
                _always(
                    "SET LOCAL session_replication_role = replica",
                    self.damage,
                    "SET LOCAL session_replication_role = DEFAULT",
                ),
            ),
            Operation("recompute", self._recompute, (READ_COMMITTED,)),
        )

    def cascades(self) -> tuple[Operation, ...]:
        """What may deadlock, or leave others without the row that they refer to."""
        deletes = (Operation(f"delete from {name}", _statement(_delete, self.tables[name])) for name in self.parents)
        truncates = (
            Operation(f"truncate {tables}", _always(f"TRUNCATE {tables}"), (READ_COMMITTED,))
            for tables in self.world.truncated
        )
        return (*deletes, *truncates)

    def migrations(self) -> Job:
        """A migration to another declaration of the same, each time that it is called."""
        following = cycle((*self.declared[1:], self.declared[0]))

        def job(conn: psycopg.Connection[Any]) -> None:
            migrate.migrate(conn, config.loads(next(following).toml, "preset.toml"), prune=True)

        return job

    def _recompute(self, random: Random) -> Statements:
        cache = random.choice(sorted(self.declared[0].keys))
        return [(f"SELECT pgcache.recompute('{cache}', {random.choice(self.declared[0].keys[cache])})", {})]


def storm_on(dsn: str, seed: int, preset: Preset, *, together: bool) -> Storm:
    """Clients of an installed preset, with two who refresh, one who folds and one who migrates beside them.

    Parameters
    ----------
    dsn:
        The database.
    seed:
        Decides what the clients do.
    preset:
        What is installed there.
    together:
        Whether a transaction is of several operations, of those too that may deadlock.
    """
    operations = (*preset.writes(), *preset.maintenance(), *(preset.cascades() if together else ()))
    jobs = {"refresh": _refresh, "refresh too": _refresh, "fold": _fold, "migrate": preset.migrations()}
    return Storm(dsn, seed, operations, together=together, place=preset.place, jobs=jobs)


def _refresh(conn: psycopg.Connection[Any]) -> None:
    conn.execute("SELECT pgcache.refresh(name) FROM pgcache.cache ORDER BY name")


def _fold(conn: psycopg.Connection[Any]) -> None:
    conn.execute("SELECT pgcache.fold(name, 5) FROM pgcache.cache WHERE mode = 'nowait' ORDER BY name")


def _statement(make: Callable[[Table, Random], str], table: Table) -> Callable[[Random], Statements]:
    return lambda random: [(make(table, random), {})]


def _row(table: Table, random: Random, key: str) -> dict[str, str]:
    """A row of literals; of parties it has one."""
    row = {column.name: random.choice(column.values) for column in table.columns}
    named = [name for name in _PARTIES if name in row]
    if len(named) > 1:
        party = random.choice(named)
        values = {column.name: column.values for column in table.columns}
        row |= {name: values[name][0] if name == party else "NULL" for name in named}
    return {table.key.name: key, **row}


def _rows(table: Table, random: Random, keys: list[str]) -> str:
    rows = [_row(table, random, key) for key in keys]
    values = ", ".join(f"({', '.join(row.values())})" for row in rows)
    return f"INSERT INTO {table.name} ({', '.join(rows[0])}) VALUES {values} ON CONFLICT ({table.key.name})"


def _upsert(table: Table, random: Random, keys: list[str] | None = None) -> str:
    changed = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns)
    return f"{_rows(table, random, keys or [random.choice(table.key.values)])} DO UPDATE SET {changed}"


def _insert(table: Table, random: Random) -> str:
    keys = sorted(random.sample(table.key.values, random.randint(1, len(table.key.values))))
    return f"{_rows(table, random, keys)} DO NOTHING"


def _update(table: Table, random: Random) -> str:
    key = random.choice(table.key.values)
    row = _row(table, random, key)
    changed = random.choice([column.name for column in table.columns])
    names = [name for name in _PARTIES if name in row] if changed in _PARTIES else [changed]
    return f"UPDATE {table.name} SET {', '.join(f'{name} = {row[name]}' for name in names)} WHERE id = {key}"


def _delete(table: Table, random: Random) -> str:
    return f"DELETE FROM {table.name} WHERE {table.key.name} = {random.choice(table.key.values)}"


def _always(*statements: str) -> Callable[[Random], Statements]:
    return lambda _: [(statement, {}) for statement in statements]


def _preset(
    name: str,
    parents: tuple[str, ...],
    table: str,
    column: str,
    damaged: tuple[str, str],
    declared: slice = slice(None),
    *,
    deferred: dict[str, str] | None = None,
    more: tuple[str, ...] = (),
) -> Preset:
    world = PRESETS[name]
    key, value = damaged
    place = Place(
        tuple(world.declared[0].keys),
        (UUID(value.strip("'")),),
        deferred or {},
        world.settings,
        more,
    )
    where = f"{key} = {value}" + (" AND month = '2025-06-01'" if table == "account_month" else "")
    damage = f"UPDATE {table} SET {column} = {column} + 7 WHERE {where}"
    return Preset(world, place, parents, world.declared[declared], damage)


_PARTY_TABLES = ("customers", "vendors", "employees", "members", "cash_drawer_money")
_CUSTOMER = ("id", PRESETS["parties"].declared[0].keys["customer_balance"][-1])
_ACCOUNT = ("account_id", ACCOUNTS[-1])
# Months can be closed in the first declaration alone; closed ones are another matter.
_OPEN = slice(1, None)

STORMS = {
    "parties": _preset("parties", _PARTY_TABLES, "customers", "balance", _CUSTOMER),
    "parties, nowait": _preset("parties, nowait", _PARTY_TABLES, "customers", "balance", _CUSTOMER),
    "monthly": _preset(
        "monthly",
        ("account", "category"),
        "account_month",
        "actual_change",
        _ACCOUNT,
        _OPEN,
        more=("monthly_account_balance",),
    ),
    "monthly, nowait": _preset(
        "monthly, nowait",
        ("account", "category"),
        "account_month",
        "actual_change",
        _ACCOUNT,
        slice(1, None),
        more=("monthly_account_balance",),
    ),
    "receivables": _preset(
        "receivables",
        ("account", "visit", "invoice", "invoice_line"),
        "account_aging",
        "balance",
        _ACCOUNT,
        deferred={"account_aging": "account_id"},
    ),
}
