"""What stands before every route: who may send, what Dash is given, what a reply may do, and what a failure tells."""

import hmac
import logging
import secrets
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from dash import Dash
from flask import Response, abort, jsonify, make_response, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import FileWrapper

from dashboard.callback_inputs import is_well_formed, read_json
from dashboard.links import language_of
from surveys.languages import say


LOG = logging.getLogger(__name__)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
CSRF_HEADER = "X-CSRFToken"
CSRF_COOKIE = "awareness_csrf"
TOKEN_BYTES = 32
DISPATCH = "/_dash-update-component"
KEPT_BY_BROWSERS = ("/assets/", "/_dash-component-suites/")  # files of the program, the same for everybody
HALF_A_YEAR = 15_552_000  # seconds
SOURCES = Path(__file__).resolve().parents[1]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def guard(app: Dash, languages: Sequence[str]) -> None:
    """Put the guard before every route of an app, the callbacks' one included."""
    _guard_arrivals(app, languages)
    _guard_replies(app)
    _guard_failures(app, languages)


def csrf_cookie(secure: bool) -> str:
    """The name of the cookie with the token; over HTTPS one that no other host and no subdomain can set."""
    return f"__Host-{CSRF_COOKIE}" if secure else CSRF_COOKIE


def log_failure(what: str, error: BaseException) -> str:
    """Log where a failure happened and return its reference.

    What an exception says may hold an answer; so the log holds its type and the places in the program, nothing else.
    """
    reference = secrets.token_hex(4)  # joins what the reader sees with what the log holds
    places = " < ".join(
        f"{_shown(frame.filename)}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    LOG.error("%s failed, reference %s, %s at %s", what, reference, type(error).__name__, places)
    return reference


def content_security_policy(script_hashes: str) -> str:
    """Nothing but what this server sends; inline scripts only those whose hash is known."""
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {script_hashes}",
            "style-src 'self' 'unsafe-inline'",  # Dash's own components bring their styles as elements
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def _guard_arrivals(app: Dash, languages: Sequence[str]) -> None:
    @app.server.before_request
    def check() -> None:
        if request.method in SAFE_METHODS:
            return
        if not (_is_same_origin() and _has_token()):
            abort(403)
        if request.is_json and not isinstance(read_json(), dict):
            abort(400)
        if request.path == DISPATCH and not is_well_formed(read_json(), app.callback_map, languages):
            abort(400)


def _is_same_origin() -> bool:
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    return site in {"same-origin", "none"} and (not origin or origin == request.host_url.rstrip("/"))


def _has_token() -> bool:
    sent = request.headers.get(CSRF_HEADER, "").encode()
    kept = request.cookies.get(csrf_cookie(request.is_secure), "").encode()
    return len(kept) >= TOKEN_BYTES and hmac.compare_digest(sent, kept)


def _guard_replies(app: Dash) -> None:
    hashes: dict[int, str] = {}

    @app.server.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = f"max-age={HALF_A_YEAR}"
        if not request.path.startswith(KEPT_BY_BROWSERS):
            response.headers["Cache-Control"] = "no-store"
        if response.direct_passthrough and isinstance(response.response, FileWrapper):
            response.call_on_close(response.response.close)  # compression reads the file and forgets it
        if response.mimetype == "text/html":
            inline = len(app._inline_scripts)
            if inline not in hashes:
                hashes[inline] = " ".join(app.csp_hashes())
            response.headers["Content-Security-Policy"] = content_security_policy(hashes[inline])
            _give_token(response)
        return response


def _give_token(response: Response) -> None:
    name = csrf_cookie(request.is_secure)
    if len(request.cookies.get(name, "")) < TOKEN_BYTES:  # scripts of this origin read it, so not HttpOnly
        token = secrets.token_urlsafe(TOKEN_BYTES)
        response.set_cookie(name, token, secure=request.is_secure, samesite="Strict", path="/")


def _guard_failures(app: Dash, languages: Sequence[str]) -> None:
    @app.server.errorhandler(Exception)
    def failed(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException):
            return error
        reference = log_failure(request.endpoint or "a request", error)
        language = language_of(
            request.args.get("lang", ""), languages, request.headers.get("Accept-Language", "")
        )
        return _failure({"reference": reference}, language)


def _failure(values: Mapping[str, str], language: str) -> Response:
    title, text = say("screens.failed.title", language), say("screens.failed.text", language, **values)
    if "text/html" not in request.headers.get("Accept", ""):
        return make_response(jsonify({"error": f"{title}. {text}", **values}), 500)
    page = (
        f'<!DOCTYPE html><html lang="{language}"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    )
    return make_response(page, 500)


def _shown(filename: str) -> str:
    path = Path(filename)
    return path.relative_to(SOURCES).as_posix() if path.is_relative_to(SOURCES) else path.name
