"""A registry for the demo and the tests: ClinicalTrials.gov's API v2 on loopback, over about thirty studies.

`with SampleRegistry() as registry:` serves at `registry.url`. `python -m config.sample_registry --port P --state DIR`
does so for the demo and changes a study now and then. `registry.misbehave(name, times=N, **options)` makes it fail on
purpose; `registry.behave()` ends that. Without `times` a misbehaviour lasts until then. An option's default is in
brackets.

| name                 | what happens                                                                               |
|----------------------|--------------------------------------------------------------------------------------------|
| To any request; `on="version"`, `"studies"` or `"study"` narrows it:                                              |
| rate_limited         | 429; retry_after: ("seconds"), "long", "date", "garbage", a text of your own, or None      |
| server_error_500     | 500                                                                                        |
| unavailable_503      | 503; retry_after as above (None)                                                           |
| forbidden_403        | 403, as the gateway answers a client that it dislikes                                      |
| redirect_302         | 302; location ("http://169.254.169.254/")                                                  |
| connection_reset     | the connection is reset; after: so many bytes of the body (0)                              |
| slow_drip            | the body comes bit by bit; size: bytes at a time (16), seconds: between them (0.2)         |
| To /studies, unless `on` says otherwise:                                                                          |
| truncated_json       | half of the JSON; short_of_length: and Content-Length promised the whole (False)           |
| html_with_200        | a web page with 200                                                                        |
| wrong_content_type   | the right JSON under another name; content_type ("application/octet-stream")               |
| bad_gzip             | gzip with a broken head; midway: cut off in its middle instead (False)                     |
| empty_object         | `{}`                                                                                       |
| huge_body            | a study with a title of `size` bytes (500 MB); gzip: sent compressed (False)               |
| To /studies with a pageToken; only these count for `times`:                                                       |
| duplicate_page       | the page before comes again, then the crawl goes on                                        |
| same_token_forever   | the next token is the token that was sent                                                  |
| token_refused        | 400                                                                                        |
| missing_page         | one page is left out                                                                       |
| data_moves_mid_crawl | dataTimestamp moves; earlier tokens are refused, or with tokens_survive (False) still      |
|                      | taken while one study slips past unseen                                                    |
| To the data, until `behave()`; dataTimestamp moves when it begins and when it ends:                               |
| count_drops          | a share (0.05) of the studies is missing from lists and by id; condition: of these only    |
| vanish               | the studies `ids` are missing                                                              |
| mass_change          | a field ("enrollment"; one of data_faults.MASS_CHANGES) changes on a share (0.3)           |
| future_dates         | lastUpdatePostDate lies `days` ahead (365; negative: it goes backwards); ids (all)         |
| reformat             | records read differently and mean the same; kinds (all of data_faults.REFORMATS)           |
| schema_drift         | records take another shape; kinds (all of data_faults.DRIFTS), ids (all)                   |
| poison               | `conditions` of the study `nct_id` is a number                                             |

The last five also give today as post date to the studies they touch, so that an incremental poll meets them.
"""

from config.sample_registry.server import SampleRegistry

__all__ = ["SampleRegistry"]
