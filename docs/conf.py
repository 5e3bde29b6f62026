"""How the documentation is built: `make docs`."""

from importlib.metadata import version as installed

project = "regtrack"
copyright = "2026, the regtrack developers"  # noqa: A001 - the name that Sphinx reads
release = installed("regtrack")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"regtrack {release}"
autodoc_typehints = "description"
autodoc_member_order = "bysource"
nitpicky = False
