"""What a visitor typed, checked. Every field comes once: a repeated one is an attempt at something else."""

import calendar
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict

from subscriptions import addresses
from subscriptions.models.people import Frequency, Scope
from subscriptions.signup import Wish
from trials.models import Condition, Trial


@lru_cache
def time_zones() -> list[tuple[str, str]]:
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


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
    frequency = forms.ChoiceField(choices=Frequency.choices, required=False)
    scope = forms.ChoiceField(choices=Scope.choices, required=False)

    def clean_trial(self) -> Trial | None:
        nct_id = self.cleaned_data["trial"].upper()
        if not nct_id:
            return None
        trial = Trial.objects.filter(nct_id=nct_id).first() or Trial.objects.filter(aliases__alias=nct_id).first()
        if trial is None:
            raise forms.ValidationError("We do not know this trial.")
        return trial

    def clean_condition(self) -> Condition | None:
        slug = self.cleaned_data["condition"]
        if not slug:
            return None
        condition = Condition.objects.filter(slug=slug).select_related("merged_into").first()
        if condition is None:
            raise forms.ValidationError("We do not know this condition.")
        return condition.merged_into or condition

    def clean(self) -> dict[str, Any]:
        """A ticked box follows its topic. A form that has no boxes follows what it names."""
        values = super().clean()
        has_boxes = values.get("choice") or values.get("follow_trial") or values.get("follow_condition")
        if has_boxes:
            for topic in ("trial", "condition"):
                if not values.get(f"follow_{topic}"):
                    values[topic] = None
        if not self.errors and not values.get("trial") and not values.get("condition"):
            raise forms.ValidationError("Choose what to follow.")
        return values

    def wish(self, *, source: str, network: str) -> Wish:
        values = self.cleaned_data
        return Wish(
            email=values["email"],
            trial=values["trial"],
            condition=values["condition"],
            frequency=values["frequency"] or Frequency.AT_ONCE,
            scope=values["scope"] or Scope.MATTERS,
            source=source,
            network=network,
        )


class PaceForm(forms.Form):
    subscription = forms.IntegerField(min_value=1)
    frequency = forms.ChoiceField(choices=Frequency.choices)
    scope = forms.ChoiceField(choices=Scope.choices)


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
    time_zone = forms.ChoiceField(label="Your time zone", choices=time_zones)
    is_neutral = forms.BooleanField(label="Neutral subject and sender: “An update you asked for”", required=False)
