-- The current role's jobs whose names begin with $1 and are not among $2.
SELECT cron.unschedule(j.jobid)
  FROM cron.job AS j
 WHERE starts_with(j.jobname, $1) AND j.jobname <> ALL ($2::text[]) AND j.username = current_user
