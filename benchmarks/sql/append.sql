-- The least that keeps every delta: each is appended to a table, and nobody ever adds it to the account.
CREATE TABLE delta (account_id uuid NOT NULL, amount numeric NOT NULL);

CREATE FUNCTION append_delta() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO delta (account_id, amount)
    SELECT n.account_id, sum(CASE n.flow_type WHEN 'income' THEN n.amount ELSE -n.amount END)
      FROM new_rows AS n
     WHERE n.deleted_at IS NULL
     GROUP BY n.account_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER append_delta AFTER INSERT ON transaction
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION append_delta();
