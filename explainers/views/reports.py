"""A reader tells us of a problem; the public log of what we put right."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from explainers.models import Correction, Explainer, ReaderReport
from trials import limits
from trials.models import Trial

PER_HOUR = 8


class ReportForm(forms.ModelForm):
    # People do not see this field; a program that fills in every field gives itself away
    website = forms.CharField(required=False)

    class Meta:
        model = ReaderReport
        fields = ["page", "page_version", "kind", "message"]
        error_messages = {"message": {"required": "Tell us in a few words what is wrong."}}

    def clean_page(self) -> str:
        page = str(self.cleaned_data["page"]).strip()
        return page if page.startswith("/") else ""

    def clean_message(self) -> str:
        message = str(self.cleaned_data["message"]).replace("\0", "")
        if not message.strip():
            raise forms.ValidationError("Tell us in a few words what is wrong.")
        return message


@csrf_exempt
@never_cache
def report(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _take(request)
    page = request.GET.get("page", "").replace("\0", "")[:300]
    page = page if page.startswith("/") else ""
    form = ReportForm(initial={"page": page, "page_version": version_of(page)})
    return render(request, "explainers/report.html", {"form": form, "sent": "sent" in request.GET})


def _take(request: HttpRequest) -> HttpResponse:
    form = ReportForm(request.POST)
    if form.data.get("website"):
        return redirect("/report/?sent")
    if not form.is_valid():
        return render(request, "explainers/report.html", {"form": form}, status=422)
    if not limits.allow(request, "report", PER_HOUR, seconds=3600):
        answer = render(request, "errors/429.html", {"minutes": 60}, status=429)
        answer["Retry-After"] = "3600"
        return answer
    note = form.save(commit=False)
    note.received_at = timezone.now()
    note.save()
    return redirect("/report/?sent")


def version_of(page: str) -> str:
    """Which text and which record stand on this page now."""
    parts = page.strip("/").split("/")
    if len(parts) >= 2 and parts[0] == "trials":
        trial = Trial.objects.filter(nct_id=parts[1].upper()[:11]).select_related("plain_summary").first()
        return _of_trial(trial) if trial else ""
    if len(parts) == 2 and parts[0] == "explainers":
        row = Explainer.objects.published().filter(slug=parts[1]).first()
        return f"text {row.live.number}" if row and row.live else ""
    return ""


def _of_trial(trial: Trial) -> str:
    text = f", summary revision {trial.summary.revision}" if trial.summary else ""
    return f"record {trial.version}{text}"


def corrections(request: HttpRequest) -> HttpResponse:
    page: Any = Paginator(Correction.objects.all(), 50).get_page(request.GET.get("page"))
    return render(request, "explainers/corrections.html", {"page": page})
