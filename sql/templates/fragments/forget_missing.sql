            IF NOT FOUND THEN
                CONTINUE WHEN EXISTS (SELECT FROM __target__ AS t WHERE __match_key__);
                PERFORM __keep_away__;
                -- One statement, one snapshot: where the row has appeared meanwhile, so has what counts for it.
                WITH forgotten AS (
                    DELETE FROM __pending__ AS p
                     WHERE __match_pending__ AND NOT EXISTS (SELECT FROM __target__ AS t WHERE __match_key__)
                    RETURNING true)
                SELECT v_folded + count(*) INTO v_folded FROM forgotten;
                CONTINUE;
            END IF;
