"""Readers tell us what is wrong; the log says what we put right."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from config import errors
from explainers.models import Correction, ReaderReport
from trials import limits

PER_HOUR = 6


class ReportForm(forms.ModelForm):  # type: ignore[type-arg]
    page = forms.CharField(
        required=False, max_length=300, label="Which page?", help_text="Its address, if you know it."
    )
    kind = forms.ChoiceField(choices=ReaderReport.Kind.choices, label="What is it about?")
    message = forms.CharField(
        max_length=ReaderReport.LONGEST,
        label="What should we know?",
        help_text="Please write no health details, no name and no address.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    website = forms.CharField(required=False, label="Leave this empty")

    class Meta:
        model = ReaderReport
        fields = ("page", "kind", "message")


@csrf_exempt
def report(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, ReportForm(initial={"page": _path(request.GET.get("page", ""))}))
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=400)
    if form.cleaned_data["website"]:  # only a machine fills the hidden field
        return _form(request, None)
    if not limits.allow(request, "report", PER_HOUR, seconds=3600):
        return errors.too_many(request, 3600)
    form.instance.received_at = timezone.now()
    form.save()
    return _form(request, None)


def _path(value: str) -> str:
    return value[:300] if value.startswith("/") and "\x00" not in value else ""


def _form(request: HttpRequest, form: ReportForm | None, status: int = 200) -> HttpResponse:
    return render(request, "pages/report.html", {"form": form}, status=status)


def corrections(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/corrections.html", {"corrections": Correction.objects.all()[:200]})
