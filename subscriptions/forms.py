"""What a visitor typed, checked. Every field comes once: a repeated one is an attempt at something else."""

import calendar
from typing import Any

from django import forms
from django.http import QueryDict

from explainers.models import Explainer
from subscriptions import addresses, time_zones, wished
from subscriptions.models.people import Frequency, Scope
from subscriptions.signup import Around, Other, Wish
from trials.models import Condition, Trial
from trials.places import Place


class AddressForm(forms.Form):
    email = forms.CharField(max_length=320, strip=False, error_messages={"required": "Type your email address."})

    def clean_email(self) -> str:
        return addresses.clean(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        if isinstance(self.data, QueryDict) and any(len(values) > 1 for _, values in self.data.lists()):
            raise forms.ValidationError("Each field may come once.")
        return super().clean() or {}


class SubscribeForm(AddressForm):
    frequencies = Frequency.choices
    scopes = Scope.choices

    trial = forms.CharField(max_length=11, required=False)
    condition = forms.CharField(max_length=120, required=False)
    follow_trial = forms.BooleanField(required=False)
    follow_condition = forms.BooleanField(required=False)
    choice = forms.CharField(max_length=1, required=False)
    near = forms.CharField(max_length=100, required=False)
    within = forms.CharField(max_length=12, required=False)
    explainer = forms.CharField(max_length=120, required=False)
    site = forms.CharField(max_length=120, required=False)
    treatment = forms.CharField(max_length=120, required=False)
    search = forms.CharField(max_length=1500, required=False)
    frequency = forms.ChoiceField(choices=Frequency.choices, required=False)
    scope = forms.ChoiceField(choices=Scope.choices, required=False)

    def clean_trial(self) -> Trial | None:
        nct_id = self.cleaned_data["trial"].upper()
        if not nct_id:
            return None
        known = Trial.objects.select_related("moved_to")
        trial = known.filter(nct_id=nct_id).first() or known.filter(aliases__alias=nct_id).first()
        if trial is None:
            raise forms.ValidationError("We do not know this trial.")
        return trial.moved_to or trial

    def clean_condition(self) -> Condition | None:
        slug = self.cleaned_data["condition"]
        if not slug:
            return None
        condition = Condition.objects.filter(slug=slug).select_related("merged_into").first()
        if condition is None:
            raise forms.ValidationError("We do not know this condition.")
        return condition.merged_into or condition

    def clean_explainer(self) -> Explainer | None:
        slug = self.cleaned_data["explainer"]
        if not slug:
            return None
        explainer = Explainer.objects.published().filter(slug=slug).first()
        if explainer is None:
            raise forms.ValidationError("We do not know this text.")
        return explainer

    def clean_near(self) -> Place | None:
        return wished.place(self.cleaned_data["near"])

    def clean_within(self) -> int:
        return wished.kilometres(self.cleaned_data["within"])

    def clean_site(self) -> Other:
        return wished.site(self.cleaned_data["site"])

    def clean_treatment(self) -> Other:
        return wished.treatment(self.cleaned_data["treatment"])

    def clean_search(self) -> Other:
        return wished.search(self.cleaned_data["search"]) if "search" in self.data else Other()

    def clean(self) -> dict[str, Any]:
        """A ticked box follows its topic. A form that has no boxes follows what it names."""
        values = super().clean()
        has_boxes = values.get("choice") or values.get("follow_trial") or values.get("follow_condition")
        if has_boxes:
            for topic in ("trial", "condition"):
                if not values.get(f"follow_{topic}"):
                    values[topic] = None
        others = [values[name] for name in ("site", "treatment", "search") if values.get(name) not in (None, Other())]
        named = [*(values.get(name) for name in ("trial", "condition", "explainer")), *others]
        if not self.errors and not any(named):
            raise forms.ValidationError("Choose what to follow.")
        if len(others) > 1 or (others and any(named[:3])):
            raise forms.ValidationError("Follow a site, a treatment or a search by itself.")
        values["other"] = others[0] if others else Other()
        return values

    def around(self) -> Around | None:
        """The place that goes with the condition; without one it means nothing."""
        place: Place | None = self.cleaned_data.get("near")
        if place is None or self.cleaned_data.get("condition") is None:
            return None
        km = self.cleaned_data["within"] or wished.DEFAULT_KM
        return Around(wished.town(place), place.latitude, place.longitude, km)

    def wish(self, *, source: str, network: str) -> Wish:
        values = self.cleaned_data
        return Wish(
            email=values["email"],
            trial=values["trial"],
            condition=values["condition"],
            explainer=values["explainer"],
            around=self.around(),
            other=values["other"],
            frequency=values["frequency"] or Frequency.AT_ONCE,
            scope=values["scope"] or Scope.MATTERS,
            source=source,
            network=network,
        )


class PaceForm(forms.Form):
    subscription = forms.IntegerField(min_value=1)
    frequency = forms.ChoiceField(choices=Frequency.choices)
    scope = forms.ChoiceField(choices=Scope.choices)


class PlaceForm(forms.Form):
    """Around where a condition is followed; no place means everywhere."""

    subscription = forms.IntegerField(min_value=1)
    near = forms.CharField(max_length=100, required=False)
    within = forms.CharField(max_length=12, required=False)

    def clean_near(self) -> Place | None:
        return wished.place(self.cleaned_data["near"])

    def clean_within(self) -> int:
        return wished.kilometres(self.cleaned_data["within"])

    def around(self) -> Around | None:
        place: Place | None = self.cleaned_data["near"]
        if place is None:
            return None
        km = self.cleaned_data["within"] or wished.DEFAULT_KM
        return Around(wished.town(place), place.latitude, place.longitude, km)


class PauseForm(forms.Form):
    months = forms.TypedChoiceField(choices=[(1, "1 month"), (2, "2 months"), (3, "3 months")], coerce=int)


class HoursForm(forms.Form):
    """When the daily and weekly mails come, and whether they keep quiet about what they are."""

    hour = forms.TypedChoiceField(
        label="Hour of the daily and weekly mail", choices=[(hour, f"{hour}:00") for hour in range(24)], coerce=int
    )
    weekday = forms.TypedChoiceField(
        label="Day of the weekly mail", choices=list(enumerate(calendar.day_name)), coerce=int
    )
    time_zone = forms.ChoiceField(label="Your time zone", choices=time_zones.choices)
    is_neutral = forms.BooleanField(label="Neutral subject and sender: “An update you asked for”", required=False)

    def __init__(self, *args: Any, kept: str = "", **kwargs: Any) -> None:
        """`kept`: the reader's time zone, which may be none that is offered any more."""
        super().__init__(*args, **kwargs)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = time_zones.choices(kept)
