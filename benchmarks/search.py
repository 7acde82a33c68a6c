"""How fast two hundred questions are answered by the view, beside tantivy and plain Django on the same studies."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TextIO

from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from benchmarks.search_mix import LAY, REACH, WORST, mix
from benchmarks.search_peers import Plain, Tantivy
from benchmarks.studies import make_studies
from benchmarks.sync import _write
from benchmarks.table import show
from trials import polling
from trials.batches import batches
from trials.conditions import condition_key
from trials.models import Condition, Trial
from trials.records import TrialRecord, parse
from trials.search.asking import understood
from trials.search.finding import find
from trials.search.terms import Kind, marked
from trials.views import lists

PASSES = 3
Timed = list[tuple[str, dict[str, str], float]]


def run(options: dict[str, Any], out: TextIO) -> dict[str, Any]:
    count = options["studies"]
    call_command("collectstatic", interactive=False, verbosity=0)
    with tempfile.TemporaryDirectory(prefix="plaintrials-bench-") as name:
        _store(count, Path(name))
        plain, engine = Plain(), Tantivy(Path(name) / "tantivy")
        for batch in batches(_records(count)):
            plain.add(batch)
            engine.add(batch)
        engine.finish()
        plain.finish()
        return _measure(count, engine, plain, out)


def _store(count: int, folder: Path) -> None:
    if Trial.objects.count() >= count:  # another bench of the same call has stored them
        return
    path = _write(folder / "studies.jsonl", make_studies(count))
    run = polling.sync_file(path, baseline=True, now=timezone.now())
    assert run.failed == 0, f"{run.failed} studies failed"
    path.unlink()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _records(count: int) -> Iterator[tuple[int, TrialRecord]]:
    ids = dict(Trial.objects.values_list("nct_id", "id"))
    for study in make_studies(count):
        record = parse(study)
        yield ids[record.nct_id], record


def _measure(count: int, engine: Tantivy, plain: Plain, out: TextIO) -> dict[str, Any]:
    nct_ids = list(Trial.objects.order_by("?").values_list("nct_id", flat=True)[:15])
    questions = mix(nct_ids)
    first = _timed(questions, _view)
    warm = _best_of(questions, _view)
    peer = _best_of(_searching(questions), _of(engine))
    beside = _best_of(_searching(questions), _of(plain))
    cold = [ms for _, _, ms in first]
    ours, tantivys, djangos = ([ms for _, _, ms in timed] for timed in (warm, peer, beside))
    worst = max(warm, key=lambda timed: timed[2])
    unselective = [(_of_word(warm, word), _of_word(beside, word)) for word in WORST]
    recall, peer_recall = _recall(_our_ids), _recall(lambda q: engine.search(q, only_open=False))
    show(out, f"search, {count:,} studies, 200 questions through the view", [
        ("p50", f"{median(ours):.1f} ms", f"tantivy {median(tantivys):.1f} ms, plain Django {median(djangos):.1f} ms"),
        ("p95", f"{_p95(ours):.1f} ms", f"tantivy {_p95(tantivys):.1f} ms, plain Django {_p95(djangos):.1f} ms"),
        ("worst", f"{worst[2]:.1f} ms", f"{worst[0]}: {worst[1]}"),
        ("first time, p95", f"{_p95(cold):.1f} ms", f"worst {max(cold):.1f} ms"),
        *((f"“{word}”", f"{mine:.1f} ms", f"plain Django {theirs:.1f} ms: {theirs / mine:.1f} times")
          for word, (mine, theirs) in zip(WORST, unselective, strict=True)),
        ("top 20, everyday names", f"{recall:.3f}", f"tantivy {peer_recall:.3f}"),
        *((kind, f"{median(times):.1f} ms", f"worst {max(times):.1f} ms") for kind, times in _by_kind(warm).items()),
    ])  # fmt: skip
    out.write("\nThe plan of plain Django for “patients”\n" + "\n".join(plain.plan("patients")) + "\n")
    return {"studies": count, "p50_ms": round(median(ours), 2), "p95_ms": round(_p95(ours), 2),
            "worst_ms": round(worst[2], 2), "tantivy_p95_ms": round(_p95(tantivys), 2),
            "plain_p95_ms": round(_p95(djangos), 2)}  # fmt: skip


def _view(parameters: dict[str, str]) -> None:
    response = lists.trials(RequestFactory().get("/trials/", parameters))
    assert response.status_code in (200, 302), parameters


def _of(peer: Tantivy | Plain) -> Callable[[dict[str, str]], None]:
    def search(parameters: dict[str, str]) -> None:
        peer.search(parameters.get("q", ""), only_open=parameters.get("status") != "any")

    return search


def _searching(questions: list[tuple[str, dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
    """What the peers can be asked: they know no places and no slips, and an NCT ID is no search."""
    return [(kind, parameters) for kind, parameters in questions if kind not in ("near", "slip", "NCT ID")]


def _timed(questions: list[tuple[str, dict[str, str]]], ask: Callable[[dict[str, str]], None]) -> Timed:
    timed = []
    for kind, parameters in questions:
        began = time.perf_counter()
        ask(parameters)
        timed.append((kind, parameters, (time.perf_counter() - began) * 1000))
    return timed


def _best_of(questions: list[tuple[str, dict[str, str]]], ask: Callable[[dict[str, str]], None]) -> Timed:
    """The median of a few passes over all questions, question by question."""
    passes = [_timed(questions, ask) for _ in range(PASSES)]
    return [(each[0][0], each[0][1], median(ms for _, _, ms in each)) for each in zip(*passes, strict=True)]


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _of_word(timed: Timed, word: str) -> float:
    return max(ms for kind, parameters, ms in timed if kind == "common word" and parameters["q"] == word)


def _by_kind(timed: Timed) -> dict[str, list[float]]:
    kinds: dict[str, list[float]] = {}
    for kind, _, ms in timed:
        kinds.setdefault(kind, []).append(ms)
    return kinds


def _our_ids(q: str) -> list[int]:
    return [hit.trial_id for hit in find(understood({"q": q, "status": "any"})).hits]


def _recall(search: Callable[[str], list[int]]) -> float:
    """Of the trials about what was meant, as many as fit on a page: how many are among the first twenty, on average."""
    shares = []
    for q, heading in zip(LAY, REACH, strict=True):
        about = _about(heading)
        if about:
            shares.append(len(about & set(search(q))) / min(20, len(about)))
    return sum(shares) / len(shares)


def _about(heading: str) -> set[int]:
    condition = Condition.objects.filter(key=condition_key(heading)).first()
    if condition is None:
        return set()
    with connection.cursor() as cursor:
        mark = marked(Kind.CONDITION, condition.pk)
        cursor.execute("SELECT trial_id FROM trials_trialsearch WHERE terms @> %s::int[]", [[mark]])
        return {row[0] for row in cursor.fetchall()}
