"""The directory that keeps a cluster from run to run: who may use it, and its first set-up."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pgcache.embedded.account import Account
from pgcache.embedded.programs import Programs
from pgcache.embedded.supervisor import Supervisor
from pgcache.errors import PgcacheError

SUPERUSER = "postgres"
_LOCK_SECONDS = 10


def claim(directory: Path, account: Account) -> None:
    """Make the directory, unless it is there, and check that the server's user reaches it.

    Raises
    ------
    PgcacheError
        It does not.
    """
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        account.make_directory(directory)
    if not account.can_enter(directory):
        raise PgcacheError(
            f"the data directory {directory} is out of reach for the user {account}, who runs the server; "
            "name one that this user can enter, and all those above it"
        )


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[int]:
    """Hold the lock of the directory, as an open file; a server that is shutting down is waited for.

    Raises
    ------
    PgcacheError
        Another server is using it.
    """
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # The numbers below 10 are for the shell that passes it on to the server.
        descriptor = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, 10)
    finally:
        os.close(opened)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise PgcacheError(
                    f"the data directory {directory} is in use by another server; "
                    "stop that one or name another directory"
                )
            time.sleep(0.01)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def initialise(directory: Path, programs: Programs, supervisor: Supervisor, log: IO[bytes], *, durable: bool) -> Path:
    """Create the cluster, unless it is there, and give its path; a half-finished one is made anew.

    Parameters
    ----------
    directory:
        Where it is or will be, locked.
    programs:
        PostgreSQL's programs.
    supervisor:
        Starts initdb.
    log:
        Takes its messages.
    durable:
        Whether it must outlive a crash of the machine.

    Raises
    ------
    PgcacheError
        It belongs to another version of PostgreSQL, or initdb failed.
    """
    pgdata = directory / "pgdata"
    if pgdata.exists():
        found = (pgdata / "PG_VERSION").read_text().strip()
        if found != str(programs.major):
            raise PgcacheError(
                f"{pgdata} is of PostgreSQL {found}, the programs in {programs.bindir} are of "
                f"{programs.major}; set PGCACHE_PG_BINDIR to those of {found} or name another data directory"
            )
        return pgdata
    unfinished = directory / "pgdata.unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    supervisor.account.make_directory(unfinished)
    options = [f"--username={SUPERUSER}", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    options += ["--encoding=UTF8", "--locale=C"]
    if programs.major >= 17:  # These bring their own C.UTF-8, which not every system has
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        options += ["--no-sync"]
    with supervisor.start([programs.bindir / "initdb", "-D", unfinished, *options], log) as process:
        status = process.wait()
    if status != 0:
        raise PgcacheError(f"initdb failed in {unfinished}: {reason(log)}")
    unfinished.rename(pgdata)
    if durable:
        _sync(directory)
    return pgdata


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def reason(log: IO[bytes]) -> str:
    """Pick the message that says why a program failed."""
    log.seek(0)
    text = log.read().decode(errors="replace").strip()
    grave: list[str] = re.findall(r"(?:FATAL|PANIC|error):.*", text)
    return (grave or text.splitlines() or ["it left no message"])[-1]
