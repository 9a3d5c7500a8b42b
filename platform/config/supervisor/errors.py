"""Why `up` did not start, in one sentence each."""


class CannotStart(Exception):
    """Something about the machine or the settings has to be changed first."""
