"""nginx as a process, with the configuration beside this file; and a subscriber that speaks HTTP/2."""

import asyncio
import os
import ssl
import subprocess
from pathlib import Path

from contract.streaming.followers import Follower, parsed
from servers import free_port, wait_until

CONFIGURATION = Path(__file__).with_name("nginx.conf")


class Front:
    """nginx before a hub.

    Args:
        binary: nginx.
        folder: Of its own.
        hub_port: Where the hub listens.
        read_timeout: Seconds for which a stream may be silent.
    """

    def __init__(self, binary: str, folder: Path, hub_port: int, read_timeout: float) -> None:
        self.port = free_port()
        self.certificate = folder / "certificate.pem"
        self._binary = binary
        self._folder = folder
        self._values = {
            "FOLDER": str(folder),
            "LISTEN": f"127.0.0.1:{self.port}",
            "CERTIFICATE": str(self.certificate),
            "KEY": str(folder / "key.pem"),
            "HUB": f"127.0.0.1:{hub_port}",
            "READ_TIMEOUT": f"{int(read_timeout * 1000)}ms",
        }
        self.log = folder / "nginx.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """Trusts its certificate and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def start(self) -> None:
        self._folder.mkdir(parents=True)
        self._certify()
        text = CONFIGURATION.read_text()
        for name, value in self._values.items():
            text = text.replace(f"@{name}@", value)
        file = self._folder / "nginx.conf"
        file.write_text(text)
        command = [self._binary, "-e", "stderr", "-p", str(self._folder), "-c", str(file)]
        if os.geteuid() == 0:
            # Started by root it would give up its rights, and could not write to the folder.
            command += ["-g", "user root;"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._answers, "nginx answers")

    def _certify(self) -> None:
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", self._values["KEY"], "-out", str(self.certificate),
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        command = self.curl("/healthz", "--fail", "--silent", "--max-time", "2")
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def curl(self, path: str, *options: str) -> list[str]:
        return [
            "curl",
            "--http2",
            "--cacert",
            str(self.certificate),
            *options,
            f"https://{self.address}{path}",
        ]

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


class Http2Follower(Follower):
    """One SSE stream over TLS and HTTP/2, by curl."""

    def __init__(self, front: Front, path: str, key: str) -> None:
        super().__init__()
        self._command = front.curl(
            path,
            "--no-buffer",
            "--silent",
            "--show-error",
            "--include",
            "--header",
            f"Authorization: Bearer {key}",
        )
        self._process: asyncio.subprocess.Process | None = None
        self.head = ""
        """Status line and headers."""

    async def _receive(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=pipe)
        assert self._process.stdout is not None
        self.head = (await self._process.stdout.readuntil(b"\r\n\r\n")).decode()
        text = b""
        while chunk := await self._process.stdout.read(65_536):
            *events, text = (text + chunk).split(b"\n\n")
            for event in events:
                await self._took(parsed(event.decode()))

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await super().close()

    def abort(self) -> None:
        assert self._process is not None
        self._process.kill()
