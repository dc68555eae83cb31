            v_pending := NULL;
            IF v_takes THEN
                SELECT __waiting__
                  INTO v_pending
                  FROM __target__ AS t
                 WHERE __match_delta__
                   FOR NO KEY UPDATE SKIP LOCKED;
                PERFORM __make_row__;
            END IF;
            IF v_pending THEN
                WITH folded AS (DELETE FROM __pending__ AS p WHERE __match_pending__ RETURNING __pending_values__)
                UPDATE __target__ AS t
                   SET (__measures__) = (SELECT __adjusted_and_folded__ FROM folded AS p)
                 WHERE __match_delta__;
            ELSIF NOT v_pending THEN
                UPDATE __target__ AS t
                   SET (__measures__) = ROW(__adjusted__)
                 WHERE __match_delta__;
            ELSE
                INSERT INTO __pending__ SELECT __delta_values__ WHERE __may_wait__;
            END IF;
