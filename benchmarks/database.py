"""The database of one variant, and the ways to load and to measure it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from benchmarks.model import Connection, Sample
from pgcache.errors import PgcacheError

_SCRIPTS = Path(__file__).parent / "pgbench"
_TPS = re.compile(r"^tps = ([\d.]+) \((?:without|including)", re.MULTILINE)
_DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


def sql(name: str) -> str:
    """Give the text of a file of benchmarks/sql."""
    return (Path(__file__).parent / "sql" / name).read_text(encoding="utf-8")


class Database:
    """A database to measure.

    Parameters
    ----------
    dsn:
        Where it is.
    bindir:
        The directory with the server's programs; without a pgbench among them, that of the system serves.

    Attributes
    ----------
    dsn:
        Where it is, for connections of one's own.
    conn:
        An autocommit connection, kept from round to round.
    """

    def __init__(self, dsn: str, bindir: Path) -> None:
        self.dsn = dsn
        self.conn: Connection = psycopg.connect(dsn, autocommit=True)
        self.conn.execute("SET client_min_messages = warning")
        self._bindir = bindir

    def close(self) -> None:
        self.conn.close()

    def pgbench(self, script: str, *, seconds: int, clients: int, connect: bool = False, **variables: int) -> Sample:
        """Load the database with a script of benchmarks/pgbench, as prepared statements.

        Parameters
        ----------
        script:
            The file's name.
        seconds:
            For how long.
        clients:
            How many sessions at once.
        connect:
            Whether each transaction has a session of its own.
        variables:
            What the script reads as `:name`.

        Returns
        -------
        Sample
            Transactions per second.

        Raises
        ------
        PgcacheError
            There is no pgbench, or it failed.
        """
        beside = self._bindir / "pgbench"
        program = str(beside) if beside.exists() else shutil.which("pgbench")
        if program is None:
            raise PgcacheError(f"no pgbench in {self._bindir} nor on the PATH; install PostgreSQL's client programs")
        threads = min(clients, os.cpu_count() or 1)
        command = [program, "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={threads}"]
        command += [f"--time={seconds}", f"--file={_SCRIPTS / script}"]
        command += ["--connect"] if connect else []
        command += [f"--define={name}={value}" for name, value in variables.items()]
        outcome = subprocess.run([*command, self.dsn], capture_output=True, text=True, check=False)
        rate, done = _TPS.search(outcome.stdout), _DONE.search(outcome.stdout)
        if outcome.returncode != 0 or rate is None or done is None:
            raise PgcacheError(f"pgbench failed with {script}: {(outcome.stderr.strip() or outcome.stdout)[-500:]}")
        failed = _FAILED.search(outcome.stdout)  # pgbench before 15 has none: there a deadlock ends the client
        failures = int(failed[1]) if failed else 0
        return Sample(float(rate[1]), failures / max(1, int(done[1]) + failures))

    def milliseconds(self, work: Callable[[], object]) -> Sample:
        """Give how long some work takes."""
        start = time.perf_counter()
        work()
        return Sample((time.perf_counter() - start) * 1000)

    def cpu_microseconds(self, work: Callable[[], object]) -> Sample:
        """Give the processor time that some work over `conn` takes in the server.

        Where the system has no /proc to tell, it is the time on the clock, which others on the machine lengthen.
        """
        spent = Path(f"/proc/{self.conn.info.backend_pid}/schedstat")
        if not spent.exists():
            return Sample(self.milliseconds(work).value * 1000)
        start = int(spent.read_text(encoding="ascii").split()[0])
        work()
        return Sample((int(spent.read_text(encoding="ascii").split()[0]) - start) / 1000)

    def wal_bytes(self, work: Callable[[], object]) -> int:
        """Give how much write-ahead log some work leaves, while nobody else writes."""
        start = self._wal_position()
        work()
        return self._wal_position() - start

    def _wal_position(self) -> int:
        row = self.conn.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        assert row is not None
        return int(row[0])
