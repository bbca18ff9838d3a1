"""What runs beside student code: the warm process and the submission's own, behind the sandbox.

Once a submission's first cell has run, nothing that its process says can be believed. This shelf imports the
boundary and no other.
"""
