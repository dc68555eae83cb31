"""pg_upgrade takes the caches from one major version to a later one, and they go on."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from pgcache.embedded import EmbeddedServer
from pgcache.embedded.account import Account
from pgcache.embedded.programs import Programs, runnable
from tests.integration.backup.test_dump import goes_on
from tests.integration.finance.household import Household, migrate_finance
from tests.matrix import programs

OLD, NEW = "16", "18"


@pytest.mark.long
def test_from_one_major_version_to_another(open_path: Path) -> None:
    found = {version: programs(version, fetch=False) for version in (OLD, NEW)}
    if not all((bindir or Path()).joinpath("pg_upgrade").exists() for bindir in found.values()):
        pytest.skip(f"there are no whole PostgreSQL {OLD} and {NEW} here, as the extra embedded brings them")
    account = Account()
    scratch = account.make_temporary_directory(open_path)
    bindirs = {
        version: runnable(Programs(bindir, int(version)), account, scratch).bindir
        for version, bindir in found.items()
        if bindir
    }
    old, new = open_path / "old", open_path / "new"
    with (
        patch.dict(os.environ, PGCACHE_PG_BINDIR=str(found[OLD])),
        EmbeddedServer(old) as server,
        psycopg.connect(server.dsn(), autocommit=True) as conn,
    ):
        migrate_finance(conn)
        Household(conn)

    account.make_directory(new)
    initdb: list[str | Path] = [
        bindirs[NEW] / "initdb",
        "-D",
        new / "pgdata",
        "-U",
        "postgres",
        "--auth-local=trust",
        "--no-sync",
    ]
    made = account.run(*initdb, "--encoding=UTF8", "--locale=C", "--no-data-checksums")
    assert made.returncode == 0, made.stdout
    upgrade: list[str | Path] = [bindirs[NEW] / "pg_upgrade", "-U", "postgres", "--no-sync"]
    upgrade += ["-b", bindirs[OLD], "-B", bindirs[NEW], "-d", old / "pgdata", "-D", new / "pgdata"]
    done = account.run("/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", scratch, *upgrade)
    assert done.returncode == 0, done.stdout

    with patch.dict(os.environ, PGCACHE_PG_BINDIR=str(found[NEW])), EmbeddedServer(new) as server:
        goes_on(server.dsn())
