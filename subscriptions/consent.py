"""The text that a person agrees to when they sign up. A changed text is a new version; the old ones stay."""

CURRENT = "2026-11"
TEXTS = {
    "2026-11": (
        "You ask {site} to write to you by email about what you chose to follow. "
        "You can stop at any time, by a link in every mail. By submitting, you agree to our Terms of use."
    ),
}


def text(site: str, version: str = CURRENT) -> str:
    return TEXTS[version].format(site=site)
