"""What the export menu offers for print; `assets/figure.js` fills in the view."""

from __future__ import annotations

from typing import Any

from dash import html

from regtrack_app.panels import more


def figure_menu() -> list[Any]:
    """The entries of the menu: the view as a figure, and the command that draws it."""
    links = (("pdf", "Figure for print, PDF"), ("svg", "Figure for print, SVG"))
    return [
        *(
            html.A(
                text, id=f"export-figure-{kind}", href="#", className="file",
                **more({"data-figure": f"export/figure.{kind}"}),
            )
            for kind, text in links
        ),
        html.Button("Command of the figure", id="figure-command-open"),
    ]  # fmt: skip
