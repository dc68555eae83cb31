"""A Django app, "pgcache.contrib.django" in INSTALLED_APPS: `manage.py recalculate_balances`."""
