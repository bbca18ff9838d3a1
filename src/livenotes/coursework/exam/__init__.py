"""The tests of a submission, run outside the sandbox, and the server that runs many of them at a time.

It takes jobs and gives reports, and touches neither the course nor the gradebook.
"""
