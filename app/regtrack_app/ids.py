"""Ids of the page's elements, each defined once; tests and scripts find elements by them."""

from __future__ import annotations

# the address, and the browser's record of the figure
URL = "url"
LOADED = "loaded"
MOVED = "moved"
SCREEN = "screen"
ROW_EVENT = "row-event"

# top bar
REGION = "region"
REGION_NAMES = "region-names"
GENE_PREFIX = "gene-prefix"
GO = "go"
MOVES = {
    "left-far": "move-left-far",
    "left": "move-left",
    "right": "move-right",
    "right-far": "move-right-far",
    "in": "zoom-in",
    "out": "zoom-out",
}
BADGE = "split-badge"
THEME = "theme-toggle"
HELP = "help"
HELP_OPEN = "help-open"

# choices
MARKERS = "markers"
MARKER_LIST = "marker-list"
FILTERS = {name: f"filter-{name}" for name in ("category", "biosample", "target")}
MODELS = "models"
TRACKS = "other-tracks"
MODE = "mode"
DIFFERENCES = "differences"
SCALE = "scale"
LIMITS = "limits"
FLOOR = "floor"
AXIS = "axis"
DRAW = "draw"
PAIR_A = "pair-a"
PAIR_B = "pair-b"

# the view
GRAPH = "view-graph"
STRIP = "strip"
GUIDE = "guide"
BESIDE = "beside"
RULER = "ruler"
MARKED = "marked"
SUMMARY = "summary"
PROBLEMS = "problems"
CONNECTION = "connection"
NOTES = "notes"
NEXT = "next-window"
MARK = "mark"
UNMARK = "unmark"
PAIR_SAYS = "pair-says"
COMPARED = "compared"
CHOSEN = "chosen-markers"
OWN = "own-regions"

# below the view
PANEL = "panel"
PANELS = {
    name: f"panel-{name}"
    for name in ("measures", "windows", "scores", "heat", "saliency", "igv", "none")
}
RESTED = "rested"
MEASURES = "measures-table"

WINDOWS_KIND = "windows-kind"
WINDOWS_SPLIT = "windows-split"
WINDOWS_FILE = "windows-file"
WINDOWS_GRID = "windows-grid"
WINDOWS_ROWS = "windows-rows"
CHOSEN_WINDOW = "chosen-window"
WINDOWS_STATUS = "windows-status"
WINDOWS_POLL = "windows-poll"
WINDOWS_CANCEL = "windows-cancel"
WINDOWS_AGAIN = "windows-again"
WINDOWS_JOB = "windows-job"

SCORES_GRAPH = "scores-graph"
SCORES_FIGURE = "scores-figure"
SCORES_FILE = "scores-file"
SCORES_STATUS = "scores-status"
SCORES_POLL = "scores-poll"
SCORES_JOB = "scores-job"
SCORES_TABLE = "scores-categories"

HEAT = "heat-shown"
ORDER = "heat-order"
HEAT_VIEW = "heat-view"
HEAT_STATUS = "heat-status"
PICKED = "picked"

SALIENCY_START = "saliency-start"
SALIENCY_CANCEL = "saliency-cancel"
SALIENCY_STATUS = "saliency-status"
SALIENCY_POLL = "saliency-poll"
SALIENCY_JOB = "saliency-job"
SALIENCY_DONE = "saliency-done"

IGV = "igv-view"
IGV_STATUS = "igv-status"

# export
EXPORT_PNG = "export-png"
EXPORT_SVG = "export-svg"
EXPORT_CSV = "export-csv"
EXPORT_BED = "export-bed"
EXPORT_IGV = "export-igv"
EXPORT_LINK = "export-link"
EXPORT_NOTE = "export-note"
