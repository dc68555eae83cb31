"""Revisions that carry caches, run online: upgrade, downgrade, and upgrade again."""

from __future__ import annotations

import alembic.util
import pytest

from pgcache.config import loads
from pgcache.migrate import migrate
from pgcache.plan import make_plan
from tests.integration.alembic_project.project import SHELF, Project
from tests.integration.state import state

ROWS = (
    "INSERT INTO shelf (id) VALUES (1), (2); INSERT INTO book (shelf_id, pages, price) VALUES (1, 300, 7), (2, 100, 3)"
)
APPLY = f"op.apply_caches('''{SHELF}''')"


@pytest.fixture
def tables(project: Project) -> Project:
    """The project after a revision that has created and filled its tables, without caches."""
    project.options = {"pgcache_config": None}
    project.revise("tables")
    project.upgrade()
    project.conn.execute(ROWS)
    project.options = {}
    return project


def test_there_and_back_and_there_again(tables: Project) -> None:
    before = state(tables.conn)
    tables.revise("caches")
    tables.upgrade()
    after = state(tables.conn, moments=False)
    assert tables.totals() == [(1, 300), (2, 100)]
    tables.conn.execute("UPDATE book SET pages = pages + 1; UPDATE book SET pages = pages - 1")
    assert tables.totals() == [(1, 300), (2, 100)]
    tables.downgrade()
    tables.conn.execute("UPDATE shelf SET total = 0")
    assert state(tables.conn) == before
    tables.upgrade()
    assert state(tables.conn, moments=False) == after


def test_a_changed_declaration_there_and_back(tables: Project) -> None:
    tables.revise("pages")
    tables.upgrade()
    tables.write({"pgcache.toml": SHELF.replace('"pages"', '"price"')})
    tables.revise("price")
    assert tables.totals() == [(1, 300), (2, 100)]
    for _ in range(2):
        tables.upgrade()
        assert tables.totals() == [(1, 7), (2, 3)]
        tables.conn.execute("INSERT INTO book (shelf_id, pages, price) VALUES (2, 1, 1)")
        assert tables.totals() == [(1, 7), (2, 4)]
        tables.downgrade()
        assert tables.totals() == [(1, 300), (2, 101)]
        tables.conn.execute("DELETE FROM book WHERE pages = 1")
        assert tables.totals() == [(1, 300), (2, 100)]


def test_each_has_a_version_table_of_its_own(tables: Project) -> None:
    path = tables.revise("caches")
    tables.upgrade()
    query = "SELECT o.version_num, p.version_num FROM public.alembic_version AS o, pgcache.alembic_version AS p"
    row = tables.conn.execute(query).fetchone()
    assert row is not None
    assert path.name.startswith(row[0])
    assert row[1] == "0001_state"


def test_the_revision_goes_on_after_the_operation(tables: Project) -> None:
    """pgcache runs Alembic for its own schema: the names in `op` and `context` must be the project's again."""
    env = tables.directory / "migrations" / "env.py"
    env.write_text(env.read_text() + '\nassert context.config.attributes["mark"]\ncontext.get_context()\n')
    tables.options = {"mark": True}
    tables.write_revision(f"{APPLY}\nop.execute('CREATE TABLE later ()')\nop.get_context().impl.static_output")
    tables.upgrade()
    assert tables.conn.execute("SELECT to_regclass('later') IS NOT NULL").fetchone() == (True,)


def test_what_fails_later_takes_the_caches_along(tables: Project) -> None:
    before = state(tables.conn)
    path = tables.write_revision(f"{APPLY}\nop.execute('SELECT 1 / 0')")
    with pytest.raises(Exception, match="division by zero"):
        tables.upgrade()
    assert state(tables.conn) == before
    path.write_text(path.read_text().replace("1 / 0", "1 / 1"))
    tables.upgrade()
    assert tables.totals() == [(1, 300), (2, 100)]


def test_a_declaration_that_does_not_fit(tables: Project) -> None:
    before = state(tables.conn)
    tables.write_revision(APPLY.replace('"pages"', '"pagse"'))
    with pytest.raises(alembic.util.CommandError, match=r'pgcache\.toml:8: .* column "pagse" does not exist'):
        tables.upgrade()
    assert state(tables.conn) == before


def test_a_backfill_may_be_left_for_later(tables: Project) -> None:
    tables.write_revision(f"op.apply_caches('''{SHELF}''', backfill=False)")
    tables.upgrade()
    assert tables.totals() == [(1, 0), (2, 0)]
    declaration = loads(SHELF, "pgcache.toml")
    assert [str(step) for step in make_plan(tables.conn, declaration).steps] == ["backfill cache shelf"]
    migrate(tables.conn, declaration)
    assert tables.totals() == [(1, 300), (2, 100)]


def test_in_an_autocommit_block_writers_go_on(tables: Project) -> None:
    """As pgcache migrate does it: what is committed while the rest of the revision is still to come stays."""
    tables.write_revision(f"with op.get_context().autocommit_block():\n    {APPLY}\nop.execute('SELECT 1 / 0')")
    with pytest.raises(Exception, match="division by zero"):
        tables.upgrade()
    assert tables.totals() == [(1, 300), (2, 100)]
    assert make_plan(tables.conn, loads(SHELF, "pgcache.toml")).empty


def test_undeclared_caches_are_left_alone_unless_they_are_to_be_pruned(tables: Project) -> None:
    tables.write_revision(APPLY)
    tables.upgrade()
    other = SHELF.replace('name = "shelf"', 'name = "rack"').replace("total =", "worth =")
    tables.conn.execute("ALTER TABLE shelf ADD worth integer NOT NULL DEFAULT 0")
    tables.write_revision(f"op.apply_caches('''{other}''')")
    tables.upgrade()
    assert caches(tables) == ["rack", "shelf"]
    tables.write_revision(f"op.apply_caches('''{other}''', prune=True)")
    tables.upgrade()
    assert caches(tables) == ["rack"]


def test_some_caches_are_removed(tables: Project) -> None:
    tables.write_revision(APPLY)
    tables.upgrade()
    tables.write_revision("op.remove_caches('shelf')\nop.alter_column('shelf', 'total', type_=sa.BigInteger())", APPLY)
    with pytest.raises(Exception, match="cannot alter type of a column used"):
        tables.conn.execute("ALTER TABLE shelf ALTER total TYPE bigint")
    tables.upgrade()
    assert caches(tables) == []
    tables.conn.execute("INSERT INTO book (shelf_id, pages) VALUES (1, 1)")
    assert tables.totals() == [(1, 300), (2, 100)]
    tables.downgrade()
    assert caches(tables) == ["shelf"]
    assert tables.totals() == [(1, 301), (2, 100)]


@pytest.mark.parametrize(
    ("removal", "problem"),
    [
        ("op.remove_caches('shlef')", "no cache is named 'shlef'"),
        ("op.remove_caches()", "depend on"),
        ("op.remove_caches('shelf')", "depend on"),
    ],
)
def test_what_cannot_be_removed(tables: Project, removal: str, problem: str) -> None:
    tables.write_revision(APPLY)
    tables.upgrade()
    tables.conn.execute("CREATE VIEW report AS SELECT * FROM pgcache.shelf")
    before = state(tables.conn)
    tables.write_revision(removal)
    with pytest.raises(alembic.util.CommandError, match=problem):
        tables.upgrade()
    assert state(tables.conn) == before


def test_caches_that_are_not_there_cannot_be_removed(tables: Project) -> None:
    tables.write_revision("op.remove_caches()")
    with pytest.raises(alembic.util.CommandError, match="pgcache is not installed"):
        tables.upgrade()


def caches(project: Project) -> list[str]:
    return [name for (name,) in project.conn.execute("SELECT name FROM pgcache.cache ORDER BY 1")]
