"""Runs and mails beyond one machine: what `jsnpy.celery` hands to Celery, and what its workers do with it."""
