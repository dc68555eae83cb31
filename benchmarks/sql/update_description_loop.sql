DO $$
BEGIN
    FOR n IN 1..__turns__ LOOP
        UPDATE transaction SET description = 'Changed ' || n WHERE id = public.numbered(n * 37);
    END LOOP;
END
$$
