    FOR v_mark IN
        INSERT INTO __dirty__ (__columns__) SELECT DISTINCT __columns__ FROM __marks__ AS r WHERE __present__ RETURNING __columns__
    LOOP
        IF __now_and_then__ THEN
            PERFORM __thin__(__marked__);
        END IF;
    END LOOP;
