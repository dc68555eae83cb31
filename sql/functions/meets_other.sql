-- One statement may change a source and its mapping, or a source and the target's period, at once: a foreign key's cascades do, and so
-- do data-modifying WITH queries. Their AFTER triggers all fire at the end, when the rows of all are written, so the differences that each
-- of them sees overlap. Whoever fires while another is open therefore recomputes its keys instead of adding a difference, and so does
-- everybody after it, until none is open. The setting holds a letter for each open statement, and "!" once two have met.
-- Locks nothing.
CREATE OR REPLACE FUNCTION pgcache.meets_other(p_setting text, p_part text, p_closes boolean) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $pgcache$
DECLARE
    v_open text := coalesce(current_setting(p_setting, true), '');
    v_rest text := v_open;
    v_meets boolean := strpos(v_open, '!') > 0
                    OR (strpos(v_open, 's') > 0 AND p_part <> 's')
                    OR (strpos(v_open, 'm') > 0 AND p_part <> 'm');
BEGIN
    IF p_closes AND strpos(v_rest, p_part) > 0 THEN
        v_rest := overlay(v_rest PLACING '' FROM strpos(v_rest, p_part) FOR 1);
    END IF;
    IF v_meets AND strpos(v_rest, '!') = 0 THEN
        v_rest := '!' || v_rest;
    END IF;
    IF v_rest = '!' THEN
        v_rest := '';
    END IF;
    IF v_rest <> v_open THEN
        PERFORM set_config(p_setting, v_rest, true);
    END IF;
    RETURN v_meets;
END
$pgcache$;
COMMENT ON FUNCTION pgcache.meets_other(text, text, boolean) IS
    'Whether the rows of another open statement overlap with this one''s: of a source ("s"), a mapping ("m") or the target ("t").';
REVOKE ALL ON FUNCTION pgcache.meets_other(text, text, boolean) FROM PUBLIC;
