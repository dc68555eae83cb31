        v_outer := coalesce(current_setting('pgcache.maintaining', true), '');
        PERFORM set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
