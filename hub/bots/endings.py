"""How a session with a bot ends, or begins anew with another one.

Each is one append with its conditions, so that of several hubs, and of what races, one has its way.
"""

from collections.abc import Callable

from hub.core.event import Draft, canonical_data, hub_draft
from hub.core.lease import Step, Stopping
from hub.core.lifecycle import ADMITTED, DEADLINES, OFFERED_AGAIN
from hub.live.appending import Appending
from hub.store.leases import Standing
from schemas.events import BotLost, LogEntry, LogLevel, Status, StatusChanged


def due_ending(name: str, stage: Status, to: Status | None = None) -> StatusChanged:
    """How a session ends whose time is over.

    Args:
        name: Of the deadline (`hub.core.lifecycle.DEADLINES`).
        stage: The status it is in.
        to: The status it ends in, if the deadline leads to another one first.
    """
    deadline = DEADLINES[name]
    return StatusChanged(
        status=to or deadline.to,
        reason=deadline.reason,
        code=deadline.code,
        message=deadline.message,
        stage=stage,
    )


class Endings:
    """Ends sessions, or has them begin anew.

    Args:
        appending: To append with.
        lost: Called when a bot has lost its session, with `expired` or `released`.
    """

    def __init__(self, appending: Appending, lost: Callable[[str], None] = lambda _why: None) -> None:
        self._appending = appending
        self._lost = lost

    async def stop(
        self,
        organization: str,
        session_id: str,
        standing: Standing,
        ending: StatusChanged,
        *,
        grace: int,
        due: str = "",
        head: str = "",
    ) -> bool:
        """Stop a session: a bot that is in the meeting is told to leave, others end at once.

        Args:
            organization: Whose session it is.
            session_id: Which.
            standing: As it was seen to stand.
            ending: How it ends, whatever the bot says of it.
            grace: Milliseconds that the bot has for leaving.
            due: The deadline that stops it, if one does.
            head: Only if this is still the newest entry; empty for any.

        Returns:
            Whether it was this that stopped it.

        Raises:
            HubError, as of `Appending.append`.
        """
        leaves = bool(standing.lease) and standing.status in ADMITTED
        stopping = Stopping(ending.status, canonical_data(ending).decode(), grace if leaves else 0)
        first = ending
        if leaves:
            first = StatusChanged(status=Status.LEAVING, reason=ending.reason, code=ending.code)
        drafts = [_status(first)]
        if leaves and standing.status is Status.LEAVING:
            # It leaves already: what is new is how it is to end, and by when.
            drafts = [hub_draft("log.entry", _note(ending))]
        step = Step(due=due, stop=stopping, head=head)
        return await self._append(organization, session_id, drafts, step)

    async def force(self, organization: str, session_id: str, ending: StatusChanged, *, due: str) -> bool:
        """End a session now, as a deadline says; its bot is told."""
        stopping = Stopping(ending.status, canonical_data(ending).decode(), 0)
        return await self._append(organization, session_id, [_status(ending)], Step(due=due, stop=stopping))

    async def lose(
        self, organization: str, session_id: str, standing: Standing, reason: str, *, due: str = ""
    ) -> bool:
        """Take a session from its bot: another one gets it, unless enough were lost or it was leaving.

        Args:
            organization: Whose session it is.
            session_id: Which.
            standing: As it was seen to stand.
            reason: `expired`, or what the bot said when it let go.
            due: The deadline of the lease, if that is over: then it counts as a loss.
        """
        drafts = [hub_draft("bot.lost", BotLost(bot_id=standing.bot_id, reason=reason, lease=standing.lease))]
        counts = bool(due)
        again = not standing.ending and standing.status is not Status.LEAVING
        if again and standing.losses + counts >= standing.attempts:
            again = False
        if not again:
            drafts.append(_status(_ended_without_bot(standing)))
        elif standing.status in OFFERED_AGAIN:
            drafts.append(_status(StatusChanged(status=Status.INITIALIZING, reason=f"bot_{reason}")))
        step = Step(due=due, lose=standing.lease, counts=counts, offer=again)
        done = await self._append(organization, session_id, drafts, step)
        if done:
            self._lost("expired" if counts else "released")
        return done

    async def offer(self, organization: str, session_id: str, *, due: str) -> bool:
        """Offer a scheduled session to bots."""
        deadline = DEADLINES["offer"]
        change = StatusChanged(status=deadline.to, reason=deadline.reason)
        return await self._append(organization, session_id, [_status(change)], Step(due=due, offer=True))

    async def _append(self, organization: str, session_id: str, drafts: list[Draft], step: Step) -> bool:
        return bool(await self._appending.append(organization, session_id, drafts, ends=True, step=step))


def _status(change: StatusChanged) -> Draft:
    return hub_draft("session.status_changed", change)


def _ended_without_bot(standing: Standing) -> StatusChanged:
    """The end of a session whose bot is gone and that no other bot gets."""
    name = "lease_leaving" if standing.status is Status.LEAVING else "lease"
    return due_ending(name, standing.status)


def _note(ending: StatusChanged) -> LogEntry:
    return LogEntry(level=LogLevel.INFO, message=f"Stopped while leaving: {ending.code}.", source="hub")
