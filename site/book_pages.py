"""What the theme gets wrong on a page, mended: scripts no page needs, roles no browser knows, tables that burst the page."""

import re

from sphinx.util.display import status_iterator  # noqa: F401
