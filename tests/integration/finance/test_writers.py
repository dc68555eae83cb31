"""Who writes: an application's role that may touch transactions and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.integration.finance.household import Household


@pytest.fixture
def teller(home: Household) -> Iterator[str]:
    """A role that may write transactions; roles belong to the server, so its name is that of the database."""
    role = f"teller of {home.conn.info.dbname}"
    name = sql.Identifier(role)
    home.conn.execute(sql.SQL("CREATE ROLE {}").format(name))
    home.conn.execute(sql.SQL("GRANT INSERT, UPDATE, DELETE, TRUNCATE ON transaction TO {}").format(name))
    yield role
    home.conn.execute("RESET ROLE")
    home.conn.execute(sql.SQL("DROP OWNED BY {} CASCADE; DROP ROLE {}").format(name, name))


@pytest.fixture
def as_teller(home: Household, teller: str) -> Household:
    """The household, its connection working as the teller."""
    home.conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(teller)))
    return home


def test_every_write_keeps_the_caches_exact(as_teller: Household) -> None:
    as_teller.run(
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date) VALUES
               (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02'),
               (%(everyday)s, %(fun)s, 'outcome', 6, '2025-06-02')"""
    )
    as_teller.run("UPDATE transaction SET amount = 10, deleted_at = NULL")
    as_teller.conn.execute("RESET ROLE")
    # 8 rows of 10. everyday: 2 incomes, 5 outcomes; food: 3 outcomes in June, 1 in May; fun: 2.
    as_teller.expect(everyday=70, savings=-10, june=30, year=60)


def test_delete(as_teller: Household) -> None:
    as_teller.run("DELETE FROM transaction")
    as_teller.conn.execute("RESET ROLE")
    as_teller.expect(everyday=100, june=0, year=0)


def test_truncate(as_teller: Household) -> None:
    as_teller.run("TRUNCATE transaction")
    as_teller.conn.execute("RESET ROLE")
    as_teller.expect(everyday=100, june=0, year=0)


FORBIDDEN: tuple[str, ...] = (
    "SELECT cached_balance FROM account",
    "UPDATE account SET cached_balance = 1",
    "SELECT * FROM pgcache.account_balance",
    "SELECT * FROM pgcache.drift",
    "SELECT recompute_account_balance(%(everyday)s)",
    "SELECT recompute_budget_consumption(%(june)s)",
    "SELECT recompute_budget_consumption(%(june)s, '2025-06-01', '2025-06-30')",
    "SELECT rollover_budgets('2025-07-01')",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_right_to_write_transactions_gives_no_other(as_teller: Household, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_teller.run(statement)
    as_teller.conn.execute("RESET ROLE")
    as_teller.expect()


def test_objects_of_the_writer_on_its_search_path_are_not_used(home: Household, teller: str) -> None:
    home.conn.execute(
        sql.SQL(
            """CREATE SCHEMA trap AUTHORIZATION {teller};
               GRANT ALL ON transaction, account, budget, budget_category TO {teller};
               SET ROLE {teller};
               CREATE TABLE trap.account (LIKE public.account INCLUDING DEFAULTS);
               CREATE TABLE trap.budget (LIKE public.budget INCLUDING DEFAULTS);
               CREATE TABLE trap.budget_category (LIKE public.budget_category);
               CREATE FUNCTION trap.lie(numeric, numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 0.0';
               CREATE FUNCTION trap.lie(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 0.0';
               CREATE FUNCTION trap.lie(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
               CREATE OPERATOR trap.+ (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = trap.lie);
               CREATE OPERATOR trap.- (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = trap.lie);
               CREATE OPERATOR trap.- (RIGHTARG = numeric, FUNCTION = trap.lie);
               CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.lie);
               SET search_path = trap, pg_catalog, public"""
        ).format(teller=sql.Identifier(teller))
    )
    home.run("UPDATE public.transaction SET amount = 41 WHERE id = %(groceries)s")
    home.run("UPDATE public.account SET opening_balance = 50")
    home.run("UPDATE public.budget SET period_start = '2025-05-31' WHERE id = %(june)s")
    home.run("INSERT INTO public.budget_category VALUES (%(june)s, %(fun)s)")
    home.conn.execute("RESET ROLE; RESET search_path")
    home.expect(everyday=974, savings=50, june=81, year=81)
