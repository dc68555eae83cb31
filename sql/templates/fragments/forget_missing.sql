            IF NOT FOUND THEN
                CONTINUE WHEN EXISTS (SELECT FROM __target__ AS t WHERE __match_key__);
                PERFORM __keep_away__;
                -- One statement, one snapshot: where the row has appeared meanwhile, so has what counts for it.
                DELETE FROM __pending__ AS p
                 WHERE __match_pending__ AND NOT EXISTS (SELECT FROM __target__ AS t WHERE __match_key__);
                GET DIAGNOSTICS v_forgotten = ROW_COUNT;
                v_folded := v_folded + v_forgotten;
                CONTINUE;
            END IF;
