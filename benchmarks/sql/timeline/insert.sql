INSERT INTO transaction (account_id, flow_type, amount, date)
SELECT id, 'income', 0.01, %(day)s::date FROM account WHERE name = '2'
