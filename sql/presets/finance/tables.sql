-- The reference tables of the presets finance and monthly, for a project that has none yet
-- (pgcache migrate --with-tables). Run again, it changes nothing. A table that exists is kept; where it
-- lacks one of these columns, the statement that names the column fails.
--
-- Amounts are never negative: flow_type gives the sign. NaN is refused, because it passes every "amount >= 0"
-- and makes every sum that it enters NaN for good.
-- The cached columns are NOT NULL: NULL + delta is NULL, so a NULL that slipped in would swallow every change.

CREATE TABLE IF NOT EXISTS account (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            text NOT NULL,
    opening_balance numeric(12, 2) NOT NULL DEFAULT 0 CHECK (opening_balance <> 'NaN'),
    cached_balance  numeric(12, 2) NOT NULL DEFAULT 0,
    closed_at       timestamptz
);

CREATE TABLE IF NOT EXISTS category (
    id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL
);

CREATE TABLE IF NOT EXISTS budget (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name               text NOT NULL,
    amount             numeric(12, 2) NOT NULL DEFAULT 0 CHECK (amount >= 0 AND amount <> 'NaN'),
    period_start       date NOT NULL,
    period_end         date NOT NULL,
    recurrence         text CHECK (recurrence IN ('monthly', 'weekly', 'yearly')),
    cached_consumption numeric(12, 2) NOT NULL DEFAULT 0,
    CONSTRAINT budget_period_check CHECK (period_start <= period_end)
);

CREATE TABLE IF NOT EXISTS budget_category (
    budget_id   uuid NOT NULL REFERENCES budget (id) ON DELETE CASCADE,
    category_id uuid NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    PRIMARY KEY (budget_id, category_id)
);

CREATE TABLE IF NOT EXISTS budget_period (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    budget_id    uuid NOT NULL REFERENCES budget (id) ON DELETE CASCADE,
    period_start date NOT NULL,
    period_end   date NOT NULL,
    consumption  numeric(12, 2) NOT NULL,
    closed_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (budget_id, period_start),
    CONSTRAINT budget_period_check CHECK (period_start <= period_end)
);

CREATE TABLE IF NOT EXISTS transaction (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    category_id uuid REFERENCES category (id) ON DELETE SET NULL,
    flow_type   text NOT NULL CHECK (flow_type IN ('income', 'outcome')),
    amount      numeric(12, 2) NOT NULL CHECK (amount >= 0 AND amount <> 'NaN'),
    date        date NOT NULL DEFAULT current_date,
    status      text NOT NULL DEFAULT 'paid' CHECK (status IN ('paid', 'unpaid', 'forecast')),
    description text,
    transfer_id uuid,
    deleted_at  timestamptz
);

-- The first two serve the recomputes of one account and of one budget, and the foreign keys; so they
-- cover the soft-deleted rows too, which a partial index would hide from the foreign keys.
CREATE INDEX IF NOT EXISTS transaction_account_id_date_idx ON transaction (account_id, date);
CREATE INDEX IF NOT EXISTS transaction_category_id_date_idx ON transaction (category_id, date);
CREATE INDEX IF NOT EXISTS transaction_transfer_id_idx ON transaction (transfer_id) WHERE transfer_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS budget_category_category_id_idx ON budget_category (category_id);

COMMENT ON TABLE account IS 'Where money is: a bank account, a credit card, a wallet.';
COMMENT ON COLUMN account.id IS 'Identity of the account.';
COMMENT ON COLUMN account.name IS 'What its owner calls it.';
COMMENT ON COLUMN account.opening_balance IS 'The balance before the first transaction.';
COMMENT ON COLUMN account.cached_balance IS
    'Opening balance plus income minus outcome of the transactions that are not soft-deleted; kept by the cache account_balance of the preset finance.';
COMMENT ON COLUMN account.closed_at IS 'When the account was closed; null while it is open.';

COMMENT ON TABLE category IS 'What money is earned with or spent on.';
COMMENT ON COLUMN category.id IS 'Identity of the category.';
COMMENT ON COLUMN category.name IS 'What its owner calls it.';

COMMENT ON TABLE budget IS 'How much may be spent on some categories in a period.';
COMMENT ON COLUMN budget.id IS 'Identity of the budget.';
COMMENT ON COLUMN budget.name IS 'What its owner calls it.';
COMMENT ON COLUMN budget.amount IS 'What may be spent in one period; 0 where spending is only watched.';
COMMENT ON COLUMN budget.period_start IS 'First day of the current period.';
COMMENT ON COLUMN budget.period_end IS 'Last day of the current period, included.';
COMMENT ON COLUMN budget.recurrence IS 'How long the next period is: monthly, weekly, yearly; null: there is none.';
COMMENT ON COLUMN budget.cached_consumption IS
    'Outcome, not soft-deleted, of the budget''s categories in the current period; kept by pgcache.';

COMMENT ON TABLE budget_category IS 'Which categories a budget tracks.';
COMMENT ON COLUMN budget_category.budget_id IS 'The budget that tracks the category.';
COMMENT ON COLUMN budget_category.category_id IS 'The category that is tracked.';

COMMENT ON TABLE budget_period IS 'The closed periods of the budgets, written by rollover_budgets.';
COMMENT ON COLUMN budget_period.id IS 'Identity of the closed period.';
COMMENT ON COLUMN budget_period.budget_id IS 'The budget whose period it was.';
COMMENT ON COLUMN budget_period.period_start IS 'First day of the period.';
COMMENT ON COLUMN budget_period.period_end IS 'Last day of the period, included.';
COMMENT ON COLUMN budget_period.consumption IS 'What had been spent when the period was closed.';
COMMENT ON COLUMN budget_period.closed_at IS 'When the period was closed.';

COMMENT ON TABLE transaction IS 'Money that comes into or goes out of an account.';
COMMENT ON COLUMN transaction.id IS 'Identity of the transaction.';
COMMENT ON COLUMN transaction.account_id IS 'The account whose balance it changes.';
COMMENT ON COLUMN transaction.category_id IS 'What it was for; null where nobody has said.';
COMMENT ON COLUMN transaction.flow_type IS 'income adds to the balance, outcome takes away from it.';
COMMENT ON COLUMN transaction.amount IS 'How much, never negative: flow_type gives the sign.';
COMMENT ON COLUMN transaction.date IS 'The day on which it counts.';
COMMENT ON COLUMN transaction.status IS 'paid, unpaid (due), or forecast (expected).';
COMMENT ON COLUMN transaction.description IS 'Free text.';
COMMENT ON COLUMN transaction.transfer_id IS 'The same value on both rows of a transfer between two accounts; else null.';
COMMENT ON COLUMN transaction.deleted_at IS 'When it was soft-deleted, which takes it out of every sum; null while it counts.';
