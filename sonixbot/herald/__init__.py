"""Herald: what was decided → messages for the destinations, put into the outbox."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo

from sonixbot import text
from sonixbot.alerts import (
    AlertPolicy,
    CatchUp,
    Decision,
    Ended,
    Incident,
    Mail,
    Morning,
    Mute,
    MuteBegan,
    MuteEnded,
    MuteEnding,
    Post,
    Reminded,
    Renew,
    StormBegan,
    StormEnded,
    StormRenewed,
    Way,
)
from sonixbot.alerts.tally import Tally
from sonixbot.health import Status
from sonixbot.herald.keys import mail_key, post_key, thread_of
from sonixbot.herald.storms import StormHerald
from sonixbot.inbox.letter import Letter
from sonixbot.language import Language
from sonixbot.message import Attachment, Message, Origin
from sonixbot.outbox import Outbox
from sonixbot.text import Words

log = logging.getLogger(__name__)


class Herald:
    """Puts one instrument's news into the outbox, in the language of its channel."""

    def __init__(
        self,
        outbox: Outbox,
        instrument: str,
        language: Language,
        zone: tzinfo | None,
        *,
        posts: tuple[str, ...],
        mails: tuple[str, ...],
    ) -> None:
        """`posts`, `mails`: the destinations of either sort."""
        self._outbox = outbox
        self._instrument = instrument
        self._language = language
        self._manner = (instrument, language, zone)
        self.posts = posts
        self.mails = mails
        self.storms = StormHerald(outbox, self._manner, posts=posts, mails=mails)

    def tell(self, decisions: Iterable[Decision], policy: AlertPolicy, now: float) -> None:
        """Carry the decisions of one turn out, each incident once with its newest words."""
        latest: dict[tuple[type[Decision], object], Decision] = {}
        for each in decisions:
            latest[type(each), _subject(each)] = each
        for (sort, about), decision in latest.items():
            if sort is Renew and (Post, about) in latest:
                continue  # it is posted anew, with the same words
            try:
                self._carry_out(decision, policy, now)
            except sqlite3.Error:
                raise
            except Exception:  # words that fail must not cost the alert, nor those beside it
                log.exception("%s", decision)
                self._tell_plainly(decision, policy, now)

    def _carry_out(self, decision: Decision, policy: AlertPolicy, now: float) -> None:
        match decision:
            case Post(incident, silent):
                post = replace(self._post(incident, policy, now), silent=silent)
                self._outbox.put(post, self.posts, now)
            case Mail(incident):
                self._outbox.put(self._mail(incident, now), self.mails, now)
            case Renew(incident):
                self._renew(incident, policy, now)
            case Ended(incident, aloud):
                self._renew(incident, policy, now)
                if aloud:
                    self._end(incident, now)
            case Morning(way, incidents, forgotten):
                words = text.morning_words(incidents, *self._manner, now, forgotten)
                self._say(f"morning-{way}-{now:.3f}", words, self._ways(way), now)
            case Reminded(way, incidents):
                words = text.reminder_words(incidents, *self._manner, now)
                self._say(f"reminder-{way}-{now:.3f}", words, self._ways(way), now)
            case MuteBegan() | MuteEnding() | MuteEnded():
                self._about_mute(decision, policy, now)
            case StormBegan() | StormRenewed() | StormEnded():
                self.storms.carry_out(decision, policy, now)

    def _ways(self, way: Way) -> tuple[str, ...]:
        return self.posts if way is Way.TELEGRAM else self.mails

    def _about_mute(
        self, decision: MuteBegan | MuteEnding | MuteEnded, policy: AlertPolicy, now: float
    ) -> None:
        match decision:
            case MuteBegan(mute):
                self.muted(mute, now)
            case MuteEnding(mute):
                self._outbox.put(self._ending(mute, now), self.posts, now)
            case MuteEnded(mute):
                self.mute_ended(mute, policy, now)
                self.refresh(policy.covered(mute), policy, now)

    def _renew(self, incident: Incident, policy: AlertPolicy, now: float) -> None:
        if incident.post:
            stands = self._outbox.renew(self._post(incident, policy, now), now)
            policy.seen(incident, lost=not stands)
        if incident.mail:
            self._outbox.renew(self._mail(incident, now), now)

    def _end(self, incident: Incident, now: float) -> None:
        """Tell that it is over, in reply to its post and in its thread of mails."""
        words = text.incident_ended_words(incident, *self._manner, now)
        thread, number = thread_of(incident), incident.post
        message = self._message(f"{thread}-ended-{number}", words, now, thread=thread)
        ways = (*(self.posts if number else ()), *(self.mails if incident.mail else ()))
        answering = replace(message, answers=post_key(incident), silent=True)
        if ways:
            self._outbox.put(answering, ways, now)

    def refresh(self, incidents: Iterable[Incident], policy: AlertPolicy, now: float) -> None:
        """Let posts show at once what somebody wanted of their incidents."""
        storms = set()
        for incident in incidents:
            storms.add(incident.storm)
            if incident.post:
                self._outbox.renew(self._post(incident, policy, now), now, delay=0.0)
        for number in storms & policy.storms.keys():
            self.storms.renew(policy.storms[number], policy, now)

    def _tell_plainly(self, decision: Decision, policy: AlertPolicy, now: float) -> None:
        """Say what was to be said, without the words that failed."""
        ways: tuple[str, ...] = ()
        match decision:
            case Post(incident):
                incidents, ways = [incident], self.posts
            case Mail(incident):
                incidents, ways = [incident], self.mails
            case Morning(way, held) | Reminded(way, held):
                incidents, ways = [*held], self._ways(way)
            case StormBegan(storm) | StormEnded(storm):
                incidents, ways = policy.in_storm(storm), (*self.posts, *self.mails)
        if ways:
            words = self._plainly(incidents)
            key = f"plain-{type(decision).__name__}-{_subject(decision)}-{now:.3f}"
            self._say(key, words, ways, now)

    def catch_up(
        self, caught: CatchUp, policy: AlertPolicy, away: float | None, now: float
    ) -> None:
        """Tell what came while the service was away: one digest, and what stands by itself."""
        for sort, ways, incidents in (
            ("post", self.posts, caught.posts),
            ("mail", self.mails, caught.mails),
        ):
            if incidents:
                words = self._digest(incidents, away, now)
                self._say(f"catch-up-{sort}-{now:.3f}", words, ways, now)
        self.tell(caught.decisions, policy, now)

    def was_away(self, way: Way, away: float, hidden: int, now: float) -> None:
        """Tell that nothing came while the service was away but `hidden` incidents."""
        words = text.away_words(away, hidden, *self._manner, now)
        self._say(f"away-{way}-{now:.3f}", words, self._ways(way), now, silent=True)

    def alive(self, tally: Tally, status: Status, now: float) -> None:
        """Say that the bot lives, and what came since it said so last."""
        words = text.alive_words(tally, status, self._language, self._manner[2])
        self._say(f"alive-{now:.3f}", words, (*self.posts, *self.mails), now, silent=True)

    def _digest(self, incidents: Sequence[Incident], away: float | None, now: float) -> Words:
        try:
            return text.catch_up_words(incidents, away, *self._manner, now)
        except Exception:  # else every start would fail in the same way
            log.exception("the digest of %d incidents", len(incidents))
            return self._plainly(incidents)

    def _plainly(self, incidents: Iterable[Incident]) -> Words:
        said = "\n".join(f"{each.entry.source} {each.entry.text}" for each in incidents)
        return text.script_words(said, *self._manner[:2])

    def muted(self, mute: Mute, now: float) -> None:
        """Announce a mute."""
        words = text.mute_words(mute, *self._manner, now)
        self._say(f"mute-{mute.id}-{now:.3f}", words, self.posts, now, silent=True)

    def prolonged(self, before: Mute, mute: Mute, now: float) -> None:
        """Let the warning that `before` ends say until when it is prolonged, and by whom."""
        words = text.mute_words(mute, *self._manner, now)
        message = self._message(_ending_key(before), words, now, Origin.SERVICE)
        self._outbox.renew(message, now, delay=0.0)

    def _ending(self, mute: Mute, now: float) -> Message:
        words = text.mute_ending_words(mute, *self._manner, now)
        message = self._message(_ending_key(mute), words, now, Origin.SERVICE)
        return replace(message, buttons=text.mute_buttons(mute, self._language))

    def mute_ended(self, mute: Mute, policy: AlertPolicy, now: float, author: str = "") -> None:
        """Tell that a mute is over, who ended it where somebody did, and what it hid."""
        hidden = {each.id: each for each in policy.incidents.values() if each.id in mute.hidden}
        words = text.mute_ended_words(mute, hidden, *self._manner, now, author)
        ways = (*self.posts, *self.mails) if mute.hidden else self.posts
        if mute.hidden or not mute.schedule or author:
            self._say(f"mute-{mute.id}-ended", words, ways, now, silent=not mute.hidden)

    def unread(self, path: str, start: int, size: int, now: float) -> None:
        """Tell that a part of the protocol could not be understood: it may hold an error."""
        said = self._language.gettext(
            "sonixbot failed on {size} bytes of {path} from byte {start} on. Look there for errors;"
            " the bot's log tells more."
        ).format(size=size, path=path, start=start)
        words = text.script_words(said, self._instrument, self._language)
        self._say(f"unread-{start}-{now:.3f}", words, (*self.posts, *self.mails), now)

    def script(self, key: str, letter: Letter, files: tuple[Attachment, ...], now: float) -> None:
        """Pass a script's message on."""
        ways = {"telegram": self.posts, "mail": self.mails}
        lost = self._language.gettext("(The file {name} was lost on the way.)")
        said = "\n".join([letter.text, *(lost.format(name=each) for each in letter.lost)])
        words = text.script_words(said, self._instrument, self._language)
        message = replace(
            self._message(key, words, letter.created, Origin.SCRIPT, silent=letter.silent),
            files=files,
        )
        self._outbox.put(message, ways.get(letter.ways or "", (*self.posts, *self.mails)), now)

    def _say(
        self, key: str, words: Words, ways: Iterable[str], now: float, *, silent: bool = False
    ) -> None:
        message = self._message(key, words, now, Origin.SERVICE, silent=silent)
        self._outbox.put(message, ways, now)

    def _post(self, incident: Incident, policy: AlertPolicy, now: float) -> Message:
        mute, care = policy.muting(incident, now), policy.acknowledged.get(incident.id)
        words = text.incident_words(
            incident, incident.post_why, *self._manner, now, care=care, mute=mute
        )
        key = post_key(incident)
        buttons = text.incident_buttons(incident, care, mute, self._language)
        return replace(self._message(key, words, incident.posted), buttons=buttons)

    def _mail(self, incident: Incident, now: float) -> Message:
        words = text.incident_words(incident, incident.mail_why, *self._manner, now)
        moment, thread = incident.mailed or now, thread_of(incident)
        return self._message(mail_key(incident), words, moment, thread=thread)

    def _message(
        self,
        key: str,
        words: Words,
        created: float,
        origin: Origin = Origin.ALERT,
        *,
        thread: str = "",
        silent: bool = False,
    ) -> Message:
        return Message(
            key=key,
            text=words.text,
            html=words.html,
            subject=words.subject,
            thread=thread,
            origin=origin,
            instrument=self._instrument,
            created=created,
            silent=silent,
        )


def _subject(decision: Decision) -> object:
    """What a decision is about: the like of it for the same thing is carried out once."""
    match decision:
        case MuteBegan(mute) | MuteEnding(mute) | MuteEnded(mute):
            return mute.id
        case StormBegan(storm) | StormRenewed(storm) | StormEnded(storm):
            return storm.id
        case Morning(way) | Reminded(way):
            return way
        case _:
            return decision.incident.id


def _ending_key(mute: Mute) -> str:
    return f"mute-{mute.id}-ending-{mute.until:.3f}"
