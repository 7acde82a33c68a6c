"""The weekly brief of a condition: one page a week, and the way to the newest."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from trials import weekly
from trials.models import Condition
from trials.weekly import Week


@never_cache
def newest(request: HttpRequest, slug: str) -> HttpResponse:
    """The week that runs."""
    return redirect("trials:weekly", slug=slug, week=Week.of(timezone.now().date()).name)


def week(request: HttpRequest, slug: str, week: str) -> HttpResponse:
    this = Week.named(week)
    if this is None:
        raise Http404("No such week")
    condition = get_object_or_404(Condition.objects.select_related("merged_into"), slug=slug, is_hidden=False)
    if condition.merged_into is not None:
        return HttpResponsePermanentRedirect(reverse("trials:weekly", args=[condition.merged_into.slug, this.name]))
    today, found = timezone.now().date(), weekly.sections(condition, this)
    context = {
        "condition": condition,
        "follow": condition,
        "week": this,
        "sections": found,
        "in_short": weekly.in_short(found),
        "is_running": this.monday <= today <= this.sunday,
        "is_future": this.monday > today,
        "after": this.after if this.sunday < today else None,
    }
    return render(request, "trials/weekly.html", context)
