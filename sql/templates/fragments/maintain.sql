    -- Assigned, since a PERFORM would go through the executor.
    v_outer := coalesce(current_setting('pgcache.maintaining', true), '');
    v_depth := set_config('pgcache.maintaining', v_depth, true);
