"""What graphs may know of the credentials of the one who saves or runs them."""

from uuid import UUID

import credentials.services
from graphs.validate import CredentialsMeta


class Own:
    """The credentials of a user and those of the installation. Raises CredentialsError when they cannot be read."""

    def __init__(self, user_id: UUID) -> None:
        self._lookup = credentials.services.Lookup(user_id)

    def get(self, credential_id: str) -> CredentialsMeta | None:
        meta = self._lookup.get(credential_id)
        return None if meta is None else CredentialsMeta(meta.id, meta.provider, meta.type)
