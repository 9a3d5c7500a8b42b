"""Turns exceptions into HTTP answers, in one place: domain errors, refused requests, and what nobody expected."""

import logging
import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as answer_of_framework
from rest_framework.views import set_rollback

API = "/v1/"
UNKNOWN_HINT = "Check the id; what belongs to somebody else is answered as if it did not exist."
INVALID_HINT = "Compare the request with the schema at /v1/schema."
NOT_ALLOWED_HINT = "Ask an administrator, or use the token of one."
BUG_HINT = "This is a bug; the server's log holds the details."
AWAY = "The database does not do its work at the moment."
# A commit whose answer was lost may have been made.
AWAY_HINT = "What was asked for is done as a whole or not at all: look whether it is there before you ask again."
LATER = {"Retry-After": "5"}

log = logging.getLogger(__name__)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """An exception inside an API view as its answer; None lets it become a 500."""
    status = getattr(exc, "status", None)
    if isinstance(status, HTTPStatus):
        set_rollback()
        text = str(exc)
        content = body(text, getattr(exc, "detail", text), getattr(exc, "hint", ""))
        wait = getattr(exc, "retry_after", None)
        return Response(content, status=status, headers=None if wait is None else {"Retry-After": str(wait)})
    if isinstance(exc, OperationalError | InterfaceError):
        log.error("a request was answered 503, the database says: %s", str(exc).strip())
        return Response(body(AWAY, AWAY, AWAY_HINT), status=HTTPStatus.SERVICE_UNAVAILABLE, headers=LATER)
    answer = answer_of_framework(exc, context)
    if answer is not None:
        answer.data = _framework_body(exc, answer.data)
        if isinstance(exc, exceptions.ValidationError | exceptions.ParseError):
            answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


def body(message: str, detail: Any, hint: str = "") -> dict[str, Any]:
    return {"message": message, "detail": detail, "hint": hint}


def _framework_body(exc: Exception, answer: Any) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        problems = [{"loc": ["body", *loc], "msg": text} for loc, text in problems_of(exc.detail)]
        return body("The request is not valid.", problems, INVALID_HINT)
    if isinstance(exc, exceptions.ParseError):
        return body("The request is not valid.", [{"loc": ["body"], "msg": str(exc.detail)}], INVALID_HINT)
    if isinstance(exc, Http404 | exceptions.NotFound):
        text = str(answer["detail"])
        return body(text, text, UNKNOWN_HINT)
    if isinstance(exc, PermissionDenied | exceptions.PermissionDenied):
        text = str(answer["detail"])
        return body(text, text, NOT_ALLOWED_HINT)
    return {"detail": answer["detail"]}


def problems_of(detail: Any, loc: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What a serializer complains about, flat: the path of each field and one sentence."""
    if isinstance(detail, dict):
        for field, inner in detail.items():
            yield from problems_of(inner, loc if field == "non_field_errors" else (*loc, field))
    elif isinstance(detail, list) and any(isinstance(inner, dict) for inner in detail):
        for position, inner in enumerate(detail):
            yield from problems_of(inner, (*loc, position))
    elif isinstance(detail, list):
        yield from ((loc, str(text)) for text in detail)
    else:
        yield loc, str(detail)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(API):
        return defaults.bad_request(request, exception)
    return JsonResponse({"detail": "The request was refused."}, status=HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(API):
        return defaults.permission_denied(request, exception)
    text = "This is not allowed."
    return JsonResponse(body(text, text, NOT_ALLOWED_HINT), status=HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith(API):
        return defaults.page_not_found(request, exception)
    text = f"There is nothing at {request.path}."
    return JsonResponse(body(text, text, "The addresses are listed at /v1/docs."), status=HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _away(request)
    if not request.path.startswith(API):
        return defaults.server_error(request)
    text = "Something went wrong on our side."
    return JsonResponse(body(text, text, BUG_HINT), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _away(request: HttpRequest) -> HttpResponse:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if request.path.startswith(API):
        return JsonResponse(body(AWAY, AWAY, AWAY_HINT), status=status, headers=LATER)
    return HttpResponse(f"{AWAY} {AWAY_HINT}", content_type="text/plain", status=status, headers=LATER)
