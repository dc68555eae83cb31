DO $$
DECLARE
    v_balance numeric;
BEGIN
    FOR n IN 1..__turns__ LOOP
        SELECT cached_balance INTO v_balance FROM account WHERE id = public.numbered(1 + n % __accounts__);
    END LOOP;
END
$$
