"""Serving: on this computer only, on a free port, with a real server."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.commands.serve import LOOPBACK, has_display, require_free, require_loopback
from dashboard.settings import init_workspace
from surveys.problems import CannotProceed


AWARENESS = (sys.executable, "-m", "dashboard")
START_SECONDS = 60


@pytest.fixture
def busy_port() -> Iterator[int]:
    with closing(socket.socket()) as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        yield taken.getsockname()[1]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]"])
def test_this_computer_may_serve_itself(host: str) -> None:
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "pilot.example.org", ""])  # noqa: S104
def test_no_other_computer_may_see_a_dashboard_without_accounts(host: str) -> None:
    with pytest.raises(CannotProceed, match="no accounts yet"):
        require_loopback(host)


def test_a_port_that_is_taken_is_named_and_another_proposed(busy_port: int) -> None:
    with pytest.raises(CannotProceed) as stop:
        require_free(LOOPBACK, busy_port)
    assert stop.value.where == f"--port {busy_port}"
    assert "another program uses this port" in stop.value.what


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(CannotProceed, match="cannot be used"):
        require_free(LOOPBACK, port)


def test_no_browser_is_opened_where_there_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    assert not has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_display()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "no accounts yet"),  # noqa: S104
        (("--workspace", "nowhere"), "workspace.toml"),
    ],
)
def test_the_command_ends_in_a_sentence_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run([*AWARENESS, "serve", *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="stops the server by a signal")
def test_a_workspace_is_served_until_it_is_interrupted(tmp_path: Path) -> None:
    init_workspace(tmp_path / "pilot", title="Pilot")
    port = free_port()
    server = subprocess.Popen(
        [*AWARENESS, "serve", "--workspace", str(tmp_path / "pilot"), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert _answer(f"http://{LOOPBACK}:{port}/") == 200
    finally:
        server.send_signal(signal.SIGINT)
        printed, complained = server.communicate(timeout=30)
    assert f"http://{LOOPBACK}:{port}/" in printed
    assert "Traceback" not in complained
    assert server.returncode == 0


def _answer(address: str) -> int:
    patience = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=START_SECONDS) as reply:  # noqa: S310
                return int(reply.status)
        except OSError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.2)
