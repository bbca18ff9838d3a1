"""nbgrader's course: its folders and settings, its gradebook, the notebooks in its formats.

Only this shelf reads what students submitted and writes points.
"""
