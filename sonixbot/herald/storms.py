"""Storms: a storm's digest and list, put into the outbox in place of single messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from sonixbot import text
from sonixbot.alerts import (
    AlertPolicy,
    Incident,
    Storm,
    StormBegan,
    StormEnded,
    StormRenewed,
    Way,
)
from sonixbot.alerts.storms import URGENT
from sonixbot.entry import MOST_IMPORTANT
from sonixbot.herald.keys import mail_key, post_key
from sonixbot.language import Language
from sonixbot.message import Attachment, Message, Origin
from sonixbot.outbox import Outbox


class StormHerald:
    """Tells of storms. One post grows in place; by mail go its beginning and its end."""

    def __init__(
        self,
        outbox: Outbox,
        manner: tuple[str, Language, tzinfo | None],
        *,
        posts: tuple[str, ...],
        mails: tuple[str, ...],
    ) -> None:
        """`manner`: instrument, language, zone."""
        self._outbox = outbox
        self._manner = manner
        self._ways = {Way.TELEGRAM: posts, Way.MAIL: mails}

    def carry_out(
        self, decision: StormBegan | StormRenewed | StormEnded, policy: AlertPolicy, now: float
    ) -> None:
        """Put what was decided about a storm into the outbox."""
        match decision:
            case StormBegan(storm):
                self.begin(storm, policy, now)
            case StormRenewed(storm):
                self.renew(storm, policy, now)
            case StormEnded(storm):
                self.end(storm, policy, now)

    def begin(self, storm: Storm, policy: AlertPolicy, now: float) -> None:
        """Let the digest take the place of what waits unsent, but for the first of level 1."""
        for way, destinations in self._ways.items():
            incidents = self._incidents(storm, policy, way)
            if not destinations or not incidents:
                continue
            message = self._message(storm, way, incidents, policy, now)
            quiet = self._quiet(incidents, policy, now)
            self._outbox.put(replace(message, silent=quiet), destinations, now)
            for incident in self._waiting(incidents, way):
                key = post_key(incident) if way is Way.TELEGRAM else mail_key(incident)
                if self._outbox.take_in(key, self._key(storm, way), now):
                    policy.absorbed(incident, way)

    def _quiet(self, incidents: Sequence[Incident], policy: AlertPolicy, now: float) -> bool:
        """Whether all of it would have been posted without a sound."""
        push, zone = policy.rules.telegram, policy.rules.zone
        return all(push.quieted(rank, now, zone) for rank in {each.rank for each in incidents})

    def _waiting(self, incidents: Sequence[Incident], way: Way) -> list[Incident]:
        if way is Way.MAIL:
            return [each for each in incidents if each.mail]
        urgent = [each for each in incidents if each.rank == MOST_IMPORTANT][:URGENT]
        return [each for each in incidents if each.post and each not in urgent]

    def renew(self, storm: Storm, policy: AlertPolicy, now: float) -> None:
        """Bring the digest up to date where it can be edited, or has not left yet."""
        for way, destinations in self._ways.items():
            incidents = self._incidents(storm, policy, way)
            if not destinations or not incidents:
                continue
            message = self._message(storm, way, incidents, policy, now)
            # The first that concerns this way may have come after the storm's beginning.
            if not self._outbox.put(message, destinations, now):
                self._outbox.renew(message, now, delay=0.0)

    def end(self, storm: Storm, policy: AlertPolicy, now: float) -> None:
        """One summary, in answer to the digest and in its thread of mails."""
        self.renew(storm, policy, now)
        for way, destinations in self._ways.items():
            if destinations and (incidents := self._incidents(storm, policy, way)):
                words = text.storm_ended_words(
                    storm, incidents, policy.acknowledged, *self._manner, now
                )
                message = self._message(storm, way, incidents, policy, now)
                key = f"{message.key}-ended"
                summary = replace(
                    message,
                    key=key,
                    text=words.text,
                    html=words.html,
                    subject=words.subject,
                    created=now,
                    silent=True,
                    buttons=(),
                    answers=message.key,
                )
                self._outbox.put(summary, destinations, now)

    def _incidents(self, storm: Storm, policy: AlertPolicy, way: Way) -> list[Incident]:
        """What a storm has to say one way."""
        push = policy.rules.push(way)
        return [each for each in policy.in_storm(storm) if push.takes(each.worst)]

    def _key(self, storm: Storm, way: Way) -> str:
        return f"storm-{storm.id}-{int(storm.began)}-{way}"

    def _message(
        self,
        storm: Storm,
        way: Way,
        incidents: Sequence[Incident],
        policy: AlertPolicy,
        now: float,
    ) -> Message:
        instrument, language, zone = self._manner
        care = policy.acknowledged
        words = text.storm_words(storm, incidents, care, *self._manner, now)
        listed = text.storm_list(storm, incidents, language, zone, now)
        key = self._key(storm, way)
        return Message(
            key=key,
            text=words.text,
            html=words.html,
            subject=words.subject,
            thread=key,
            origin=Origin.DIGEST,
            instrument=instrument,
            created=storm.began,
            files=(Attachment(text.storm_list_name(storm, language, zone), "", text=listed),),
            buttons=text.storm_buttons(storm, incidents, care, language),
        )
