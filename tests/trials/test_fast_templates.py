import pytest
from django.template import engines
from jinja2 import Environment, TemplateNotFound, UndefinedError, nodes


@pytest.fixture
def env() -> Environment:
    made: Environment = engines["jinja2"].env  # type: ignore[attr-defined]
    return made


def test_the_trial_page_is_one_template_with_all_its_parts_written_out(env: Environment) -> None:
    assert env.loader
    source, *_ = env.loader.get_source(env, "trial/body.html")
    assert "{% include" in source
    assert not list(env.parse(source, "trial/body.html").find_all(nodes.Include))


def test_a_part_that_is_not_there_is_an_error_when_the_page_is_compiled(env: Environment) -> None:
    with pytest.raises(TemplateNotFound):
        env.from_string('{% include "trial/_no_such_part.html" %}')


def test_a_name_that_nobody_gave_is_an_error(env: Environment) -> None:
    with pytest.raises(UndefinedError):
        env.from_string("{{ headlin }}").render(headline="Tea")
