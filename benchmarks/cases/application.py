"""A web application's way: SQLAlchemy sessions, with the balance kept by events of the session, or by the database.

The events do what such code does: at each flush they add what the new, changed and deleted rows count for, by an UPDATE
for each account, in the order of the accounts.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import psycopg
from sqlalchemy import ForeignKey, create_engine, event, func, inspect, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from benchmarks import ways
from benchmarks.database import Database
from benchmarks.household import ACCOUNTS, household
from benchmarks.model import Case, Effort, Sample, Variant
from benchmarks.work import Work

_TRANSACTIONS = 200


class _Base(DeclarativeBase):
    pass


class _Account(_Base):
    __tablename__ = "account"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    cached_balance: Mapped[Decimal]


class _Transaction(_Base):
    __tablename__ = "transaction"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    flow_type: Mapped[str]
    amount: Mapped[Decimal]


def _signed(flow_type: str, amount: Decimal) -> Decimal:
    return amount if flow_type == "income" else -amount


def _before(row: _Transaction, name: str) -> Any:
    """Give what the database holds in a column of a row."""
    history = inspect(row).attrs[name].history
    return next(iter(history.deleted or history.unchanged))


def _keep_balances(session: Session, *_: object) -> None:
    deltas: dict[uuid.UUID, Decimal] = {}

    def count(account: uuid.UUID, amount: Decimal) -> None:
        deltas[account] = deltas.get(account, Decimal(0)) + amount

    for row in [*session.dirty, *session.deleted]:
        if isinstance(row, _Transaction):
            account, flow_type, amount = (_before(row, name) for name in ("account_id", "flow_type", "amount"))
            count(account, -_signed(flow_type, amount))
    for row in [*session.new, *session.dirty]:
        if isinstance(row, _Transaction):
            count(row.account_id, _signed(row.flow_type, row.amount))
    for account in sorted(deltas):
        changed = update(_Account).where(_Account.id == account)
        session.execute(
            changed.values(cached_balance=_Account.cached_balance + deltas[account]),
            execution_options={"synchronize_session": False},
        )


def _sessions(*, events: bool = False) -> Work:
    """The time for each transaction: a session that adds a row and commits."""

    def work(database: Database, effort: Effort) -> Sample:
        engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database.dsn))
        sessions = sessionmaker(engine)
        if events:
            event.listen(sessions, "before_flush", _keep_balances)

        def insert() -> None:
            for n in range(_TRANSACTIONS):
                with sessions.begin() as session:
                    account = uuid.UUID(int=1 + n * 7919 % ACCOUNTS)
                    session.add(_Transaction(account_id=account, flow_type="income", amount=Decimal("12.34")))

        sample = database.milliseconds(insert)
        engine.dispose()
        return Sample(sample.value / _TRANSACTIONS)

    return work


CASES = (
    Case(
        "sqlalchemy",
        "A SQLAlchemy session adds a transaction and commits; 10,000 accounts, one client",
        "ms per transaction",
        "less",
        household(),
        (
            Variant(ways.NONE, _sessions()),
            Variant("session events", _sessions(events=True)),
            Variant(ways.ROW_TRIGGER, _sessions(), ways.row_trigger),
            Variant("immediate", _sessions(), ways.balance()),
        ),
    ),
)
