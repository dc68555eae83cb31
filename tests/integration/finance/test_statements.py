"""Every way to write: upserts, MERGE, data-modifying CTEs, savepoints, loops, and the user's own triggers."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from tests.integration.finance.household import Household

UPSERTS: dict[str, tuple[str, dict[str, int | str]]] = {
    "DO UPDATE that inserts": (
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02')
           ON CONFLICT (id) DO UPDATE SET amount = excluded.amount""",
        {"savings": -6, "june": 46, "year": 86},
    ),
    "DO UPDATE that updates": (
        """INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date)
           VALUES (%(groceries)s, %(savings)s, %(fun)s, 'outcome', 6, '2025-07-02')
           ON CONFLICT (id) DO UPDATE
           SET account_id = excluded.account_id, category_id = excluded.category_id,
               amount = excluded.amount, date = excluded.date""",
        {"everyday": 1065, "savings": -6, "june": 0, "year": 46},
    ),
    "DO UPDATE that does both": (
        """INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date)
           VALUES (%(groceries)s, %(everyday)s, %(food)s, 'outcome', 41, '2025-06-02'),
                  (%(new)s, %(everyday)s, %(food)s, 'outcome', 2, '2025-06-02')
           ON CONFLICT (id) DO UPDATE SET amount = excluded.amount""",
        {"everyday": 1022, "june": 43, "year": 83},
    ),
    "DO UPDATE whose WHERE says no": (
        """INSERT INTO transaction (id, account_id, flow_type, amount)
           VALUES (%(groceries)s, %(everyday)s, 'outcome', 41)
           ON CONFLICT (id) DO UPDATE SET amount = excluded.amount WHERE false""",
        {},
    ),
    "DO NOTHING": (
        """INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date)
           VALUES (%(groceries)s, %(everyday)s, %(food)s, 'outcome', 41, '2025-06-02'),
                  (%(new)s, %(everyday)s, %(food)s, 'outcome', 2, '2025-06-02')
           ON CONFLICT DO NOTHING""",
        {"everyday": 1023, "june": 42, "year": 82},
    ),
}

# Everything that one statement changes is there before its first AFTER trigger runs: what one trigger
# recomputes, another must not add again.
CTES: dict[str, tuple[str, dict[str, int | str]]] = {
    "insert, update and delete": (
        """WITH inserted AS (
               INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
               VALUES (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02')
           ), updated AS (
               UPDATE transaction SET amount = 41 WHERE id = %(groceries)s
           )
           DELETE FROM transaction WHERE id = %(cinema)s""",
        {"everyday": 1039, "savings": -6, "june": 47, "year": 72},
    ),
    "two inserts and two updates": (
        """WITH first AS (
               INSERT INTO transaction (account_id, flow_type, amount) VALUES (%(savings)s, 'income', 6)
           ), second AS (
               INSERT INTO transaction (account_id, flow_type, amount) VALUES (%(savings)s, 'income', 7)
           ), third AS (
               UPDATE transaction SET amount = 41 WHERE id = %(groceries)s
           )
           UPDATE transaction SET amount = 16 WHERE id = %(cinema)s""",
        {"everyday": 1023, "savings": 13, "june": 41, "year": 82},
    ),
    "a row moved by delete and insert": (
        """WITH gone AS (DELETE FROM transaction WHERE id = %(groceries)s RETURNING *)
           INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           SELECT %(savings)s, category_id, flow_type, amount, date FROM gone""",
        {"everyday": 1065, "savings": -40},
    ),
    "a transaction, and its category tracked": (
        """WITH tracked AS (INSERT INTO budget_category VALUES (%(june)s, %(fun)s))
           INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(fun)s, 'outcome', 6, '2025-06-02')""",
        {"savings": -6, "june": 61, "year": 86},
    ),
    "a transaction, and its category tracked, the other way round": (
        """WITH spent AS (
               INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
               VALUES (%(savings)s, %(fun)s, 'outcome', 6, '2025-06-02')
           )
           INSERT INTO budget_category VALUES (%(june)s, %(fun)s)""",
        {"savings": -6, "june": 61, "year": 86},
    ),
    "a transaction changed, and its category tracked no more": (
        """WITH untracked AS (
               DELETE FROM budget_category WHERE budget_id = %(year)s AND category_id = %(food)s
           )
           UPDATE transaction SET amount = amount + 1 WHERE category_id = %(food)s""",
        {"everyday": 1024, "june": 41, "year": 15},
    ),
    "a transaction deleted, and its category tracked no more": (
        """WITH untracked AS (DELETE FROM budget_category WHERE category_id = %(food)s)
           DELETE FROM transaction WHERE id = %(groceries)s""",
        {"everyday": 1065, "june": 0, "year": 15},
    ),
    "a transaction, and the period moved over it": (
        """WITH moved AS (UPDATE budget SET period_start = '2025-05-01' WHERE id = %(june)s)
           INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 6, '2025-05-02')""",
        {"savings": -6, "june": 71, "year": 86},
    ),
    "a transaction, and the period moved away from it": (
        """WITH spent AS (
               INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
               VALUES (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02')
           )
           UPDATE budget SET period_start = '2025-06-03' WHERE id = %(june)s""",
        {"savings": -6, "year": 86},
    ),
    "period, mapping, opening balance and transactions at once": (
        """WITH moved AS (UPDATE budget SET period_start = '2025-05-01' WHERE id = %(june)s),
           tracked AS (INSERT INTO budget_category VALUES (%(june)s, %(fun)s)),
           untracked AS (DELETE FROM budget_category
                         WHERE budget_id = %(year)s AND category_id = %(fun)s),
           opened AS (UPDATE account SET opening_balance = 50 WHERE id = %(savings)s),
           gone AS (DELETE FROM transaction WHERE id = %(picnic)s)
           UPDATE transaction SET amount = amount + 1, account_id = %(savings)s
           WHERE id IN (%(groceries)s, %(cinema)s)""",
        {"everyday": 1105, "savings": -7, "june": 57, "year": 41},
    ),
    "a new budget with all that belongs to it": (
        """WITH b AS (INSERT INTO budget (id, name, period_start, period_end)
                      VALUES (%(new)s, 'New', '2025-06-01', '2025-06-30')),
           m AS (INSERT INTO budget_category VALUES (%(new)s, %(food)s))
           INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02')""",
        {"savings": -6, "june": 46, "year": 86},
    ),
}

LOOP: str = """
DO $$
DECLARE
    v_account uuid;
    v_day date := '2025-06-01';
BEGIN
    SELECT id INTO v_account FROM account WHERE name = 'Savings';
    FOR i IN 1..50 LOOP
        v_day := v_day + 1;
        INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
        SELECT v_account, id, 'outcome', i, v_day FROM category WHERE name = 'Food';
        UPDATE transaction SET amount = amount + 1 WHERE account_id = v_account AND date = v_day;
        IF i % 2 = 0 THEN
            DELETE FROM transaction WHERE account_id = v_account AND date = v_day;
        END IF;
        BEGIN
            UPDATE transaction SET amount = 0 WHERE account_id = v_account;
            RAISE EXCEPTION 'undo';
        EXCEPTION WHEN raise_exception THEN
            NULL;
        END;
    END LOOP;
END $$
"""


@pytest.mark.parametrize(("statement", "changed"), UPSERTS.values(), ids=UPSERTS.keys())
def test_upsert(home: Household, statement: str, changed: dict[str, int | str]) -> None:
    home.run(statement, new=UUID(int=99))
    home.expect(**changed)


@pytest.mark.parametrize(("statement", "changed"), CTES.values(), ids=CTES.keys())
def test_data_modifying_cte(home: Household, statement: str, changed: dict[str, int | str]) -> None:
    home.run(statement, new=UUID(int=99))
    home.expect(**changed)


def test_merge(home: Household) -> None:
    if home.conn.info.server_version < 150000:
        pytest.skip("MERGE came with PostgreSQL 15")
    home.run(
        """MERGE INTO transaction AS t
           USING (VALUES (%(groceries)s, 'outcome', 41), (%(cinema)s, 'gone', 0),
                         (%(salary)s, 'kept', 0), (%(new)s, 'outcome', 6)) AS s (id, what, amount)
           ON t.id = s.id
           WHEN MATCHED AND s.what = 'gone' THEN DELETE
           WHEN MATCHED AND s.what = 'kept' THEN DO NOTHING
           WHEN MATCHED THEN UPDATE SET amount = s.amount, account_id = %(savings)s
           WHEN NOT MATCHED THEN INSERT (id, account_id, category_id, flow_type, amount, date)
                VALUES (s.id, %(savings)s, %(food)s, s.what, s.amount, '2025-06-02')""",
        new=UUID(int=99),
    )
    home.expect(everyday=1080, savings=-47, june=47, year=72)


def test_merge_into_the_mapping(home: Household) -> None:
    if home.conn.info.server_version < 150000:
        pytest.skip("MERGE came with PostgreSQL 15")
    home.run(
        """MERGE INTO budget_category AS m
           USING (VALUES (%(food)s, true), (%(fun)s, false)) AS s (category_id, gone)
           ON m.budget_id = %(june)s AND m.category_id = s.category_id
           WHEN MATCHED AND s.gone THEN DELETE
           WHEN NOT MATCHED THEN INSERT VALUES (%(june)s, s.category_id)"""
    )
    home.expect(june=15)


def test_savepoint_rollback(home: Household) -> None:
    with home.conn.transaction():
        home.run("UPDATE transaction SET amount = 41 WHERE id = %(groceries)s")
        with home.conn.transaction(force_rollback=True):
            home.run("DELETE FROM transaction")
            home.run("DELETE FROM budget_category")
            home.run("UPDATE budget SET period_end = '2025-06-01' WHERE id = %(june)s")
            home.run("UPDATE account SET opening_balance = 0")
            with home.conn.transaction():
                home.run("TRUNCATE budget_category")
            home.expect(everyday=0, june=0, year=0)
        home.expect(everyday=1024, june=41, year=81)
        home.run("UPDATE transaction SET amount = 16 WHERE id = %(cinema)s")
    home.expect(everyday=1023, june=41, year=82)


def test_a_failed_statement_in_a_savepoint(home: Household) -> None:
    with home.conn.transaction():
        home.run("UPDATE transaction SET amount = 41 WHERE id = %(groceries)s")
        with pytest.raises(psycopg.errors.DivisionByZero), home.conn.transaction():
            home.run("UPDATE transaction SET amount = amount / (amount - 15) WHERE flow_type = 'outcome'")
        home.run("UPDATE transaction SET amount = amount + 1 WHERE id = %(groceries)s")
    home.expect(everyday=1023, june=42, year=82)


def test_whole_transaction_rolled_back(home: Household) -> None:
    with home.conn.transaction(force_rollback=True):
        home.run("UPDATE transaction SET amount = amount + 1")
        home.run("INSERT INTO budget_category VALUES (%(june)s, %(fun)s)")
        home.expect(everyday=1024, june=57, year=83)
    home.expect()


def test_plpgsql_loop(home: Household) -> None:
    home.conn.execute(LOOP)
    # The odd ones stay, each by one more: 2 + 4 + ... + 50; until 30 June: 2 + ... + 30.
    home.expect(savings=-650, june=40 + 240, year=80 + 650)


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_isolation_levels(home: Household, level: str) -> None:
    with home.conn.transaction():
        home.conn.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        home.run("UPDATE transaction SET amount = amount + 1, category_id = %(food)s")
        home.run("DELETE FROM transaction WHERE id = %(refund)s")
    home.expect(everyday=1018, june=57, year=83)


def test_prepared_and_repeated(home: Household) -> None:
    """A plan over a transition table is cached after five executions."""
    for n in range(1, 9):
        home.conn.execute(
            "INSERT INTO transaction (account_id, category_id, flow_type, amount, date)"
            " SELECT %s, %s, 'outcome', 1, date '2025-06-01' + g FROM generate_series(1, %s) AS g",
            (home.ids["savings"], home.ids["food"], n**3),
            prepare=True,
        )
    rows = sum(n**3 for n in range(1, 9))
    in_june = sum(min(n**3, 29) for n in range(1, 9))
    in_year = sum(min(n**3, 213) for n in range(1, 9))
    home.expect(savings=-rows, june=40 + in_june, year=80 + in_year)


def test_session_settings_do_not_matter(home: Household) -> None:
    for setting in (
        "DateStyle = 'German, DMY'",
        "TimeZone = 'Pacific/Apia'",
        "standard_conforming_strings = off",
        "IntervalStyle = 'sql_standard'",
        "plan_cache_mode = force_generic_plan",
        "search_path = ''",
    ):
        home.conn.execute("SET " + setting)
    home.run(
        """INSERT INTO public.transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02')"""
    )
    home.run("UPDATE public.budget SET period_start = '2025-05-31' WHERE id = %(june)s")
    home.conn.execute("RESET ALL")
    home.expect(savings=-6, june=71, year=86)


def test_temporary_tables_of_the_same_names(home: Household) -> None:
    """pg_temp comes first on every search_path."""
    tables = ("account", "budget", "budget_category")
    for table in tables:
        home.conn.execute(f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM public.{table}")
    home.run("UPDATE transaction SET amount = amount + 1")
    home.run("INSERT INTO public.budget_category VALUES (%(june)s, %(fun)s)")
    for table in tables:
        home.conn.execute(f"DROP TABLE pg_temp.{table}")
    home.expect(everyday=1024, june=57, year=83)


def test_through_a_view(home: Household) -> None:
    home.conn.execute(
        """CREATE VIEW spending AS
           SELECT id, account_id, category_id, flow_type, amount, date FROM transaction WHERE flow_type = 'outcome'"""
    )
    home.run(
        """INSERT INTO spending (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02')"""
    )
    home.run("UPDATE spending SET amount = amount + 1 WHERE date >= '2025-06-10' AND amount < 50")
    home.run("DELETE FROM spending WHERE id = %(picnic)s")
    home.expect(everyday=1048, savings=-6, june=47, year=63)


def test_a_before_trigger_of_the_user_changes_the_row(home: Household) -> None:
    home.conn.execute(
        """CREATE FUNCTION round_up() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               NEW.amount := ceil(NEW.amount);
               RETURN NEW;
           END $$;
           CREATE TRIGGER round_up BEFORE INSERT OR UPDATE ON transaction
               FOR EACH ROW EXECUTE FUNCTION round_up()"""
    )
    home.run(
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(savings)s, %(food)s, 'outcome', 6.10, '2025-06-02')"""
    )
    home.run("UPDATE transaction SET amount = 14.20 WHERE id = %(cinema)s")
    home.expect(savings=-7, june=47, year=87)


def test_an_after_trigger_of_the_user_writes_transactions_of_its_own(home: Household) -> None:
    home.conn.execute(
        """CREATE FUNCTION charge_fee() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               IF NEW.description IS DISTINCT FROM 'fee' THEN
                   INSERT INTO transaction (account_id, category_id, flow_type, amount, date, description)
                   VALUES (NEW.account_id, NEW.category_id, 'outcome', 1, NEW.date, 'fee');
               END IF;
               RETURN NULL;
           END $$;
           CREATE TRIGGER aaa AFTER INSERT ON transaction FOR EACH ROW EXECUTE FUNCTION charge_fee()"""
    )
    home.run(
        """INSERT INTO transaction (account_id, category_id, flow_type, amount, date) VALUES
               (%(savings)s, %(food)s, 'outcome', 6, '2025-06-02'),
               (%(everyday)s, %(fun)s, 'outcome', 6, '2025-06-02')"""
    )
    home.expect(everyday=1018, savings=-7, june=47, year=94)


def test_a_trigger_of_the_user_on_the_target_writes_transactions(home: Household) -> None:
    """It runs inside the engine's own update of the account, and the engine is entered again.

    Its names are qualified: it inherits the search_path that the engine's functions pin.
    """
    home.conn.execute(
        """CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               INSERT INTO public.transaction (account_id, category_id, flow_type, amount, date)
               SELECT id, NULL, 'income', 1, '2025-06-02' FROM public.account WHERE name = 'Savings';
               RETURN NULL;
           END $$;
           CREATE TRIGGER sweep AFTER UPDATE OF cached_balance ON account
               FOR EACH ROW WHEN (NEW.name = 'Everyday') EXECUTE FUNCTION sweep()"""
    )
    home.run("UPDATE transaction SET amount = 41 WHERE id = %(groceries)s")
    home.expect(everyday=1024, savings=1, june=41, year=81)
