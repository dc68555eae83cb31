"""pgcache refresh: what it prints, how it ends, and how it keeps running."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache.embedded import EmbeddedServer
from tests.conftest import Clone
from tests.integration.cli.pgcache import Pgcache
from tests.integration.cli.test_process import command
from tests.integration.deferred.office import Office, build
from tests.support import wait_until

PAY = "INSERT INTO payment (customer_id, amount) VALUES (2, 5)"


@pytest.fixture
def office(clone: Clone, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pgcache]:
    """The commands on the office of June 2025."""
    dsn = clone("office", build)
    monkeypatch.setenv("PGOPTIONS", "-c pgcache.today=2025-06-15")
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield Pgcache(dsn, directory, conn)


def test_it_tells_what_it_did(office: Pgcache) -> None:
    office.conn.execute(PAY)
    outcome = office("refresh", "--max-age", "5m")
    assert re.sub(" +", " ", outcome.stdout) == ("cache refreshed failed still dirty oldest mark\ndebts 1 0 0 -\n")
    assert outcome.stderr == ""
    assert office("refresh", "--json").json == {
        "caches": [{"cache": "debts", "refreshed": 0, "failed": 0, "dirty": 0, "oldest_mark": None}]
    }


def test_a_key_that_fails_is_told(office: Pgcache) -> None:
    office.conn.execute("UPDATE line SET share = 0 WHERE invoice_id = 3")
    outcome = office("refresh", code=1)
    assert outcome.errors == [
        'key {"customer_id": "2"} of cache debts: division by zero (22012); it is tried again each time'
    ]


def test_what_stays_stale_for_too_long_has_an_exit_code_of_its_own(office: Pgcache) -> None:
    office.conn.execute("UPDATE line SET share = 0 WHERE invoice_id = 3")
    office("refresh", "--max-age", "1h", code=1)
    office.conn.execute("UPDATE pgcache.debts_dirty SET marked_at = now() - interval '2 hours'")
    outcome = office("refresh", "--max-age", "1h", code=4)
    assert outcome.errors[-1].startswith("cache debts has been stale for 2:00:")
    assert office("refresh", "--max-age", "3h", code=1).errors[1:] == []


def test_a_dry_reconcile_tells_staleness_from_drift(office: Pgcache) -> None:
    office.conn.execute(PAY)
    office.conn.execute("UPDATE debt SET owed = 5 WHERE customer_id = 9")
    outcome = office("reconcile", "--dry-run", "--json", code=3)
    (cache,) = outcome.json["caches"]
    assert (cache["drifted"], cache["stale"]) == (1, 1)
    assert "1 key(s) of cache debts are stale, which is no drift: see pgcache refresh" in outcome.stderr.splitlines()
    assert "stale" not in office("reconcile", "--json", code=3).json["caches"][0]


def test_many_failures_are_cut_short(office: Pgcache) -> None:
    office.conn.execute("INSERT INTO customer SELECT n FROM generate_series(100, 111) AS n")
    office.conn.execute("INSERT INTO invoice SELECT n, n, '2025-06-20', false FROM generate_series(100, 111) AS n")
    office.conn.execute(
        "INSERT INTO line (invoice_id, amount, share) SELECT n, 1, 0 FROM generate_series(100, 111) AS n"
    )
    errors = office("refresh", code=1).errors
    assert len(errors) == 11
    assert errors[-1] == "2 more keys of cache debts; see pgcache.failures"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--every", "2m", "--json"), "--every has no result to print or to judge; leave out --max-age and --json"),
        (
            ("--every", "2m", "--max-age", "5m"),
            "--every has no result to print or to judge; leave out --max-age and --json",
        ),
        (("--every", "0s"), "Invalid value for --every: it must be more than nothing"),
        (
            ("--every", "often"),
            "Invalid value for '--every': 'often' is not a duration such as 90d, 12h or '2 minutes'",
        ),
    ],
)
def test_wrong_usage(office: Pgcache, arguments: tuple[str, ...], error: str) -> None:
    assert office("refresh", *arguments, code=2).error == f"{error}; see pgcache refresh --help"


def test_an_unknown_cache(office: Pgcache) -> None:
    error = "no cache is named 'debt' in this database (installed: debts); see pgcache status"
    assert office("refresh", "--cache", "debt", code=1).error == error
    assert office("refresh", "--cache", "debt", "--every", "2m", code=1).error == error


class Running:
    """A refresher as a process of its own, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self.process = process
        self._stderr = process.stderr
        os.set_blocking(self._stderr.fileno(), False)
        self.said = ""

    def says(self, *lines: str) -> None:
        """Wait until it has said some lines."""
        for line in lines:
            wait_until(lambda line=line: line in self._read(), f"it to say {line!r}; it said {self.said!r}")  # type: ignore[misc]

    def _read(self) -> str:
        with selectors.DefaultSelector() as selector:
            selector.register(self._stderr, selectors.EVENT_READ)
            if selector.select(0.01):
                self.said += os.read(self._stderr.fileno(), 10_000).decode()
        return self.said

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextmanager
def refreshing(dsn: str, every: str) -> Iterator[Running]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PGCACHE_DSN": dsn}
    process = command("refresh", "--every", every, env=environment)
    running = Running(process)
    try:
        yield running
    finally:
        process.kill()
        process.communicate()


def leader(conn: psycopg.Connection[Any]) -> int | None:
    """The backend that refreshes the cache, if there is one."""
    found = conn.execute(
        "SELECT pid FROM pg_locks"
        " WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        "   AND classid::bigint = hashtext('pgcache refresher debts')::bigint & 4294967295"
    ).fetchone()
    return found[0] if found else None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_keeps_running_until_it_is_told_to_stop(office: Pgcache, number: int) -> None:
    office.conn.execute(PAY)
    with refreshing(office.dsn, "1s") as running:
        running.says("cache debts: 1 keys refreshed")
        office.conn.execute("INSERT INTO payment (customer_id, amount) VALUES (2, 5), (9, 1)")
        running.says("cache debts: 2 keys refreshed")
        assert running.stop(number) == 0
    Office(office.conn).exact()


def test_it_stops_while_it_waits(office: Pgcache) -> None:
    office.conn.execute(PAY)
    with refreshing(office.dsn, "1h") as running:
        running.says("cache debts: 1 keys refreshed")
        assert running.stop() == 0
        assert running.said.count("\n") == 1


def test_one_of_many_refreshes_and_another_takes_its_place(office: Pgcache) -> None:
    with refreshing(office.dsn, "1s") as first:
        wait_until(lambda: leader(office.conn) is not None, "the first to lead")
        led_by = leader(office.conn)
        with refreshing(office.dsn, "1s") as second:
            second.says("cache debts is refreshed by another process; this one takes its place when that ends")
            assert leader(office.conn) == led_by
            assert first.stop() == 0
            office.conn.execute(PAY)
            second.says("cache debts: 1 keys refreshed")
            assert second.stop() == 0


def test_an_error_of_one_refresh_is_told_and_the_next_one_goes_on(office: Pgcache) -> None:
    office.conn.execute("ALTER TABLE line RENAME TO lines")
    office.conn.execute(PAY)
    with refreshing(office.dsn, "1s") as running:
        running.says('cache debts: relation "public.line" does not exist')
        office.conn.execute("ALTER TABLE lines RENAME TO line")
        running.says("cache debts: 1 keys refreshed")
        assert running.stop() == 0
    Office(office.conn).exact()


def test_it_waits_for_a_server_that_crashed_and_nothing_is_lost(
    open_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c pgcache.today=2025-06-15")
    with EmbeddedServer(settings={"fsync": "off"}, temporary_in=open_path) as server:
        build(server.dsn())
        with refreshing(server.dsn(), "1s") as running:
            with psycopg.connect(server.dsn(), autocommit=True) as conn:
                wait_until(lambda: leader(conn) is not None, "it to refresh")
                conn.execute(PAY)
                backend = leader(conn)
                assert backend is not None
                os.kill(backend, signal.SIGKILL)
            running.says("connected again")
            with psycopg.connect(server.dsn(), autocommit=True) as conn:
                wait_until(lambda: conn.execute("SELECT FROM pgcache.debts_dirty").rowcount == 0, "a refresh")
                Office(conn).exact()
            assert running.stop() == 0
