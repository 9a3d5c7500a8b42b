import json
from http import HTTPStatus
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.models import User
from config import errors


class NotToday(Exception):
    status = HTTPStatus.CONFLICT
    code = "not_today"
    hint = "Come back tomorrow."


class Busy(Exception):
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry_after = 7
    detail = {"limit": 3}


class Node(serializers.Serializer[Any]):
    name = serializers.CharField()


class Graph(serializers.Serializer[Any]):
    title = serializers.CharField()
    nodes = Node(many=True)


class Raising(APIView):
    permission_classes = ()
    authentication_classes = ()

    def post(self, request: Request, problem: Exception | None = None) -> Response:
        if problem is not None:
            raise problem
        Graph(data=request.data).is_valid(raise_exception=True)
        return Response()


def answer(problem: Exception | None = None, content: str = "{}") -> Response:
    request = APIRequestFactory().post("/v1/x", content, content_type="application/json")
    response: Response = Raising.as_view()(request, problem=problem)
    return response


def test_a_domain_error_brings_its_status_and_its_hint() -> None:
    response = answer(NotToday("The shop is closed."))
    assert response.status_code == 409
    assert response.data == {
        "message": "The shop is closed.",
        "detail": "The shop is closed.",
        "hint": "Come back tomorrow.",
    }


def test_a_domain_error_may_have_a_detail_and_say_when_to_come_back() -> None:
    response = answer(Busy("Too much."))
    assert (response.status_code, response["Retry-After"]) == (429, "7")
    assert response.data == {"message": "Too much.", "detail": {"limit": 3}, "hint": ""}


def test_every_wrong_field_is_listed_with_its_place() -> None:
    response = answer(content='{"nodes": [{"name": "a"}, {}]}')
    assert response.status_code == 422
    assert response.data["detail"] == [
        {"loc": ["body", "title"], "msg": "This field is required."},
        {"loc": ["body", "nodes", 1, "name"], "msg": "This field is required."},
    ]
    assert response.data["hint"] == errors.INVALID_HINT


@pytest.mark.parametrize("content", ["{", "[1,", '{"a": NaN}'])
def test_what_is_no_json_is_an_invalid_request(content: str) -> None:
    response = answer(content=content)
    assert response.status_code == 422
    assert response.data["detail"][0]["loc"] == ["body"]


@pytest.mark.parametrize(
    ("problem", "status", "hint"),
    [
        (Http404("No such graph."), 404, errors.UNKNOWN_HINT),
        (exceptions.NotFound(), 404, errors.UNKNOWN_HINT),
        (PermissionDenied(), 403, errors.NOT_ALLOWED_HINT),
        (exceptions.PermissionDenied("Not yours."), 403, errors.NOT_ALLOWED_HINT),
    ],
)
def test_refusals_have_the_same_three_fields(problem: Exception, status: int, hint: str) -> None:
    response = answer(problem)
    assert response.status_code == status
    assert set(response.data) == {"message", "detail", "hint"}
    assert response.data["hint"] == hint


def test_other_answers_of_the_framework_are_a_detail() -> None:
    assert answer(exceptions.UnsupportedMediaType("text/x")).data == {
        "detail": 'Unsupported media type "text/x" in request.'
    }


def test_what_nobody_expected_stays_an_exception() -> None:
    with pytest.raises(ZeroDivisionError):
        answer(ZeroDivisionError())


def test_an_unknown_address_of_the_api_is_answered_in_json(client: Client) -> None:
    response = client.get("/v1/nothing/here")
    assert response.status_code == 404
    assert response.json()["message"] == "There is nothing at /v1/nothing/here."
    assert "html" in client.get("/nothing")["content-type"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/v1/graphs", "application/json"), ("/admin/", "text/html; charset=utf-8")],
)
def test_a_bug_is_answered_in_the_language_of_the_address(path: str, kind: str) -> None:
    request = RequestFactory().get(path)
    for status, response in (
        (500, errors.server_error(request)),
        (403, errors.forbidden(request, PermissionDenied())),
        (400, errors.bad_request(request, SuspiciousOperation())),
        (404, errors.not_found(request, Http404())),
    ):
        assert (response.status_code, response["content-type"]) == (status, kind)
        assert "Error" not in response.content.decode() or kind.startswith("text")
    assert path.startswith("/admin") or json.loads(errors.server_error(request).content)["hint"] == errors.BUG_HINT


class _Away:
    """The database answers nothing but this."""

    def __call__(self, *_: Any) -> Any:
        raise OperationalError('connection to server at "10.0.0.7" failed: No route to host')


@pytest.mark.django_db
def test_a_database_that_is_away_is_no_bug_of_ours_and_says_when_to_ask_again(client: Client) -> None:
    client.raise_request_exception = False
    with connection.execute_wrapper(_Away()):
        response = client.get("/v1/graphs", headers={"authorization": "Bearer some-token"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["message"] == errors.AWAY
    assert "10.0.0.7" not in response.content.decode()


@pytest.mark.django_db
def test_pages_say_it_too(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    client.raise_request_exception = False
    with connection.execute_wrapper(_Away()):
        response = client.get("/admin/")
    assert (response.status_code, response.content.decode()) == (503, f"{errors.AWAY} {errors.AWAY_HINT}")
