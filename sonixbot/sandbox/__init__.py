"""Sandbox: a local Bot API, a mail server, an instrument and a page, for the demo and the tests.

Seen only by the command line, late, and by the tests. Needs the extra `demo`.
"""
