"""The cases of participants and their connections."""

from golden.fold.fold_stage import Stage, joins, leaves, says
from msgspec.structs import replace

from hub.core.participants import MAX_PARTICIPANTS


def people(stage: Stage) -> None:
    """They come, speak, change and go; what is said of nobody changes nothing."""
    joins(stage, "ada", role="host", user_id="u1", email="a@b.c", avatar_url="https://example.org/a.png")
    joins(stage, "bob")
    joins(stage, "bob", "screen", kind="screenshare")
    stage.publish("participant.speaking", participant_id="bob", speaking=True)
    stage.publish("participant.updated", participant_id="bob", name="Robert", role="guest")
    stage.publish("participant.updated", participant_id="ada", role=None, email=None)
    leaves(stage, "bob")
    leaves(stage, "bob", "screen")
    stage.publish("participant.speaking", participant_id="bob", speaking=True)
    stage.publish("participant.speaking", participant_id="nobody", speaking=True)
    stage.publish("participant.updated", participant_id="nobody", name="Nobody")
    leaves(stage, "nobody")
    leaves(stage, "ada", "unknown")
    joins(stage, "cy")


def rejoin(stage: Stage) -> None:
    """Who comes back does so on another connection, or on the same one."""
    joins(stage, "ada")
    joins(stage, "ada", "c2")
    leaves(stage, "ada")
    leaves(stage, "ada")
    joins(stage, "bob")
    leaves(stage, "bob")
    joins(stage, "bob", name_suffix := "c1")
    joins(stage, "bob", name_suffix, kind="screenshare")
    stage.publish("participant.speaking", participant_id="bob", speaking=True)


def many_connections(stage: Stage) -> None:
    """Of closed connections the last ones are kept."""
    for number in range(12):
        joins(stage, "ada", f"c{number}")
        if number % 3:
            leaves(stage, "ada", f"c{number}")
    stage.publish("session.status_changed", status="leaving")


def open_connections(stage: Stage) -> None:
    """Of open connections the last ones are kept."""
    for number in range(31):
        joins(stage, "ada", f"c{number}")
    stage.open()
    joins(stage, "ada", "c31")
    joins(stage, "ada", "c32")
    leaves(stage, "ada", "c0")
    joins(stage, "ada", "c5", kind="screenshare")
    for number in range(33, 43):
        joins(stage, "ada", f"c{number}")
    joins(stage, "ada", "c0")


def end_closes_all(stage: Stage) -> None:
    """The end of the session closes what is open."""
    joins(stage, "ada")
    stage.open()
    for number in range(9):
        joins(stage, "ada", f"d{number}")
    joins(stage, "bob", "screen", kind="screenshare")
    joins(stage, "cy")
    leaves(stage, "cy")
    stage.publish("participant.speaking", participant_id="ada", speaking=True)
    stage.publish("session.status_changed", status="completed", reason="stopped")
    says(stage, "late", "a late final", start=3)


def many_participants(stage: Stage) -> None:
    """Of more than are listed those who are there are listed."""
    for number in range(499):
        joins(stage, f"p{number}")
    leaves(stage, "p3")
    stage.open()
    joins(stage, "p499")
    joins(stage, "p500")
    leaves(stage, "p4")


def full(stage: Stage) -> None:
    """All who can be kept are there."""
    joins(stage, "p0")
    (p0,) = stage.state.participants.values()
    names = [f"p{number}" for number in range(MAX_PARTICIPANTS)]
    crowd = {name: replace(p0, participant_id=name, name=name) for name in names}
    count = len(crowd)
    stage.state = replace(
        stage.state, participants=crowd, live_count=count, peak_count=count, total_count=count
    )
    stage.open()
    joins(stage, "new")
    joins(stage, "p7", "c2")
    stage.publish("participant.speaking", participant_id="new", speaking=True)
    stage.publish("participant.updated", participant_id="new", name="New")
    leaves(stage, "new")
    joins(stage, "newer")


def five_hundred(stage: Stage) -> None:
    """Just as many as are listed."""
    for number in range(499):
        joins(stage, f"p{number}")
    stage.open()
    joins(stage, "p499")
    leaves(stage, "p499")
