DO $$
DECLARE
    v_balance numeric;
BEGIN
    FOR n IN 1..__turns__ LOOP
        SELECT opening_balance + coalesce((SELECT sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END)
                                             FROM transaction
                                            WHERE account_id = account.id AND deleted_at IS NULL), 0)
          INTO v_balance
          FROM account
         WHERE id = public.numbered(1 + n % __accounts__);
    END LOOP;
END
$$
