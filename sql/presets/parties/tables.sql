-- The reference tables of the preset parties, for a project that has none yet (pgcache migrate --with-tables).
-- Run again, it changes nothing. A table that exists is kept; where it lacks one of these columns, the
-- statement that names the column fails.
--
-- Where direction or flow_type gives the sign, the amount is never negative. A sale, a purchase or a salary has
-- no such column: a negative one is a credit note or a correction. NaN is refused, because it passes every
-- "amount >= 0" and makes every sum that it enters NaN for good.
-- The cached columns are NOT NULL: NULL + delta is NULL, so a NULL that slipped in would swallow every change.
-- No foreign key cascades: with a party, its payments would vanish out of the drawer that they lie in.

CREATE TABLE IF NOT EXISTS customers (
    id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name    text NOT NULL,
    balance numeric(12, 2) NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS vendors (
    id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name    text NOT NULL,
    balance numeric(12, 2) NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS employees (
    id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name    text NOT NULL,
    balance numeric(12, 2) NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS members (
    id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name    text NOT NULL,
    balance numeric(12, 2) NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS cash_drawer_money (
    id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name   text NOT NULL,
    amount numeric(12, 2) NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS sales (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES customers (id),
    total       numeric(12, 2) NOT NULL CHECK (total <> 'NaN'),
    deleted_at  timestamptz
);

CREATE TABLE IF NOT EXISTS purchases (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    vendor_id  uuid NOT NULL REFERENCES vendors (id),
    total      numeric(12, 2) NOT NULL CHECK (total <> 'NaN'),
    deleted_at timestamptz
);

CREATE TABLE IF NOT EXISTS payments (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid REFERENCES customers (id),
    vendor_id   uuid REFERENCES vendors (id),
    employee_id uuid REFERENCES employees (id),
    member_id   uuid REFERENCES members (id),
    drawer_id   uuid REFERENCES cash_drawer_money (id),
    direction   text NOT NULL CHECK (direction IN ('in', 'out')),
    amount      numeric(12, 2) NOT NULL CHECK (amount >= 0 AND amount <> 'NaN'),
    deleted_at  timestamptz,
    CONSTRAINT payments_one_party_check CHECK (num_nonnulls(customer_id, vendor_id, employee_id, member_id) = 1)
);

CREATE TABLE IF NOT EXISTS salaries (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    employee_id uuid NOT NULL REFERENCES employees (id),
    amount      numeric(12, 2) NOT NULL CHECK (amount <> 'NaN'),
    deleted_at  timestamptz
);

CREATE TABLE IF NOT EXISTS transactions (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    member_id  uuid NOT NULL REFERENCES members (id),
    drawer_id  uuid REFERENCES cash_drawer_money (id),
    flow_type  text NOT NULL CHECK (flow_type IN ('income', 'outcome')),
    amount     numeric(12, 2) NOT NULL CHECK (amount >= 0 AND amount <> 'NaN'),
    deleted_at timestamptz
);

-- They serve the recomputes of one party or drawer, and the foreign keys; so they cover the soft-deleted rows too.
-- A payment has one party: its null columns need no index entries.
CREATE INDEX IF NOT EXISTS sales_customer_id_idx ON sales (customer_id);
CREATE INDEX IF NOT EXISTS purchases_vendor_id_idx ON purchases (vendor_id);
CREATE INDEX IF NOT EXISTS payments_customer_id_idx ON payments (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS payments_vendor_id_idx ON payments (vendor_id) WHERE vendor_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS payments_employee_id_idx ON payments (employee_id) WHERE employee_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS payments_member_id_idx ON payments (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS payments_drawer_id_idx ON payments (drawer_id) WHERE drawer_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS salaries_employee_id_idx ON salaries (employee_id);
CREATE INDEX IF NOT EXISTS transactions_member_id_idx ON transactions (member_id);
CREATE INDEX IF NOT EXISTS transactions_drawer_id_idx ON transactions (drawer_id) WHERE drawer_id IS NOT NULL;

COMMENT ON TABLE customers IS 'Who buys.';
COMMENT ON COLUMN customers.id IS 'Identity of the customer.';
COMMENT ON COLUMN customers.name IS 'What the customer is called.';
COMMENT ON COLUMN customers.balance IS
    'What the customer owes: sales - payments in + payments out, not soft-deleted; kept by pgcache.';

COMMENT ON TABLE vendors IS 'Who is bought from.';
COMMENT ON COLUMN vendors.id IS 'Identity of the vendor.';
COMMENT ON COLUMN vendors.name IS 'What the vendor is called.';
COMMENT ON COLUMN vendors.balance IS
    'What the vendor is owed: purchases - payments out + payments in, not soft-deleted; kept by pgcache.';

COMMENT ON TABLE employees IS 'Who is paid a salary.';
COMMENT ON COLUMN employees.id IS 'Identity of the employee.';
COMMENT ON COLUMN employees.name IS 'What the employee is called.';
COMMENT ON COLUMN employees.balance IS
    'What the employee is owed: salaries - payments out + payments in, not soft-deleted; kept by pgcache.';

COMMENT ON TABLE members IS 'Who holds money with the house: a partner, an owner, a member of a club.';
COMMENT ON COLUMN members.id IS 'Identity of the member.';
COMMENT ON COLUMN members.name IS 'What the member is called.';
COMMENT ON COLUMN members.balance IS
    'What the member holds: income - outcome + payments in - payments out, not soft-deleted; kept by pgcache.';

COMMENT ON TABLE cash_drawer_money IS 'Where cash lies: a till, a safe.';
COMMENT ON COLUMN cash_drawer_money.id IS 'Identity of the drawer.';
COMMENT ON COLUMN cash_drawer_money.name IS 'What the drawer is called.';
COMMENT ON COLUMN cash_drawer_money.amount IS
    'What lies in the drawer: payments in - out + income - outcome that name it, not soft-deleted; kept by pgcache.';

COMMENT ON TABLE sales IS 'What was sold to customers.';
COMMENT ON COLUMN sales.id IS 'Identity of the sale.';
COMMENT ON COLUMN sales.customer_id IS 'Who bought.';
COMMENT ON COLUMN sales.total IS 'What the customer owes for it; negative for a credit note.';
COMMENT ON COLUMN sales.deleted_at IS 'When it was soft-deleted and left every sum; null while it counts.';

COMMENT ON TABLE purchases IS 'What was bought from vendors.';
COMMENT ON COLUMN purchases.id IS 'Identity of the purchase.';
COMMENT ON COLUMN purchases.vendor_id IS 'Who sold it.';
COMMENT ON COLUMN purchases.total IS 'What the vendor is owed for it; negative for a credit note.';
COMMENT ON COLUMN purchases.deleted_at IS 'When it was soft-deleted and left every sum; null while it counts.';

COMMENT ON TABLE payments IS 'Money that was taken from or given to one party: a customer, vendor, employee or member.';
COMMENT ON COLUMN payments.id IS 'Identity of the payment.';
COMMENT ON COLUMN payments.customer_id IS 'The customer who paid or was paid; null for another party.';
COMMENT ON COLUMN payments.vendor_id IS 'The vendor who paid or was paid; null for another party.';
COMMENT ON COLUMN payments.employee_id IS 'The employee who paid or was paid; null for another party.';
COMMENT ON COLUMN payments.member_id IS 'The member who paid or was paid; null for another party.';
COMMENT ON COLUMN payments.drawer_id IS 'The drawer that the money went into or out of; null where it was no cash.';
COMMENT ON COLUMN payments.direction IS 'in: the house was paid, out: the house paid.';
COMMENT ON COLUMN payments.amount IS 'How much, never negative: direction gives the sign.';
COMMENT ON COLUMN payments.deleted_at IS 'When it was soft-deleted and left every sum; null while it counts.';

COMMENT ON TABLE salaries IS 'What employees have earned.';
COMMENT ON COLUMN salaries.id IS 'Identity of the salary.';
COMMENT ON COLUMN salaries.employee_id IS 'Who earned it.';
COMMENT ON COLUMN salaries.amount IS 'What the employee is owed for it; negative for a correction.';
COMMENT ON COLUMN salaries.deleted_at IS 'When it was soft-deleted and left every sum; null while it counts.';

COMMENT ON TABLE transactions IS 'What members earn or spend with the house.';
COMMENT ON COLUMN transactions.id IS 'Identity of the transaction.';
COMMENT ON COLUMN transactions.member_id IS 'Whose it is.';
COMMENT ON COLUMN transactions.drawer_id IS 'The drawer that the money went into or out of; null where it was no cash.';
COMMENT ON COLUMN transactions.flow_type IS 'income adds to the balance and the drawer, outcome takes away from them.';
COMMENT ON COLUMN transactions.amount IS 'How much, never negative: flow_type gives the sign.';
COMMENT ON COLUMN transactions.deleted_at IS 'When it was soft-deleted and left every sum; null while it counts.';
