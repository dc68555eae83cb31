-- A line on one of the invoices from :first to :last.
\set invoice random(:first, :last)
\set cents random(1, 100000)
INSERT INTO invoice_line (invoice_id, amount) VALUES (numbered(:invoice::int), :cents::int / 100.0);
