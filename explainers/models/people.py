"""Who writes and who checks, as readers see it."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import models
from django.db.models import Q


class Signature(models.Model):
    """The name and the role under which a user signs. Texts keep a copy, so that they stay signed for ever."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signature")
    name = models.CharField(max_length=120, help_text="As readers see it.")
    role = models.CharField(max_length=120, blank=True, help_text="What makes the person fit, such as: oncologist.")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="signature_has_name")]

    def __str__(self) -> str:
        return f"{self.name}, {self.role}" if self.role else self.name


def signed(user: User | AbstractBaseUser | None) -> str:
    """What stands under a text of this user: signature, full name or user name, in this order."""
    if user is None:
        return ""
    signature = Signature.objects.filter(user_id=user.pk).first()
    if signature:
        return str(signature)
    full_name = user.get_full_name() if isinstance(user, User) else ""
    return full_name or user.get_username()
