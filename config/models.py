"""Who tried to sign in, which slows guessing down, and the codes for the day an editor's phone is lost."""

from django.db import models


class SignInAttempt(models.Model):
    """One try. What was typed as a name is kept as a keyed hash: it may be somebody's password."""

    class Step(models.TextChoices):
        PASSWORD = "password", "Password"
        CODE = "code", "Second factor"

    at = models.DateTimeField()
    step = models.CharField(max_length=8, choices=Step)
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    account = models.CharField(max_length=24, help_text="Keyed hash of the name that was typed.")
    network = models.CharField(max_length=24, help_text="Keyed hash of the visitor's network.")
    succeeded = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "sign-in attempt"
        indexes = [
            # the limits of one account, and of one account from one network
            models.Index(fields=["account", "at"], name="sign_in_of_account"),
            # the limits of one network over all accounts
            models.Index(fields=["network", "at"], name="sign_in_of_network"),
        ]

    def __str__(self) -> str:
        outcome = "succeeded" if self.succeeded else "failed"
        return f"{self.step} {outcome} at {self.at:%Y-%m-%d %H:%M} UTC"


class BackupCode(models.Model):
    """Opens the door once in place of the phone. Kept as a password is: nobody reads it here."""

    user = models.ForeignKey("auth.User", on_delete=models.CASCADE, related_name="+")
    hashed = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"backup code {self.pk}"
