"""Reports that come back: only a true one, about our own recent mail, touches only that mail's reader."""

import io
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import timezone

from subscriptions import bounces, delivery, leaving, pace
from subscriptions.models import BounceReport, Email, MailSwitch, Subscription, Suppression
from subscriptions.return_paths import mail_of, return_path
from tests.subscriptions.factories import SubscriptionFactory

pytestmark = pytest.mark.django_db
DOMAIN = "bounce.example.net"


@pytest.fixture(autouse=True)
def _domain(settings):
    settings.BOUNCE_DOMAIN = DOMAIN


@pytest.fixture
def mail() -> Email:
    return sent(SubscriptionFactory().subscriber)


def sent(reader, *, ago: timedelta = timedelta(minutes=5)) -> Email:
    at = timezone.now() - ago
    return Email.objects.create(
        kind="alert", lane="alerts", state="sent", subscriber=reader, sent_at=at, created_at=at, due_at=at,
        message_id=f"<{Email.objects.count()}@x>",
    )  # fmt: skip


def dsn(recipient: str, *, action: str = "failed", status: str = "5.1.1", to: str = "", prefix: str = "") -> bytes:
    return f"""\
From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

{prefix}Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
--b
Content-Type: message/rfc822

Subject: Update

--b--
""".encode()


def arf(*, about: str, kind: str = "abuse", recipient: str = "") -> bytes:
    named = f"Original-Rcpt-To: {recipient}\n" if recipient else ""
    return f"""\
From: fbl@mail.example.org
To: abuse@{DOMAIN}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A complaint.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Test/1
Version: 1
Original-Mail-From: <{about}>
{named}
--b
Content-Type: message/rfc822

Subject: Update

--b--
""".encode()


def receive(raw: bytes, *to: str) -> str:
    return bounces.receive(raw, to=to, now=timezone.now())


def test_a_mail_goes_out_under_its_own_return_path(sink, mail, monkeypatch):
    seen = []
    letter = SimpleNamespace(sender="updates@x.org", recipient="a@x.org", message=b"Subject: x\r\n\r\nx\r\n")
    monkeypatch.setattr(delivery, "_write", lambda cleared: letter)
    sender = delivery.Sender("alerts")
    monkeypatch.setattr(sender.smtp, "send", lambda *args: seen.append(args[0]))
    sender._send_one(SimpleNamespace(email=mail))
    assert seen == [return_path(mail.pk)]
    assert mail_of(seen[0]) == mail.pk
    assert seen[0].endswith("@" + DOMAIN)


def test_a_hard_bounce_ends_the_readers_mails(mail):
    assert receive(dsn(mail.subscriber.email), return_path(mail.pk)) == "hard"
    assert Suppression.objects.get().reason == "bounced"
    assert Subscription.objects.get().ended_reason == "bounced"
    assert BounceReport.objects.get().status == "5.1.1"


def test_the_headers_say_where_it_came_to_when_the_envelope_is_not_given(mail):
    assert receive(dsn(mail.subscriber.email, to=return_path(mail.pk))) == "hard"


def test_reported_again_it_counts_once(mail):
    for _ in range(3):
        receive(dsn(mail.subscriber.email), return_path(mail.pk))
    assert BounceReport.objects.count() == 1


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded", ""])
def test_what_did_not_fail_is_ignored(mail, action):
    assert receive(dsn(mail.subscriber.email, action=action), return_path(mail.pk)) == "ignored"
    assert not Suppression.objects.exists()


def forgeries(mail: Email, other: Email) -> list[str]:
    good = return_path(mail.pk)
    return [
        "",
        f"b+{mail.pk}@{DOMAIN}",
        f"b+{mail.pk}.{'0' * 20}@{DOMAIN}",
        return_path(other.pk).replace(f"b+{other.pk}.", f"b+{mail.pk}."),
        good.replace(DOMAIN, "evil.example"),
        good + "x",
        f"b+{'9' * 40}.{'0' * 20}@{DOMAIN}",
    ]


def test_forged_return_paths_are_ignored(mail):
    other = sent(SubscriptionFactory().subscriber)
    for address in forgeries(mail, other):
        assert receive(dsn(mail.subscriber.email), address) == "ignored", address
    assert not Suppression.objects.exists()
    assert not BounceReport.objects.exists()


def test_a_key_that_was_replaced_still_counts_while_it_is_kept(mail, settings):
    old = return_path(mail.pk)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 50
    assert mail_of(old) == mail.pk
    settings.SECRET_KEY_FALLBACKS = []
    assert mail_of(old) is None


def test_a_late_report_and_one_about_an_unsent_mail_are_ignored(mail):
    late = sent(SubscriptionFactory().subscriber, ago=timedelta(days=7, minutes=1))
    assert receive(dsn(late.subscriber.email), return_path(late.pk)) == "ignored"
    Email.objects.filter(pk=mail.pk).update(state="pending", sent_at=None)
    assert receive(dsn(mail.subscriber.email), return_path(mail.pk)) == "ignored"


def test_a_report_about_somebody_else_touches_nobody(mail):
    other = SubscriptionFactory().subscriber
    assert receive(dsn(other.email), return_path(mail.pk)) == "ignored"
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00" * 50,
        b"Subject: Out of office\nAuto-Submitted: auto-replied\n\nBack on Monday. 5.1.1 user unknown\n",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
        b"Content-Type: multipart/report\n\nno boundary",
        b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 5000,
    ],
)
def test_what_is_no_report_is_ignored(mail, raw):
    assert receive(raw, return_path(mail.pk)) == "ignored"


def test_nested_and_huge_messages_are_ignored(mail):
    inner = dsn(mail.subscriber.email)
    for depth in range(50):
        head = f"Content-Type: multipart/report; boundary=x{depth}\n\n--x{depth}\n".encode()
        inner = head + inner + f"\n--x{depth}--\n".encode()
    assert receive(inner, return_path(mail.pk)) == "ignored"
    assert receive(dsn(mail.subscriber.email) + b"x" * 30_000_000, return_path(mail.pk)) == "ignored"
    attached = b"Content-Type: multipart/report; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n"
    assert receive(attached + dsn(mail.subscriber.email) + b"\n--o--\n", return_path(mail.pk)) == "ignored"


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "5.4.4"])
def test_policy_and_routes_blame_our_mail_and_not_the_person(mail, status):
    assert receive(dsn(mail.subscriber.email, status=status), return_path(mail.pk)) == "policy"
    assert not Suppression.objects.exists()
    assert MailSwitch.objects.get().refusals == 1


def full_mailbox(reader, day: int, *, of: int = 0) -> None:
    for number in range(of + 1):
        mail = sent(reader)
        when = timezone.now() + timedelta(days=day, minutes=number)
        Email.objects.filter(pk=mail.pk).update(sent_at=when)
        assert bounces.receive(dsn(reader.email, status="5.2.2"), to=[return_path(mail.pk)], now=when) == "soft"


def test_a_full_mailbox_counts_once_a_day_and_ends_the_mails_on_the_fifth():
    reader = SubscriptionFactory().subscriber
    full_mailbox(reader, 0, of=6)
    for day in range(1, 4):
        full_mailbox(reader, day)
    assert not Suppression.objects.exists()
    full_mailbox(reader, 4)
    assert Suppression.objects.get().reason == "soft-bounced"


def test_a_full_mailbox_is_forgotten_after_thirty_days():
    reader = SubscriptionFactory().subscriber
    for day in (0, 10, 20, 30, 40, 50, 60):
        full_mailbox(reader, day)
    assert not Suppression.objects.exists()


def test_a_complaint_ends_all_lists_at_once(mail):
    SubscriptionFactory(subscriber=mail.subscriber)
    assert receive(arf(about=return_path(mail.pk))) == "complaint"
    assert {each.ended_reason for each in Subscription.objects.all()} == {"complained"}
    assert Suppression.objects.get().reason == "complained"


def test_a_complaint_of_another_kind_or_about_another_reader_is_ignored(mail):
    assert receive(arf(about=return_path(mail.pk), kind="not-spam")) == "ignored"
    assert receive(arf(about=return_path(mail.pk), recipient="else@example.org")) == "ignored"
    assert receive(arf(about=f"updates@{DOMAIN}")) == "ignored"


def test_too_many_bounces_pause_alerts_until_an_administrator_looked(monkeypatch, settings):
    monkeypatch.setitem(bounces.BREAKERS, BounceReport.Kind.HARD, (40, 0.05))
    mails = [sent(SubscriptionFactory().subscriber) for _ in range(40)]
    for mail in mails[:2]:
        receive(dsn(mail.subscriber.email), return_path(mail.pk))
    assert not MailSwitch.objects.filter(is_bulk_paused=True).exists()
    receive(dsn(mails[2].subscriber.email), return_path(mails[2].pk))
    assert MailSwitch.objects.get().is_bulk_paused
    assert pace.allowance("alerts").mails == pace.allowance("digests").mails == 0
    assert pace.allowance("confirmations").mails > 0
    pace.let_go(now=timezone.now())
    receive(dsn(mails[3].subscriber.email), return_path(mails[3].pk))
    assert not MailSwitch.objects.get().is_bulk_paused


def test_old_bounces_do_not_pause(monkeypatch):
    monkeypatch.setitem(bounces.BREAKERS, BounceReport.Kind.HARD, (10, 0.1))
    old = [sent(SubscriptionFactory().subscriber, ago=timedelta(days=2)) for _ in range(2)]
    for mail in old:
        receive(dsn(mail.subscriber.email), return_path(mail.pk))
    assert MailSwitch.objects.get().is_bulk_paused  # two of fewer than ten
    pace.let_go(now=timezone.now() - timedelta(days=1))
    MailSwitch.objects.update(counts_from=None)
    mails = [sent(SubscriptionFactory().subscriber) for _ in range(10)]
    receive(dsn(mails[0].subscriber.email), return_path(mails[0].pk))
    assert not MailSwitch.objects.get().is_bulk_paused


def test_the_command_reads_one_message(mail, monkeypatch):
    raw = dsn(mail.subscriber.email)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    out = io.StringIO()
    call_command("receive_bounce", "--to", return_path(mail.pk), stdout=out)
    assert json.loads(out.getvalue()) == {"report": "hard"}


# --- What came back, word for word ------------------------------------------------------------------------------------


def kept() -> list[bytes | None]:
    return [bytes(raw) if raw else None for raw in BounceReport.objects.values_list("raw", flat=True)]


def test_the_message_is_kept_for_thirty_days_and_the_report_stays(mail):
    report = dsn(mail.subscriber.email, status="5.2.2", to=return_path(mail.pk))
    now = timezone.now()
    assert bounces.receive(report, now=now) == "soft"
    assert kept() == [report]
    for days, expected in ((29, [report]), (30, [None])):
        leaving.tidy(now=now + timedelta(days=days))
        assert kept() == expected


def test_a_huge_message_is_cut(mail):
    report = dsn(mail.subscriber.email, to=return_path(mail.pk)) + b"x" * 200_000
    bounces.receive(report, now=timezone.now())
    ((raw,),) = BounceReport.objects.values_list("raw")
    assert len(raw) == BounceReport.LONGEST_RAW


def test_who_erases_their_address_takes_the_message_along(mail):
    bounces.receive(dsn(mail.subscriber.email, to=return_path(mail.pk)), now=timezone.now())
    leaving.erase(mail.subscriber, now=timezone.now())
    assert kept() == [None]


def test_an_administrator_reads_it_without_the_addresses(mail, client):
    bounces.receive(dsn(mail.subscriber.email, to=return_path(mail.pk)), now=timezone.now())
    user = User.objects.create_user("boss", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrator"))
    client.force_login(user)
    pk = BounceReport.objects.get().pk
    page = client.get(f"/admin/subscriptions/bouncereport/{pk}/change/").content.decode()
    assert "5.1.1" in page
    assert mail.subscriber.email not in page
    assert client.get("/admin/subscriptions/providerevent/").status_code == 200


def test_what_is_ignored_is_not_kept(mail):
    bounces.receive(dsn("stranger@example.org", to=return_path(mail.pk)), now=timezone.now())
    assert kept() == []
