"""The ways by which a message leaves. `send` returns when it was accepted, or raises one of these."""


class Failed(Exception):
    """Not now: the server is away, or asks for patience. It is tried again."""


class Refused(Exception):
    """Never: the address does not exist, or nobody wants the message there."""
