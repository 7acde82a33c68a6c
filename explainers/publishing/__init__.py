"""The only writers of a text's state: `summaries` for plain summaries (named here too), `explainers` for long texts."""

from explainers.publishing.errors import PublishingError
from explainers.publishing.summaries import (
    EditConflict,
    autosave,
    measured,
    no_rewrite_needed,
    publish,
    save_draft,
    send_back,
    start,
    still_correct,
    submit,
    withdraw,
)

__all__ = [
    "EditConflict",
    "PublishingError",
    "autosave",
    "measured",
    "no_rewrite_needed",
    "publish",
    "save_draft",
    "send_back",
    "start",
    "still_correct",
    "submit",
    "withdraw",
]
