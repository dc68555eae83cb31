DO $$
BEGIN
    FOR n IN 1..__turns__ LOOP
        INSERT INTO transaction (id, account_id, flow_type, amount)
        VALUES (public.numbered(nextval('public.next_transaction')), public.numbered(1 + n * 7919 % __accounts__), 'income', 12.34);
    END LOOP;
END
$$
