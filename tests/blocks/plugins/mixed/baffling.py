"""A module whose exception cannot even be described."""


class BafflingError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


raise BafflingError
