"""One process that starts, watches, restarts and stops everything else: `manage.py up`."""
