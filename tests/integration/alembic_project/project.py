"""A project of its own that uses Alembic, as `alembic init` makes it, in a directory and on a database of its own."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from alembic.config import Config
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL

from alembic import command

MODELS = """
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Numeric, Table

metadata = MetaData()
shelf = Table("shelf", metadata,
    Column("id", Integer, primary_key=True),
    Column("total", Integer, nullable=False, server_default="0"),
)
book = Table("book", metadata,
    Column("id", Integer, primary_key=True),
    Column("shelf_id", ForeignKey("shelf.id")),
    Column("pages", Integer, nullable=False),
    Column("price", Integer, nullable=False, server_default="1"),
    Index("book_shelf", "shelf_id"),
)
"""
SHELF = """
version = 1

[[cache]]
name = "shelf"
target = "shelf"
key = ["id"]

  [[cache.source]]
  table = "book"
  key = ["shelf_id"]
  values = { total = "pages" }
"""

# What docs/howto/use-with-alembic.md has a user change in env.py.
_ENV = {
    "target_metadata = None": (
        'import runpy\nimport pgcache.contrib.alembic\ntarget_metadata = runpy.run_path("models.py")["metadata"]'
    ),
    "target_metadata=target_metadata\n": "target_metadata=target_metadata, **config.attributes\n",
    "literal_binds=True,\n": "literal_binds=True, **config.attributes,\n",
}


@dataclass
class Project:
    """The project; its directory is the current one.

    Parameters
    ----------
    dsn:
        Its database.
    conn:
        A connection to look at the database with, in autocommit mode.
    options:
        More for `context.configure`.
    """

    directory: Path
    dsn: str
    conn: psycopg.Connection[Any]
    options: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        command.init(Config("alembic.ini"), "migrations")
        env = self.directory / "migrations" / "env.py"
        text = env.read_text()
        for old, new in _ENV.items():
            assert old in text
            text = text.replace(old, new)
        env.write_text(text)
        self.write({"models.py": MODELS, "pgcache.toml": SHELF})

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.directory / name).write_text(text)

    def config(self, **options: Any) -> Config:
        # Without the name of alembic.ini, env.py leaves the logging of the tests alone.
        config = Config(stdout=io.StringIO(), **options)
        settings = {name: str(value) for name, value in conninfo_to_dict(self.dsn).items()}
        url = URL.create("postgresql+psycopg", query=settings)
        config.set_main_option("script_location", str(self.directory / "migrations"))
        config.set_main_option("sqlalchemy.url", url.render_as_string(hide_password=False).replace("%", "%%"))
        config.attributes.update(self.options)
        return config

    def revise(self, message: str, **options: Any) -> Path:
        """Make a revision by autogenerate, and give its file."""
        script = command.revision(self.config(), message, autogenerate=True, **options)
        assert script is not None
        assert not isinstance(script, list)
        return Path(script.path)

    def write_revision(self, upgrade: str, downgrade: str = "pass") -> Path:
        """Make a revision by hand."""
        script = command.revision(self.config(), "by hand")
        assert script is not None
        assert not isinstance(script, list)
        path = Path(script.path)
        head = path.read_text().partition("def upgrade()")[0]
        bodies = (textwrap.indent(textwrap.dedent(body).strip(), "    ") for body in (upgrade, downgrade))
        path.write_text(head + "def upgrade():\n{}\n\n\ndef downgrade():\n{}\n".format(*bodies))
        return path

    def upgrade(self, revision: str = "head") -> None:
        command.upgrade(self.config(), revision)

    def downgrade(self, revision: str = "-1") -> None:
        command.downgrade(self.config(), revision)

    def check(self) -> None:
        """Raise an error if autogenerate would find something."""
        command.check(self.config())

    def script(self, direction: str, span: str) -> str:
        """What `alembic upgrade SPAN --sql` prints, or downgrade."""
        output = io.StringIO()
        getattr(command, direction)(self.config(output_buffer=output), span, sql=True)
        return output.getvalue()

    def totals(self) -> list[tuple[int, Any]]:
        return self.conn.execute("SELECT id, total FROM shelf ORDER BY id").fetchall()


def bodies(revision: Path) -> tuple[list[str], list[str]]:
    """The operations of a revision's upgrade and downgrade, by name, in order."""
    _, upgrade, downgrade = revision.read_text().split("\ndef ")
    return _operations(upgrade), _operations(downgrade)


def _operations(body: str) -> list[str]:
    lines = (line.strip() for line in body.splitlines())
    return [line.partition("op.")[2].partition("(")[0] for line in lines if line.startswith("op.")]
