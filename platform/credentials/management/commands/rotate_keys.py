"""`manage.py rotate_keys`: everything that is sealed is sealed with the first key."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials import rotation
from credentials.errors import NoKeys


class Command(BaseCommand):
    help = "Encrypts all credentials with the first of PETIOLE_ENCRYPTION_KEYS, so that older keys can be removed."

    def handle(self, **options: Any) -> None:
        try:
            done = rotation.rotate_all()
        except NoKeys as refused:
            raise CommandError(str(refused), returncode=2) from None
        for credential_id in done.unreadable:
            self.stdout.write(f"no key opens {credential_id}")
        self.stdout.write(f"{done.rotated} credentials are encrypted with the first key")
        if done.unreadable:
            sys.exit(1)
