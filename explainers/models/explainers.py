"""Long texts: articles and answers to questions.

The rows are the editors' working copy. What readers see is the content of `live`, a version that was frozen when it
was published, so an edit never shows before somebody approved it.
"""

from datetime import date

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from explainers.models.summaries import State


class Category(models.Model):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True, max_length=300)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("explainers:category", args=[self.slug])


class ExplainerQuerySet(models.QuerySet["Explainer"]):
    def published(self) -> "ExplainerQuerySet":
        return self.filter(state=State.PUBLISHED).select_related("live", "category")

    def newest(self) -> "ExplainerQuerySet":
        return self.published().order_by("-live__published_at", "-id")

    def due_for_review(self, today: date) -> "ExplainerQuerySet":
        return self.filter(state=State.PUBLISHED, review_on__lte=today)


class Explainer(models.Model):
    class Kind(models.TextChoices):
        ARTICLE = "article", "Article"
        QUESTION = "question", "Question and answer"

    State = State

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ARTICLE)
    slug = models.SlugField(max_length=120, unique=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="explainers")
    conditions = models.ManyToManyField("trials.Condition", blank=True, related_name="explainers")
    related = models.ManyToManyField("self", blank=True, symmetrical=False, related_name="related_from")

    title = models.CharField(max_length=200)
    dek = models.TextField(max_length=400, blank=True, help_text="Two sentences, for lists and search engines.")
    key_takeaway = models.TextField(max_length=600, blank=True)
    short_answer = models.TextField(max_length=800, blank=True, help_text="Questions: the answer, first of all.")
    body = models.TextField(blank=True, help_text="Article: all of it. Question: what research shows.")
    evidence = models.TextField("how strong the evidence is", blank=True)
    caution = models.TextField(max_length=600, blank=True)
    context = models.TextField("what to keep in mind", blank=True)
    our_view = models.TextField(blank=True)
    our_view_by = models.CharField("our view: who speaks", max_length=120, blank=True)
    status_as_of = models.DateField("current status: as of", null=True, blank=True)
    machine_helped = models.BooleanField("a machine helped to write it", default=False)
    how_made = models.TextField(max_length=600, blank=True, help_text="How the text was written and from what.")
    is_sample = models.BooleanField("sample text", default=False, editable=False)
    cleaned_with = models.CharField(max_length=40, blank=True, editable=False, help_text="The sanitiser's version.")

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    live = models.OneToOneField(
        "explainers.ExplainerVersion", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    edited_at = models.DateTimeField(editable=False)
    submitted_revision = models.PositiveIntegerField(
        null=True, editable=False, help_text="The revision that waits for a reviewer."
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    first_published_at = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField("last reviewed", null=True, editable=False)
    review_on = models.DateField("next review", null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_because = models.TextField(blank=True, editable=False)

    objects = ExplainerQuerySet.as_manager()

    class Meta:
        ordering = ["-edited_at"]
        permissions = [
            ("review_explainer", "Can approve, send back and publish an explainer"),
            ("withdraw_explainer", "Can withdraw an explainer"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published")
                | Q(live__isnull=False, first_published_at__isnull=False, checked_at__isnull=False),
                name="explainer_published_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_because="")),
                name="explainer_withdrawn_says_why",
            ),
            models.CheckConstraint(
                condition=Q(machine_helped=False) | ~Q(how_made=""), name="explainer_machine_help_is_told"
            ),
            models.CheckConstraint(
                condition=Q(our_view="") | ~Q(our_view_by=""), name="explainer_view_has_a_speaker"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["article", "question"])
                & Q(state__in=["draft", "review", "published", "withdrawn"]),
                name="explainer_known_kind_and_state",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.slug

    def get_absolute_url(self) -> str:
        return reverse("explainers:explainer", args=[self.slug])

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED

    @property
    def is_question(self) -> bool:
        return self.kind == self.Kind.QUESTION

    @property
    def has_unpublished_edits(self) -> bool:
        return self.is_published and self.live is not None and self.revision > self.live.revision

    @property
    def waits_for_review(self) -> bool:
        return self.submitted_revision is not None


class ExplainerItem(models.Model):
    """An entry of one of the page's lists."""

    class Kind(models.TextChoices):
        STEP = "step", "Step"
        CHALLENGE = "challenge", "Why it is hard"
        STATUS = "status", "Where things stand"
        ASK = "ask", "Question to ask"

    explainer = models.ForeignKey(Explainer, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=10, choices=Kind)
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=80, blank=True, help_text="Steps and challenges: a few words.")
    text = models.TextField(max_length=800)

    class Meta:
        ordering = ["kind", "position", "id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="explainer_item_has_text")]

    def __str__(self) -> str:
        return self.label or self.text[:60]


class Faq(models.Model):
    explainer = models.ForeignKey(Explainer, on_delete=models.CASCADE, related_name="faqs")
    position = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=200)
    answer = models.TextField(max_length=1200)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = "common question"
        constraints = [
            models.CheckConstraint(condition=~Q(question="") & ~Q(answer=""), name="faq_has_question_and_answer"),
        ]

    def __str__(self) -> str:
        return self.question


class ExplainerVersion(models.Model):
    """An explainer as it was published, complete with its lists and references. Appended, never changed."""

    explainer = models.ForeignKey(Explainer, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(help_text="The working copy's revision that was frozen.")
    content = models.JSONField()
    words = models.TextField(help_text="All its words, for the search.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(max_length=250)
    reviewer_name = models.CharField(max_length=250, blank=True)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["explainer", "number"], name="explainer_version_once"),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | ~Q(author=F("reviewer")), name="explainer_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.explainer_id}"

    @property
    def title(self) -> str:
        return str(self.content.get("title", ""))

    @property
    def dek(self) -> str:
        return str(self.content.get("dek", ""))


class ExplainerCheck(models.Model):
    """Somebody read a published explainer again and found that it holds."""

    explainer = models.ForeignKey(Explainer, on_delete=models.CASCADE, related_name="checks")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=250)
    checked_at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-checked_at"]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.explainer_id}"


class TrialMention(models.Model):
    """A published explainer names this trial. `checked_version` is the trial's version the text was read against."""

    explainer = models.ForeignKey(Explainer, on_delete=models.CASCADE, related_name="mentions")
    nct_id = models.CharField("NCT ID", max_length=11)
    trial = models.ForeignKey("trials.Trial", on_delete=models.SET_NULL, null=True, related_name="explainer_mentions")
    checked_version = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["explainer", "nct_id"], name="trial_mention_once")]

    def __str__(self) -> str:
        return f"{self.explainer_id}: {self.nct_id}"


class ExplainerImage(models.Model):
    """A picture, re-encoded by us: nothing of the uploaded file is served. Kept small, so it lives in its row."""

    name = models.CharField(max_length=80, unique=True, help_text="In the text: the picture's address ends with it.")
    alt = models.CharField("alternative text", max_length=300, help_text="What the picture tells, in words.")
    credit = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    data = models.BinaryField(editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    added_at = models.DateTimeField(editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(alt=""), name="explainer_image_has_alt")]

    def __str__(self) -> str:
        return self.name
