"""One module a chapter: what an experiment measured, drawn on a figure; nothing is computed here."""
