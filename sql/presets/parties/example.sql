-- A bakery's quarter: five customers, three vendors, three employees, two members, two drawers, about 480 rows of history.
-- The same rows whenever it is run, and run again it adds none: every id is made of what the row says.

INSERT INTO customers (id, name)
SELECT md5('customer ' || name)::uuid, name
FROM unnest(ARRAY['Hotel Aurora', 'Cafe Central', 'Station kiosk', 'School canteen', 'Walk-in']) AS name
ON CONFLICT (id) DO NOTHING;

INSERT INTO vendors (id, name)
SELECT md5('vendor ' || name)::uuid, name
FROM unnest(ARRAY['Mill', 'Dairy', 'Power company']) AS name
ON CONFLICT (id) DO NOTHING;

INSERT INTO employees (id, name)
SELECT md5('employee ' || name)::uuid, name
FROM unnest(ARRAY['Amina', 'Boris', 'Chiara']) AS name
ON CONFLICT (id) DO NOTHING;

INSERT INTO members (id, name)
SELECT md5('member ' || name)::uuid, name
FROM unnest(ARRAY['Dana', 'Emil']) AS name
ON CONFLICT (id) DO NOTHING;

INSERT INTO cash_drawer_money (id, name)
SELECT md5('drawer ' || name)::uuid, name
FROM unnest(ARRAY['Till', 'Safe']) AS name
ON CONFLICT (id) DO NOTHING;

-- Sales: to whoever walks in, paid in cash at once, and to regular customers, paid by bank until day 75.
-- Amounts vary with the day's number, so that they look like life and stay the same.
WITH regular AS (
    SELECT md5(concat_ws('|', 'sale', customer, day))::uuid AS id, md5('customer ' || customer)::uuid AS customer_id,
           least_total + (day * 37 % 41) + (day * 53 % 100) * 0.01 AS total, md5('drawer ' || drawer)::uuid AS drawer_id,
           paid_until >= day AS paid
    FROM (VALUES
        ('Walk-in', 1, 160.00, 'Till', 89),
        ('Hotel Aurora', 2, 84.00, NULL, 75),
        ('Cafe Central', 3, 41.50, NULL, 75),
        ('Station kiosk', 4, 28.20, NULL, 75),
        ('School canteen', 7, 120.00, NULL, 75)
    ) AS entry (customer, every_days, least_total, drawer, paid_until),
         LATERAL generate_series(0, 89, every_days) AS day
), sold AS (
    INSERT INTO sales (id, customer_id, total)
    SELECT id, customer_id, total FROM regular
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
INSERT INTO payments (id, customer_id, drawer_id, direction, amount)
SELECT md5('payment of sale ' || id)::uuid, customer_id, drawer_id, 'in', total
FROM regular JOIN sold USING (id)
WHERE paid
ON CONFLICT (id) DO NOTHING;

-- A credit note, and a sale that was entered twice and soft-deleted: it counts nowhere.
INSERT INTO sales (id, customer_id, total, deleted_at)
SELECT md5('sale ' || what)::uuid, md5('customer ' || customer)::uuid, total, deleted_at::timestamptz
FROM (VALUES
    ('credit note', 'Hotel Aurora', -46.80, NULL),
    ('entered twice', 'School canteen', 152.21, '2025-02-03 07:40:00+00')
) AS entry (what, customer, total, deleted_at)
ON CONFLICT (id) DO NOTHING;

INSERT INTO purchases (id, vendor_id, total)
SELECT md5(concat_ws('|', 'purchase', vendor, day))::uuid, md5('vendor ' || vendor)::uuid, least_total + varying
FROM (VALUES
    ('Mill', 7, 310.00),
    ('Dairy', 3, 88.40),
    ('Power company', 30, 265.00)
) AS regular (vendor, every_days, least_total),
     LATERAL generate_series(0, 89, every_days) AS day,
     LATERAL (SELECT (day * 29 % 37) + (day * 61 % 100) * 0.01) AS v (varying)
ON CONFLICT (id) DO NOTHING;

INSERT INTO salaries (id, employee_id, amount)
SELECT md5(concat_ws('|', 'salary', employee, month))::uuid, md5('employee ' || employee)::uuid, amount
FROM (VALUES ('Amina', 2450.00), ('Boris', 1980.00), ('Chiara', 740.00)) AS regular (employee, amount),
     generate_series(1, 3) AS month
ON CONFLICT (id) DO NOTHING;

-- Other payments, by bank where no drawer is named; the last one was entered by mistake and soft-deleted.
INSERT INTO payments (id, customer_id, vendor_id, employee_id, member_id, drawer_id, direction, amount, deleted_at)
SELECT md5(concat_ws('|', 'payment', kind, party, direction, deleted_at, nth))::uuid,
       CASE kind WHEN 'customer' THEN party_id END,
       CASE kind WHEN 'vendor' THEN party_id END,
       CASE kind WHEN 'employee' THEN party_id END,
       CASE kind WHEN 'member' THEN party_id END,
       md5('drawer ' || drawer)::uuid, direction, amount, deleted_at::timestamptz
FROM (VALUES
    ('customer', 'Station kiosk', NULL, 'out', 12.00, 1, NULL),
    ('vendor', 'Mill', NULL, 'out', 1600.00, 2, NULL),
    ('vendor', 'Dairy', NULL, 'out', 900.00, 3, NULL),
    ('vendor', 'Dairy', 'Safe', 'in', 18.30, 1, NULL),
    ('vendor', 'Power company', NULL, 'out', 270.00, 2, NULL),
    ('employee', 'Amina', NULL, 'out', 2450.00, 3, NULL),
    ('employee', 'Boris', NULL, 'out', 1980.00, 3, NULL),
    ('employee', 'Boris', 'Till', 'in', 25.00, 1, NULL),
    ('employee', 'Chiara', 'Safe', 'out', 650.00, 3, NULL),
    ('member', 'Dana', NULL, 'in', 5000.00, 1, NULL),
    ('member', 'Emil', 'Safe', 'in', 2500.00, 1, NULL),
    ('member', 'Emil', NULL, 'out', 400.00, 1, NULL),
    ('vendor', 'Power company', NULL, 'out', 270.00, 1, '2025-03-02 16:05:00+00')
) AS entry (kind, party, drawer, direction, amount, times, deleted_at),
     LATERAL (SELECT md5(concat_ws(' ', kind, party))::uuid) AS p (party_id),
     LATERAL generate_series(1, times) AS nth
ON CONFLICT (id) DO NOTHING;

-- What members earn and spend with the house.
INSERT INTO transactions (id, member_id, drawer_id, flow_type, amount)
SELECT md5(concat_ws('|', 'transaction', member, flow_type, month))::uuid, md5('member ' || member)::uuid,
       md5('drawer ' || drawer)::uuid, flow_type, amount + month
FROM (VALUES
    ('Dana', NULL, 'income', 310.00),
    ('Dana', 'Till', 'outcome', 45.50),
    ('Emil', 'Till', 'income', 120.00),
    ('Emil', 'Safe', 'outcome', 60.25)
) AS regular (member, drawer, flow_type, amount),
     generate_series(1, 3) AS month
ON CONFLICT (id) DO NOTHING;
