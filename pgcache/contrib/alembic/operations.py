"""op.apply_caches and op.remove_caches."""

from __future__ import annotations

import logging
import os
import textwrap
from contextlib import closing

from alembic.operations import MigrateOperation, Operations
from alembic.util import CommandError

from pgcache import config, migrate, offline
from pgcache.connection import connect
from pgcache.contrib.alembic.connection import driver_connection, failing_as_a_command
from pgcache.model import Declaration

log = logging.getLogger(__name__)

FILE = "pgcache.toml"


def normalized(declaration: str) -> str:
    """A declaration as it was before a revision indented it."""
    return textwrap.dedent(declaration).strip() + "\n"


@Operations.register_operation("apply_caches")
class ApplyCachesOp(MigrateOperation):
    """Bring the caches to a declaration; `undo` is what a downgrade does instead."""

    def __init__(
        self, declaration: str, *, prune: bool = False, backfill: bool = True, undo: MigrateOperation | None = None
    ) -> None:
        self.declaration = declaration
        self.prune = prune
        self.backfill = backfill
        self.undo = undo

    @classmethod
    def apply_caches(
        cls, operations: Operations, declaration: str, *, prune: bool = False, backfill: bool = True
    ) -> None:
        """Bring the caches to a declaration, as `pgcache migrate` does, in the transaction of the migration.

        Parameters
        ----------
        declaration:
            The text of a pgcache.toml. It stands in the revision itself, so that the revision always means the same.
        prune:
            Drop the caches that are installed but not declared.
        backfill:
            Fill new and changed caches; else they stay due, and `pgcache migrate` fills them while writers go on.

        Raises
        ------
        CommandError
            The declaration does not fit the database, or a lock was not granted.
        """
        operations.invoke(cls(declaration, prune=prune, backfill=backfill))

    def reverse(self) -> MigrateOperation:
        if self.undo is None:
            raise CommandError("op.apply_caches does not know what was there before; write its downgrade by hand")
        return self.undo

    def to_diff_tuple(self) -> tuple[str, str]:
        return ("apply_caches", self.declaration)


@Operations.register_operation("remove_caches")
class RemoveCachesOp(MigrateOperation):
    """Remove caches, or all of pgcache; `undo` is what a downgrade does instead."""

    def __init__(self, *caches: str, undo: MigrateOperation | None = None) -> None:
        self.caches = caches
        self.undo = undo

    @classmethod
    def remove_caches(cls, operations: Operations, *caches: str) -> None:
        """Remove some caches; without a name everything of pgcache, its log of drift included. Cached columns stay.

        Parameters
        ----------
        caches:
            Names of installed caches.

        Raises
        ------
        CommandError
            There is no such cache, or something else depends on it.
        """
        operations.invoke(cls(*caches))

    def reverse(self) -> MigrateOperation:
        if self.undo is None:
            raise CommandError("op.remove_caches does not know what was there before; write its downgrade by hand")
        return self.undo

    def to_diff_tuple(self) -> tuple[str, ...]:
        return ("remove_caches", *self.caches)


@Operations.implementation_for(ApplyCachesOp)
def apply_caches(operations: Operations, operation: ApplyCachesOp) -> None:
    """Runs within the migration's transaction; in an autocommit_block it does as `pgcache migrate` does."""
    with failing_as_a_command():
        declaration = config.loads(normalized(operation.declaration), FILE)
        if operations.get_context().as_sql:
            operations.get_context().impl.static_output(_script(operations, operation, declaration))
            return
        plan = migrate.migrate(
            driver_connection(operations.get_bind()),
            declaration,
            prune=operation.prune,
            fill=operation.backfill,
            say=log.info,
        )
        for warning in plan.warnings:
            log.warning("%s", warning)


@Operations.implementation_for(RemoveCachesOp)
def remove_caches(operations: Operations, operation: RemoveCachesOp) -> None:
    """Runs within the migration's transaction."""
    if operations.get_context().as_sql:
        operations.get_context().impl.static_output(offline.remove_script(operation.caches))
        return
    with failing_as_a_command():
        conn = driver_connection(operations.get_bind())
        if operation.caches:
            migrate.remove(conn, operation.caches, log.info)
        else:
            migrate.uninstall(conn, log.info)


def _script(operations: Operations, operation: ApplyCachesOp, declaration: Declaration) -> str:
    """What a script does; the columns of the tables are looked up in a database that has them."""
    dsn = operations.get_context().opts.get("pgcache_dsn") or os.environ.get("PGCACHE_DSN")
    if not dsn:
        raise CommandError(
            "op.apply_caches has to look up the types of columns, also for --sql: let PGCACHE_DSN name a database that "
            "has the tables of this revision (a development one will do; it is read, not changed)"
        )
    with closing(connect(dsn)) as conn:
        return offline.apply_script(conn, declaration, prune=operation.prune, fill=operation.backfill)
