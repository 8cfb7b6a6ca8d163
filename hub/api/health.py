"""Whether the hub is well, and what it counts."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.api.answers import answer
from hub.api.operations import health as operations
from hub.api.services import Services
from hub.edge.metrics import CONTENT_TYPE
from hub.errors import HubError
from schemas.requests import Health as Body


class Health:
    """`/healthz`, `/readyz` and `/metrics`; open to all, as they tell of nobody."""

    def __init__(self, services: Services) -> None:
        self._services = services
        services.metrics.followed.set_function(lambda: len(services.registry))
        services.metrics.bots.set_function(lambda: len(services.roster))
        services.metrics.bot_sessions.set_function(lambda: services.roster.held)

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            operations.LIVE.route(self.live),
            operations.READY.route(self.ready),
            operations.METRICS.route(self.metrics),
        ]

    async def live(self, _request: Request) -> Response:
        """The process answers."""
        return answer(Body(status="ok"))

    async def ready(self, _request: Request) -> Response:
        """It can do its work: 200, else 503 with what is wrong."""
        problems: list[str] = []
        if self._services.connections.draining:
            problems.append("draining")
        try:
            policy = await self._services.client.memory_policy()
            if policy != "noeviction":
                problems.append(f"maxmemory-policy is {policy}: it may evict what was acknowledged")
        except HubError:
            problems.append("redis cannot be reached")
        return answer(
            Body(status="unavailable" if problems else "ok", problems=problems), 503 if problems else 200
        )

    async def metrics(self, _request: Request) -> Response:
        """The text format of Prometheus."""
        metrics = self._services.metrics
        try:
            metrics.live_sessions.set(await self._services.directory.count_live())
            metrics.summaries_waiting.set(await self._services.summaries.depth())
            metrics.imports_waiting.set(await self._services.imports.depth())
            organizations = await self._services.directory.organizations()
            metrics.offers_waiting.set(await self._services.leases.waiting(organizations))
        except HubError:
            metrics.offers_waiting.set(float("nan"))
            metrics.live_sessions.set(float("nan"))
            metrics.summaries_waiting.set(float("nan"))
            metrics.imports_waiting.set(float("nan"))
        return Response(await metrics.exposition(), media_type=CONTENT_TYPE)
