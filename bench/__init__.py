"""Measures Petiole next to raw Celery: `python -m bench`."""
