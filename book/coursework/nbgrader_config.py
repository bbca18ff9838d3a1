"""nbgrader's settings for this course: who grades, and where the course is."""

try:
    from livenotes.coursework import adopt
except ImportError as error:  # nbgrader logs an exception here, and would go on to run student code unprotected
    raise SystemExit(
        f"Nothing is graded: livenotes is not installed in this environment ({error})."
    ) from error

c = get_config()  # nbgrader provides it
c.CourseDirectory.course_id = "deep-learning-notes"

# `nbgrader autograde` and the formgrader's button run student code in the sandbox, as `livenotes grade` does.
adopt.safe_grading()
