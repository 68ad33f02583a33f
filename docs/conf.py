"""How Sphinx builds the site: `make docs` runs it on what tools/build_site.py staged."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import warnings

import matplotlib as mpl

import tacit

sys.path.insert(0, str(Path(__file__).parent))
mpl.use("agg")
warnings.filterwarnings("error")
# the tools that build the site may deprecate what they like
warnings.filterwarnings("ignore", category=DeprecationWarning)
warnings.filterwarnings("ignore", category=PendingDeprecationWarning)

project = "tacit"
author = "The tacit authors"
copyright = "The tacit authors"
version = release = tacit.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["README.md", "**/README.md", "examples", "lessons", "files"]
default_role = "code"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": ["lessons", "examples"],
    "gallery_dirs": ["tutorial", "gallery"],
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "capture_repr": ("__repr__",),
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 60,
    "doc_module": ("tacit",),
    "copyfile_regex": r".*\.toml",
}

html_theme = "pydata_sphinx_theme"
html_title = f"tacit {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_sourcelink = False
html_copy_source = False
# read from the pages by fetch(), which a browser refuses for pages opened from disk
html_show_search_summary = False
html_theme_options = {
    "logo": {"text": "tacit"},
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "header_links_before_dropdown": 6,
}
html_sidebars = {"index": []}
html_context = {"default_mode": "auto"}


def setup(app):
    """Docstrings that describe a parameter in the line of its type get the type from the code."""
    from docstrings import typed

    # before numpydoc, which is connected with the usual 500
    app.connect("autodoc-process-docstring", typed, priority=400)
