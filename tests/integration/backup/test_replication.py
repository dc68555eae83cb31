"""A logical replication subscriber with caches of its own: row triggers are fired there, statement triggers are not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache import config, resources
from pgcache.embedded import EmbeddedServer
from pgcache.migrate import migrate
from pgcache.reconcile import caches_of, reconcile
from tests.integration.finance.household import CACHES, Household
from tests.support import plain_dsn, wait_until

Connection = psycopg.Connection[Any]

TABLES = resources.sql("presets", "finance", "tables.sql")
DECLARATION = resources.sql("presets", "finance", "pgcache.toml")
ROW_TRIGGERS = DECLARATION.replace("[[cache]]\n", '[[cache]]\ntriggers = "row"\n')

_numbers = count()


@pytest.fixture(scope="module")
def logical_server() -> Iterator[EmbeddedServer]:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    settings = {"fsync": "off", "wal_level": "logical"}
    with EmbeddedServer(settings=settings, temporary_in=memory if roomy else None) as server:
        yield server


@pytest.fixture
def pair(logical_server: EmbeddedServer) -> Iterator[tuple[Connection, Connection]]:
    """A publisher with the household, and a subscriber with the same tables, empty."""
    number = next(_numbers)
    with closing(psycopg.connect(logical_server.dsn(), autocommit=True)) as admin:
        for role in ("publisher", "subscriber"):
            admin.execute(f"CREATE DATABASE {role}_{number}".encode())
    with (
        closing(psycopg.connect(logical_server.dsn(f"publisher_{number}"), autocommit=True)) as publisher,
        closing(psycopg.connect(logical_server.dsn(f"subscriber_{number}"), autocommit=True)) as subscriber,
    ):
        for conn in (publisher, subscriber):
            conn.execute(TABLES.encode())
        publisher.execute("CREATE PUBLICATION household FOR ALL TABLES")
        yield publisher, subscriber
        subscriber.execute(
            f"ALTER SUBSCRIPTION household_{number} DISABLE;"
            f"ALTER SUBSCRIPTION household_{number} SET (slot_name = NONE);"
        )
        subscriber.execute(f"DROP SUBSCRIPTION household_{number}".encode())
        wait_until(lambda: dropped(publisher), "the replication slot to be free")


def dropped(publisher: Connection) -> bool:
    slots = "FROM pg_replication_slots WHERE database = current_database() AND slot_type = 'logical'"
    publisher.execute(f"SELECT pg_drop_replication_slot(slot_name) {slots} AND NOT active".encode())
    return publisher.execute(f"SELECT {slots}".encode()).rowcount == 0


def subscribe(publisher: Connection, subscriber: Connection) -> None:
    """Subscribe. The slot is made first, which CREATE SUBSCRIPTION could not do within one server."""
    name = subscriber.info.dbname.replace("subscriber", "household")
    publisher.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [name])
    source = plain_dsn(publisher).replace("'", "''")
    subscriber.execute(
        f"CREATE SUBSCRIPTION {name} CONNECTION '{source}' PUBLICATION household WITH (create_slot = false)".encode()
    )


def caught_up(subscriber: Connection, rows: int) -> None:
    wait_until(
        lambda: (
            subscriber.execute("SELECT FROM transaction").rowcount == rows
            and subscriber.execute("SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r'").rowcount == 0
        ),
        "the subscriber to catch up",
    )


def test_row_triggers_keep_the_caches_of_a_subscriber(pair: tuple[Connection, Connection]) -> None:
    """Once the first copy has been reconciled, whose tables come at once: entries before their accounts."""
    publisher, subscriber = pair
    migrate(subscriber, config.loads(ROW_TRIGGERS, "pgcache.toml"))
    home = Household(publisher)
    subscribe(publisher, subscriber)
    caught_up(subscriber, 6)
    reconcile(subscriber, caches_of(subscriber))
    Household(subscriber, there=True).expect()
    home.run("UPDATE transaction SET amount = amount + 2 WHERE id = %(groceries)s")
    # The publisher keeps no balance: what it says of the row is not the subscriber's.
    home.run("UPDATE account SET name = 'Saved', opening_balance = 110 WHERE id = %(everyday)s")
    home.run("DELETE FROM budget_category WHERE budget_id = %(june)s")
    home.run("DELETE FROM transaction WHERE id = %(cinema)s")
    caught_up(subscriber, 5)
    Household(subscriber, there=True).expect(everyday=1048, june=0, year=67)


def test_statement_triggers_leave_it_to_reconcile(pair: tuple[Connection, Connection]) -> None:
    publisher, subscriber = pair
    migrate(subscriber, config.loads(DECLARATION, "pgcache.toml"))
    home = Household(publisher)
    subscribe(publisher, subscriber)
    caught_up(subscriber, 6)
    home.run("DELETE FROM transaction WHERE id = %(cinema)s")
    caught_up(subscriber, 5)
    report = reconcile(subscriber, caches_of(subscriber))
    assert [(result.cache, result.drifted > 0) for result in report.caches] == [(cache, True) for cache in CACHES]
    Household(subscriber, there=True).expect(everyday=1040, year=65)
