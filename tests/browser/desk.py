"""What tests of the editors' desk do in a browser: with the keyboard, and noting what the content policy refused."""

from tests.explainers.factories import member

PASSWORD = "correct horse battery"
WIDE = {"viewport": {"width": 1280, "height": 900}}
FOCUSED = (
    "() => { const e = document.activeElement;"
    " return [e.innerText, e.name, e.value, e.getAttribute('aria-label')].join('|') }"
)


def staff(*roles):
    for role in roles:
        user = member(role, username=role.lower())
        user.set_password(PASSWORD)
        user.save()


def log_in(tab, site, name):
    """Goes to the queue; the form's first field has the focus."""
    tab.context.clear_cookies()
    tab.goto(f"{site}/admin/")
    tab.wait_for_selector("#id_username:focus")
    tab.keyboard.type(name)
    tab.keyboard.press("Tab")
    tab.keyboard.type(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("text=Your queue")


def reach(tab, what, key="Tab"):
    """Press the key until `what`, a part of the element's text, name, value or label, has the focus."""
    for _ in range(200):
        tab.keyboard.press(key)
        if what in tab.evaluate(FOCUSED):
            return
    raise AssertionError(f"the keyboard does not reach {what}")


def press(tab, what):
    reach(tab, what)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def write_into(tab, name, text):
    reach(tab, f"|{name}|")
    tab.keyboard.press("Control+A")
    tab.keyboard.type(text)


def complaints(tab, site):
    """What the page was refused or asked of somebody else; filled while the test goes on."""
    found = []
    tab.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: found.append(str(error)))
    own = (site, "data:")
    tab.on("request", lambda request: None if request.url.startswith(own) else found.append(request.url))
    return found
