-- A line for the latest invoice of 1,000 accounts, which lie all over the table.
INSERT INTO invoice_line (invoice_id, amount)
SELECT i.id, 1
  FROM (SELECT a.id FROM account AS a ORDER BY hashtext(a.id::text || now()::text) LIMIT 1000) AS a
 CROSS JOIN LATERAL (SELECT i.id FROM invoice AS i WHERE i.account_id = a.id ORDER BY i.invoice_date DESC LIMIT 1) AS i;
