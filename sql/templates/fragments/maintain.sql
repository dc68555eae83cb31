        v_outer := coalesce(current_setting('pgcache.maintaining', true), '');
        -- Assigned, since a PERFORM would go through the executor.
        v_told := set_config('pgcache.maintaining', pg_trigger_depth()::text, true);
