"""The fold of the server and the fold of the browser give the same snapshots.

The golden files are written by the fold of the server: `UPDATE_GOLDEN=1 pytest tests/golden/fold`. A diff
in them is a change of what every client has to do.
"""

import json
import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest
from golden.fold.fold_cases import goldens, written

from schemas.events import EVENT_TYPES

FOLDER = Path(__file__).parent
GOLDENS = {golden["name"]: golden for golden in goldens()}


@pytest.mark.parametrize("name", GOLDENS)
def test_file_is_what_the_server_folds(name: str) -> None:
    path = FOLDER / f"{name}.json"
    text = written(GOLDENS[name])
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text, "stale: see the docstring of this module"


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(GOLDENS)


def test_every_event_type_has_a_case() -> None:
    seen = {entry["type"] for golden in GOLDENS.values() for entry in golden["entries"]}
    assert set(EVENT_TYPES) <= seen


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder with the ES modules, marked as such for Node.js."""
    for entry in resources.files("hub.web").iterdir():
        if entry.name.endswith(".js"):
            (tmp_path / entry.name).write_text(entry.read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def test_browser_folds_the_same(modules: Path) -> None:
    files = sorted(str(path) for path in FOLDER.glob("*.json"))
    if node := shutil.which("node"):
        command = [node, str(FOLDER / "check.mjs"), str(modules), *files]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    elif chromium := shutil.which("chromium"):
        assert _differing_in_chromium(chromium, modules, files) == []
    elif os.environ.get("CI"):
        pytest.fail("neither node nor chromium is installed")
    else:
        pytest.skip("neither node nor chromium is installed")


_IN_PAGE = """async (goldens) => {
  const { apply } = await import("/fold.js");
  return goldens.map(({ snapshot, entries }) => JSON.stringify(entries.reduce(apply, snapshot)));
}"""


def _differing_in_chromium(chromium: str, modules: Path, files: list[str]) -> list[str]:
    from playwright.sync_api import Route, sync_playwright

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name:
            route.fulfill(body=(modules / name).read_text(), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    wanted = [json.loads(Path(file).read_text()) for file in files]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("http://fold.test/**", serve)
        page.goto("http://fold.test/")
        folded = page.evaluate(_IN_PAGE, wanted)
        browser.close()
    return [
        golden["name"]
        for golden, text in zip(wanted, folded, strict=True)
        if json.loads(text) != golden["expected"]
    ]
