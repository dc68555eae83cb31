"""The guard against SQLAlchemy's ORM, which writes back whole rows that it once read, and new rows with a value.

Each of the four guards, on the customers of the parties preset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import NullPool, Numeric, create_engine, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import flag_modified

from pgcache import config, migrate, resources
from pgcache.model import Guard
from pgcache.reconcile import reconcile
from tests.integration.parties.bakery import Bakery

APPLICATION = "back office"

GUARDS: tuple[Guard, ...] = get_args(Guard)


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    balance: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal(0))


@dataclass(frozen=True)
class Office:
    """The bakery under one guard, and SQLAlchemy's sessions on it."""

    guard: Guard
    bakery: Bakery
    dsn: str

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session of its own, in one transaction, which is committed at the end."""
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(self.dsn, application_name=APPLICATION),
            poolclass=NullPool,
        )
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def stale(self) -> Customer:
        """A customer whose history another session has changed since it was read: 55 then, 61 now."""
        with self.session() as session:
            customer = session.get_one(Customer, self.bakery.ids["aurora"])
        self.bakery.run("INSERT INTO sales (customer_id, total) VALUES (%(aurora)s, 6)")
        self.bakery.expect(aurora=6)
        assert customer.balance == 55
        return customer

    def stored(self) -> tuple[Any, ...]:
        """The customer's name and balance in the database."""
        row = self.bakery.run("SELECT name, balance FROM customers WHERE id = %(aurora)s").fetchone()
        assert row is not None
        return row

    def writes(self) -> list[tuple[Any, ...]]:
        """What pgcache.write says of hand-written values."""
        return self.bakery.conn.execute(
            "SELECT cache, event, cached, written, written_by, application_name FROM pgcache.write ORDER BY id"
        ).fetchall()

    @property
    def user(self) -> str:
        return self.bakery.conn.info.user


def _install(guard: Guard) -> Callable[[str], None]:
    preset = resources.sql("presets", "parties", "pgcache.toml")
    declaration = config.loads(preset.replace('guard = "ignore"', f'guard = "{guard}"'), "pgcache.toml")
    assert declaration.caches[0].guard == guard

    def install(dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            migrate.migrate(conn, declaration, with_tables=True)

    return install


@pytest.fixture
def office(guard: Guard, clone: Callable[[str, Callable[[str], None]], str]) -> Iterator[Office]:
    dsn = clone(f"parties, guard {guard}", _install(guard))
    with psycopg.connect(dsn, autocommit=True) as conn:
        bakery = Bakery(conn)
        bakery.expect()
        yield Office(guard, bakery, dsn)


def merged(session: Session, customer: Customer) -> None:
    """A detached object: the row is read, and every attribute that differs from it is written."""
    session.merge(customer)


def flagged(session: Session, customer: Customer) -> None:
    """The object of an earlier transaction, of which every column is written."""
    session.add(customer)
    flag_modified(customer, "balance")


def updated_in_bulk(session: Session, customer: Customer) -> None:
    """Rows by primary key, as they came from a form or a queue."""
    row = {"id": customer.id, "name": customer.name, "balance": customer.balance}
    session.execute(update(Customer), [row])


Save = Callable[[Session, Customer], None]

every_guard = pytest.mark.parametrize("guard", GUARDS)
every_save = pytest.mark.parametrize("save", [merged, flagged, updated_in_bulk])


def save_stale(office: Office, save: Save) -> None:
    customer = office.stale()
    customer.name = "Grand Hotel Aurora"
    with office.session() as session:
        save(session, customer)


@every_save
@pytest.mark.parametrize("guard", ["ignore"])
def test_ignore_keeps_the_true_value_and_lets_the_rest_of_the_save_through(office: Office, save: Save) -> None:
    save_stale(office, save)
    assert office.stored() == ("Grand Hotel Aurora", 61)
    assert office.writes() == []
    office.bakery.expect(aurora=6)


@every_save
@pytest.mark.parametrize("guard", ["reject"])
def test_reject_raises(office: Office, save: Save) -> None:
    with pytest.raises(DBAPIError) as raised:
        save_stale(office, save)
    error = raised.value.orig
    assert isinstance(error, psycopg.Error)
    assert error.sqlstate == "PC004"
    assert str(office.bakery.ids["aurora"]) in (error.diag.message_detail or "")
    assert "pgcache recompute customer_balance" in (error.diag.message_hint or "")
    assert office.stored() == ("Hotel Aurora", 61)
    assert office.writes() == []
    office.bakery.expect(aurora=6)


@every_save
@pytest.mark.parametrize("guard", ["log"])
def test_log_lets_it_through_and_records_who_did_it(office: Office, save: Save) -> None:
    save_stale(office, save)
    assert office.stored() == ("Grand Hotel Aurora", 55)
    assert office.writes() == [("customer_balance", "UPDATE", [61], [55], office.user, APPLICATION)]
    key, query = office.bakery.conn.execute("SELECT key ->> 'id', query FROM pgcache.write").fetchall()[0]
    assert key == str(office.bakery.ids["aurora"])
    assert query.startswith("UPDATE customers SET ")


@pytest.mark.parametrize("guard", ["log"])
def test_who_did_it_is_whoever_logged_in(office: Office) -> None:
    """Not the owner of pgcache's functions, with whose rights the record is written."""
    office.bakery.run("GRANT SELECT, UPDATE ON customers TO pg_monitor")
    customer = office.stale()
    with office.session() as session:
        session.execute(text("SET LOCAL SESSION AUTHORIZATION pg_monitor"))
        session.merge(customer)
    assert office.writes() == [("customer_balance", "UPDATE", [61], [55], "pg_monitor", APPLICATION)]


@pytest.mark.parametrize("guard", ["log"])
def test_what_is_rolled_back_is_not_recorded(office: Office) -> None:
    customer = office.stale()
    with office.session() as session:
        session.merge(customer)
        session.flush()
        session.rollback()
    assert office.writes() == []
    office.bakery.expect(aurora=6)


@every_save
@pytest.mark.parametrize("guard", ["off"])
def test_off_lets_it_through(office: Office, save: Save) -> None:
    save_stale(office, save)
    assert office.stored() == ("Grand Hotel Aurora", 55)
    assert office.writes() == []


@pytest.mark.parametrize("guard", ["log", "off"])
def test_what_was_let_through_is_drift_until_reconcile_corrects_it(office: Office) -> None:
    save_stale(office, merged)
    office.bakery.run("INSERT INTO sales (customer_id, total) VALUES (%(aurora)s, 1)")
    assert office.stored() == ("Grand Hotel Aurora", 56)
    (result,) = reconcile(office.bakery.conn, ["customer_balance"]).caches
    assert (result.drifted, result.corrected, result.max_abs_drift) == (1, 1, Decimal(6))
    office.bakery.expect(aurora=7)
    # The correction itself is not a value that was written by hand.
    assert len(office.writes()) == (office.guard == "log")


@every_guard
def test_a_save_of_what_has_not_changed_meets_no_guard(office: Office) -> None:
    """The whole row where the object is not stale, and the changed columns alone where it is."""
    with office.session() as session:
        customer = session.get_one(Customer, office.bakery.ids["aurora"])
        customer.name = "Grand Hotel Aurora"
        flag_modified(customer, "balance")
    assert office.stored() == ("Grand Hotel Aurora", 55)
    customer = office.stale()
    with office.session() as session:
        session.add(customer)
        customer.name = "Aurora"
    assert office.stored() == ("Aurora", 61)
    assert office.writes() == []
    office.bakery.expect(aurora=6)


def kiosks(office: Office) -> list[Decimal]:
    return [
        balance
        for (balance,) in office.bakery.run("SELECT balance FROM customers WHERE name LIKE 'Kiosk%%' ORDER BY name")
    ]


def insert(office: Office, *balances: int | None) -> None:
    """New customers, those of a number with it as their balance."""
    with office.session() as session:
        for n, balance in enumerate(balances, 1):
            given = {} if balance is None else {"balance": Decimal(balance)}
            session.add(Customer(name=f"Kiosk {n}", **given))


INSERTED: dict[Guard, list[int]] = {"ignore": [0, 0, 0], "log": [12, 0, 34], "off": [12, 0, 34]}


@pytest.mark.parametrize("guard", INSERTED)
def test_new_rows_with_a_value(office: Office) -> None:
    insert(office, 12, None, 34)
    assert kiosks(office) == INSERTED[office.guard]
    recorded = [("customer_balance", "INSERT", [0], [n], office.user, APPLICATION) for n in (12, 34)]
    assert office.writes() == (recorded if office.guard == "log" else [])


@pytest.mark.parametrize("guard", ["reject"])
def test_new_rows_with_a_value_are_rejected(office: Office) -> None:
    with pytest.raises(DBAPIError) as raised:
        insert(office, None, 12)
    assert isinstance(raised.value.orig, psycopg.Error)
    assert raised.value.orig.sqlstate == "PC004"
    assert kiosks(office) == []


@every_guard
def test_new_rows_without_a_value_or_with_0_meet_no_guard(office: Office) -> None:
    insert(office, None, 0)
    assert kiosks(office) == [0, 0]
    assert office.writes() == []
    office.bakery.expect()
