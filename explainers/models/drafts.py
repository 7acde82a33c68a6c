"""What an editor typed and has not saved yet."""

from django.conf import settings
from django.db import models


class Autosave(models.Model):
    """Kept for one editor and one text until that editor saves; nobody else sees it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    trial = models.ForeignKey("trials.Trial", on_delete=models.CASCADE, related_name="+")
    text = models.JSONField()
    revision = models.PositiveIntegerField(help_text="The revision of the summary that the editor began from.")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "trial"], name="autosave_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.trial_id}"
