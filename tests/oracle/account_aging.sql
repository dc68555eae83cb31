-- account_aging = for each account, what its treatments, invoices and payments say on the day that the session was told in
-- pgcache.today: each invoice looked at by itself, and what is due before it looked up for it.
WITH today AS (
    SELECT current_setting('pgcache.today')::date AS day
),
signed AS (
    SELECT payment.account_id, invoice.id AS invoice_id, CASE WHEN kind = 'payment' THEN amount ELSE 0 - amount END AS amount
    FROM payment LEFT JOIN invoice ON invoice.id = payment.invoice_id AND invoice.voided_at IS NULL
),
bill AS (
    SELECT account_id, id, CASE WHEN due_date IS NULL THEN invoice_date ELSE due_date END AS due,
           coalesce((SELECT sum(amount) FROM invoice_line WHERE invoice_id = invoice.id), 0)
           - coalesce((SELECT sum(amount) FROM signed WHERE invoice_id = invoice.id), 0) AS open
    FROM invoice
    WHERE voided_at IS NULL
),
pool AS (
    SELECT id AS account_id,
           coalesce((SELECT sum(amount) FROM signed WHERE account_id = account.id AND invoice_id IS NULL), 0)
           + coalesce((SELECT 0 - sum(open) FROM bill WHERE account_id = account.id AND open < 0), 0) AS amount
    FROM account
),
earlier AS (
    SELECT bill.*, today.day - due AS late,
           coalesce((SELECT sum(other.open) FROM bill AS other
                     WHERE other.account_id = bill.account_id AND other.open > 0 AND (other.due, other.id) < (bill.due, bill.id)),
                    0) AS before,
           CASE WHEN pool.amount > 0 THEN pool.amount ELSE 0 END AS funds
    FROM bill JOIN pool USING (account_id), today
    WHERE bill.open > 0
),
unpaid AS (
    SELECT account_id, due, late, settled, open - settled AS rest
    FROM earlier, LATERAL (SELECT CASE WHEN funds <= before THEN 0
                                       WHEN funds >= before + open THEN open
                                       ELSE funds - before END AS settled) AS s
),
computed AS (
    SELECT account.id::text AS key, figure.measure, figure.value
    FROM account, today,
         LATERAL (SELECT coalesce(sum(amount), 0) AS unbilled
                  FROM treatment JOIN visit ON visit.id = visit_id
                  WHERE account_id = account.id AND billable AND invoice_line_id IS NULL) AS t,
         LATERAL (SELECT coalesce(sum(rest) FILTER (WHERE late <= 0), 0) AS current,
                         coalesce(sum(rest) FILTER (WHERE late > 0 AND late < 31), 0) AS one,
                         coalesce(sum(rest) FILTER (WHERE late > 30 AND late < 61), 0) AS two,
                         coalesce(sum(rest) FILTER (WHERE late > 60 AND late < 91), 0) AS three,
                         coalesce(sum(rest) FILTER (WHERE late > 90), 0) AS four,
                         coalesce(sum(settled), 0) AS settled,
                         (SELECT min(turn) - date '2000-01-01'
                          FROM unpaid AS u, LATERAL unnest(ARRAY[1, 31, 61, 91]) AS days, LATERAL (SELECT u.due + days AS turn) AS d
                          WHERE u.account_id = account.id AND u.rest > 0 AND turn > today.day) AS turns
                  FROM unpaid WHERE account_id = account.id) AS u,
         LATERAL (SELECT pool.amount - u.settled AS credit FROM pool WHERE account_id = account.id) AS c,
         LATERAL (VALUES ('balance', unbilled + current + one + two + three + four - credit), ('unbilled', unbilled),
                         ('current', current), ('days_1_30', one), ('days_31_60', two), ('days_61_90', three),
                         ('days_over_90', four), ('credit', credit), ('next_transition', turns)) AS figure (measure, value)
),
cached AS (
    SELECT account_id::text AS key, figure.measure, figure.value
    FROM account_aging,
         LATERAL (VALUES ('balance', balance), ('unbilled', unbilled), ('current', current), ('days_1_30', days_1_30),
                         ('days_31_60', days_31_60), ('days_61_90', days_61_90), ('days_over_90', days_over_90),
                         ('credit', credit), ('next_transition', next_transition - date '2000-01-01')) AS figure (measure, value)
)
SELECT key, measure, 'cached' AS side, value FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT key, measure, 'computed', value FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed
ORDER BY key, measure, side
