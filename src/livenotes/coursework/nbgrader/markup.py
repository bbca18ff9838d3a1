"""Make a student's text harmless to show: nbgrader's pages run the markup that is in it.

The page in which an instructor grades by hand can change grades, so a script in a written answer could.
"""

import re

TAG = re.compile(r"<(?=[A-Za-z/!?])")
LINK = re.compile(r"\](?=\(|:)(?!\(?:?\s*(?:https?://|attachment:|#))")
HREF = re.compile(r"\\(?=href)")


def inert(source: str) -> str:
    """Return Markdown with a space put where a tag, or a link that runs something, would begin.

    Links to the web, within the page, and to pictures pasted into the cell stay; so does mathematics,
    except for links in it.
    """
    return HREF.sub(r"\\ ", LINK.sub("] ", TAG.sub("< ", source)))
