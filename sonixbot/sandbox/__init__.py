"""Sandbox: a Bot API and a mail server on loopback.

Behave like the real ones where a bot can notice. Seen only by the command line, late, and by the
tests. Needs the extra `demo`.
"""
