"""`alembic upgrade --sql` with caches: what psql makes of the script is what the upgrade itself makes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.util
import psycopg
import pytest

from tests.conftest import Clone, Databases
from tests.integration.alembic_project.project import SHELF, Project
from tests.integration.state import State, state
from tests.support import client, plain_dsn

PRICES = r"""
[[cache]]
name = "prices"
target = { table = "shelf_price", create = true }
key = ["shelf_id", "price"]
  [[cache.source]]
  table = "book"
  key = ["shelf_id", "price"]
  where = 'pages <> 0 AND length($statements$\$statements$ || $$:name %$$) > 0'
  values = { pages = "pages" }
"""
TIME_ZONE = 'version = 1\ntime_zone = "Europe/Prague"\n'
HISTORY = (
    SHELF,
    SHELF.replace("version = 1\n", TIME_ZONE) + PRICES,
    "version = 1\n" + PRICES.replace('["shelf_id", "price"]', '["price"]'),
)
ROWS = """
INSERT INTO shelf (id) VALUES (1), (2);
INSERT INTO book (shelf_id, pages, price) VALUES (1, 300, 7), (2, 100, 3);
"""

Connection = psycopg.Connection[Any]


@pytest.fixture
def other(databases: Databases) -> Iterator[Connection]:
    """The database that the scripts are for, which nothing connects to but psql and this."""
    name = databases.create()
    with psycopg.connect(databases.server.dsn(name), autocommit=True) as conn:
        yield conn
    databases.drop(name)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three revisions: one cache, two of them, the other one alone and with another key."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture
def project(files: Path, clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A copy of the project and its database, at the last revision."""

    def build(dsn: str) -> None:
        monkeypatch.chdir(files)
        with psycopg.connect(dsn, autocommit=True) as conn:
            project = Project(files, dsn, conn)
            project.start()
            for number, declaration in enumerate(HISTORY, 1):
                project.write({"pgcache.toml": declaration})
                project.revise(f"number {number}", rev_id=str(number))
                project.upgrade()

    dsn = clone("Alembic project with three revisions", build)
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGCACHE_DSN", dsn)
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield Project(tmp_path, dsn, conn)


def psql(conn: Connection, script: str) -> None:
    command: list[str | Path] = [client("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", plain_dsn(conn)]
    outcome = subprocess.run(command, input=script, text=True, capture_output=True, check=False)
    assert outcome.returncode == 0, outcome.stderr


def held(conn: Connection) -> State:
    """Everything but how often a backfill was run."""
    found = state(conn, moments=False)
    found.pop(("rows", "pgcache.run"), None)
    return found


@pytest.mark.parametrize("revision", ["1", "2", "3"])
def test_from_nothing(project: Project, other: Connection, revision: str) -> None:
    psql(other, project.script("upgrade", f"base:{revision}"))
    project.downgrade("base")
    project.upgrade(revision)
    for conn in (project.conn, other):
        conn.execute(ROWS)
    assert held(other) == held(project.conn)


@pytest.mark.parametrize("span", ["1:2", "2:3", "3:2", "2:1"])
def test_from_one_to_another(project: Project, other: Connection, span: str) -> None:
    start, end = span.split(":")
    direction = "upgrade" if start < end else "downgrade"
    scripts = project.script("upgrade", f"base:{start}"), project.script(direction, span)
    project.downgrade("base")
    project.upgrade(start)
    project.conn.execute(ROWS)
    getattr(project, direction)(end)
    psql(other, scripts[0])
    other.execute(ROWS)
    psql(other, scripts[1])
    assert held(other) == held(project.conn)


def test_back_to_nothing(project: Project, other: Connection) -> None:
    before = state(other)
    psql(other, project.script("upgrade", "base:head"))
    psql(other, project.script("downgrade", "3:base"))
    other.execute("DROP TABLE IF EXISTS alembic_version")
    assert state(other) == before


def test_the_database_that_is_read_is_not_changed(project: Project) -> None:
    before = state(project.conn)
    project.script("upgrade", "base:head")
    assert state(project.conn) == before


def test_what_is_as_declared_is_left_alone(project: Project, other: Connection) -> None:
    def objects() -> list[Any]:
        return other.execute("SELECT name, xmin::text FROM pgcache.object WHERE cache = 'shelf' ORDER BY 1").fetchall()

    psql(other, project.script("upgrade", "base:1"))
    other.execute(ROWS)
    before = objects()
    runs = "SELECT cache FROM pgcache.run WHERE kind = 'backfill'"
    other.execute("TRUNCATE pgcache.run")
    psql(other, project.script("upgrade", "1:2"))
    assert objects() == before != []
    assert other.execute(runs).fetchall() == [("prices",)]


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TRIGGER pgcache_shelf_s1_insert ON book",
        "ALTER TABLE book DISABLE TRIGGER pgcache_shelf_s1_insert",
        "DROP FUNCTION pgcache.shelf_compare()",
        "CREATE OR REPLACE VIEW pgcache.shelf AS SELECT id, total FROM shelf WHERE false",
        "DELETE FROM pgcache.object WHERE cache = 'shelf'",
    ],
)
def test_what_was_damaged_is_mended(project: Project, other: Connection, damage: str) -> None:
    psql(other, project.script("upgrade", "base:1"))
    other.execute(ROWS)
    before = held(other)
    other.execute(damage.encode())
    other.execute("INSERT INTO book (id, shelf_id, pages) VALUES (7, 1, 1); DELETE FROM book WHERE id = 7")
    project.write_revision(f"op.apply_caches('''{SHELF}''')")
    psql(other, project.script("upgrade", "3:head"))
    assert held(other) == before


@pytest.mark.parametrize("change", ["mode", "column", "remove", "prune", "downgrade"])
def test_what_is_pending_is_folded_before_its_table_goes(project: Project, other: Connection, change: str) -> None:
    nowait = SHELF.replace('key = ["id"]\n', 'key = ["id"]\nmode = "nowait"\n')
    moved = nowait.replace("{ total =", "{ other =")
    first = project.write_revision(
        f"op.execute('ALTER TABLE shelf ADD other integer')\nop.apply_caches('''{nowait}''')"
    )
    psql(other, project.script("upgrade", "base:head"))
    other.execute("INSERT INTO shelf (id) VALUES (1)")
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    other.execute("INSERT INTO book (shelf_id, pages) VALUES (1, 300)")
    other.execute("COMMIT")
    query = "SELECT total, pgcache.count_pending('shelf') FROM shelf"
    assert other.execute(query).fetchall() == [(0, 1)]

    if change == "downgrade":
        psql(other, project.script("downgrade", "1:base").replace("DROP TABLE shelf;", ""))
    else:
        project.conn.execute("ALTER TABLE shelf ADD other integer")
        changes = {
            "mode": f"op.apply_caches('''{SHELF}''', backfill=False)",
            "column": f"op.apply_caches('''{moved}''', backfill=False)",
            "remove": "op.remove_caches('shelf')",
            "prune": f"op.apply_caches(r'''version = 1{PRICES}''', prune=True)",
        }
        project.write_revision(changes[change])
        before = first.name.partition("_")[0]
        psql(other, project.script("upgrade", f"{before}:head"))
    assert other.execute("SELECT total FROM shelf").fetchall() == [(300,)]


def test_a_backfill_may_be_left_for_later(project: Project, other: Connection) -> None:
    path = project.directory / "migrations" / "versions" / "1_number_1.py"
    path.write_text(path.read_text().replace('""",\n    )', '""",\n        backfill=False,\n    )'))
    psql(other, project.script("upgrade", "base:1"))
    assert other.execute("SELECT backfilled_at FROM pgcache.cache").fetchall() == [(None,)]


def test_without_a_database_to_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGCACHE_DSN")
    with pytest.raises(alembic.util.CommandError, match="let PGCACHE_DSN name a database that has the tables"):
        project.script("upgrade", "base:head")
    project.options = {"pgcache_dsn": project.dsn}
    project.script("upgrade", "base:head")


def test_a_database_that_does_not_have_the_tables(project: Project, other: Connection) -> None:
    project.options = {"pgcache_dsn": other.info.dsn}
    with pytest.raises(alembic.util.CommandError, match=r"pgcache\.toml:3: .* there is no table shelf"):
        project.script("upgrade", "base:head")
