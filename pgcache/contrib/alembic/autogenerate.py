"""What `alembic revision --autogenerate` makes of a changed declaration, and how a revision writes it down."""

from __future__ import annotations

import logging
import os
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.util
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from sqlalchemy import Connection

from pgcache import config, queries
from pgcache.contrib.alembic.connection import driver_connection, failing_as_a_command
from pgcache.contrib.alembic.operations import ApplyCachesOp, RemoveCachesOp, normalized
from pgcache.errors import DeclarationError
from pgcache.model import Cache, Declaration
from pgcache.plan import make_plan

log = logging.getLogger(__name__)

# Alembic's own comparison of tables comes after what has no priority in 1.18 and later, and after what is for
# one database alone before that.
_AFTER_TABLES: dict[str, Any] = (
    {"priority": alembic.util.DispatchPriority.LAST} if hasattr(alembic.util, "DispatchPriority") else {}
)

_Table = tuple[str | None, str]
"""A schema and a name."""


def include_name(name: str | None, type_: str, _parent_names: object) -> bool:
    """Keep the schema pgcache out of what Alembic reads of the database; for `context.configure(include_name=...)`.

    With `include_schemas` Alembic would look at its tables too, and warn about their types.
    """
    return (type_, name) != ("schema", "pgcache")


@comparators.dispatch_for("schema", **_AFTER_TABLES)
def compare_caches(context: AutogenContext, upgrade: ops.UpgradeOps, _schemas: object) -> None:
    """Add what brings the caches to the declaration, between what creates and what drops.

    The declaration is the file that the option `pgcache_config` of `context.configure` names, else PGCACHE_CONFIG, else
    pgcache.toml; where the option is None, nothing is compared.
    """
    path = context.opts.get("pgcache_config", os.environ.get("PGCACHE_CONFIG") or "pgcache.toml")
    assert context.connection is not None
    if path is None or context.connection.dialect.name != "postgresql":
        return
    with failing_as_a_command():
        _Comparison(context.connection, config.load(Path(path))).complete(upgrade)


class _Comparison:
    """A declaration, and what the database holds of pgcache."""

    def __init__(self, connection: Connection, declaration: Declaration) -> None:
        self.conn = driver_connection(connection)
        self.default_schema = connection.dialect.default_schema_name
        self.declaration = declaration
        self.names = {cache.name for cache in declaration.caches}
        self.exists = queries.value(self.conn, "schema_exists")
        settings = {row["name"]: row["value"] for row in self.rows("settings")}
        self.previous: str | None = settings.get("declaration")
        self.installed = [row["name"] for row in self.rows("caches")]
        self.pinned = self.rows("pinned_columns")

    def rows(self, query: str) -> list[queries.Row]:
        return queries.rows(self.conn, query) if self.exists else []

    def complete(self, upgrade: ops.UpgradeOps) -> None:
        """Add to what Alembic found, and take out what is none of its business."""
        made: set[_Table] = {(row["schema"], row["name"]) for row in self.rows("made_tables")}
        made |= {self.target(cache) for cache in self.declaration.caches if cache.creates}
        upgrade.ops = [op for op in upgrade.ops if not self.keeps(op, made)]
        retyped = set(self.retyped(upgrade))
        if retyped or self.differs(upgrade):
            self.place(upgrade, retyped)

    def table(self, schema: str | None, name: str) -> _Table:
        return (schema or self.default_schema, name)

    def target(self, cache: Cache) -> _Table:
        return self.table(cache.target.schema, cache.target.name)

    def keeps(self, op: ops.MigrateOperation, made: set[_Table]) -> bool:
        """Whether the table of an operation is one that pgcache itself creates and drops."""
        if not isinstance(op, ops.CreateTableOp | ops.DropTableOp | ops.ModifyTableOps):
            return False
        return op.schema == "pgcache" or self.table(op.schema, op.table_name) in made

    def retyped(self, upgrade: ops.UpgradeOps) -> Iterator[_Table]:
        """The tables of which a column changes its type that PostgreSQL would refuse to change."""
        pinned = {(row["schema"], row["table"], row["column"]) for row in self.pinned}
        for modified in upgrade.ops:
            for op in modified.ops if isinstance(modified, ops.ModifyTableOps) else ():
                if isinstance(op, ops.AlterColumnOp) and op.modify_type is not None:
                    table = self.table(op.schema, op.table_name)
                    if (*table, op.column_name) in pinned:
                        yield table

    def differs(self, upgrade: ops.UpgradeOps) -> bool:
        """Whether the database is not as declared; tables that this revision creates are not there to be compared."""
        try:
            return not make_plan(self.conn, self.declaration, prune=True).empty
        except DeclarationError as error:
            unchanged = self.previous and tomllib.loads(self.previous) == tomllib.loads(self.declaration.text)
            if unchanged or upgrade.is_empty():
                raise
            for problem in error.problems:
                log.warning("Unless this revision sees to it: %s", problem)
            return True

    def place(self, upgrade: ops.UpgradeOps, retyped: set[_Table]) -> None:
        """Put the operation between those that create and those that drop; a downgrade goes the same way back."""
        log.info("Detected changed caches")
        apply = ApplyCachesOp(self.declaration.text, prune=not self.names.issuperset(self.installed))
        if self.previous is None:
            apply.undo = RemoveCachesOp()
        else:
            before = {cache.name for cache in config.loads(self.previous, "the declaration before").caches}
            apply.undo = ApplyCachesOp(self.previous, prune=not before.issuperset(self.names))
        removes: list[ops.MigrateOperation] = []
        if retyped:
            doomed = sorted({row["cache"] for row in self.pinned if (row["schema"], row["table"]) in retyped})
            removes = [RemoveCachesOp(*doomed, undo=apply.undo)]
            again = [cache.name for cache in self.declaration.caches if self.target(cache) in retyped]
            # Without a name it would remove everything; an operation without parts does nothing.
            apply.undo = RemoveCachesOp(*again) if again else ops.ModifyTableOps("", [])
        creates, drops = _parted(upgrade)
        upgrade.ops = [*removes, *creates, apply, *drops]


def _parted(upgrade: ops.UpgradeOps) -> tuple[list[ops.MigrateOperation], list[ops.MigrateOperation]]:
    """What creates and changes, and what drops a table or a column."""
    creates: list[ops.MigrateOperation] = []
    drops: list[ops.MigrateOperation] = []
    for op in upgrade.ops:
        if isinstance(op, ops.DropTableOp):
            drops.append(op)
        elif isinstance(op, ops.ModifyTableOps):
            for part, wanted in ((creates, False), (drops, True)):
                chosen = [change for change in op.ops if isinstance(change, ops.DropColumnOp) is wanted]
                if chosen:
                    part.append(ops.ModifyTableOps(op.table_name, chosen, schema=op.schema))
        else:
            creates.append(op)
    return creates, drops


@renderers.dispatch_for(ApplyCachesOp)
def render_apply_caches(context: AutogenContext, op: ApplyCachesOp) -> str:
    options = ["prune=True"] * op.prune + ["backfill=False"] * (not op.backfill)
    arguments = textwrap.indent(",\n".join([_literal(op.declaration), *options]), "    ")
    return f"{context.opts['alembic_module_prefix']}apply_caches(\n{arguments},\n)"


@renderers.dispatch_for(RemoveCachesOp)
def render_remove_caches(context: AutogenContext, op: RemoveCachesOp) -> str:
    return f"{context.opts['alembic_module_prefix']}remove_caches({', '.join(map(repr, op.caches))})"


def _literal(declaration: str) -> str:
    """The text as it stands, if it means the same after Alembic has indented its lines and cut spaces at their ends."""
    text = normalized(declaration)
    written = re.sub(r" +$", "", textwrap.indent(text, "    "), flags=re.MULTILINE)
    if tomllib.loads(normalized(written)) == tomllib.loads(declaration):
        raw = "r" if "\\" in text else ""
        for quotes in ('"""', "'''"):
            if quotes not in text:
                return f"{raw}{quotes}\n{text}{quotes}"
    return repr(text)
