"""What can go wrong with credentials, in the words that a person reads. No message holds a secret."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class CredentialsError(Exception):
    """A request about credentials was refused; nothing has changed."""

    status = HTTPStatus.BAD_REQUEST
    code = "credentials_refused"
    hint = ""


class UnknownCredential(CredentialsError):
    """There is no such credential, or it belongs to somebody else."""

    status = HTTPStatus.NOT_FOUND
    code = "unknown_credential"
    hint = "Check the id; what belongs to somebody else is answered as if it did not exist."

    def __init__(self, credential_id: object) -> None:
        super().__init__(f"There is no credential {str(credential_id)[:100]}.")


class CredentialInvalid(CredentialsError):
    """Fields do not fit the type of the credential. `fields`: name → what is wrong."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "credential_invalid"
    hint = "Compare the credential with the schema at /v1/schema."

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        self.detail: list[dict[str, Any]] = [{"loc": ["body", name], "msg": text} for name, text in fields.items()]
        super().__init__("; ".join(f"{name}: {text}" for name, text in fields.items()))


class NoKeys(CredentialsError):
    """The installation has no key to encrypt with."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "no_encryption_keys"
    hint = "The administrator has to set PETIOLE_ENCRYPTION_KEYS."

    def __init__(self) -> None:
        super().__init__("Credentials cannot be kept here: PETIOLE_ENCRYPTION_KEYS is not set.")


class Unreadable(CredentialsError):
    """A stored credential that none of the keys opens."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "credential_unreadable"
    hint = "The key that it was stored with has to be among PETIOLE_ENCRYPTION_KEYS; or store the credential again."

    def __init__(self, credential_id: object) -> None:
        super().__init__(f"The credential {credential_id} cannot be decrypted with the keys of this installation.")


class IntegrationsInvalid(CredentialsError):
    """The file of integrations is not what it should be."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "integrations_invalid"
    hint = "docs/settings.md shows what the file that PETIOLE_INTEGRATIONS names may hold."


class UnknownProvider(CredentialsError):
    """Nobody can log in at this provider from here."""

    status = HTTPStatus.NOT_FOUND
    code = "unknown_provider"
    hint = "The administrator names the providers in the file of PETIOLE_INTEGRATIONS."

    def __init__(self, provider: str) -> None:
        super().__init__(f"There is no login at {provider[:100]!r}.")


class LoginRefused(CredentialsError):
    """A login at a provider did not end in a token."""

    code = "login_refused"
    hint = "Begin the login again."


class ProviderAway(CredentialsError):
    """The provider did not answer, or answered that it cannot now."""

    status = HTTPStatus.BAD_GATEWAY
    code = "provider_away"
    hint = "Try again later."


class Busy(CredentialsError):
    """Nothing is wrong; the credential can be had in a moment."""

    status = HTTPStatus.CONFLICT
    code = "credential_busy"
    hint = "Try again in a moment."


class Unusable(CredentialsError):
    """The credential is there, and its provider does not accept it any more."""

    code = "credential_unusable"


class OfInstallation(CredentialsError):
    """Credentials of the installation are changed by its administrator, in a file."""

    status = HTTPStatus.FORBIDDEN
    code = "credential_of_installation"
    hint = "The administrator changes it in the file of PETIOLE_INTEGRATIONS."

    def __init__(self) -> None:
        super().__init__("This credential belongs to the installation; it cannot be changed here.")
