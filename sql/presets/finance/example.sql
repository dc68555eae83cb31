-- A household's first half of 2025: three accounts, five budgets, about 350 transactions.
-- The same rows whenever it is run, and run again it adds none: every id is made of what the row says.

INSERT INTO account (id, name, opening_balance)
SELECT md5('account ' || name)::uuid, name, opening_balance
FROM (VALUES
    ('Everyday', 1850.00),
    ('Savings', 12000.00),
    ('Credit card', -240.35)
) AS entry (name, opening_balance)
ON CONFLICT (id) DO NOTHING;

INSERT INTO category (id, name)
SELECT md5('category ' || name)::uuid, name
FROM unnest(ARRAY['Salary', 'Interest', 'Rent', 'Utilities', 'Insurance', 'Groceries', 'Transport', 'Eating out',
                  'Leisure', 'Holidays']) AS name
ON CONFLICT (id) DO NOTHING;

INSERT INTO budget (id, name, amount, period_start, period_end, recurrence)
SELECT md5('budget ' || name)::uuid, name, amount, period_start::date, period_end::date, recurrence
FROM (VALUES
    ('Food', 120.00, '2025-06-23', '2025-06-29', 'weekly'),
    ('Home', 1250.00, '2025-06-01', '2025-06-30', 'monthly'),
    ('Going out', 330.00, '2025-06-01', '2025-06-30', 'monthly'),
    ('Fun of the year', 4500.00, '2025-01-01', '2025-12-31', 'yearly'),
    ('Trip to Lisbon', 1200.00, '2025-05-20', '2025-06-10', NULL)
) AS entry (name, amount, period_start, period_end, recurrence)
ON CONFLICT (id) DO NOTHING;

-- A category may count in several budgets: eating out in three.
INSERT INTO budget_category (budget_id, category_id)
SELECT md5('budget ' || budget)::uuid, md5('category ' || category)::uuid
FROM (VALUES
    ('Food', 'Groceries'),
    ('Home', 'Rent'),
    ('Home', 'Utilities'),
    ('Home', 'Insurance'),
    ('Going out', 'Eating out'),
    ('Going out', 'Leisure'),
    ('Fun of the year', 'Eating out'),
    ('Fun of the year', 'Leisure'),
    ('Fun of the year', 'Holidays'),
    ('Trip to Lisbon', 'Eating out'),
    ('Trip to Lisbon', 'Holidays')
) AS entry (budget, category)
ON CONFLICT (budget_id, category_id) DO NOTHING;

-- What is earned and spent. Amounts vary with the day's number, so that they look like life and stay the same.
INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date, description)
SELECT md5(concat_ws('|', account, flow_type, day - date '2025-01-01', description))::uuid,
       md5('account ' || account)::uuid, md5('category ' || category)::uuid, flow_type, amount, day, description
FROM (
    SELECT account, category, flow_type, amount, first + offset_days AS day, description
    FROM generate_series(timestamp '2025-01-01', timestamp '2025-06-01', interval '1 month') AS month,
         LATERAL (SELECT month::date AS first, extract(month FROM month)::int AS number) AS m,
         LATERAL (VALUES
             ('Everyday', 'Salary', 'income', 2850.00, 26, 'Salary'),
             ('Everyday', 'Rent', 'outcome', 980.00, 0, 'Rent'),
             ('Everyday', 'Utilities', 'outcome', 96.40 + 7.15 * ((number * 5) % 7), 4, 'Electricity and heating'),
             ('Everyday', 'Utilities', 'outcome', 29.90, 9, 'Internet'),
             ('Everyday', 'Insurance', 'outcome', 62.40, 14, 'Insurance'),
             ('Everyday', 'Leisure', 'outcome', 24.00, 2, 'Swimming club')
         ) AS regular (account, category, flow_type, amount, offset_days, description)
  UNION ALL
    SELECT 'Everyday', 'Groceries', 'outcome', 17.20 + (n * 37 % 41) + (n * 53 % 100) * 0.01, date '2025-01-02' + n,
           'Supermarket'
    FROM generate_series(0, 178, 2) AS n
  UNION ALL
    SELECT 'Everyday', 'Transport', 'outcome', 24.50, date '2025-01-06' + n, 'Weekly ticket'
    FROM generate_series(0, 175, 7) AS n
  UNION ALL
    SELECT 'Credit card', 'Eating out', 'outcome', 3.20 + (n * 7 % 16) * 0.10, date '2025-01-01' + n, 'Coffee'
    FROM generate_series(0, 180) AS n
    WHERE extract(isodow FROM date '2025-01-01' + n) < 6
  UNION ALL
    SELECT 'Credit card', 'Eating out', 'outcome', 26.00 + (n * 11 % 23) + 0.50, date '2025-01-03' + n, 'Restaurant'
    FROM generate_series(0, 178, 7) AS n
  UNION ALL
    SELECT 'Credit card', 'Leisure', 'outcome', 12.00 + (n * 3 % 19), date '2025-01-11' + n, 'Cinema'
    FROM generate_series(0, 168, 14) AS n
  UNION ALL
    SELECT account, category, flow_type, amount, day::date, description
    FROM (VALUES
        ('Savings', 'Interest', 'income', 61.37, '2025-03-31', 'Interest'),
        ('Savings', 'Interest', 'income', 62.88, '2025-06-30', 'Interest'),
        ('Credit card', 'Holidays', 'outcome', 318.60, '2025-05-20', 'Flights to Lisbon'),
        ('Credit card', 'Holidays', 'outcome', 486.00, '2025-06-10', 'Hotel in Lisbon')
    ) AS single (account, category, flow_type, amount, day, description)
) AS entry
ON CONFLICT (id) DO NOTHING;

-- Transfers: two rows with one transfer_id. They have no category: nothing is earned or spent.
INSERT INTO transaction (id, account_id, flow_type, amount, date, description, transfer_id)
SELECT md5(concat_ws('|', account, flow_type, day - date '2025-01-01', description))::uuid,
       md5('account ' || account)::uuid, flow_type, amount, day, description,
       md5(concat_ws('|', 'transfer', day - date '2025-01-01', description))::uuid
FROM generate_series(timestamp '2025-01-01', timestamp '2025-06-01', interval '1 month') AS month,
     LATERAL (VALUES
         ('Everyday', 'Savings', 400.00, month::date + 27, 'To savings'),
         ('Everyday', 'Credit card', 300.00, month::date + 19, 'Credit card bill')
     ) AS transfer (payer, payee, amount, day, description),
     LATERAL (VALUES (payer, 'outcome'), (payee, 'income')) AS leg (account, flow_type)
ON CONFLICT (id) DO NOTHING;

-- Booked twice by mistake and soft-deleted: these count nowhere.
INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date, description, deleted_at)
SELECT md5('twice ' || id)::uuid, account_id, category_id, flow_type, amount, date, description,
       (date + time '21:30') AT TIME ZONE 'UTC'
FROM transaction
WHERE description = 'Weekly ticket' AND deleted_at IS NULL AND extract(day FROM date) > 24
ON CONFLICT (id) DO NOTHING;
