"""Coursework: assignments of the book, submitted as notebooks and graded safely, in nbgrader's formats.

Two ways in: ``command`` is ``livenotes grade``, and ``adopt`` puts the same under nbgrader's own command and
the button of its formgrader. Behind them, four shelves by trust:

``nbgrader``
    reads submissions and writes the gradebook;
``exam``
    runs the tests, each submission's in a process of its own;
``boundary``
    the sandbox, its limits, and the wire that values cross;
``inside``
    what runs beside student code: the ``zygote`` forks one ``student`` process for every submission.

An import points down this list, but none leads inside: what runs there is started by its name.
"""
