"""Keys: the identities of the messages about an incident, the same after every restart."""

from __future__ import annotations

from sonixbot.alerts import Incident


def thread_of(incident: Incident) -> str:
    """What the mails and posts of an incident have in common."""
    # The moment keeps it apart from the same number in a database that was begun anew.
    return f"incident-{incident.id}-{int(incident.first)}"


def post_key(incident: Incident) -> str:
    """The key of its newest post."""
    return f"{thread_of(incident)}-post-{incident.post}"


def mail_key(incident: Incident) -> str:
    """The key of its newest mail."""
    return f"{thread_of(incident)}-mail-{incident.mail}"
