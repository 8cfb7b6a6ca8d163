"""The processes of a hub with several workers, and who is connected to which."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import psutil
from contract.streaming.followers import (
    PATIENCE,
    TRANSPORTS,
    Follower,
    SocketFollower,
    SseFollower,
    Transport,
)
from contract.streaming.stage import Stage
from prometheus_client.parser import text_string_to_metric_families
from servers import HubServer, wait_until


def all_up(hub: HubServer) -> None:
    """It answers as soon as one of them does, and prints its banner when all do."""
    wait_until(lambda: "listens on" in hub.log.read_text(), "all workers are up")


def children(hub: HubServer) -> list[psutil.Process]:
    assert hub.process is not None
    return psutil.Process(hub.process.pid).children()


def workers(hub: HubServer) -> list[psutil.Process]:
    """Those that run, by their number."""
    found: dict[int, psutil.Process] = {}
    for process in children(hub):
        with suppress(psutil.NoSuchProcess):
            command = process.cmdline()
            if "hub.worker" in command:
                found[int(command[-1])] = process
    return [found[number] for number in sorted(found)]


def runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def peers(hub: HubServer, worker: psutil.Process) -> set[int]:
    """The ports of those who are connected to a worker."""
    return {
        connection.raddr.port
        for connection in worker.net_connections("tcp")
        if connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == hub.port
    }


def port_of(follower: Follower) -> int:
    if isinstance(follower, SseFollower):
        stream = follower.answer.extensions["network_stream"]
        return stream.get_extra_info("socket").getsockname()[1]
    assert isinstance(follower, SocketFollower)
    return follower.connection.local_address[1]


def transport_of(follower: Follower) -> Transport:
    return "sse" if isinstance(follower, SseFollower) else "websocket"


async def follow(stage: Stage, session_id: str, each: int) -> list[Follower]:
    return await asyncio.gather(
        *(stage.caught_up(transport, session_id) for transport in TRANSPORTS for _ in range(each))
    )


def counted(text: str, *kinds: str) -> Counter[tuple[str, ...]]:
    """Samples of a `/metrics`."""
    return Counter(
        {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            if family.type in kinds
            for sample in family.samples
        }
    )


def connected(hub: HubServer, worker: psutil.Process, stack: ExitStack) -> httpx.Client:
    """A client whose connection a certain worker has."""
    while True:
        client = stack.enter_context(httpx.Client(base_url=hub.url, timeout=PATIENCE))
        with client.stream("GET", "/healthz") as answer:
            answer.read()
            port = answer.extensions["network_stream"].get_extra_info("socket").getsockname()[1]
        if port in peers(hub, worker):
            return client


@contextmanager
def hub_command(tmp_path: Path, *options: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    kept |= {"HUB_DATA_DIR": str(tmp_path), "PYTHONWARNINGS": "error", **environ}
    command = [sys.executable, "-m", "hub", "serve", *options]
    with subprocess.Popen(
        command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
