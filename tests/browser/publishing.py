"""Publishing to a hub under test, as a bot does it: again and again until it is acknowledged."""

import threading
from typing import Any

import httpx


class Publisher:
    """Publishes to one session of the hub at `url`."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=20)
        self.failures = 0
        """Requests that had to be sent again."""
        self._stopping = threading.Event()

    def give_up(self) -> None:
        """Let `persist` return, acknowledged or not."""
        self._stopping.set()

    def close(self) -> None:
        self._http.close()

    def create(self, title: str, *, active: bool = True) -> str:
        """A new session; its id."""
        session = self._http.post("/v1/sessions", json={"title": title}).raise_for_status().json()
        if active:
            self.publish(session["id"], ("session.status_changed", {"status": "active"}))
        return session["id"]

    def publish(self, session_id: str, *events: tuple[str, dict[str, Any]]) -> None:
        body = [{"type": kind, "data": data} for kind, data in events]
        self._http.post(f"/v1/sessions/{session_id}/events", json=body).raise_for_status()

    def persist(self, session_id: str, kind: str, data: dict[str, Any], key: str) -> None:
        """Publish one event, however long the hub is away; for the idempotency key it is kept only once."""
        body = {"type": kind, "data": data, "idempotency_key": key}
        while not self._stopping.is_set():
            try:
                answer = self._http.post(f"/v1/sessions/{session_id}/events", json=body)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code < 500:
                    answer.raise_for_status()
                    return
            self.failures += 1
            self._stopping.wait(0.1)

    def transcript(self, session_id: str) -> list[dict[str, Any]]:
        answer = self._http.get(f"/v1/sessions/{session_id}/transcript?format=json")
        return answer.raise_for_status().json()["segments"]

    def snapshot(self, session_id: str) -> dict[str, Any]:
        """A session as a snapshot without anything said."""
        session = self._http.get(f"/v1/sessions/{session_id}").raise_for_status().json()
        participants, artifacts = session.pop("participants"), session.pop("artifacts")
        return {
            "session": session,
            "participants": participants,
            "artifacts": artifacts,
            "transcript": {"segments": [], "truncated": False},
            "chat": {"messages": [], "truncated": False},
            "logs": {"lines": [], "truncated": False},
        }

    def seal(self, session_id: str) -> None:
        self._http.post(f"/v1/sessions/{session_id}/seal").raise_for_status()

    def token(self, session_id: str) -> str:
        answer = self._http.post("/v1/tokens", json={"session_id": session_id})
        return answer.raise_for_status().json()["token"]


def said(segment: str, text: str, start: float, *, final: bool = True, **more: Any) -> dict[str, Any]:
    """The data of a transcript segment."""
    return {"segment_id": segment, "text": text, "start": start, "end": start + 1, "final": final, **more}
