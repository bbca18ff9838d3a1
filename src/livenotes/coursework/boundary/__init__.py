"""What stands between student code and its tests: the sandbox, its limits, and the wire that values cross.

Both sides use it, so it imports no other shelf.
"""
