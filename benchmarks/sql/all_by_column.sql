SELECT id, cached_balance FROM account
