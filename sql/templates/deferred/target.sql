-- A row of a target of the user's own, before it is stored: marks a row that appears under a key, or whose figures depend on what changed in the
-- row itself, and guards the measures against values written by hand. Locks nothing more that it could wait for; appends, and
-- waits for nobody.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_new record;
    v_old record;
    -- Set by pgcache's own functions to the depth of triggers at which they update, one less than here.
    v_maintaining boolean := coalesce(current_setting('pgcache.maintaining', true), '') = (pg_trigger_depth() - 1)::text;
BEGIN
    -- Asked here and not in a WHEN of the trigger, whose text is read and planned again by each statement.
    IF TG_OP = 'UPDATE' THEN
        IF NOT (__looks__) THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT __state__ INTO v_new FROM (SELECT NEW.*) AS __alias__;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO __dirty__ (__keys__) VALUES (__new_keys__);
        RETURN NEW;
    END IF;
    SELECT __state__ INTO v_old FROM (SELECT OLD.*) AS __alias__;
    IF v_new.basis IS DISTINCT FROM v_old.basis THEN
        INSERT INTO __dirty__ (__keys__) VALUES (__new_keys__);
        IF __now_and_then__ THEN
            PERFORM __thin__(__marked__);
        END IF;
    END IF;
    IF NOT v_maintaining AND v_new.cached IS DISTINCT FROM v_old.cached THEN
        CASE __guard__
            WHEN 'ignore' THEN
                PERFORM __restore__;
            WHEN 'reject' THEN
                PERFORM pgcache.raise_guarded(__cache__, __key_json__);
            WHEN 'log' THEN
                PERFORM pgcache.log_write(__cache__, __key_json__, TG_OP, v_old.cached, v_new.cached);
            WHEN 'off' THEN
                NULL;
        END CASE;
    END IF;
    RETURN NEW;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;
