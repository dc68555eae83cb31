    DELETE FROM __pending__ AS p WHERE __match_old__;
