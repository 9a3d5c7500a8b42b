"""A way out that needs no login: a signed address, which a mail program may call by itself (RFC 8058).

Looking at it changes nothing, because programs that check mail look at every address in it."""

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import services
from notifications.models import Notice

SALT: Final = "notifications.unsubscribe"


def address_of(user_id: UUID, kind: str) -> str:
    token = signing.dumps([str(user_id), str(kind)], salt=SALT)
    return settings.SITE_URL.rstrip("/") + reverse("unsubscribe", args=[token])


@csrf_exempt  # the signature is the permission; there is no session whose rights could be borrowed
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user_id, kind = _read(token)
    except (signing.BadSignature, ValueError):
        return HttpResponseNotFound("This address is not complete, or was never given out.", content_type="text/plain")
    done = request.method == "POST"
    if done and not services.unsubscribe(user_id=user_id, kind=kind):
        return HttpResponseNotFound("This account does not exist any more.", content_type="text/plain")
    return render(request, "notifications/unsubscribe.html", {"kind": Notice.Kind(kind).label, "done": done})


def _read(token: str) -> tuple[UUID, str]:
    said: Any = signing.loads(token, salt=SALT)
    return UUID(said[0]), Notice.Kind(said[1]).value
