"""Hostile text is harmless on the page, in the feed and for machines, saved or put straight into the database."""

import ast
import json
import re
from pathlib import Path

import feedparser
import pytest
from bleach._vendor import html5lib
from hypothesis import given, settings
from hypothesis import strategies as st

from explainers import rendering
from explainers.models import Category, Explainer, ExplainerVersion, GlossaryTerm, SummaryText
from explainers.publishing import explainers as steps
from tests.explainers.factories import NOON, UserFactory, published_summary
from tests.explainers.hostile import PASTES

OUR_SCRIPTS = re.compile(r"/static/(?:admin/)?js/[\w./-]+\.js|/admin/jsi18n/")
BITS = ["<b>", "</p>", "<ul><li>", "text", "&", "<", "\"'>", "<!--", "]]>"]
RICH = ("body", "evidence", "context", "our_view")
PLAIN = ("title", "dek", "key_takeaway", "caution", "how_made")


def faults(html):
    """What a browser would run, load or obey in this document."""
    found = []
    for element in html5lib.parse(html, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue
        tag, attributes = element.tag.split("}")[-1], {str(k): v for k, v in element.attrib.items()}
        if tag == "script" and attributes.get("type") != "application/ld+json":
            found += [tag] if not OUR_SCRIPTS.fullmatch(attributes.get("src", "")) else []
        if tag in ("iframe", "object", "embed", "base", "style", "math", "template", "video", "noscript"):
            found.append(tag)
        found += [f"{tag} {name}" for name in attributes if name.startswith("on") or name == "style"]
        found += [f"{tag} {name}={value}" for name, value in attributes.items() if not _is_safe_address(name, value)]
    return found


def _is_safe_address(name, value):
    if name.split("}")[-1] not in ("href", "src", "action", "formaction", "data", "srcdoc", "content"):
        return True
    bare = re.sub(r"[\x00-\x20]", "", value).lower()
    return not bare.startswith(("javascript:", "vbscript:", "data:text", "data:image/svg", "//", "/\\", "0;url"))


def make_explainer(paste):
    category, _ = Category.objects.get_or_create(slug="c", defaults={"name": "C"})
    author = UserFactory()
    row = Explainer.objects.create(slug="hostile", category=category, edited_at=NOON, author=author,
                                   our_view_by="Us", **dict.fromkeys(RICH, f"<p>Some words {paste} and [1]</p>"),
                                   **dict.fromkeys(PLAIN, f"Words {paste}"))  # fmt: skip
    row.references.create(number=1, title=f"A paper {paste}", url="https://ok.example/")
    row.items.create(kind="step", position=1, label=paste[:80], text=f"Step {paste}")
    row.faqs.create(position=1, question=f"Why? {paste}"[:200], answer=f"So {paste}")
    GlossaryTerm.objects.create(term="words", slug="words", definition=f"Parts {paste}"[:400])
    steps.saved(row, by=author)
    steps.submit(row, by=author)
    steps.publish(row, by=UserFactory())
    return row


def published_straight_into_the_database(row, paste):
    version = ExplainerVersion.objects.get(explainer=row)
    content = {**version.content, **dict.fromkeys(RICH, f"<p>Raw {paste}</p>"), **dict.fromkeys(PLAIN, paste)}
    ExplainerVersion.objects.filter(pk=version.pk).update(content=content)


@pytest.mark.django_db
@pytest.mark.parametrize("stored", ["saved", "straight into the database"])
@pytest.mark.parametrize("paste", [paste.replace("\0", "") for paste in PASTES])
def test_a_hostile_paste_does_nothing_on_page_feed_and_json_ld(client, paste, stored):
    row = make_explainer(paste)
    if stored != "saved":
        published_straight_into_the_database(row, paste)
    page = client.get("/explainers/hostile/").content.decode()
    assert faults(page) == []
    for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S):
        json.loads(block)
        assert "<" not in block
    assert faults(client.get("/explainers/").content.decode()) == []
    assert faults(client.get("/glossary/").content.decode()) == []
    feed = client.get("/explainers/feed/").content
    assert not feedparser.parse(feed).bozo
    for content in re.findall(r'<content type="html">(.*?)</content>', feed.decode(), re.S):
        assert faults(_unescaped(content)) == []


def _unescaped(text):
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.django_db
@pytest.mark.parametrize("paste", [paste.replace("\0", "") for paste in PASTES])
def test_a_hostile_summary_does_nothing_on_the_trial_page(client, paste):
    from tests.factories import TrialFactory

    text = SummaryText(title=f"Title {paste}"[:200], summary=f"Words {paste}", active_substance=paste[:300],
                       could_lead_to=f"It could {paste}", could_go_wrong=paste)  # fmt: skip
    summary = published_summary(TrialFactory(nct_id="NCT99000001"), text=text)
    assert faults(client.get(summary.trial.get_absolute_url()).content.decode()) == []


@pytest.mark.parametrize("paste", PASTES)
def test_cleaning_leaves_nothing_to_run_and_nothing_to_clean(paste):
    cleaned = rendering.clean(f"<p>a {paste} b</p>")
    assert faults(cleaned) == []
    assert rendering.clean(cleaned) == cleaned
    assert faults(rendering.words_of(cleaned).replace("<", "&lt;")) == []


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*PASTES, *BITS]), max_size=6))
def test_cleaning_twice_is_cleaning_once(parts):
    cleaned = rendering.clean("".join(parts))
    assert rendering.clean(cleaned) == cleaned
    assert faults(cleaned) == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_cleaned_to_a_fixed_point(text):
    assert rendering.clean(rendering.clean(text)) == rendering.clean(text)


def test_what_editors_need_survives():
    html = (
        "<h2>A</h2><p>Some <strong>bold</strong> and <em>other</em> words<br>here [1].</p><hr>"
        '<ul><li>One</li></ul><ol><li>Two</li></ol><p><a href="https://ok.example/a?b=c&amp;d=e"'
        ' rel="noopener noreferrer">link</a> <a href="/explainers/x/" rel="noopener noreferrer">ours</a></p>'
        '<img src="/explainers/images/cell-1/" alt="A cell">'
        '<table><thead><tr><th scope="col">H</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>'
    )
    assert rendering.clean(html) == html


@pytest.mark.django_db
def test_a_saved_text_keeps_the_name_of_its_sanitiser():
    row = make_explainer("x")
    row.refresh_from_db()
    assert re.fullmatch(r"bleach [\d.]+, nh3 [\d.]+, rules \d+", row.cleaned_with)


def test_only_rendering_knows_the_sanitisers():
    root = Path(rendering.__file__).parent.parent
    knows = []
    for app in ("config", "explainers", "subscriptions", "trials"):
        for path in (root / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else (
                    [node.module or ""] if isinstance(node, ast.ImportFrom) else [])  # fmt: skip
                if any(name.split(".")[0] in ("bleach", "nh3") for name in names):
                    knows.append(path.relative_to(root).as_posix())
    assert sorted(set(knows)) == ["explainers/rendering.py"]


