-- Accounts with 35 rows each, which come in the order of their dates: 5 visits with 2 treatments each, 5 invoices with 2 lines each,
-- 3 of them paid by a payment that names them, and 2 payments that name none. One treatment in 10 is not invoiced, one invoice in 100 is
-- void. An account's id is its number, from 1, as a uuid.
CREATE FUNCTION numbered(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN lpad(to_hex(n), 32, '0')::uuid;

INSERT INTO account (id, name)
SELECT numbered(n), 'Account ' || n FROM generate_series(1, current_setting('benchmark.accounts')::bigint) AS n;

INSERT INTO visit (id, account_id, date)
SELECT numbered(round * accounts + n), numbered(n), current_date - 300 + (round * 60 + n % 60)::integer
  FROM current_setting('benchmark.accounts') AS setting, LATERAL (SELECT setting::bigint AS accounts) AS a,
       generate_series(0, 4) AS round, generate_series(1, accounts) AS n;

INSERT INTO invoice (id, account_id, invoice_date, due_date, voided_at)
SELECT v.id, v.account_id, v.date + 1, CASE WHEN n % 10 > 0 THEN v.date + 31 END, CASE WHEN n % 100 = 7 THEN now() END
  FROM (SELECT v.*, row_number() OVER (ORDER BY v.id) AS n FROM visit AS v) AS v;

INSERT INTO invoice_line (id, invoice_id, amount)
SELECT md5(concat(i.id, line))::uuid, i.id, 10 + (hashtext(i.id::text) & 63) + line
  FROM invoice AS i, generate_series(1, 2) AS line;

INSERT INTO treatment (id, visit_id, amount, billable, invoice_line_id)
SELECT l.id, l.invoice_id, l.amount, n % 20 <> 3, CASE WHEN n % 10 > 0 THEN l.id END
  FROM (SELECT l.*, row_number() OVER (ORDER BY l.id) AS n FROM invoice_line AS l) AS l;

-- The first three of each account are paid.
INSERT INTO payment (account_id, invoice_id, amount, date)
SELECT i.account_id, i.id, l.amount, i.invoice_date + 20
  FROM (SELECT i.*, row_number() OVER (PARTITION BY i.account_id ORDER BY i.invoice_date) AS n FROM invoice AS i) AS i
  JOIN (SELECT l.invoice_id, sum(l.amount) AS amount FROM invoice_line AS l GROUP BY l.invoice_id) AS l ON l.invoice_id = i.id
 WHERE i.n <= 3;

INSERT INTO payment (account_id, kind, amount, date)
SELECT numbered(n), CASE WHEN n % 9 = 0 THEN 'refund' ELSE 'payment' END, 5 + n % 50, current_date - (n % 100)::integer
  FROM generate_series(0, 1) AS round, generate_series(1, current_setting('benchmark.accounts')::bigint) AS n;
