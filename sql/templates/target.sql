-- A row of the target, before it is stored: sets the cached columns of a row that appears under a key, guards them against values
-- written by hand, and moves them along when what they depend on in the row itself changes (initial, period). BEFORE, so that it costs no
-- second version of the row. Locks: the row is the caller's already, and no other is locked; a writer of a source waits for it, so the
-- sums that are read here, in a fresh statement, leave nobody out. What REPEATABLE READ and above cannot see is marked dirty.
CREATE OR REPLACE FUNCTION __function__() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
#variable_conflict use_column
DECLARE
    v_new record;
    v_old record;
    v_cached numeric[];
    v_appears boolean;
    v_by_hand boolean;
    v_maintaining boolean;
BEGIN
    -- Asked here and not in a WHEN of the trigger, whose text is read and planned again by each statement; at once, since each
    -- expression costs every transaction something.
    IF TG_OP = 'UPDATE' AND NOT (__looks__) THEN
        RETURN NEW;
    END IF;
    v_maintaining := __maintaining__;
    v_appears := true;
    v_by_hand := false;
    SELECT __state__ INTO v_new FROM (SELECT NEW.*) AS __alias__;
    IF TG_OP = 'UPDATE' THEN
        SELECT __state__ INTO v_old FROM (SELECT OLD.*) AS __alias__;
        v_appears := v_new.identity IS DISTINCT FROM v_old.identity;
    END IF;

    IF v_appears THEN
        IF TG_OP = 'UPDATE' THEN
            -- The old key is gone: a drift that was read of it is not one of a row that comes back under it.
            INSERT INTO pgcache.repair (cache, key) VALUES (__cache__, v_old.key);
        END IF;
        PERFORM __await_writers__;
        v_cached := __appearing__;
        v_by_hand := TG_OP = 'INSERT' AND v_new.cached <> v_cached AND v_new.cached <> pgcache.subtract(v_cached, v_cached);
    ELSIF v_maintaining THEN
        v_cached := v_new.cached;
    ELSE
        v_cached := v_old.cached;
        v_by_hand := v_new.cached IS DISTINCT FROM v_cached;
    END IF;

    IF v_by_hand THEN
        CASE __guard__
            WHEN 'ignore' THEN
                NULL;
            WHEN 'reject' THEN
                PERFORM pgcache.raise_guarded(__cache__, v_new.key);
            WHEN 'log' THEN
                PERFORM pgcache.log_write(__cache__, v_new.key, TG_OP, v_cached, v_new.cached);
                v_cached := v_new.cached;
            WHEN 'off' THEN
                v_cached := v_new.cached;
        END CASE;
    END IF;

    IF NOT v_appears THEN
        IF v_new.basis IS DISTINCT FROM v_old.basis THEN
            PERFORM __meet__;
            v_cached := pgcache.add(v_cached, pgcache.subtract(__expected_new__, __expected_old__));
            IF v_cached && ARRAY['NaN']::numeric[] THEN
                v_cached := __expected_new__; -- what is not finite has no difference
                PERFORM pgcache.note_not_finite();
            END IF;
            PERFORM __mark_unseen__;
        END IF;
    END IF;
    PERFORM __store__;
    RETURN NEW;
END
$pgcache$;
COMMENT ON FUNCTION __function__() IS __comment__;
REVOKE ALL ON FUNCTION __function__() FROM PUBLIC;
