"""The commands as processes of their own, as cron and a shell run them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache.cli import COMMANDS
from tests.integration.cli.pgcache import Pgcache
from tests.support import wait_until

CHECKOUT = Path(__file__).parents[3]


def command(*args: str, dsn: str = "", **options: Any) -> subprocess.Popen[str]:
    """Start a command with an environment as bare as cron's."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(CHECKOUT), "PGCACHE_DSN": dsn}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(
        [sys.executable, "-m", "pgcache", *args], text=True, **{"env": environment, **pipes, **options}
    )


def run(*args: str, dsn: str = "", **options: Any) -> tuple[int, str, str]:
    process = command(*args, dsn=dsn, **options)
    stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


@pytest.fixture
def drifted(household: psycopg.Connection[Any]) -> None:
    with household.transaction():
        household.execute("SET LOCAL session_replication_role = replica")
        household.execute("UPDATE account SET cached_balance = 0 WHERE name = 'Savings'")


def test_cron_hears_nothing_but_the_figures_when_all_is_well(finance: Pgcache) -> None:
    code, stdout, stderr = run("reconcile", "--all", "--json", dsn=finance.dsn)
    assert (code, stderr) == (0, "")
    assert [cache["drifted"] for cache in json.loads(stdout)["caches"]] == [0, 0]


@pytest.mark.usefixtures("drifted")
def test_cron_is_told_of_drift(finance: Pgcache) -> None:
    code, stdout, stderr = run("reconcile", "--all", "--json", "--threshold", "0.50", dsn=finance.dsn)
    assert code == 3
    assert json.loads(stdout)["caches"][0]["over_threshold"] == 1
    assert stderr == (
        "pgcache: drift over the threshold in account_balance (1 of 3 keys, at most 14524.25); see pgcache drift list\n"
    )


@pytest.mark.usefixtures("drifted")
def test_the_bar_is_drawn_on_a_terminal_alone(finance: Pgcache) -> None:
    ours, theirs = os.openpty()
    try:
        code, stdout, _ = run("reconcile", dsn=finance.dsn, stderr=theirs)
        bar = os.read(ours, 100_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert code == 3
    assert "100%" in bar
    assert "%" not in stdout


def test_no_server(tmp_path: Path) -> None:
    code, stdout, stderr = run("status", dsn=f"host={tmp_path} dbname=none user=nobody")
    assert (code, stdout) == (1, "")
    assert stderr == (
        f"pgcache: cannot connect to host={tmp_path} port=5432 dbname=none user=nobody: No such file or directory; "
        "start the server, or name another with --dsn, PGCACHE_DSN or the PG* variables\n"
    )


def test_an_option_comes_before_the_environment(finance: Pgcache) -> None:
    assert run("status", "--dsn", finance.dsn, dsn="host=/nowhere")[0] == 0
    assert run("--dsn", finance.dsn, "status", dsn="host=/nowhere")[0] == 0


def test_without_a_dsn_libpq_decides(finance: Pgcache) -> None:
    info = finance.conn.info
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(CHECKOUT),
        "PGHOST": info.host,
        "PGPORT": str(info.port),
        "PGUSER": info.user,
        "PGDATABASE": info.dbname,
        "PGPASSWORD": info.password,
    }
    assert run("status", env=environment)[0] == 0
    assert run("status", env={**environment, "PGCACHE_DSN": ""})[0] == 0


def test_an_interrupt_ends_quietly_and_the_command_can_be_run_again(finance: Pgcache) -> None:
    finance.conn.execute("DROP TRIGGER pgcache_account_balance_s1_delete ON transaction")
    finance.conn.execute("DELETE FROM transaction WHERE description = 'Salary'")
    with psycopg.connect(finance.dsn) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('pgcache pass account_balance'), 0)")
        # What a shell starts in the background ignores an interrupt, and hands that down.
        listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        process = command("migrate", dsn=finance.dsn, cwd=finance.directory, preexec_fn=listening)
        wait_until(lambda: _is_waiting(finance.conn), "the backfill to wait for its turn")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (130, "")
    assert stderr.splitlines()[-1] == "pgcache: interrupted; what was committed stays; run the command again"
    assert "Traceback" not in stderr
    assert finance("plan", code=3).stdout == "backfill cache account_balance\n"
    finance("migrate")
    finance("reconcile")


def _is_waiting(conn: psycopg.Connection[Any]) -> bool:
    waiting = "SELECT FROM pg_stat_activity WHERE application_name = 'pgcache' AND wait_event_type = 'Lock'"
    return conn.execute(f"{waiting} AND datname = current_database()".encode()).rowcount == 1


def test_a_reader_that_leaves_early_is_no_error(finance: Pgcache) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        code, _, stderr = run(
            "migrate", "--sql", "--with-tables", dsn=finance.dsn, cwd=finance.directory, stdout=writing
        )
    finally:
        os.close(writing)
    assert stderr == ""
    assert code == 1


def test_output_that_cannot_be_written(finance: Pgcache) -> None:
    with Path("/dev/full").open("w") as full:
        code, _, stderr = run("status", dsn=finance.dsn, stdout=full)
    assert (code, stderr) == (1, "pgcache: No space left on device\n")


def test_the_version() -> None:
    code, stdout, _ = run("--version")
    assert code == 0
    assert re.fullmatch(r"pgcache [0-9]+\.[0-9]+\.[0-9]+\n", stdout)


@pytest.mark.parametrize("arguments", [(), ("--dsn", "x"), ("drift",)])
def test_no_command(arguments: tuple[str, ...]) -> None:
    code, stdout, stderr = run(*arguments)
    assert (code, stdout) == (2, "")
    assert re.fullmatch(r"pgcache: Missing command; see pgcache( drift)? --help\n", stderr)


def test_cron_does_not_wait_for_the_migration_library(finance: Pgcache) -> None:
    program = """
import sys
from pgcache.cli import cli
try:
    cli.main(["reconcile"])
finally:
    print("alembic" in sys.modules)
"""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(CHECKOUT), "PGCACHE_DSN": finance.dsn}
    outcome = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert outcome.stdout.splitlines()[-1] == "False"


def test_demo(tmp_path: Path) -> None:
    """It reaches its own server, whatever libpq's settings name, and leaves nothing behind."""
    elsewhere = {"PGHOST": "nowhere.invalid", "PGHOSTADDR": "127.0.0.1", "PGPORT": "9", "PGDATABASE": "none"}
    environment = {"PATH": os.defpath, "PYTHONPATH": str(CHECKOUT), "TMPDIR": str(tmp_path), **elsewhere}
    code, stdout, stderr = run("demo", env=environment)
    assert (code, stderr) == (0, "")
    assert "$ pgcache reconcile --threshold 0.50\n" in stdout
    assert "(exit code 3)" in stdout
    assert list(tmp_path.iterdir()) == []


def test_every_command_is_listed() -> None:
    _, stdout, _ = run("--help")
    assert [line.split()[0] for line in stdout.partition("Commands:\n")[2].splitlines()] == list(COMMANDS)
