"""The embedded server: what it keeps, what it leaves, and where it runs."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from pgcache.embedded import EmbeddedServer, cluster, programs
from pgcache.errors import PgcacheError
from tests.support import wait_until

# Where durability is not what is tested: an fsync takes long on a busy disk.
FAST = {"fsync": "off"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


def _query(dsn: str, query: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def _create_table(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def _processes(mention: Path) -> list[str]:
    """Command lines that mention a path; a process that has ended has none, even where nobody reaps it."""
    found = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = cmdline.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(mention) in text:
            found.append(text)
    return found


def _socket_directory(dsn: str) -> Path:
    return Path(str(psycopg.conninfo.conninfo_to_dict(dsn)["host"]))


def _run_directory(server: EmbeddedServer) -> Path:
    return _socket_directory(server.dsn())


def test_named_data_outlives_the_server(open_path: Path) -> None:
    for _ in range(2):
        with EmbeddedServer(open_path / "data") as server:
            if _query(server.dsn(), "SELECT to_regclass('kept')") is None:
                _create_table(server.dsn())
    with EmbeddedServer(open_path / "data") as server:
        assert _query(server.dsn(), "SELECT answer FROM kept") == 42
        # Durable unless told otherwise
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert _query(server.dsn(), f"SHOW {setting}") == "on"


def test_temporary_data_goes_with_the_server(open_path: Path) -> None:
    with EmbeddedServer(temporary_in=open_path, settings=FAST) as server:
        run = _run_directory(server)
        assert list(open_path.iterdir()) != []
    assert list(open_path.iterdir()) == []
    assert not run.exists()


def test_start_and_stop_may_be_repeated(open_path: Path) -> None:
    server = EmbeddedServer(open_path / "data", settings=FAST)
    server.stop()
    server.start()
    pid = server.pid
    server.start()
    assert server.pid == pid
    server.stop()
    server.stop()
    assert _processes(open_path) == []
    with pytest.raises(PgcacheError, match="not running"):
        server.dsn()


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedServer]:
    """A running server with a setting of its own, started by a thread that has ended."""
    with ThreadPoolExecutor() as pool:
        server = EmbeddedServer(settings=FAST | {"work_mem": "5MB"})
        pool.submit(server.start).result()
    yield server
    server.stop()


def test_it_does_not_end_with_the_thread_that_started_it(running: EmbeddedServer) -> None:
    assert _query(running.dsn(), "SELECT 1") == 1


def test_nobody_else_can_reach_it(running: EmbeddedServer) -> None:
    assert _query(running.dsn(), "SHOW listen_addresses") == ""
    assert stat.S_IMODE(_run_directory(running).stat().st_mode) == 0o700


def test_settings_are_passed_on(running: EmbeddedServer) -> None:
    assert _query(running.dsn(), "SHOW fsync") == "off"
    assert _query(running.dsn(), "SHOW work_mem") == "5MB"


def test_it_is_not_misled_by_the_environment(monkeypatch: pytest.MonkeyPatch, open_path: Path) -> None:
    server = EmbeddedServer(open_path / "data", settings=FAST)
    with monkeypatch.context() as patch:
        patch.setenv("PGDATA", "/nowhere")
        patch.setenv("PGPORT", "1")
        patch.setenv("PGUSER", "nobody")
        patch.setenv("LC_ALL", "xx_XX.broken")
        patch.setenv("PGCLIENTENCODING", "LATIN1")  # A server takes it as the default for all its clients
        server.start()
        assert _query(server.dsn(), "SELECT current_user") == "postgres"
    with server:
        assert _query(server.dsn(), "SHOW server_encoding") == "UTF8"
        assert _query(server.dsn(), "SHOW client_encoding") == "UTF8"


def _start_in_child(data: Path | None, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a server in another process, which says where the server listens, and waits."""
    program = """
        import sys
        from pgcache.embedded import EmbeddedServer
        server = EmbeddedServer(sys.argv[1] or None, settings={"fsync": "off"})
        server.start()
        print(server.dsn(), flush=True)
        sys.stdin.read()
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), data or ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
    )


_SHUT_DOWN = 1
"""The state of a server in pg_control that has ended as it should: DBState in PostgreSQL's pg_control.h."""


@pytest.mark.parametrize("named", [True, False])
def test_it_ends_when_its_parent_is_killed(open_path: Path, named: bool) -> None:
    with _start_in_child(open_path / "data" if named else None) as child:
        assert child.stdout is not None
        dsn = child.stdout.readline()
        run = _socket_directory(dsn)
        # A client that stays must not keep it alive.
        with psycopg.connect(dsn, autocommit=True):
            child.kill()
            wait_until(lambda: not _processes(run), "the server to end")
            assert not run.exists()
    if named:
        state = (open_path / "data" / "pgdata" / "global" / "pg_control").read_bytes()[16:20]
        assert int.from_bytes(state, sys.byteorder) == _SHUT_DOWN


def _expect_in_use(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "_LOCK_SECONDS", 0)
        with pytest.raises(PgcacheError, match="in use by another server"):
            server.start()


def test_the_next_server_waits_for_the_one_that_is_shutting_down(
    open_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedServer(open_path / "data", settings=FAST)
    with _start_in_child(open_path / "data") as child:
        assert child.stdout is not None
        _create_table(child.stdout.readline())
        postmaster = int((open_path / "data/pgdata/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        child.kill()
    try:
        _expect_in_use(server, monkeypatch)
    finally:
        os.kill(postmaster, signal.SIGCONT)
    with server:
        assert _query(server.dsn(), "SELECT answer FROM kept") == 42


def test_it_recovers_from_a_crash(open_path: Path) -> None:
    with EmbeddedServer(open_path / "data", settings=FAST) as server:
        _create_table(server.dsn())
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not _processes(open_path), "the server to end")
        server.start()
        assert _query(server.dsn(), "SELECT answer FROM kept") == 42


def test_an_initdb_that_was_interrupted_is_made_good(open_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bindir = open_path / "bin"
    bindir.mkdir()
    # It outlives its parent, as the real one may by a moment, and then goes on to spoil the data.
    scripts = {
        "postgres": "echo postgres \\(PostgreSQL\\) 18.4",
        "initdb": f"""
            touch "$2/begun"
            while [ -d "{open_path}" ] && [ ! -e "{open_path}/killed" ]; do sleep 0.01; done
            echo 9.6 > "$2/PG_VERSION"
        """,
    }
    for name, script in scripts.items():
        (bindir / name).write_text("#!/bin/sh\n" + script)
        (bindir / name).chmod(0o755)
    with _start_in_child(open_path / "data", {"PGCACHE_PG_BINDIR": str(bindir)}) as child:
        wait_until(lambda: list(open_path.glob("data/*/begun")) != [], "initdb to begin")
        child.kill()
    server = EmbeddedServer(open_path / "data", settings=FAST)
    _expect_in_use(server, monkeypatch)
    (open_path / "killed").touch()
    with server:
        assert _query(server.dsn(), "SELECT 1") == 1


def _modes(path: Path) -> dict[Path, tuple[int, int, int]]:
    status = {directory: directory.stat() for directory in (path, *path.parents)}
    return {directory: (s.st_mode, s.st_uid, s.st_gid) for directory, s in status.items()}


def _private_copy(bindir: Path, directory: Path) -> Path:
    """Copy programs below a directory, for its owner alone."""
    home = bindir.parent
    libraries = home.parent.with_name(home.parent.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, directory / libraries.name)
    shutil.copytree(home, directory / home.parent.name / home.name, symlinks=True)
    subprocess.run(["chmod", "-R", "go=", directory], check=True)
    return directory / home.parent.name / home.name / "bin"


def test_private_folders_and_spaces_do_not_matter(
    open_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private home"
    private.mkdir()
    bindir = _private_copy(EmbeddedServer().bindir, private)
    temporary = open_path / "temporary things"
    temporary.mkdir()
    data = open_path / "o'brien's data"
    data.mkdir()
    monkeypatch.setenv("PGCACHE_PG_BINDIR", str(bindir))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    before = _modes(bindir) | _modes(temporary) | _modes(data)
    with EmbeddedServer(data, settings=FAST) as server:
        assert server.bindir == bindir
        assert _run_directory(server).parent == temporary
        assert _query(server.dsn(), "SELECT 1") == 1
        assert _modes(bindir) | _modes(temporary) | _modes(data) == before
    assert _modes(bindir) | _modes(temporary) | _modes(data) == before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["long" * 25, "comma,comma", pytest.param("private", marks=as_root)])
def test_a_temporary_directory_that_suits_no_socket_is_passed_over(
    open_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    temporary = open_path / name
    temporary.mkdir(mode=0o700 if name == "private" else 0o755)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with EmbeddedServer(settings=FAST) as server:
        assert _run_directory(server).parent != temporary
        assert _query(server.dsn(), "SELECT 1") == 1


@as_root
def test_data_out_of_reach_is_refused(open_path: Path) -> None:
    private = open_path / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(PgcacheError, match=r"private/data is out of reach for the user \w+,"):
        EmbeddedServer(private / "data").start()


def test_no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PGCACHE_PG_BINDIR", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "_WHEEL", "not_installed")
    monkeypatch.setattr(programs, "_SYSTEM", tmp_path)
    with pytest.raises(PgcacheError, match=r"pip install 'pgcache\[embedded\]'"):
        EmbeddedServer().start()


def test_named_programs_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PGCACHE_PG_BINDIR", str(tmp_path))
    with pytest.raises(PgcacheError, match=f"PGCACHE_PG_BINDIR: no postgres and initdb .* in {tmp_path}"):
        EmbeddedServer().start()


def test_data_of_another_version_is_refused(open_path: Path) -> None:
    (open_path / "data" / "pgdata").mkdir(parents=True)
    (open_path / "data" / "pgdata" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(PgcacheError, match=r"is of PostgreSQL 9\.6, .* set PGCACHE_PG_BINDIR"):
        EmbeddedServer(open_path / "data", settings=FAST).start()


def test_a_server_that_does_not_start_says_why(open_path: Path) -> None:
    server = EmbeddedServer(settings={"no_such_setting": "1"}, temporary_in=open_path)
    with pytest.raises(PgcacheError, match=r'did not start: .*"no_such_setting"') as caught:
        server.start()
    assert "\n" not in str(caught.value)
    assert list(open_path.iterdir()) == []
    assert _processes(open_path) == []
