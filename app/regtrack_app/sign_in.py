"""The token of a request: read from its address, its cookie or its header, kept in a cookie."""

from __future__ import annotations

import hashlib
from html import escape

from flask import Request, Response, make_response, request

from regtrack_app.access import Access

FIELD = "token"
"""Name of the field of an address that holds the token."""

_SHARED = "with"
_REFUSED = (
    "a token is needed: open the address that regtrack serve printed, which ends in ?token=..., "
    "or add the token to this one"
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>regtrack</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px system-ui, sans-serif; margin: 4rem auto; max-width: 34rem; padding: 1rem }}
input, button {{ font: inherit; padding: 0.4rem }}</style></head>
<body><main><h1>regtrack</h1>
<form method="get">{hidden}
<p><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" autofocus required>
<button>Open</button></p>
<p>It is part of the address that regtrack serve printed.</p></form></main></body></html>
"""
# a link from another site comes without the cookie; the same address asked for from here has it
_AGAIN = '<!DOCTYPE html>\n<meta http-equiv="refresh" content="0"><title>regtrack</title>\n'


def sign_in(access: Access) -> Response | None:
    """What is answered to the current request instead of what it asks for; None if it may pass."""
    if access.token is None or _passes(access, request):
        return None
    if request.method == "GET" and request.accept_mimetypes.accept_html and _is_page(request):
        again = request.headers.get("Sec-Fetch-Site") == "cross-site"
        answer = make_response(_AGAIN if again else _page(request), 401)
        answer.headers["Content-Type"] = "text/html; charset=utf-8"
    else:
        answer = Response(f"{_REFUSED}\n", 401, mimetype="text/plain")
    answer.headers["WWW-Authenticate"] = "Bearer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def keep_token(access: Access, response: Response, path: str) -> None:
    """Let the browser keep a token that was given in the address, so that it need not stay there.

    Args:
        access: whose token it is.
        response: to the current request.
        path: below which the browser sends it.
    """
    if access.token is not None and access.opens(request.args.get(FIELD, "")):
        response.set_cookie(
            _cookie(access), access.token, path=path, httponly=True, samesite="Strict",
            secure=request.is_secure,
        )  # fmt: skip


def with_token(address: str, access: Access) -> str:
    """An address of the page that opens by itself."""
    return address if access.token is None else f"{address}?{FIELD}={access.token}"


def shared_path(path: str, access: Access) -> str:
    """The path of a file that opens by itself, for programs without cookies.

    The token comes before the name, since such programs append `.fai` to the address of a FASTA.
    """
    return path if access.token is None else f"{_SHARED}/{access.token}/{path}"


SHARED_RULE = f"/{_SHARED}/<_{FIELD}>"
"""What precedes the rule of a route whose path may be a `shared_path`."""


def _passes(access: Access, asked: Request) -> bool:
    kind, _, bearer = asked.headers.get("Authorization", "").partition(" ")
    given = (
        asked.args.get(FIELD),
        (asked.view_args or {}).get(f"_{FIELD}"),
        asked.cookies.get(_cookie(access)),
        bearer if kind.lower() == "bearer" else None,
    )
    return any(access.opens(token) for token in given if token)


def _cookie(access: Access) -> str:
    """The cookie's name; all servers of a host share its cookies, whatever their ports."""
    assert access.token is not None
    return f"regtrack-{hashlib.sha256(access.token.encode()).hexdigest()[:12]}"


def _is_page(asked: Request) -> bool:
    return asked.headers.get("Sec-Fetch-Dest", "document") == "document" and asked.path in {"/", ""}


def _page(asked: Request) -> str:
    """A form for the token that keeps the rest of the address."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.args.items()
        if name != FIELD
    )
    return _PAGE.format(hidden=hidden)
