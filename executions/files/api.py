"""Uploads, and the files of a run while it has them (spec 8.3). Files of somebody else do not exist."""

from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from executions.api import run_of
from executions.errors import FileNotFound
from executions.files import stored, uploads

UNKNOWN = OpenApiResponse(description="There is no such file any more, or it belongs to somebody else")
CONTENT = {(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: UNKNOWN}


class UploadIn(serializers.Serializer[Any]):
    file = serializers.FileField(max_length=1000, allow_empty_file=True)


class HoursIn(serializers.Serializer[Any]):
    expiration_hours = serializers.IntegerField(default=24, help_text="1 to 48")
    provider = serializers.CharField(required=False, help_text="Accepted and not used")


class UploadOut(serializers.Serializer[Any]):
    file_uri = serializers.CharField(help_text="Give it to a file pin")
    file_name = serializers.CharField()
    size = serializers.IntegerField()
    content_type = serializers.CharField()
    expires_in_hours = serializers.IntegerField()


class FileOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    size = serializers.IntegerField()


class Uploads(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="upload_file",
        parameters=[HoursIn],
        request=UploadIn,
        responses={200: UploadOut, 400: OpenApiResponse(description="Too large, or for too long")},
    )
    def post(self, request: Request) -> Response:
        """Keep a file for some hours, to be given to runs."""
        query = HoursIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        body = UploadIn(data=request.data)
        body.is_valid(raise_exception=True)
        hours = query.validated_data["expiration_hours"]
        upload = uploads.keep(cast(User, request.user), body.validated_data["file"], hours=hours)
        answer = {
            "file_uri": upload.reference,
            "file_name": upload.name,
            "size": upload.size,
            "content_type": upload.content_type,
            "expires_in_hours": hours,
        }
        return Response(answer)


class Uploaded(APIView):
    @extend_schema(operation_id="download_upload", responses=CONTENT)
    def get(self, request: Request, upload_id: UUID) -> FileResponse:
        """The content of an upload."""
        upload = uploads.find(cast(User, request.user).pk, upload_id)
        if upload is None:
            raise FileNotFound(str(upload_id))
        try:
            with stored.answers():
                return _download(cast(BinaryIO, default_storage.open(upload.file)), upload.name)
        except FileNotFoundError:
            raise FileNotFound(str(upload_id)) from None


class RunFiles(APIView):
    @extend_schema(operation_id="list_run_files", responses=FileOut(many=True))
    def get(self, request: Request, graph_id: UUID, run_id: UUID) -> Response:
        """The files that the blocks of a run have made; none once it has completed."""
        found = stored.listed(run_of(request, graph_id, run_id).pk)
        return Response([{"name": name, "size": size} for name, size in found])


class RunFile(APIView):
    @extend_schema(operation_id="download_run_file", responses=CONTENT)
    def get(self, request: Request, graph_id: UUID, run_id: UUID, name: str) -> FileResponse:
        """The content of a file of a run."""
        run = run_of(request, graph_id, run_id)
        try:
            return _download(*stored.opened(run.pk, name))
        except (ValueError, OSError):
            raise FileNotFound(name) from None


def _download(content: BinaryIO, name: str) -> FileResponse:
    """Never shown by a browser as a page of ours."""
    return FileResponse(content, as_attachment=True, filename=name, content_type="application/octet-stream")
