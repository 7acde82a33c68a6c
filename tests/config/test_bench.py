"""The benchmarks' command: amounts that make no sense are refused, small ones work."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from benchmarks import mail
from subscriptions import composing, matching
from subscriptions.models import Email
from tests.factories import TrialFactory
from tests.subscriptions.factories import SubscriptionFactory, update


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "many", "²", ""])
@pytest.mark.parametrize("option", ["--studies", "--subscribers"])
def test_an_amount_below_one_is_refused_with_a_sentence(option, amount):
    with pytest.raises(CommandError, match="is not a whole number of at least 1"):
        call_command("bench", "sync", f"{option}={amount}")


@pytest.mark.parametrize("seconds", ["0", "-3", "nan", "inf", "soon"])
def test_no_time_at_all_is_refused_with_a_sentence(seconds):
    with pytest.raises(CommandError, match="is not a number of seconds above 0"):
        call_command("bench", "pages", f"--seconds={seconds}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("readers", [1, 3])
def test_the_mail_bench_sends_the_mails_of_few_readers_as_often_as_it_needs(readers):
    trial = TrialFactory()
    SubscriptionFactory.create_batch(readers, trial=trial)
    update(trial)
    matching.match_new_runs(now=timezone.now())
    composing.compose_alerts(now=timezone.now())
    for role in ("floor", "sender", "floor", "sender"):
        assert mail._rate(role, readers, 2) > 0
    assert Email.objects.filter(state="sent").count() == readers
