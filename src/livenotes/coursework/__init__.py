"""Coursework: assignments of the book handed in as notebooks, graded safely, in nbgrader's formats.

From the outside in: ``command`` is ``livenotes grade``; ``grade`` reads hand-ins (``handin``, ``sheet``) and
writes the gradebook (``gradebook``, ``autograded``); ``examiner`` runs an ``exam`` for each, whose
tests (``testing``, ``calls``) stay on this side of a ``wire``; behind it, in the ``sandbox``, the
``zygote`` forks a ``student`` process in ``namespaces`` of its own. ``adopt`` puts all this under
nbgrader's own command, ``cluster`` onto the workers of a Dask cluster.
"""
