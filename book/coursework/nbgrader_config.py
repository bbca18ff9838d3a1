"""nbgrader's settings for this course: who grades, and where the course is."""

from livenotes.coursework import adopt

c = get_config()  # nbgrader provides it
c.CourseDirectory.course_id = "deep-learning-notes"

# `nbgrader autograde` and the formgrader's button run student code in the sandbox, as `livenotes grade` does.
adopt.safe_grading()
