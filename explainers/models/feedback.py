"""What readers tell us, and what we put right because of it or by ourselves."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReaderReport(models.Model):
    """A reader's note about a page. Holds no address: we cannot answer, and say so."""

    class Kind(models.TextChoices):
        WRONG = "wrong", "Something is wrong"
        UNCLEAR = "unclear", "Something is hard to understand"
        BROKEN = "broken", "Something does not work"
        OTHER = "other", "Something else"

    class State(models.TextChoices):
        NEW = "new", "New"
        IN_HAND = "in_hand", "In hand"
        DONE = "done", "Done"

    LONGEST = 2000

    page = models.CharField(max_length=300, blank=True, help_text="The page's path.")
    page_version = models.CharField(max_length=60, blank=True, help_text="What the reader saw, if the page said so.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WRONG)
    message = models.TextField(max_length=LONGEST)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    outcome = models.TextField(blank=True, help_text="What we did. For editors only.")
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(message=""), name="reader_report_says_something"),
            models.CheckConstraint(condition=~Q(state="done") | ~Q(outcome=""), name="reader_report_done_says_how"),
        ]
        indexes = [
            # the editors' queue: reports that wait
            models.Index(fields=["received_at"], condition=~Q(state="done"), name="reader_report_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.page or 'no page named'}"


class Correction(models.Model):
    """One line of the public log of corrections. Appended; a wrong line is corrected by another."""

    corrected_on = models.DateField()
    page = models.CharField(max_length=300, help_text="The page's path, such as /trials/NCT07103668/.")
    page_title = models.CharField(max_length=200)
    was = models.TextField("what the page said", max_length=1000)
    now = models.TextField("what it says now", max_length=1000)
    found_by = models.CharField(max_length=120, blank=True, help_text="A reader, an editor: no names of readers.")
    report = models.ForeignKey(
        ReaderReport, on_delete=models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    is_sample = models.BooleanField("sample text", default=False, editable=False)

    class Meta:
        ordering = ["-corrected_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(was="") & ~Q(now=""), name="correction_tells_both_sides"),
            models.CheckConstraint(condition=Q(page__startswith="/"), name="correction_names_a_path"),
        ]

    def __str__(self) -> str:
        return f"{self.corrected_on}: {self.page_title}"
