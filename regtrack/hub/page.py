"""A page that says how to open a hub in UCSC, IGV and igv.js."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from regtrack.hub.file_names import CONFIG_FILE, HUB_FILE, SESSION_FILE

_UCSC = "https://genome.ucsc.edu/cgi-bin/hgTracks?hubUrl="


@dataclass(frozen=True)
class Page:
    """What the page tells.

    Attributes:
        title: of the hub.
        genome: name of the assembly.
        own: whether the hub brings its sequence.
        tracks: number of bigWigs.
        items: number of bigBeds.
        base: where the folder will be served; empty if that is not known.
    """

    title: str
    genome: str
    own: bool
    tracks: int
    items: int
    base: str = ""

    def html(self) -> str:
        """The page."""
        base = self.base.rstrip("/")
        place = f"{base}/" if base else "https://YOUR.SERVER/FOLDER/"
        own = "" if self.own else f"&amp;db={escape(self.genome)}"
        address = f"{escape(place)}{HUB_FILE}"
        opened = (
            f'<a href="{_UCSC}{address}{own}">Open in the UCSC Genome Browser</a>'
            if base
            else f"<code>{_UCSC}{address}{own}</code>"
        )
        beds = f" and {self.items:,} sets of items (bigBed)" if self.items else ""
        what = f"{self.tracks:,} tracks (bigWig){beds} of {escape(self.genome)}"
        return _HTML.format(
            title=escape(self.title), what=what, opened=opened,
            hub=HUB_FILE, session=SESSION_FILE, config=CONFIG_FILE,
        )  # fmt: skip


_HTML = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em }}
code {{ background: #f0f2f5; padding: 0.1em 0.3em; overflow-wrap: anywhere }}
pre {{ background: #f0f2f5; padding: 0.7em 1em; overflow-x: auto }}
pre code {{ padding: 0 }}
</style>
<main>
<h1>{title}</h1>
<p>{what}. Put this folder on a web server that answers range requests and allows other sites to
read it (CORS). <code>regtrack hub</code> can check whether it does; see its help.</p>
<h2>UCSC Genome Browser</h2>
<p>{opened}</p>
<p>Or: My Data, Track Hubs, Connected Hubs, and the address of <a href="{hub}">{hub}</a>.</p>
<h2>IGV desktop</h2>
<p>File, Open Session: <a href="{session}">{session}</a>. It names the tracks by relative
paths, so that it also opens from a copy of this folder on a disk.</p>
<h2>igv.js</h2>
<p><a href="{config}">{config}</a> is a configuration of igv.js. Its addresses are relative to the
page that shows it, which is one in this folder:</p>
<pre><code>const config = await (await fetch("{config}")).json()
igv.createBrowser(document.body, config)</code></pre>
</main>
</html>
"""
