"""How Sphinx builds these pages; what they say stands in the pages themselves, and in docstrings."""

import doctest
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "unicache"
author = "the unicache authors"
project_copyright = "the unicache authors; MIT license"
version = release = installed_version("unicache-kit")

extensions = ["docstrings", "module_table", "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.doctest"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"unicache {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
maximum_signature_line_length = 100

doctest_test_doctest_blocks = ""  # what shall be run says so
doctest_default_flags = doctest.ELLIPSIS | doctest.DONT_ACCEPT_TRUE_FOR_1  # errors are compared with their messages
doctest_global_setup = """
__name__ = "__main__"
from unicache import Cache
cache = Cache("memory://")
"""
doctest_global_cleanup = "cache.close()"
