"""Words of the glossary in a plain summary: marked once, explained on the page, without a question for each page."""

from dataclasses import replace

import pytest

from explainers.models import GlossaryTerm, known_words
from tests.explainers.factories import TEXT, make_trial, member, published_summary
from trials import generation

pytestmark = pytest.mark.django_db
PAGE = "/trials/NCT99000001/"
SAYS = replace(
    TEXT,
    summary="Some get a placebo.\n\nThe placebo looks like the drug.",
    could_go_wrong="A Placebo <b>may</b> not help.",
)


def term(name="placebo", definition="It looks like the drug and has none.", **kwargs):
    return GlossaryTerm.objects.create(term=name, slug=name, definition=definition, **kwargs)


def page(client):
    return client.get(PAGE).content.decode()


def renewed():
    """What a save in the admin does, and the half second after it."""
    generation.move()
    known_words.forget()


def test_a_word_is_marked_where_it_first_stands_and_explained_below(client):
    term()
    published_summary(make_trial(), text=SAYS)
    html = page(client)
    assert html.count('class="term"') == 1
    assert 'Some get a <a class="term" href="#word-placebo">placebo</a>.' in html
    assert '<li id="word-placebo"><strong>placebo</strong>: It looks like the drug and has none.</li>' in html


def test_a_text_is_escaped_beside_its_marks(client):
    term()
    published_summary(make_trial(), text=replace(SAYS, summary="It is <i>new</i> & good."))
    html = page(client)
    assert "It is &lt;i&gt;new&lt;/i&gt; &amp; good." in html
    assert 'A <a class="term" href="#word-placebo">Placebo</a> &lt;b&gt;may&lt;/b&gt; not help.' in html


def test_the_glossarys_own_words_are_escaped(client):
    term(definition="<script>alert(1)</script>")
    published_summary(make_trial(), text=SAYS)
    assert "<script>alert(1)" not in page(client)


def test_a_text_without_such_a_word_has_no_list_of_words(client):
    term()
    published_summary(make_trial())
    assert "Words in this text" not in page(client)


def test_a_trial_without_a_summary_has_no_marks(client):
    term("tea")
    make_trial()
    assert 'class="term"' not in page(client)


def test_the_glossary_is_asked_for_once_and_not_at_each_page(client, django_assert_num_queries):
    term()
    published_summary(make_trial(), text=SAYS)
    with django_assert_num_queries(2):
        page(client)
    generation.move()  # so that the whole page is made anew
    with django_assert_num_queries(1):
        page(client)


def test_a_new_term_is_marked_once_the_generation_has_moved(client):
    published_summary(make_trial(), text=SAYS)
    assert 'class="term"' not in page(client)
    term()
    renewed()
    assert 'class="term"' in page(client)


def test_what_was_made_with_a_glossary_is_kept_while_the_glossary_is_the_same():
    term()
    first = known_words.known_words()
    renewed()
    assert known_words.known_words() is first
    GlossaryTerm.objects.update(definition="Something else.")
    renewed()
    assert known_words.known_words().words[0].definition == "Something else."


def test_without_a_cache_server_the_glossary_is_read_anew(monkeypatch):
    monkeypatch.setattr(known_words, "LOOK_AGAIN", 0)
    monkeypatch.setattr("trials.generation.current", lambda: None)
    assert known_words.known_words().words == ()
    term()
    assert [word.slug for word in known_words.known_words().words] == ["placebo"]


def test_an_editors_preview_shows_the_marks(client):
    term()
    make_trial()
    client.force_login(member("Editor"))
    base = "/admin/explainers/plainsummary/write/NCT99000001/"
    client.post(f"{base}autosave/", {**SAYS.as_dict(), "revision": "0"})
    assert 'class="term"' in client.get(f"{base}preview/?typed").content.decode()
