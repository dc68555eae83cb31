"""What runs on a hot standby, and what reads one for the primary."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psycopg
import pytest

from pgcache import scan
from pgcache.embedded import EmbeddedServer, programs
from tests.integration.cli.pgcache import Outcome, Pgcache
from tests.integration.reconcile.books import CACHES, build, damage, differing
from tests.integration.reconcile.standby import caught_up, with_standby


class Servers(NamedTuple):
    """The database of the books on the primary, and the same on the standby."""

    primary: psycopg.Connection[Any]
    standby: psycopg.Connection[Any]
    dsn: str
    standby_dsn: str
    directory: Path

    def run(self, *args: str, on: str = "primary") -> Outcome:
        dsn = self.dsn if on == "primary" else self.standby_dsn
        return Pgcache(dsn, self.directory, self.primary).run(*args)


@pytest.fixture(scope="module")
def replicated() -> Iterator[tuple[EmbeddedServer, EmbeddedServer]]:
    if not (programs.find().bindir / "pg_basebackup").exists():
        pytest.skip("these programs have no pg_basebackup")
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    with TemporaryDirectory(prefix="pgcache-test-", dir=memory if roomy else None, ignore_cleanup_errors=True) as made:
        directory = Path(made)
        directory.chmod(0o755)
        with with_standby(directory) as servers:
            yield servers


@pytest.fixture
def servers(
    replicated: tuple[EmbeddedServer, EmbeddedServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Servers]:
    """Damaged books, which both know."""
    monkeypatch.chdir(tmp_path)
    primary, standby = replicated
    with psycopg.connect(primary.dsn(), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS books WITH (FORCE)")
        admin.execute("CREATE DATABASE books")
    build(primary.dsn("books"))
    with closing(psycopg.connect(primary.dsn("books"), autocommit=True)) as conn:
        damage(conn)
        with closing(psycopg.connect(standby.dsn(), autocommit=True)) as watcher:
            caught_up(conn, watcher)
        with closing(psycopg.connect(standby.dsn("books"), autocommit=True)) as there:
            yield Servers(conn, there, primary.dsn("books"), standby.dsn("books"), tmp_path)


def test_what_only_reads_runs_on_a_standby(servers: Servers) -> None:
    outcome = servers.run("reconcile", "--dry-run", "--json", on="standby")
    assert outcome.code == 3
    assert [cache["drifted"] for cache in outcome.json["caches"]] == [
        len({json.dumps(key) for key, *_ in differing(servers.primary, cache["cache"])})
        for cache in outcome.json["caches"]
    ]
    assert servers.run("reconcile", "--dry-run", "--sample", "100", on="standby").code == 3
    assert servers.run("status", on="standby").code == 0
    assert servers.run("drift", "list", on="standby").code == 0


def test_what_writes_says_where_to_run_it(servers: Servers) -> None:
    outcome = servers.run("reconcile", on="standby")
    assert outcome.code == 1
    assert outcome.error.endswith(
        "this server takes no changes, as a standby does; run it on the primary (reconcile --dry-run works here)"
    )


def test_a_standby_tells_the_primary_what_to_correct(servers: Servers) -> None:
    expected = {cache: differing(servers.primary, cache) for cache in CACHES}
    keys = {cache: len({json.dumps(key) for key, *_ in expected[cache]}) for cache in CACHES}
    dry = servers.run("reconcile", "--scan-dsn", servers.standby_dsn, "--dry-run", "--json")
    assert {cache["cache"]: cache["drifted"] for cache in dry.json["caches"]} == keys
    outcome = servers.run("reconcile", "--scan-dsn", servers.standby_dsn, "--json")
    assert outcome.code == 3
    assert {cache["cache"]: cache["corrected"] for cache in outcome.json["caches"]} == keys
    for cache in CACHES:
        assert differing(servers.primary, cache) == []
        logged = servers.primary.execute(
            "SELECT key, measure, drift FROM pgcache.drift WHERE cache = %s ORDER BY id", [cache]
        )
        assert logged.fetchall() == expected[cache]
    assert servers.run("reconcile", "--scan-dsn", servers.standby_dsn).code == 0


def test_a_standby_that_is_behind_is_waited_for(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would call clean what is not, and drift that is logged here gone."""
    assert servers.run("reconcile", "--action", "review").code == 3
    servers.standby.execute("SELECT pg_wal_replay_pause()")
    try:
        damage(servers.primary)
        monkeypatch.setattr(scan, "REPLAY_SECONDS", 0.1)
        outcome = servers.run("reconcile", "--scan-dsn", servers.standby_dsn)
    finally:
        servers.standby.execute("SELECT pg_wal_replay_resume()")
    assert outcome.code == 1
    assert outcome.error == (
        "the standby of --scan-dsn is more than 0.1 seconds behind; see pg_stat_replication, and run it again when "
        "it has caught up, or without --scan-dsn"
    )
    assert servers.primary.execute("SELECT DISTINCT status FROM pgcache.drift").fetchall() == [("pending_review",)]


def test_what_is_not_a_standby_of_it_is_refused(servers: Servers) -> None:
    outcome = servers.run("reconcile", "--scan-dsn", servers.dsn)
    assert (outcome.code, outcome.error) == (
        1,
        "the server of --scan-dsn is not a standby; name one that replicates this server",
    )
    other = psycopg.conninfo.make_conninfo(servers.standby_dsn, dbname="postgres")
    outcome = servers.run("reconcile", "--scan-dsn", other)
    assert (outcome.code, outcome.error) == (
        1,
        "--scan-dsn leads to database 'postgres' of another server, or to another database; name a standby of this one",
    )
