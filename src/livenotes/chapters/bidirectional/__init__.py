"""The chapter on bidirectional and deep recurrent networks: clues, letters, marks, and word orders."""

from . import agreement, clues, letters
