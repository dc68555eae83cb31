    IF __given__ THEN
        DELETE FROM __dirty__ AS d
         WHERE d.ctid = ANY (ARRAY(
               SELECT s.ctid
                 FROM (SELECT d.ctid, d.marked_at FROM __dirty__ AS d WHERE __same__ AND d.error IS NULL LIMIT 1000 FOR UPDATE SKIP LOCKED) AS s
                ORDER BY s.marked_at
               OFFSET 1));
    END IF;
