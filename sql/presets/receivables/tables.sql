-- The reference tables of the preset receivables, for a project that has none yet (pgcache migrate --with-tables).
-- Run again, it changes nothing. A table that exists is kept; where it lacks one of these columns, the statement
-- that names the column fails. The account is that of the preset finance: both may be declared together.
--
-- NaN is refused, because it makes every sum that it enters NaN for good. What a treatment or a line of an invoice
-- costs may be negative: a discount, a correction. A payment is never negative: its kind gives the sign.

CREATE TABLE IF NOT EXISTS account (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            text NOT NULL,
    opening_balance numeric(12, 2) NOT NULL DEFAULT 0 CHECK (opening_balance <> 'NaN'),
    cached_balance  numeric(12, 2) NOT NULL DEFAULT 0,
    closed_at       timestamptz
);

CREATE TABLE IF NOT EXISTS visit (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    date       date NOT NULL DEFAULT current_date
);

CREATE TABLE IF NOT EXISTS invoice (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    invoice_date date NOT NULL DEFAULT current_date,
    due_date     date,
    voided_at    timestamptz
);

CREATE TABLE IF NOT EXISTS invoice_line (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    invoice_id  uuid NOT NULL REFERENCES invoice (id) ON DELETE CASCADE,
    description text,
    amount      numeric(12, 2) NOT NULL CHECK (amount <> 'NaN')
);

-- A line that is deleted leaves its treatment to be invoiced again.
CREATE TABLE IF NOT EXISTS treatment (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    visit_id        uuid NOT NULL REFERENCES visit (id) ON DELETE CASCADE,
    description     text,
    amount          numeric(12, 2) NOT NULL CHECK (amount <> 'NaN'),
    billable        boolean NOT NULL DEFAULT true,
    invoice_line_id uuid REFERENCES invoice_line (id) ON DELETE SET NULL
);

-- Where an invoice is deleted, the money that came in for it stays.
CREATE TABLE IF NOT EXISTS payment (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    invoice_id uuid REFERENCES invoice (id) ON DELETE SET NULL,
    kind       text NOT NULL DEFAULT 'payment' CHECK (kind IN ('payment', 'refund')),
    amount     numeric(12, 2) NOT NULL CHECK (amount >= 0 AND amount <> 'NaN'),
    date       date NOT NULL DEFAULT current_date
);

-- They serve the computing of some accounts, which reads the indexes alone where it can, and the foreign keys. The
-- second one on treatment.visit_id is small: most treatments have been invoiced.
CREATE INDEX IF NOT EXISTS visit_account_id_idx ON visit (account_id) INCLUDE (id);
CREATE INDEX IF NOT EXISTS invoice_account_id_idx ON invoice (account_id);
CREATE INDEX IF NOT EXISTS invoice_line_invoice_id_idx ON invoice_line (invoice_id) INCLUDE (amount);
CREATE INDEX IF NOT EXISTS treatment_visit_id_idx ON treatment (visit_id);
CREATE INDEX IF NOT EXISTS treatment_unbilled_idx ON treatment (visit_id) WHERE billable AND invoice_line_id IS NULL;
CREATE INDEX IF NOT EXISTS treatment_invoice_line_id_idx ON treatment (invoice_line_id)
    WHERE invoice_line_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS payment_account_id_idx ON payment (account_id) INCLUDE (invoice_id, kind, amount);
CREATE INDEX IF NOT EXISTS payment_invoice_id_idx ON payment (invoice_id) INCLUDE (kind, amount)
    WHERE invoice_id IS NOT NULL;

COMMENT ON TABLE account IS 'Where money is: a bank account, a credit card, a wallet.';
COMMENT ON COLUMN account.id IS 'Identity of the account.';
COMMENT ON COLUMN account.name IS 'What its owner calls it.';
COMMENT ON COLUMN account.opening_balance IS 'The balance before the first transaction.';
COMMENT ON COLUMN account.cached_balance IS
    'Opening balance plus income minus outcome of the transactions that are not soft-deleted; kept by the cache account_balance of the preset finance.';
COMMENT ON COLUMN account.closed_at IS 'When the account was closed; null while it is open.';

COMMENT ON TABLE visit IS 'When somebody was there and was treated.';
COMMENT ON COLUMN visit.id IS 'Identity of the visit.';
COMMENT ON COLUMN visit.account_id IS 'The account that it is charged to.';
COMMENT ON COLUMN visit.date IS 'The day of the visit.';

COMMENT ON TABLE invoice IS 'What an account was asked to pay, by when.';
COMMENT ON COLUMN invoice.id IS 'Identity of the invoice.';
COMMENT ON COLUMN invoice.account_id IS 'The account that owes it.';
COMMENT ON COLUMN invoice.invoice_date IS 'The day on which it was made out.';
COMMENT ON COLUMN invoice.due_date IS 'The last day on which it is paid in time; null: the day on which it was made out.';
COMMENT ON COLUMN invoice.voided_at IS 'When it was declared void and left every sum; null while it counts.';

COMMENT ON TABLE invoice_line IS 'What an invoice charges for.';
COMMENT ON COLUMN invoice_line.id IS 'Identity of the line.';
COMMENT ON COLUMN invoice_line.invoice_id IS 'The invoice that it stands on.';
COMMENT ON COLUMN invoice_line.description IS 'Free text.';
COMMENT ON COLUMN invoice_line.amount IS 'What is charged; negative for a discount or a credit note.';

COMMENT ON TABLE treatment IS 'What was done at a visit.';
COMMENT ON COLUMN treatment.id IS 'Identity of the treatment.';
COMMENT ON COLUMN treatment.visit_id IS 'The visit at which it was done.';
COMMENT ON COLUMN treatment.description IS 'Free text.';
COMMENT ON COLUMN treatment.amount IS 'What it costs; negative for a correction.';
COMMENT ON COLUMN treatment.billable IS 'Whether it is charged for at all.';
COMMENT ON COLUMN treatment.invoice_line_id IS 'The line of an invoice that charges for it; null until there is one.';

COMMENT ON TABLE payment IS 'Money that came in from or went back to an account.';
COMMENT ON COLUMN payment.id IS 'Identity of the payment.';
COMMENT ON COLUMN payment.account_id IS 'Who paid, or was paid back.';
COMMENT ON COLUMN payment.invoice_id IS 'The invoice that it is for; null where it settles whatever is due first.';
COMMENT ON COLUMN payment.kind IS 'payment: money came in; refund: it went back.';
COMMENT ON COLUMN payment.amount IS 'How much, never negative: kind gives the sign.';
COMMENT ON COLUMN payment.date IS 'The day on which it came in or went back.';
