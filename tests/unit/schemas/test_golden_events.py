"""One golden file for each event type: what is published, and the frame that subscribers get for it.

The `published` half is written by hand. A new event type needs a file with this half; the other half is
made with `UPDATE_GOLDEN=1`.
"""

import msgspec
import pytest
from unit.schemas import golden_files as golden

from hub.core import event
from hub.core.entry import Entry
from hub.core.entry_id import EntryId
from schemas import codec
from schemas.events import EVENT_TYPES, Event

CUSTOM = "x.poll.opened"
NAMES = [*EVENT_TYPES, CUSTOM]


def _drafted(published):
    """As a publisher sends it, and what only the hub writes as the hub does."""
    row = EVENT_TYPES.get(published["type"])
    if row is not None and row.reserved:
        return event.hub_draft(published["type"], msgspec.convert(published["data"], row.data))
    return event.draft(msgspec.json.decode(codec.encode(published), type=Event))


@pytest.mark.parametrize("name", NAMES)
def test_the_frame_of_an_event(name):
    path = golden.FOLDER / "events" / f"{name}.json"
    assert path.exists(), f"{path.name} needs its `published` half"
    published = golden.published(name)
    draft = _drafted(published)
    entry = Entry(
        id=EntryId(1_767_225_600_000, 7),
        type=draft.type,
        data=draft.data,
        occurred_at=draft.occurred_at or None,
        positions=tuple(range(3, 3 + len(draft.segments))),
    )
    frame = golden.read(entry.frame("ses_0123456789abcdefghjk"))
    golden.check(path, {"published": published, "entry": frame})


@pytest.mark.parametrize("name", list(EVENT_TYPES))
def test_the_example_has_every_field(name):
    published = golden.published(name)
    assert published["type"] == name
    assert set(published["data"]) == set(EVENT_TYPES[name].data.__struct_fields__)


def test_there_is_no_file_of_a_type_that_is_gone():
    assert {path.name for path in (golden.FOLDER / "events").iterdir()} == {f"{name}.json" for name in NAMES}
