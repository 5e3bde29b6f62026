"""The path below which a proxy shows the page."""

from __future__ import annotations

import re

from regtrack.errors import RegtrackError

_PREFIX = re.compile(r"/([A-Za-z0-9._~@:+,=%-]+/)*")


def checked_base(text: str) -> str:
    """A prefix of paths with a slash at both ends.

    >>> checked_base("regtrack"), checked_base("/user/anna/proxy/8050/"), checked_base("")
    ('/regtrack/', '/user/anna/proxy/8050/', '/')

    Raises:
        RegtrackError: it is not a path.
    """
    prefix = f"/{text.strip('/')}/" if text.strip("/") else "/"
    parts = prefix.split("/")
    if not _PREFIX.fullmatch(prefix) or "." in parts or ".." in parts:
        raise RegtrackError(
            f'`url_base` "{text[:80]}" is not a path; expected one such as /regtrack/'
        )
    return prefix
