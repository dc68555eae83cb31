"""The aging schedule: the list against the query, a refresh of some accounts against one of all, and what a mark costs.

The query is the one that the refresh runs, so that what is compared is whether it has to be run.
"""

from __future__ import annotations

from benchmarks import ways
from benchmarks.database import Database, sql
from benchmarks.model import Base, Case, Connection, Effort, Sample, Variant
from benchmarks.work import Work, under_load
from pgcache import presets, resources

_ACCOUNTS, _FEW = 100_000, 10_000
_DIRTY = 1_000
_LIST = "SELECT * FROM account_aging WHERE balance <> 0"
_DIRTY_LIST = "SELECT * FROM pgcache.account_aging WHERE balance <> 0"
_DIRTY_COUNT = "SELECT count(*) FILTER (WHERE dirty) FROM pgcache.account_aging"
_TOTALS = "SELECT count(*), sum(balance), sum(days_over_90) FROM account_aging WHERE balance <> 0"


def _base(accounts: int, *, filled: bool) -> Base:
    """Give so many accounts with their rows; `filled`: and with the schedule, computed."""

    def build(conn: Connection) -> None:
        for statements in presets.tables(["receivables"]).values():
            conn.execute(statements.encode())
        with conn.transaction():
            # The rows are right: to look up each of their accounts would take minutes for millions.
            conn.execute("SET LOCAL session_replication_role = replica")
            conn.execute("SELECT set_config('benchmark.accounts', %s, true)", (str(accounts),))
            conn.execute(sql("receivables/rows.sql").encode())
        conn.execute("VACUUM ANALYZE")
        if filled:
            ways.preset("receivables")(conn)

    return Base(f"receivables_{accounts}{'_filled' if filled else ''}", build)


def _copied(query: str) -> Work:
    """How long it takes until the whole answer has come, as text that nobody looks at."""

    def work(database: Database, effort: Effort) -> Sample:
        def copy() -> None:
            with database.conn.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT".encode()) as rows:
                for _ in rows:
                    pass

        return database.milliseconds(copy)

    return work


def _direct() -> str:
    query = resources.sql("presets", "receivables", "account_aging.sql").rstrip().removesuffix(";")
    return sql("receivables/direct.sql").replace("__query__", query)


def _compared(conn: Connection) -> None:
    """Make sure that the list and the query say the same, before their speed is compared."""
    if conn.execute(sql("receivables/differences.sql").replace("__direct__", _direct()).encode()).fetchone():
        raise AssertionError("account_aging does not say what the query says")


def _refresh(mark: str) -> Work:
    """How long a refresh takes after a statement has marked accounts."""

    def work(database: Database, effort: Effort) -> Sample:
        database.conn.execute(mark.encode())
        return database.milliseconds(lambda: database.conn.execute("SELECT pgcache.refresh('account_aging')"))

    return work


def _marks(name: str, title: str, work: Work, *, short: bool = False) -> Case:
    deferred = Variant("deferred", work, ways.preset("receivables"))
    base = _base(_FEW, filled=False)
    return Case(name, title, "transactions/s", "more", base, (Variant(ways.NONE, work), deferred), short)


# The latest invoices have the highest numbers.
_LINES = "insert_invoice_line.sql"
_ONE = 5 * _FEW

CASES = (
    Case(
        "aging-list",
        f"The accounts with a balance, {_ACCOUNTS:,} of {35 * _ACCOUNTS:,} rows: by the query, and from the schedule",
        "ms",
        "less",
        _base(_ACCOUNTS, filled=True),
        (
            Variant("query", _copied(_direct())),
            Variant("all rows", _copied(_LIST), _compared),
            Variant("all rows, and whether they are dirty", _copied(_DIRTY_LIST)),
            Variant("how many are dirty", _copied(_DIRTY_COUNT)),
            Variant("the totals of all", _copied(_TOTALS)),
            Variant("the 50 that owe most", _copied(f"{_LIST} ORDER BY balance DESC LIMIT 50")),
        ),
    ),
    Case(
        "aging-refresh",
        f"A refresh of all {_ACCOUNTS:,} accounts, and of {_DIRTY:,} that were marked",
        "ms",
        "less",
        _base(_ACCOUNTS, filled=True),
        (
            Variant("all", _refresh("INSERT INTO pgcache.account_aging_dirty DEFAULT VALUES")),
            Variant("marked", _refresh(sql("receivables/mark_some.sql"))),
        ),
    ),
    _marks(
        "mark-uniform-8",
        f"Payments of {_FEW:,} accounts, 8 clients, a commit each",
        under_load("insert_payment.sql", 8, accounts=_FEW),
        short=True,
    ),
    _marks(
        "mark-hot-8",
        "Payments of one account, 8 clients, a commit each",
        under_load("insert_payment.sql", 8, accounts=1),
        short=True,
    ),
    _marks(
        "mark-line-uniform-8",
        f"Lines of the invoices of {_FEW:,} accounts, 8 clients, a commit each",
        under_load(_LINES, 8, first=4 * _FEW + 1, last=5 * _FEW),
    ),
    _marks(
        "mark-line-hot-8",
        "Lines of one invoice, 8 clients, a commit each",
        under_load(_LINES, 8, first=_ONE, last=_ONE),
    ),
)
