INSERT INTO transaction (account_id, flow_type, amount) VALUES (numbered(1), 'income', 12.34)
