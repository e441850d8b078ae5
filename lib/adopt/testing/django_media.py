"""
A Django site that keeps its media in a bucket, as short as it can be: a model with a FileField, and a storage that
sends the requests django-storages sends when it saves with its default settings. (Debian's package of django-storages
comes without its S3 backend, so that it cannot be used here.)

Reads one JSON object a line from standard input, {"name", "body" (a path), "contentType" (as a browser would say it, or
null), "direct" (past the model, as an import script would)}, and answers each with the name that was stored.
"""

import json
import mimetypes
import os
import posixpath
import sys

import boto3
import django
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

LOCATION = "media"


class BucketStorage(Storage):
    """What happens to an object when S3Storage saves: the managed transfer of boto3, with a type and nothing else."""

    def __init__(self):
        session = boto3.Session(
            aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        )
        resource = session.resource(
            "s3",
            region_name=os.environ["AWS_S3_REGION_NAME"],
            endpoint_url=os.environ["AWS_S3_ENDPOINT_URL"],
        )
        self.bucket = resource.Bucket(os.environ["AWS_STORAGE_BUCKET_NAME"])

    def _key(self, name):
        return posixpath.join(LOCATION, posixpath.normpath(name.replace("\\", "/")))

    def _save(self, name, content):
        guessed, encoding = mimetypes.guess_type(name)
        extra = {"ContentType": getattr(content, "content_type", None) or guessed or "application/octet-stream"}
        if encoding:
            extra["ContentEncoding"] = encoding
        content.seek(0)
        # The transfer closes what it was given; Django would still read from it.
        content.close, close = (lambda: None), content.close
        try:
            self.bucket.Object(self._key(name)).upload_fileobj(content, ExtraArgs=extra)
        finally:
            content.close = close
        return name

    # AWS_S3_FILE_OVERWRITE is True by default: a name is never made unique.
    def get_available_name(self, name, max_length=None):
        return name

    def url(self, name):
        return "https://example.com/" + self._key(name)


settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_FILE_STORAGE="__main__.BucketStorage",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.db import connection, models  # noqa: E402  (models need the settings)


class Photo(models.Model):
    image = models.FileField(upload_to="photos/2019/07/", max_length=300)

    class Meta:
        app_label = "gallery"


with connection.schema_editor() as editor:
    editor.create_model(Photo)

for line in sys.stdin:
    wanted = json.loads(line)
    with open(wanted["body"], "rb") as body:
        if wanted["direct"]:
            name = default_storage.save(wanted["name"], File(body))
        else:
            upload = SimpleUploadedFile(wanted["name"], body.read(), content_type=wanted["contentType"])
            photo = Photo(image=upload)
            photo.save()
            name = photo.image.name
    print(json.dumps({"name": name}), flush=True)
