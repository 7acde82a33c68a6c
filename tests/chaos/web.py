"""The site's pages in a process of their own: python -m tests.chaos.web PORT [confirm-on-get]."""

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django

django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402

from tests.chaos import broken  # noqa: E402


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    site = get_wsgi_application()
    if "confirm-on-get" in sys.argv[2:]:
        broken.confirm_on_get()
    make_server("127.0.0.1", int(sys.argv[1]), site, Server, Quiet).serve_forever()


if __name__ == "__main__":
    main()
