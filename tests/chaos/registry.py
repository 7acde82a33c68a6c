"""A registry that follows a script: its studies are what the test wrote, and it moves when the test moves it.

Speaks the few words of API v2 that a poll needs. Knows nothing of the product.
"""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


def study(nct_id: str, title: str) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": title, "officialTitle": title},
            "statusModule": {
                "overallStatus": "RECRUITING",
                "statusVerifiedDate": "2026-06",
                "startDateStruct": {"date": "2026-01-15", "type": "ACTUAL"},
                "studyFirstPostDateStruct": {"date": "2026-01-10", "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": datetime.now(UTC).date().isoformat(), "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Example University"}},
            "descriptionModule": {"briefSummary": "This study tests something."},
            "conditionsModule": {"conditions": ["Stomach Cancer"]},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1"]},
            "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* Adults", "sex": "ALL",
                                  "minimumAge": "18 Years", "healthyVolunteers": False},
        },
        "hasResults": False,
    }  # fmt: skip


class ScriptedRegistry:
    """Its whole answer lies in `studies`. `move` changes one and the registry's own time, as an update does."""

    def __init__(self, *studies: dict[str, Any]) -> None:
        self.studies = {each["protocolSection"]["identificationModule"]["nctId"]: each for each in studies}
        self._clock = datetime.now(UTC).replace(microsecond=0, tzinfo=None) - timedelta(hours=1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def move(self, nct_id: str, **status: str) -> None:
        self.studies[nct_id]["protocolSection"]["statusModule"].update(status)
        self._clock += timedelta(minutes=1)

    def answer(self, path: str, asked: dict[str, list[str]]) -> Any:
        if path == "/version":
            return {"apiVersion": "2.0.5", "dataTimestamp": self._clock.isoformat()}
        if path == "/studies":
            ids = [each for each in asked.get("filter.ids", [""])[0].split("|") if each]
            found = [self.studies[each] for each in ids or self.studies if each in self.studies]
            return {"studies": found, "totalCount": len(found)}
        return self.studies.get(path.removeprefix("/studies/"))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                found = registry.answer(parts.path, parse_qs(parts.query))
                body = json.dumps(found or {}).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
