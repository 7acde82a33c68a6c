"""Pictures are re-encoded; nothing else of an uploaded file is served."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from explainers.models import ExplainerImage
from explainers.pictures import STORED_BYTES, PictureError, reencode
from tests.explainers.factories import member


def picture(size=(40, 30), kind="PNG", mode="RGB", **extra):
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind, **extra)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_raster_picture_becomes_our_own_webp(kind):
    done = reencode(picture(kind=kind))
    assert Image.open(io.BytesIO(done.data)).format == "WEBP"
    assert (done.width, done.height) == (40, 30)


def test_a_large_picture_is_made_smaller():
    done = reencode(picture(size=(5000, 2500)))
    assert (done.width, done.height) == (1400, 700)
    assert len(done.data) <= STORED_BYTES


def test_what_hides_behind_a_picture_is_gone():
    polyglot = picture(kind="GIF") + b"<script>alert(1)</script>"
    exif = Image.Exif()
    exif[0x9286] = "secret place"
    with_place = picture(kind="JPEG", exif=exif)
    assert b"script" not in reencode(polyglot).data
    assert b"secret place" not in reencode(with_place).data


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        picture()[:60],
        b"%PDF-1.7",
        b"x" * 10_000_001,
        picture(size=(10_000, 10_000), mode="1"),
    ],
)
def test_anything_else_is_refused_in_words(upload):
    with pytest.raises(PictureError, match=r"\."):
        reencode(upload)


@pytest.mark.django_db
def test_an_uploaded_picture_is_served_as_ours(client):
    client.force_login(member("Editor"))
    upload = SimpleUploadedFile("cell.svg.png", picture(), "image/svg+xml")
    path = "/admin/explainers/explainerimage/add/"
    assert client.post(path, {"name": "A cell", "alt": "", "upload": upload}).status_code == 200
    assert not ExplainerImage.objects.exists()
    upload.seek(0)
    client.post(path, {"name": "A cell", "alt": "A cell with a key", "upload": upload})
    response = client.get("/explainers/images/a-cell/")
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert client.get("/explainers/images/a-cell/", headers={"if-none-match": response["ETag"]}).status_code == 304
    assert client.get("/explainers/images/none/").status_code == 404


@pytest.mark.django_db
def test_a_refused_picture_is_explained_in_the_form(client):
    client.force_login(member("Editor"))
    upload = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", "image/png")
    answer = client.post("/admin/explainers/explainerimage/add/", {"name": "x", "alt": "x", "upload": upload})
    assert "This is no picture that we can read" in answer.content.decode()


@pytest.mark.django_db
def test_a_box_that_the_form_does_not_have_is_no_fault(client):
    client.force_login(member("Editor"))
    answer = client.post("/admin/explainers/explainerimage/add/", {"name": "x", "alt": "x", "upload-clear": "on"})
    assert "Choose a file." in answer.content.decode()
