"""A migrate whose disk is full is simply run again when there is more room, wherever it ended."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache import config, resources
from pgcache.embedded import EmbeddedServer
from pgcache.embedded.account import Account
from pgcache.plan import make_plan
from tests.conftest import Server
from tests.integration.cli.pgcache import Pgcache
from tests.integration.finance.household import Household

MEGABYTE = 1 << 20
DISK = 32 * MEGABYTE
STEP = 96 * 1024
"""How much more room each attempt has, in bytes."""

DECLARATION = resources.sql("presets", "finance", "pgcache.toml")


@pytest.fixture
def disk(server: Server, open_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes, in memory, with the directory `space` for a tablespace."""
    if not isinstance(server, EmbeddedServer):
        pytest.skip("the server of PGCACHE_TEST_DSN may not reach the files of this test")
    disk = open_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    Account().make_directory(disk / "space")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def household(server: Server, disk: Path) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database on that disk, with the tables of a household that has many more entries."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'".encode())
        admin.execute("CREATE DATABASE small TABLESPACE small")
        try:
            with psycopg.connect(server.dsn("small"), autocommit=True) as conn:
                conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
                Household(conn)
                conn.execute("INSERT INTO account (name) SELECT 'Account ' || n FROM generate_series(1, 2000) AS n")
                conn.execute(
                    """INSERT INTO transaction (account_id, flow_type, amount)
                       SELECT id, 'income', 1 FROM account WHERE name LIKE 'Account %'"""
                )
                yield conn
        finally:
            admin.execute("DROP DATABASE small WITH (FORCE)")
            admin.execute("DROP TABLESPACE small")


def test_full_at_any_step(household: psycopg.Connection[Any], server: Server, disk: Path, tmp_path: Path) -> None:
    """Each attempt has a little more room; what one has committed stays, and is exact."""
    pgcache = Pgcache(server.dsn("small"), tmp_path, household)
    (tmp_path / "pgcache.toml").write_text(DECLARATION, encoding="utf-8")
    home = Household(household, there=True)
    filler = disk / "filler"
    places, room = set(), 0
    while True:
        household.execute("CHECKPOINT")
        filler.write_bytes(b"\0" * (shutil.disk_usage(disk).free - room))
        outcome = pgcache.run("migrate", "--config", str(tmp_path / "pgcache.toml"))
        filler.unlink()
        if outcome.code == 0:
            break
        assert outcome.code == 1
        told = outcome.stderr.splitlines()
        # Where half of a block fits, it is "wrote only 4096 of 8192 bytes".
        assert "No space left on device" in told[-1] or "wrote only" in told[-1]
        assert told[-1].endswith("free the resource that the server lacks, and run the command again")
        places.add(len(told))
        home.run("UPDATE transaction SET amount = amount + 1 WHERE id = %(groceries)s")
        room += STEP
    assert len(places) > 2
    attempts = room // STEP
    assert make_plan(household, config.loads(DECLARATION, "pgcache.toml")).empty
    home.run("UPDATE transaction SET amount = amount - %(attempts)s WHERE id = %(groceries)s", attempts=attempts)
    home.expect()
