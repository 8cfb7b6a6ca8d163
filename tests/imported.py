"""Meetings imported from a server of files, and compared with what is in them.

    python tests/imported.py meeting.vtt …

Each is imported as it is; then what the hub exports of it as WebVTT, SubRip, JSON and NDJSON is too.
Texts, speakers, times, participants and the length must be the same each time. The exit code is 1 if anything
differs.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from exported import Said, cue, expected, said, spoken
from file_server import Authority, FileServer, Reply, file_server
from servers import HubServer, RedisServer, wait_until

FORMS = ("vtt", "srt", "json", "ndjson")


def imported(api: httpx.Client, url: str) -> dict[str, Any]:
    """The session made from a file."""
    created = api.post("/v1/sessions", json={"file_url": url}).raise_for_status().json()

    def ended() -> dict[str, Any] | None:
        session = api.get(f"/v1/sessions/{created['id']}").raise_for_status().json()
        return session if session["status"] in ("completed", "failed") else None

    return wait_until(ended, "it is imported")


def transcript(api: httpx.Client, session_id: str, form: str = "json") -> httpx.Response:
    return api.get(f"/v1/sessions/{session_id}/transcript", params={"format": form}).raise_for_status()


def differences(api: httpx.Client, session: dict[str, Any], wanted: list[Said], ended_at: str) -> list[str]:
    """Where a session is not what was said, or did not end at `ended_at`."""
    if session["status"] != "completed":
        return [f"{session['status']}: {session['end']}"]
    found: list[str] = []
    back = [cue(said(one)) for one in transcript(api, session["id"]).json()["segments"]]
    if back != wanted:
        pairs = zip(back, wanted, strict=False)
        first = next((pair for pair in pairs if pair[0] != pair[1]), (len(back), len(wanted)))
        found.append(f"{first[0]!r} in place of {first[1]!r}")
    names = {one.speaker for one in wanted if one.speaker}
    counts = {"live": 0, "peak": len(names), "total": len(names)}
    for what, is_, should in (
        ("participants", session["participant_counts"], counts),
        ("duration", session["duration"], max(one.end for one in wanted) / 1000),
        ("end", session["ended_at"], ended_at),
        ("segments", session["segment_count"], len(wanted)),
    ):
        if is_ != should:
            found.append(f"{what}: {is_!r} in place of {should!r}")
    return found


def compared(api: httpx.Client, files: FileServer, file: Path) -> list[str]:
    """What is wrong with the import of a file, and of what is exported of it."""
    files.files["/file"] = Reply(file.read_bytes(), "text/vtt")
    wanted = [cue(one) for one in expected(spoken(file))]
    began = time.monotonic()
    session = imported(api, files.url("/file"))
    print(f"{file.name}: {len(wanted)} cues in {time.monotonic() - began:.2f} s, ", end="")
    found = differences(api, session, wanted, session["created_at"])
    for form in FORMS if not found else ():
        answer = transcript(api, session["id"], form)
        files.files["/file"] = Reply(answer.content, answer.headers["content-type"])
        again = imported(api, files.url("/file"))
        # Only JSON says when the meeting was.
        ended_at = session["ended_at"] if "json" in form else again["created_at"]
        found += [f"{form}: {one}" for one in differences(api, again, wanted, ended_at)]
    return found


def main() -> int:
    """Every file given."""
    parser = argparse.ArgumentParser(description="Import meetings.")
    parser.add_argument("files", nargs="+", type=Path)
    bad = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = Authority(folder)
        redis_server = RedisServer(folder / "redis")
        redis_server.start()
        settings = {"HUB_FETCH_ALLOW": "127.0.0.1", "SSL_CERT_FILE": str(authority.file)}
        try:
            with (
                file_server(authority.context()) as files,
                HubServer(folder / "hub", redis_server, settings) as hub,
                hub.client() as api,
            ):
                for file in parser.parse_args().files:
                    found = compared(api, files, file)
                    print("; ".join(found) or f"good; again from {', '.join(FORMS)}: good")
                    bad = bad or bool(found)
        finally:
            redis_server.close()
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
