"""The embedded server's life, from start to stop.

It listens on a Unix socket alone, in a directory that nobody else can enter, so whoever gets in is trusted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg
from psycopg.conninfo import make_conninfo

from pgcache.embedded import cluster, programs
from pgcache.embedded.account import Account
from pgcache.embedded.supervisor import Supervisor
from pgcache.errors import PgcacheError

_PORT = "5432"
_SOCKET_PATH_BYTES = 103  # macOS takes 104 with the closing zero, Linux 108
_START_SECONDS = 120
_NOT_RUNNING = "the embedded PostgreSQL is not running; call start() first"


class EmbeddedServer:
    """A PostgreSQL server of one's own, as a context manager or with `start` and `stop`.

    The programs come from PGCACHE_PG_BINDIR, else from the extra `pgcache[embedded]`, else from the system.
    Since PostgreSQL refuses to run as root, root runs it as the user postgres, else nobody.

    Parameters
    ----------
    data:
        A directory that keeps the data from run to run; it is created where it is missing. By default the
        data is temporary.
    settings:
        Server settings beside the defaults, which are durable: `{"fsync": "off"}`.
    temporary_in:
        The directory in which temporary data is made; by default the system's.
    """

    def __init__(
        self,
        data: Path | str | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        temporary_in: Path | str | None = None,
    ) -> None:
        self._named = None if data is None else Path(data).absolute()
        self._settings = dict(settings or {})
        self._temporary_in = None if temporary_in is None else Path(temporary_in).absolute()
        self._run: Path | None = None
        self._data: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bindir(self) -> Path:
        """The directory of the server's and the client programs (psql, pg_dump).

        Raises
        ------
        PgcacheError
            There are none, or they are too old.
        """
        return programs.find().bindir

    @property
    def pid(self) -> int:
        """The process id of the running server (the postmaster).

        Raises
        ------
        PgcacheError
            The server is not running.
        """
        if self._data is None:
            raise PgcacheError(_NOT_RUNNING)
        return int((self._data / "pgdata" / "postmaster.pid").read_text().partition("\n")[0])

    def dsn(self, dbname: str = "postgres") -> str:
        """Give the connection string of a database of the running server, as its superuser.

        Raises
        ------
        PgcacheError
            The server is not running.
        """
        if self._run is None:
            raise PgcacheError(_NOT_RUNNING)
        # An empty hostaddr keeps PGHOSTADDR out, which would lead to another server.
        return make_conninfo(host=str(self._run), hostaddr="", port=_PORT, user=cluster.SUPERUSER, dbname=dbname)

    def start(self) -> None:
        """Start the server, unless it is running, and wait until it takes connections.

        Raises
        ------
        PgcacheError
            There are no programs, the data directory cannot be used, or the server does not start.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self.stop()  # What a server that died has left behind
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise PgcacheError(f"the embedded PostgreSQL did not start: {error}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut the server down, unless it is not running, and remove what is temporary."""
        process, self._process = self._process, None
        run, self._run = self._run, None
        data, self._data = self._data, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait()
        if run is not None:
            shutil.rmtree(run, ignore_errors=True)
        if data is not None and data != self._named:
            shutil.rmtree(data, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        account = Account()
        self._run = run = account.make_temporary_directory(_socket_parent(account))
        found = programs.runnable(programs.find(), account, run)
        if self._named is None:
            self._data = data = account.make_temporary_directory(self._temporary_in or run)
        else:
            cluster.claim(self._named, account)
            self._data = data = self._named
        with cluster.locked(data) as lock, (run / "log").open("ab+") as log:
            supervisor = Supervisor(account, run, data if self._named is None else None, lock)
            durable = self._named is not None and self._settings.get("fsync") != "off"
            pgdata = cluster.initialise(data, found, supervisor, log, durable=durable)
            settings = {
                "listen_addresses": "",
                "unix_socket_directories": '"' + str(run).replace('"', '""') + '"',
                "unix_socket_permissions": "0700",
            } | self._settings
            command: list[str | Path] = [found.bindir / "postgres", "-D", pgdata, "-p", _PORT]
            command += [f"--{name}={value}" for name, value in settings.items()]
            self._process = process = supervisor.start(command, log)
            self._wait_until_ready(process, log)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            ended = process.poll() is not None
            try:
                psycopg.connect(self.dsn()).close()
            except psycopg.OperationalError as error:
                if ended or time.monotonic() > deadline:
                    reason = cluster.reason(log)
                    raise PgcacheError(f"the embedded PostgreSQL did not start: {reason}") from error
            else:
                return
            time.sleep(0.01)


def _socket_parent(account: Account) -> Path:
    """Find a directory for temporary files that the server's user reaches, with a short name for sockets."""
    candidates = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    for parent in candidates:
        socket = f"{parent}/pgcache-12345678/.s.PGSQL.{_PORT}"
        short = len(os.fsencode(socket)) <= _SOCKET_PATH_BYTES
        # A comma would split the host in a connection string.
        if short and "," not in parent and account.can_enter(Path(parent)):
            return Path(parent)
    raise PgcacheError(
        f"no place for the server's socket: {', '.join(candidates)} are too long or out of reach "
        f"for the user {account}; set TMPDIR to a short path that this user can enter"
    )
