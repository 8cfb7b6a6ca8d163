"""The bot of the README, run as it stands there."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
from servers import HubServer, wait_until

README = Path(__file__).parents[2] / "README.md"


def example() -> str:
    found = re.search(
        r"<!-- tested:bot -->\n\n```python\n(.*?)```\n\n<!-- /tested:bot -->", README.read_text(), re.S
    )
    assert found is not None
    return found[1]


def test_it_is_short() -> None:
    assert len(example().splitlines()) < 60


def test_it_does_what_it_says(hub_server: HubServer, key: str, api: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "notetaker.py"
    file.write_text(example())
    environ = os.environ | {"HUB_URL": hub_server.url, "HUB_API_KEY": key, "PYTHONWARNINGS": "error"}
    log = tmp_path / "log"
    with log.open("w") as output:
        bot = subprocess.Popen([sys.executable, str(file)], env=environ, stdout=output, stderr=output)
    try:
        link = "https://meet.example/weekly"
        created = [
            api.post("/v1/sessions", json={"meeting_link": link, "dispatch": {}}).json() for _ in "abc"
        ]
        paths = [f"/v1/sessions/{session['id']}" for session in created]
        wait_until(lambda: api.get(paths[2]).json()["bot_state"] == "listening", "it listens")
        wait_until(lambda: api.get(paths[2]).json()["segment_count"], "it hears something")
        api.post(f"{paths[2]}/stop", json={"reason": "enough"})
        for path in paths:
            wait_until(lambda path=path: api.get(path).json()["status"] == "completed", "it is through")
            said = api.get(f"{path}/transcript").json()["segments"]
            assert [(s["speaker"]["name"], s["text"]) for s in said][:2] == [
                ("Ann", f"Welcome to {link}."),
                ("Ben", "That was all."),
            ][: len(said)]
            assert len(said) == (1 if path == paths[2] else 2)
            assert api.get(path).json()["bot_state"] == "listening"
        assert api.get(paths[2]).json()["end"]["reason"] == "enough"
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(10) == 0
    finally:
        bot.kill()
        bot.wait()
    assert log.read_text() == ""
