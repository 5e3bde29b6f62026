"""Creates the page as a Dash application from sources."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dash import Dash

from regtrack.compare.sources import Sources
from regtrack_app import (
    beside,
    figure_routes,
    heat_routes,
    place_routes,
    result_routes,
    routes,
)
from regtrack_app.access import Access
from regtrack_app.border import guard
from regtrack_app.callbacks import (
    arrive,
    measures,
    saliency as saliency_panel,
    scores,
    search,
    view,
    windows,
)
from regtrack_app.choices import choices_of
from regtrack_app.compress import compress_text
from regtrack_app.first_view import with_first_view
from regtrack_app.igv import SCRIPT as IGV
from regtrack_app.index import Page, serve_script
from regtrack_app.jobs import Jobs
from regtrack_app.layout import page
from regtrack_app.plotly_bundle import PATH as PLOTLY, address_of, find_bundle
from regtrack_app.saliency import Saliency
from regtrack_app.security import protect
from regtrack_app.timing import tell_times
from regtrack_app.url_base import checked_base
from regtrack_app.view_data import ViewData


def create_app(
    sources: Sources,
    *,
    saliency: str = "regtrack.saliency.on_request:explain_region",
    access: Access | None = None,
    url_base: str = "/",
    framed: bool = False,
    wording: Callable[[str], str] = str,
) -> Dash:
    """Create the dashboard of some sources.

    Args:
        sources: what may be shown.
        saliency: `module:function` that computes saliency; see `regtrack_app.saliency.Saliency`.
        access: under which names, from which pages and with which token requests are answered;
            None: under the names of a server that only this machine can reach.
        url_base: path below which a proxy shows the page.
        framed: whether a notebook may show the page in a frame.
        wording: puts the parameters that messages name in the user's terms.

    Returns:
        The application; all of its state is in the addresses of its pages.

    Raises:
        RegtrackError: REGTRACK_IGV_JS or REGTRACK_PLOTLY_JS names a file that does not exist, or
            `url_base` is not a path.
    """
    prefix, access, plotly = checked_base(url_base), access or Access(), find_bundle()
    app = Page(
        "regtrack_app",
        plotly=address_of(plotly),
        title="regtrack",
        update_title="",
        serve_locally=True,
        requests_pathname_prefix=prefix,
        routes_pathname_prefix="/",
        add_log_handler=False,
        # else the document would hold all elements a second time
        suppress_callback_exceptions=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    choices, jobs, igv_script = choices_of(sources), Jobs(), IGV.find()
    explained = Saliency(sources, jobs, saliency)
    data = ViewData(sources, explained.rows)
    bare = partial(page, sources, choices, igv_ready=igv_script is not None)
    app.layout = with_first_view(bare, data, choices)
    arrive.register(app)
    view.register(app, data, choices)
    measures.register(app, sources, choices)
    search.register(app, sources)
    windows.register(app, sources, choices, jobs)
    scores.register(app, sources, choices, jobs)
    saliency_panel.register(app, choices, jobs, explained)
    scripts = {"igv/igv.min.js": igv_script, PLOTLY: plotly}
    heat_routes.register(app, sources, choices, jobs)
    place_routes.register(app, sources)
    beside.register(app, data, choices)
    result_routes.register(app, sources, choices, jobs)
    figure_routes.register(app, sources, choices)
    routes.register(app, sources, choices, scripts, prefix=prefix, access=access)
    serve_script(app)
    compress_text(app)
    tell_times(app)
    protect(app, access, prefix, wording, framed=framed)
    guard(app)
    return app
