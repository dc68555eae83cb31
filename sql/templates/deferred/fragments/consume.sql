    DELETE FROM __dirty__ AS d WHERE d.ctid = ANY (ARRAY(SELECT d.ctid FROM __dirty__ AS d WHERE __condition__ FOR UPDATE SKIP LOCKED));
