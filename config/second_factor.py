"""The second factor: the first time, a phone is joined; after that its code is asked for."""

import base64
import io
import secrets
import time
from datetime import timedelta

import segno
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp import login as otp_login
from django_otp import match_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import sign_in
from config.admin_site import CONFIRMED_AT, Site
from config.models import BackupCode
from trials import limits

BACKUP_CODES = 8
BACKUP_LENGTH = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
WRONG = "This code is not right, or it was used before. Wait for the next one."


def page(request: HttpRequest, site: Site) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or not (user.is_active and user.is_staff):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    joined = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()
    error = ""
    if request.method == "POST":
        error = _try_code(request, user, request.POST.get("code", ""), joined=joined)
        if not error:
            return redirect(_next(request)) if joined else _show_backup_codes(request, user, site)
    context = {**site.each_context(request), "title": "Second factor", "error": error, "next": _next(request)}
    if not joined:
        context |= _joining(user.pk)
    return render(request, "admin/second_factor.html", context, status=400 if error else 200)


def _try_code(request: HttpRequest, user: User, typed: str, *, joined: bool) -> str:
    """What is wrong, or nothing when the code was right and the session carries it."""
    attempt = sign_in.begin(sign_in.Step.CODE, user.username, limits.network(request), now=timezone.now())
    if isinstance(attempt, timedelta):
        raise limits.TooMany(int(attempt.total_seconds()) + 1)
    code = typed.replace(" ", "").lower()[:32]
    device = _device_for(user, code) if joined else _join(user.pk, code)
    if device is None:
        sign_in.fail(attempt, user.pk)
        return WRONG
    sign_in.succeed(attempt, user.pk)
    request.session.cycle_key()
    otp_login(request, device)
    request.session[CONFIRMED_AT] = time.time()
    return ""


def _device_for(user: User, code: str) -> TOTPDevice | None:
    """The phone whose code this is, or that a backup code stands in for."""
    if len(code) != BACKUP_LENGTH:
        device: TOTPDevice | None = match_token(user, code)
        return device
    return TOTPDevice.objects.filter(user=user, confirmed=True).first() if _use_backup_code(user, code) else None


@transaction.atomic
def _use_backup_code(user: User, code: str) -> bool:
    for kept in BackupCode.objects.select_for_update().filter(user=user):
        if check_password(code, kept.hashed):
            kept.delete()
            return True
    return False


def _show_backup_codes(request: HttpRequest, user: User, site: Site) -> HttpResponse:
    codes = _backup_codes(user.pk)
    context = {**site.each_context(request), "title": "Backup codes", "codes": codes, "next": _next(request)}
    return render(request, "admin/backup_codes.html", context)


@transaction.atomic
def _join(user_id: int, code: str) -> TOTPDevice | None:
    device = TOTPDevice.objects.select_for_update().filter(user_id=user_id, confirmed=False).order_by("-id").first()
    if device is None or not device.verify_token(code):
        return None
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return device


def _joining(user_id: int) -> dict[str, str]:
    """The key of a phone that is yet to be joined, as a picture and as text."""
    device, _ = TOTPDevice.objects.get_or_create(user_id=user_id, confirmed=False, defaults={"name": "Phone"})
    picture = io.BytesIO()
    segno.make(device.config_url, error="m").save(picture, kind="svg", scale=5, border=2)
    key = base64.b32encode(device.bin_key).decode()
    return {
        "picture": "data:image/svg+xml;base64," + base64.b64encode(picture.getvalue()).decode(),
        "key": " ".join(key[place : place + 4] for place in range(0, len(key), 4)),
    }


@transaction.atomic
def _backup_codes(user_id: int) -> list[str]:
    """For the day the phone is lost: each works once."""
    BackupCode.objects.filter(user_id=user_id).delete()
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(BACKUP_LENGTH)) for _ in range(BACKUP_CODES)]
    BackupCode.objects.bulk_create([BackupCode(user_id=user_id, hashed=make_password(code)) for code in codes])
    return codes


def _next(request: HttpRequest) -> str:
    """Where to go on: a page of this site, or the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else reverse("admin:index")
