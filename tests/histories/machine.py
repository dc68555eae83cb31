"""Random histories: Hypothesis chooses the events, and the oracle looks after each.

What fails is made as short as it gets, and printed as a script for psql.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.histories import beside, events
from tests.histories.databases import Worlds
from tests.histories.events import LEVELS, Statement, Transaction
from tests.histories.session import ALLOWED, BESIDE, Figures, Second, Session
from tests.histories.world import World


class History(RuleBasedStateMachine):
    """One session's way through a world, and in mode nowait a second one's beside it.

    What it goes through comes from the class attributes.
    """

    databases: Worlds
    worlds: st.SearchStrategy[World]
    figures: Figures

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.world = data.draw(self.worlds, "world")
        self.declared = self.world.declared[0]
        conn = self.opened.enter_context(self.databases.fresh(self.world))
        self.session = Session(conn, self.world, self.figures)
        self.merging = conn.info.server_version >= 150000
        self.second = Second(self.opened.enter_context(beside.connected(conn)), self.world, self.session)
        self.level: str | None = None
        self.holds_only = True

    @rule(data=st.data())
    def transact(self, data: st.DataObject) -> None:
        """Several statements, at any level, with savepoints."""
        self.session.transact(data.draw(events.transactions(self.world, self.declared, self.merging), "transaction"))

    @rule(data=st.data())
    def run(self, data: st.DataObject) -> None:
        """A statement by itself."""
        self.session.try_to_run(data.draw(events.statements(self.world, self.declared, self.merging), "statement"))

    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        """A statement by itself, of those that applications are made of."""
        statement = data.draw(st.sampled_from(self.world.tables).flatmap(events.simple), "statement")
        self.session.try_to_run(Statement(statement))

    @precondition(lambda self: self.declared.nowait and self.world.finite)
    @rule(data=st.data())
    def write_without_waiting(self, data: st.DataObject) -> None:
        """A writer of sources neither waits for whoever holds target rows, at any level, nor fails for it."""
        statement = data.draw(events.writes(self.world), "statement")
        level = data.draw(st.sampled_from(LEVELS), "level")
        allowed, self.session.allowed = self.session.allowed, ALLOWED if self.holds_only else BESIDE
        self.session.transact(Transaction(level, (statement,), "COMMIT"))
        self.session.allowed = allowed

    @precondition(lambda self: self.declared.plain)
    @rule(data=st.data())
    def beside(self, data: st.DataObject) -> None:
        """A second session goes on with its transaction, or begins one, or ends it."""
        step = data.draw(beside.steps(self.world, self.declared), "step")
        if step.kind == "end":
            self._leave(step.ending)
            return
        if not self.level:
            self.second.run(Statement(f"BEGIN ISOLATION LEVEL {step.begins}"))
            self.level = step.begins
        statement = step.statement(self.level)
        self.holds_only = self.holds_only and statement == step.hold
        self.session.allowed = BESIDE
        if not self.second.try_to_run(statement):
            self._leave("ROLLBACK")

    @precondition(lambda self: self.declared.plain)
    @rule(data=st.data())
    def fold(self, data: st.DataObject) -> None:
        """What cron does; where nobody holds anything the columns are right afterwards."""
        folds = tuple(Statement(f"SELECT pgcache.fold('{cache}')") for cache in self.declared.plain)
        ending = data.draw(st.sampled_from(("COMMIT", "COMMIT", "ROLLBACK")), "ending")
        self.session.transact(Transaction("READ COMMITTED", folds, ending))
        if ending == "COMMIT" and not self.level:
            self.session.check_plain(self.declared)

    def _leave(self, ending: str) -> None:
        """The second session ends its transaction."""
        self.second.end(ending)
        self.level, self.holds_only, self.session.allowed = None, True, ALLOWED

    @rule(data=st.data())
    def maintain(self, data: st.DataObject) -> None:
        """What cron, a DBA or a deployment does."""
        work = (self._repair, self._repair_in_steps, self._reconcile, self._migrate, self._recompute)
        data.draw(st.sampled_from(work), "work")(data)

    def _migrate(self, data: st.DataObject) -> None:
        """The declaration changes, or is applied once more."""
        self._leave("COMMIT")
        self.declared = data.draw(st.sampled_from(self.world.declared), "declared")
        self.session.migrate(self.declared)

    @precondition(lambda self: self.world.partition)
    @rule(data=st.data())
    def repartition(self, data: st.DataObject) -> None:
        """A partition goes or comes back, with its rows; the next migration sees to it, whatever is written before."""
        partition = self.world.partition
        assert partition
        self._leave("COMMIT")
        statements = partition.detach if self.session.has_partition(partition) else partition.attach
        self.session.transact(Transaction("READ COMMITTED", tuple(map(Statement, statements)), "COMMIT"))
        table = next(table for table in self.world.tables if table.name == partition.table)
        straight = replace(table, name=partition.name, direct=())
        self.session.try_to_run(Statement(data.draw(events.simple(straight), "straight into it")))
        self.session.migrate(self.declared)

    def _recompute(self, data: st.DataObject) -> None:
        """A key is made exact which already is, and so are those that are marked."""
        cache = data.draw(st.sampled_from(sorted(self.declared.keys)), "cache")
        key = data.draw(st.sampled_from(self.declared.keys[cache]), "key")
        self.session.try_to_run(Statement(f"SELECT pgcache.recompute('{cache}', {key})"))
        self.session.try_to_run(Statement(f"SELECT pgcache.refresh('{cache}')"))

    def _repair(self, data: st.DataObject) -> None:
        """What no trigger sees, and a reconcile that repairs it: at the second attempt, where it was interrupted."""
        self._leave("COMMIT")
        self.session.transact(data.draw(events.damages(self.world), "damage"))
        repairs = tuple(Statement(f"SELECT pgcache.reconcile('{cache}')") for cache in self.declared.keys)
        if data.draw(st.booleans(), "rolled back"):
            self.session.transact(Transaction("READ COMMITTED", repairs, "ROLLBACK"))
        self.session.transact(Transaction("READ COMMITTED", repairs, "COMMIT"))

    def _repair_in_steps(self, data: st.DataObject) -> None:
        """The same as the command does it, in several transactions, with others of the session between them."""
        self._leave("COMMIT")
        self.session.transact(data.draw(events.damages(self.world), "damage"))
        steps = [(step, cache) for step in data.draw(events.passes(), "pass") for cache in self.declared.keys]
        for step, cache in steps:
            self.session.try_to_run(Statement(step.format(cache=cache)))
            others = st.one_of(
                events.rebirths(self.world), events.transactions(self.world, self.declared, self.merging)
            )
            for other in data.draw(st.lists(others, max_size=3), "meanwhile"):
                self.session.transact(other)

    def _reconcile(self, _data: st.DataObject) -> None:
        """Finds nothing where nothing is wrong: the engine's own comparison agrees with the oracle."""
        for cache in self.declared.keys:
            statement = Statement(f"SELECT 1 / (drifted = 0)::integer FROM pgcache.reconcile('{cache}')")
            self.session.try_to_run(statement)

    @invariant()
    def exact(self) -> None:
        self.session.check(self.declared)
        self.second.check(self.declared)

    def teardown(self) -> None:
        if hasattr(self, "session"):
            note(self.session.printed())
        self.opened.close()


def go_through(
    databases: Worlds,
    worlds: st.SearchStrategy[World],
    figures: Figures,
    *,
    histories: int,
    steps: int,
    fixed: bool = True,
) -> None:
    """Go through some histories.

    Parameters
    ----------
    databases:
        Where they happen.
    worlds:
        What they happen in.
    figures:
        Counts what was done.
    histories, steps:
        How many there are, and how many steps each has at most.
    fixed:
        The same histories in each run, rather than other ones.

    Raises
    ------
    Wrong
        A cache differs from its history; the notes of the failure are a script for psql.
    """
    machine = type("History", (History,), {"databases": databases, "worlds": worlds, "figures": figures})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            derandomize=fixed,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
