-- Two accounts from January 2024 to December 2025: paid until June 2025, then a bill that is unpaid and what is forecast.
-- The same rows whenever it is run, and run again it adds none: every id is made of what the row says.

INSERT INTO account (id, name, opening_balance)
SELECT md5('monthly account ' || name)::uuid, name, opening_balance
FROM (VALUES ('Current', 1200.00), ('Deposit', 5000.00)) AS entry (name, opening_balance)
ON CONFLICT (id) DO NOTHING;

INSERT INTO transaction (id, account_id, flow_type, amount, date, status, description)
SELECT md5(concat_ws('|', 'monthly', account, description, day))::uuid, md5('monthly account ' || account)::uuid,
       flow_type, amount, day, CASE WHEN day < '2025-07-01' THEN 'paid' ELSE 'forecast' END, description
FROM (
    SELECT account, flow_type, amount, month::date + offset_days AS day, description
    FROM generate_series(timestamp '2024-01-01', timestamp '2025-12-01', interval '1 month') AS month,
         LATERAL (SELECT extract(month FROM month)::int AS number) AS m,
         LATERAL (VALUES
             ('Current', 'income', 2650.00, 24, 'Salary'),
             ('Current', 'outcome', 940.00, 0, 'Rent'),
             ('Current', 'outcome', 812.35 + 47.10 * ((number * 5) % 7), 14, 'Living'),
             ('Current', 'outcome', CASE number WHEN 7 THEN 1850.00 WHEN 12 THEN 720.00 ELSE 0 END, 19, 'Holidays'),
             ('Deposit', 'income', 12.50, 27, 'Interest')
         ) AS regular (account, flow_type, amount, offset_days, description)
) AS entry
WHERE amount > 0
ON CONFLICT (id) DO NOTHING;

INSERT INTO transaction (id, account_id, flow_type, amount, date, status, description)
VALUES (md5('monthly roof')::uuid, md5('monthly account Deposit')::uuid, 'outcome', 1480.00, '2025-06-20', 'unpaid', 'Roof')
ON CONFLICT (id) DO NOTHING;
