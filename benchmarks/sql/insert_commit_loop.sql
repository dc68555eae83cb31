-- Each row is committed, without a wait for the disk.
DO $$
BEGIN
    FOR n IN 1..__turns__ LOOP
        INSERT INTO transaction (account_id, flow_type, amount)
        VALUES (public.numbered(1 + n * 7919 % __accounts__), 'income', 12.34);
        COMMIT;
    END LOOP;
END
$$
