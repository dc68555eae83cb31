-- What each account owes, by how long it is overdue: a row for each account, of zeros where it owes nothing.
-- balance = unbilled + current + days_1_30 + days_31_60 + days_61_90 + days_over_90 - credit, always.

WITH calendar AS MATERIALIZED (
    SELECT pgcache.today() AS today
), invoiced AS MATERIALIZED (
    -- An invoice is late from the day after it was due.
    SELECT i.account_id, i.id, coalesce(i.due_date, i.invoice_date) AS due
    FROM pgcache_keys AS k
    JOIN invoice AS i ON i.account_id = k.account_id
    WHERE i.voided_at IS NULL
), open_invoice AS (
    -- What is open of an invoice: its lines less the payments, plus the refunds, that name it. Less than nothing where
    -- it was paid too much, or is a credit note. Those that are settled, which most are, play no part in what follows.
    SELECT e.account_id, e.id, e.due, sum(e.amount) AS amount
    FROM (
        SELECT i.account_id, i.id, i.due, l.amount
        FROM invoiced AS i
        JOIN invoice_line AS l ON l.invoice_id = i.id
      UNION ALL
        SELECT i.account_id, i.id, i.due, CASE p.kind WHEN 'refund' THEN p.amount ELSE -p.amount END
        FROM invoiced AS i
        JOIN payment AS p ON p.invoice_id = i.id
    ) AS e
    GROUP BY e.account_id, e.id, e.due
    HAVING sum(e.amount) <> 0
), entry AS (
    SELECT o.account_id, o.id, o.due,
           greatest(o.amount, 0.00) AS owed, greatest(-o.amount, 0.00) AS credit, 0.00 AS unbilled
    FROM open_invoice AS o
  UNION ALL
    -- Money that names no invoice, or a void one.
    SELECT p.account_id, NULL, NULL, 0.00, CASE p.kind WHEN 'refund' THEN -p.amount ELSE p.amount END, 0.00
    FROM pgcache_keys AS k
    JOIN payment AS p ON p.account_id = k.account_id
    LEFT JOIN invoice AS i ON i.id = p.invoice_id
    WHERE p.invoice_id IS NULL OR i.voided_at IS NOT NULL
  UNION ALL
    SELECT v.account_id, NULL, NULL, 0.00, 0.00, t.amount
    FROM pgcache_keys AS k
    JOIN visit AS v ON v.account_id = k.account_id
    JOIN treatment AS t ON t.visit_id = v.id
    WHERE t.billable AND t.invoice_line_id IS NULL
), running AS (
    SELECT e.account_id, e.due, e.owed, e.credit, e.unbilled,
           sum(e.credit) OVER (PARTITION BY e.account_id) AS all_credit,
           sum(e.owed) OVER (PARTITION BY e.account_id ORDER BY e.due, e.id) AS owed_so_far
    FROM entry AS e
), settled AS (
    -- The account's credit settles its open invoices, those that are due first before the others.
    SELECT r.*, least(r.owed, greatest(r.owed_so_far - r.all_credit, 0.00)) AS remaining
    FROM running AS r
), figures AS (
    SELECT s.account_id,
           sum(s.owed + s.unbilled - s.credit) AS balance,
           sum(s.unbilled) AS unbilled,
           sum(s.remaining) FILTER (WHERE s.due >= c.today) AS current,
           sum(s.remaining) FILTER (WHERE s.due BETWEEN c.today - 30 AND c.today - 1) AS days_1_30,
           sum(s.remaining) FILTER (WHERE s.due BETWEEN c.today - 60 AND c.today - 31) AS days_31_60,
           sum(s.remaining) FILTER (WHERE s.due BETWEEN c.today - 90 AND c.today - 61) AS days_61_90,
           sum(s.remaining) FILTER (WHERE s.due < c.today - 90) AS days_over_90,
           -- What the invoices leave of it; negative where more was refunded than paid.
           sum(s.credit) - sum(s.owed - s.remaining) AS credit,
           -- The next day on which one of them is in another bucket, though nobody changes a row.
           min(CASE WHEN s.due >= c.today THEN s.due + 1
                    WHEN s.due >= c.today - 30 THEN s.due + 31
                    WHEN s.due >= c.today - 60 THEN s.due + 61
                    WHEN s.due >= c.today - 90 THEN s.due + 91 END) FILTER (WHERE s.remaining > 0) AS next_transition
    FROM settled AS s
    CROSS JOIN calendar AS c
    GROUP BY s.account_id
)
SELECT a.id AS account_id,
       coalesce(f.balance, 0.00) AS balance,
       coalesce(f.unbilled, 0.00) AS unbilled,
       coalesce(f.current, 0.00) AS current,
       coalesce(f.days_1_30, 0.00) AS days_1_30,
       coalesce(f.days_31_60, 0.00) AS days_31_60,
       coalesce(f.days_61_90, 0.00) AS days_61_90,
       coalesce(f.days_over_90, 0.00) AS days_over_90,
       coalesce(f.credit, 0.00) AS credit,
       f.next_transition
FROM pgcache_keys AS k
JOIN account AS a ON a.id = k.account_id
LEFT JOIN figures AS f ON f.account_id = k.account_id;
