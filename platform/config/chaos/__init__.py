"""`manage.py chaos`: a stack of its own under load, everything in it killed and disturbed, every run compared."""
