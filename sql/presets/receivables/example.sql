-- A practice with eleven accounts, each of which owes in another way. Days are counted back from today, so that the
-- schedule is the same whenever it is run; run again it adds no row: every id is made of what the row says.

INSERT INTO account (id, name)
SELECT md5('receivables account ' || name)::uuid, name
FROM unnest(ARRAY['Adler', 'Brandt', 'Costa', 'Dvorak', 'Evans', 'Fischer', 'Garcia', 'Haas', 'Ivanov', 'Jansen', 'Kowalski'])
    AS name
ON CONFLICT (id) DO NOTHING;

-- The days are those since it was made out, and those until it is due; null: at once.
INSERT INTO invoice (id, account_id, invoice_date, due_date, voided_at)
SELECT md5('receivables invoice ' || number)::uuid, md5('receivables account ' || account)::uuid,
       current_date - days_ago, current_date - days_ago + term,
       CASE WHEN void THEN (current_date - days_ago + time '17:05') AT TIME ZONE 'UTC' END
FROM (VALUES
    (1, 'Adler', 5, 14, false),
    (2, 'Brandt', 40, 30, false),
    (3, 'Costa', 75, 30, false),
    (4, 'Dvorak', 75, NULL, false),
    (5, 'Evans', 400, 30, false),
    (6, 'Evans', 20, 30, false),
    (7, 'Fischer', 50, 30, false),
    (8, 'Garcia', 135, 30, false),
    (9, 'Garcia', 45, 30, false),
    (10, 'Haas', 20, 14, true),
    (11, 'Haas', 18, 14, false),
    (12, 'Ivanov', 200, 30, false),
    (13, 'Jansen', 80, 30, false)
) AS entry (number, account, days_ago, term, void)
ON CONFLICT (id) DO NOTHING;

-- What was done; the number is that of the invoice that charges for it, null until there is one.
CREATE TEMPORARY TABLE pgcache_example AS
SELECT md5(concat_ws('|', 'receivables', account, days_ago, description)) AS hash,
       account, days_ago, description, amount, billable, invoice
FROM (VALUES
    ('Adler', 6, 'First examination', 120.00, true, 1),
    ('Adler', 6, 'X-ray', 85.50, true, 1),
    ('Adler', 1, 'Filling', 140.00, true, NULL),
    ('Adler', 1, 'Advice by telephone', 0.00, false, NULL),
    ('Brandt', 41, 'Crown', 640.00, true, 2),
    ('Costa', 77, 'Root canal', 480.00, true, 3),
    ('Costa', 77, 'X-ray', 85.50, true, 3),
    ('Dvorak', 75, 'Emergency', 95.00, true, 4),
    ('Evans', 402, 'Implant', 1900.00, true, 5),
    ('Evans', 21, 'Check-up', 60.00, true, 6),
    ('Fischer', 51, 'Cleaning', 75.00, true, 7),
    ('Garcia', 136, 'Bridge', 830.00, true, 8),
    ('Garcia', 46, 'Check-up', 60.00, true, 9),
    ('Haas', 21, 'Cleaning', 75.00, true, 10),
    ('Ivanov', 201, 'Filling', 140.00, true, 12),
    ('Ivanov', 201, 'Taking part in a study', 40.00, false, NULL),
    ('Jansen', 82, 'Splint', 310.00, true, 13)
) AS entry (account, days_ago, description, amount, billable, invoice);

INSERT INTO visit (id, account_id, date)
SELECT DISTINCT md5(concat_ws('|', 'receivables visit', account, days_ago))::uuid,
       md5('receivables account ' || account)::uuid, current_date - days_ago
FROM pgcache_example
ON CONFLICT (id) DO NOTHING;

INSERT INTO invoice_line (id, invoice_id, description, amount)
SELECT md5('line ' || hash)::uuid, md5('receivables invoice ' || invoice)::uuid, description, amount
FROM pgcache_example
WHERE invoice IS NOT NULL
ON CONFLICT (id) DO NOTHING;

INSERT INTO treatment (id, visit_id, description, amount, billable, invoice_line_id)
SELECT md5(hash)::uuid, md5(concat_ws('|', 'receivables visit', account, days_ago))::uuid, description, amount, billable,
       CASE WHEN invoice IS NOT NULL THEN md5('line ' || hash)::uuid END
FROM pgcache_example
ON CONFLICT (id) DO NOTHING;

DROP TABLE pgcache_example;

-- Lines without a treatment: a discount, and the invoice that takes the place of the void one.
INSERT INTO invoice_line (id, invoice_id, description, amount)
SELECT md5('receivables line ' || description)::uuid, md5('receivables invoice ' || number)::uuid, description, amount
FROM (VALUES
    (2, 'Discount for the delay', -40.00),
    (11, 'Cleaning, at the price that was agreed', 68.00)
) AS entry (number, description, amount)
ON CONFLICT (id) DO NOTHING;

INSERT INTO payment (id, account_id, invoice_id, kind, amount, date)
SELECT md5(concat_ws('|', 'receivables payment', account, number, kind, days_ago))::uuid,
       md5('receivables account ' || account)::uuid, md5('receivables invoice ' || number)::uuid, kind, amount,
       current_date - days_ago
FROM (VALUES
    ('Costa', 3, 'payment', 200.00, 44),
    ('Evans', 5, 'payment', 500.00, 300),
    ('Fischer', 7, 'payment', 100.00, 30),      -- too much
    ('Garcia', NULL, 'payment', 850.00, 10),    -- settles the older invoice, and 20 of the other
    ('Haas', 10, 'payment', 75.00, 17),         -- of the void invoice: settles the other one
    ('Ivanov', 12, 'payment', 140.00, 180),
    ('Jansen', 13, 'payment', 310.00, 60),
    ('Jansen', 13, 'refund', 110.00, 25),
    ('Kowalski', NULL, 'payment', 250.00, 3)    -- in advance
) AS entry (account, number, kind, amount, days_ago)
ON CONFLICT (id) DO NOTHING;
