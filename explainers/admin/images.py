from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify

from explainers.admin.doer import doer
from explainers.models import ExplainerImage
from explainers.pictures import PictureError, reencode


class ImageForm(forms.ModelForm):
    upload = forms.FileField(required=False, label="Picture", help_text="JPEG, PNG, WebP or GIF, at most 10 MB.")

    class Meta:
        model = ExplainerImage
        fields = ("name", "alt", "credit")

    def clean_name(self) -> str:
        return slugify(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        upload = cleaned.get("upload")
        if not upload:  # none, or False for a box "clear" that the form does not have
            if not self.instance.pk:
                self.add_error("upload", "Choose a file.")
            return cleaned
        try:
            picture = reencode(upload.read())
        except PictureError as error:
            self.add_error("upload", str(error))
        else:
            self.instance.data, self.instance.width, self.instance.height = picture.data, picture.width, picture.height
        return cleaned


@admin.register(ExplainerImage)
class ExplainerImageAdmin(admin.ModelAdmin):
    form = ImageForm
    list_display = ("name", "alt", "shown")
    search_fields = ("name", "alt")
    fields = ("name", "alt", "credit", "upload", "shown")
    readonly_fields = ("shown",)

    @admin.display(description="In a text")
    def shown(self, image: ExplainerImage) -> str:
        if not image.pk:
            return "Save it to see the line for your text."
        return format_html('<code>&lt;img src="{}" alt="{}"&gt;</code>', address(image), image.alt)

    def save_model(self, request: HttpRequest, obj: ExplainerImage, form: Any, change: bool) -> None:
        obj.added_by, obj.added_at = doer(request), timezone.now()
        super().save_model(request, obj, form, change)


def address(image: ExplainerImage) -> str:
    return reverse("explainers:image", args=[image.name])
