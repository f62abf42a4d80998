"""The verbs that show a dashboard: ``demo`` builds a simulated pilot first, ``serve`` takes a workspace."""

import errno
import importlib.util
import ipaddress
import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer


if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.settings import Workspace


LOOPBACK = "127.0.0.1"
PORT = 8050
THREADS = 8
PATIENCE = 120  # seconds a worker may think before it counts as dead


def register(app: typer.Typer) -> None:
    """Add ``demo`` and ``serve`` to the command line."""
    app.command()(demo)
    app.command()(serve)


def demo(
    folder: Annotated[
        Path, typer.Option(help="Where the demonstration is built; it is kept for the next time.")
    ] = Path("demo-workspace"),
    port: Annotated[int, typer.Option(help="Port of the address.")] = PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    serving: Annotated[bool, typer.Option("--serve/--build-only", help="Show it, or only build it.")] = True,
) -> None:
    """Show a dashboard with a simulated regional pilot whose true effects are known."""
    from dashboard.demo import build_demo

    if serving:
        require_free(LOOPBACK, port)
    workspace = build_demo(folder, tell=print)
    if serving:
        show(workspace, LOOPBACK, port, browser=browser)


def serve(
    workspace: Annotated[
        Path | None, typer.Option(help="The workspace's folder; otherwise AWARENESS_WORKSPACE.")
    ] = None,
    host: Annotated[str, typer.Option(help="This computer only, until there are accounts.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port of the address.")] = PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = False,
) -> None:
    """Serve the dashboard of a workspace."""
    require_loopback(host)
    from dashboard.settings import load_workspace

    found = load_workspace(workspace)
    require_free(host, port)
    show(found, host, port, browser=browser)


def require_loopback(host: str) -> None:
    """Refuse to be reachable from other computers while nobody has to sign in."""
    from surveys.problems import CannotProceed

    if host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise CannotProceed(
            f"--host {host}",
            "the dashboard has no accounts yet, so anybody who reaches this address would see everything.",
            f"Serve on this computer only, --host {LOOPBACK}, and reach it from elsewhere through an SSH tunnel.",
        )


def require_free(host: str, port: int) -> None:
    """Refuse a port that another program holds, or that this user may not take."""
    from surveys.problems import CannotProceed

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except (OSError, OverflowError) as error:
            busy = getattr(error, "errno", None) == errno.EADDRINUSE
            reason = "another program uses this port already." if busy else "this port cannot be used here."
            choice = port + 1 if busy and port < 65535 else PORT
            raise CannotProceed(f"--port {port}", reason, f"Choose another one, --port {choice}.") from error


def show(workspace: "Workspace", host: str, port: int, *, browser: bool) -> None:
    """Serve until interrupted: gunicorn where it runs, otherwise werkzeug's threaded server."""
    address = f"http://{host}:{port}/"

    def ready(_server: object = None) -> None:
        print(f"The dashboard is at {address}  (stop with Ctrl+C)", flush=True)
        if browser and has_display():
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    if os.name == "posix" and importlib.util.find_spec("gunicorn"):
        _serve_with_gunicorn(workspace, host, port, ready)
    else:
        _serve_with_werkzeug(workspace, host, port, ready)


def has_display() -> bool:
    """Whether a browser could open a window here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _serve_with_gunicorn(workspace: "Workspace", host: str, port: int, ready: "Callable[..., None]") -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            settings = {
                "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
                "workers": 1,  # what is concluded from the data is made once and kept in the process
                "threads": THREADS,
                "worker_class": "gthread",
                "timeout": PATIENCE,
                "loglevel": "warning",
                "when_ready": ready,
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from dashboard.app import create_app

            return create_app(
                workspace, prepare=True
            ).server  # in the worker: no open file or database crosses the fork

    Server().run()


def _serve_with_werkzeug(workspace: "Workspace", host: str, port: int, ready: "Callable[..., None]") -> None:
    from werkzeug.serving import make_server

    from dashboard.app import create_app

    server = make_server(host, port, create_app(workspace, prepare=True).server, threaded=True)
    ready()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
