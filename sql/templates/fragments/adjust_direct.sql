            UPDATE __target__ AS t
               SET (__measures__) = ROW(__adjusted__)
             WHERE __match_delta__;
            PERFORM __look_again__;
