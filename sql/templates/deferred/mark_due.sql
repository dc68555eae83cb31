    INSERT INTO __dirty__ (__keys__, marked_at)
    SELECT __target_keys__, __due_since__
      FROM __target__ AS __alias__
     WHERE __due__ AND NOT EXISTS (SELECT FROM __dirty__ AS d WHERE __match_dirty__);
