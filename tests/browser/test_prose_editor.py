"""The rich editor of the explainers: by keyboard, under the strict content policy, losing no mark of ours."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from explainers.models import Category, Explainer
from tests.browser.desk import WIDE, complaints, log_in, reach, staff
from tests.explainers.factories import NOON
from tests.factories import TrialFactory

wide = pytest.mark.parametrize("tab", [WIDE], indirect=True)
IN_TEXT = ".ProseMirror-focused"
BODY = ".prose [aria-label='Body']"


@pytest.fixture
def site(transactional_db, live_server):
    ContentType.objects.clear_cache()
    import_module("explainers.migrations.0002_roles").give_roles(apps, None)
    staff("Editor")
    return live_server.url


def stored(body):
    category = Category.objects.create(name="Cells", slug="cells")
    return Explainer.objects.create(slug="cells", title="Cells", category=category, body=body, edited_at=NOON)


def opened(tab, site, row):
    log_in(tab, site, "editor")
    found = complaints(tab, site)
    tab.goto(f"{site}/admin/explainers/explainer/{row.pk}/change/")
    tab.wait_for_selector("text=Edit as")
    return found


def save(tab):
    reach(tab, "Save and continue editing")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


MARKED = (
    '<h2>What is it?</h2>\n<p>A cell[1] with <strong>marks</strong>, in NCT99000001[1, 2]; see '
    '<a href="/glossary/">words</a> and <a href="https://ok.example/a?b=1" rel="noopener noreferrer">a page</a>.</p>\n'
    '<ul><li>one</li><li>two<ol><li>deep</li></ol></li></ul>\n<hr>\n<blockquote><p>Said</p></blockquote>\n'
    '<p><img src="/explainers/images/cell/" alt="A cell"></p>\n<p>CO<sub>2</sub><br>x<sup>2</sup></p>\n'
    '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
    "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
)


KEPT = (
    "[1, 2]", "NCT99000001", 'href="/glossary/"', 'href="https://ok.example/a?b=1"', "<strong>marks</strong>",
    "<li>two<ol><li>deep</li></ol></li>", "<hr>", "<blockquote><p>Said</p></blockquote>", "CO<sub>2</sub><br>",
    '<img src="/explainers/images/cell/" alt="A cell">', '<th scope="col">a</th>', "<td>2</td>",
)  # fmt: skip


@wide
def test_a_text_is_written_by_keyboard_and_keeps_every_mark(tab, site):
    TrialFactory(nct_id="NCT99000001")
    row = stored("")
    refused = opened(tab, site, row)
    reach(tab, "Body")
    tab.keyboard.press("Alt+F10")
    assert tab.evaluate("document.activeElement.textContent") == "Paragraph"
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(IN_TEXT)
    tab.keyboard.type("What is it?")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("Strong")
    tab.keyboard.press("Control+b")
    tab.keyboard.type(" words of NCT99000001")
    tab.keyboard.press("Alt+F10")
    for _ in range(30):
        if tab.evaluate("document.activeElement.textContent") == "Source":
            break
        tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Control+A")
    tab.keyboard.type("2")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".markup-preview .trial-link >> text=NCT99000001")
    tab.wait_for_selector(".markup-preview sup.cite")
    save(tab)
    row.refresh_from_db()
    assert row.body == "<h2>What is it?</h2>\n<p><strong>Strong</strong> words of NCT99000001[2]</p>"
    assert row.cleaned_with.startswith("bleach")
    assert refused == []


@wide
def test_the_keyboard_is_never_caught(tab, site):
    row = stored(MARKED)
    opened(tab, site, row)
    reach(tab, "Body")
    tab.keyboard.press("Control+Home")
    tab.keyboard.press("Tab")
    assert "Edit as HTML" in tab.evaluate("document.activeElement.textContent")
    assert tab.input_value("#id_body").replace("\r\n", "\n") == MARKED


@wide
def test_a_text_that_is_only_typed_into_keeps_its_other_marks(tab, site):
    row = stored(MARKED.replace("<p><img", "<img").replace("cell\"></p>", "cell\">"))
    refused = opened(tab, site, row)
    reach(tab, "Body")
    tab.keyboard.press("Control+Home")
    tab.keyboard.type("So: ")
    save(tab)
    row.refresh_from_db()
    kept = row.body.replace("So: ", "")
    for mark in KEPT:
        assert mark in kept
    assert [entry for entry in refused if "/explainers/images/cell/" not in entry and "404" not in entry] == []


PASTED = (
    "<p onclick=\"alert(1)\" style=\"color:red\" class=\"MsoNormal\">Pasted<script>alert(1)</script> "
    "<b style=\"font-weight:normal\">plain</b> <b>bold</b> <a href=\"javascript:alert(1)\">bad</a> "
    "<img src=\"https://evil.example/x.png\" onerror=\"alert(1)\"></p><style>p{}</style>"
    "<iframe src=\"https://evil.example/\"></iframe>"
)


@wide
def test_what_is_pasted_comes_in_clean_and_asks_nobody(tab, site):
    row = stored("")
    refused = opened(tab, site, row)
    reach(tab, "Body")
    tab.evaluate(
        """(html) => { const data = new DataTransfer(); data.setData('text/html', html);
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, cancelable: true,
        bubbles: true})); }""", PASTED)  # fmt: skip
    tab.wait_for_function("document.getElementById('id_body').value.includes('bold')")
    assert tab.input_value("#id_body") == "<p>Pasted plain <strong>bold</strong> bad</p>"
    assert refused == []


@wide
def test_a_text_with_a_mark_that_the_editor_would_lose_stays_as_html(tab, site):
    row = stored("<dl><dt>Cell</dt><dd>Small</dd></dl>")
    opened(tab, site, row)
    assert tab.is_visible("#id_body")
    assert tab.is_visible("text=This text has marks that the editor would lose")
    tab.click("#id_body")
    tab.keyboard.press("End")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("x")
    assert "<strong>x</strong>" in tab.input_value("#id_body")


@wide
def test_a_text_can_be_edited_as_html_and_back(tab, site):
    row = stored("<p>One</p>")
    opened(tab, site, row)
    reach(tab, "Body")
    reach(tab, "Edit as HTML")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "id_body"
    tab.keyboard.press("Control+A")
    tab.keyboard.type("<p>Two</p>")
    reach(tab, "Edit as text")
    tab.keyboard.press("Enter")
    assert tab.inner_text(BODY) == "Two"


@pytest.mark.parametrize("tab", [{**WIDE, "java_script_enabled": False}], indirect=True)
def test_without_scripts_the_text_field_is_there(tab, site):
    row = stored("<p>One</p>")
    tab.goto(f"{site}/admin/explainers/explainer/{row.pk}/change/")
    tab.fill("[name=username]", "editor")
    tab.fill("[name=password]", "correct horse battery")
    tab.click("[type=submit]")
    assert tab.input_value("#id_body") == "<p>One</p>"
