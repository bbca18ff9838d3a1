"""Make a student's text harmless to show: nbgrader's pages run the markup that is in it.

The page in which an instructor grades by hand can change grades, so a script in a written answer could.
"""

import re
from collections.abc import Collection

TAG = re.compile(r"<(?=[A-Za-z/!?])")
LINK = re.compile(r"\](?=\(|:)(?!\(?:?\s*(?:https?://|attachment:|#))")
ATTACHMENT = re.compile(r"(\][(:]\s*)attachment:([^\s)>]*)")
PLAIN_NAME = re.compile(r"[\w.-]+")
SPACES = re.compile(r" {100,}")
MOST = 20_000  # characters: the time that a page takes grows with the square of some texts' length
HREF = re.compile(r"\\(?=href)")


def inert(source: str) -> str:
    """Return Markdown with a space put where a tag, or a link that runs something, would begin.

    Links to the web, within the page, and to pictures pasted into the cell stay; so does mathematics,
    except for links in it. What is longer than any answer is cut.
    """
    if len(source) > MOST:
        left = len(source) - MOST
        source = f"{source[:MOST]}\n\n({left:,} more characters are in the submission.)"
    text = SPACES.sub(" " * 100, source)
    return HREF.sub(r"\\ ", LINK.sub("] ", TAG.sub("< ", text)))


def only_pasted(source: str, pasted: Collection[str]) -> str:
    """Return Markdown in which no picture is asked for that is not there, which would end the page."""
    return ATTACHMENT.sub(lambda m: m[0] if m[2] in pasted else f"{m[1]}#missing-{m[2]}", source)
