INSERT INTO transaction (account_id, flow_type, amount)
SELECT numbered(1 + n * 7919 % __accounts__), 'income', 0.01 * (n % 100) FROM generate_series(1, __rows__) AS n
