"""Store and outbox: real SQLite files, reopened and killed in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonixbot.alerts import Changes, Numbers, Rules
from sonixbot.errors import Problem, sentence
from sonixbot.language import DAY
from sonixbot.message import Attachment, Delivery, Marks, Origin, State
from sonixbot.outbox import EDIT_DELAY, KEPT, Outbox
from sonixbot.pace import Call
from sonixbot.store import FILE_NAME, MIGRATIONS, Store
from tests.facts import STUCK, message
from tests.handclock import NIGHT

CHANNEL, BOSS = "telegram:-100123", "mail:boss@example.test"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store)


def next_of(outbox: Outbox, destination: str = CHANNEL, now: float = NIGHT) -> Delivery:
    return outbox.heads(destination, now)[0]


def send(outbox: Outbox, delivery: Delivery, now: float = NIGHT) -> None:
    outbox.begin(delivery, Marks.NONE, Call.POST, now)
    outbox.arrived(delivery, 1, ["17"], now)
    outbox.sent(delivery, now)


def test_the_file_and_its_folder_are_private(tmp_path: Path) -> None:
    """The data folder and the database can be read by their user alone."""
    Store(tmp_path / "data").close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / FILE_NAME).stat().st_mode & 0o077 == 0


def test_commits_are_synced_fully(store: Store) -> None:
    """A commit is on the disk before anything is sent, so a power cut loses nothing."""
    assert store.db.execute("pragma journal_mode").fetchone()[0] == "wal"
    assert store.db.execute("pragma synchronous").fetchone()[0] == 2


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """A database that a newer sonixbot wrote is left alone, with a sentence."""
    store = Store(tmp_path)
    store.db.execute(f"pragma user_version = {len(MIGRATIONS) + 1}")
    store.close()
    with pytest.raises(Problem, match="newer sonixbot"):
        Store(tmp_path)


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """A file of another kind under the database's name is named in one sentence."""
    (tmp_path / FILE_NAME).write_text("no database at all, but long enough to be looked at" * 30)
    with pytest.raises(Problem, match="cannot be used"):
        Store(tmp_path)


def test_all_of_a_transaction_or_nothing(store: Store, outbox: Outbox) -> None:
    """A position is not kept when the message that followed from it was not."""

    def fail_in_the_middle() -> None:
        with store.transaction():
            store.remember("position", 5)
            outbox.put(message(), [CHANNEL], NIGHT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    assert store.fact("position") is None
    assert outbox.heads(CHANNEL, NIGHT) == []


def test_incidents_mutes_and_numbers_survive_a_restart(tmp_path: Path) -> None:
    """The book of incidents and mutes is the same after closing and opening the store."""
    store = Store(tmp_path)
    policy = store.policy(Rules())
    policy.apply(STUCK, NIGHT)
    policy.mute("P1_beta", NIGHT + 60, "Anna", 7, NIGHT)
    store.save(policy, NIGHT)
    store.close()
    store = Store(tmp_path)
    again = store.policy(Rules())
    store.close()
    assert again.incidents == policy.incidents
    assert again.mutes == policy.mutes
    assert again.numbers == policy.numbers == Numbers(1, 1)


def test_whether_a_message_makes_a_sound_is_decided_once(store: Store) -> None:
    """New words of a message that has not left yet neither take its sound away nor give it one."""
    outbox = Outbox(store)
    for key, silent in (("quiet", True), ("loud", False)):
        outbox.put(message(key, silent=silent), [CHANNEL], NIGHT)
        outbox.renew(message(key, "×2", silent=not silent), NIGHT + 1)
    waiting = [each.message for each in outbox.waiting(CHANNEL)]
    assert [(each.text, each.silent) for each in waiting] == [("×2", True), ("×2", False)]


def test_an_ended_mute_is_gone_after_a_restart(store: Store) -> None:
    """A mute that was ended does not come back from the store."""
    policy = store.policy(Rules())
    policy.mute("P1_beta", NIGHT + 60, "Anna", 7, NIGHT)
    store.save(policy, NIGHT)
    policy.changes = Changes()
    policy.unmute(None, NIGHT)
    store.save(policy, NIGHT)
    assert store.policy(Rules()).mutes == {}


def test_the_same_key_is_one_message(outbox: Outbox) -> None:
    """Taking a script's message twice, after a kill, sends it once."""
    assert outbox.put(message(), [CHANNEL, BOSS], NIGHT)
    assert not outbox.put(message(text="other words"), [CHANNEL], NIGHT)
    assert len(outbox.waiting(CHANNEL)) == len(outbox.waiting(BOSS)) == 1


def test_each_destination_has_its_own_order(outbox: Outbox) -> None:
    """Messages leave in the order they came, for each destination by itself."""
    for key in "abc":
        outbox.put(message(key), [CHANNEL, BOSS], NIGHT)
    send(outbox, next_of(outbox))
    assert next_of(outbox).message.key == "b"
    assert next_of(outbox, BOSS).message.key == "a"
    assert outbox.backlog() == {CHANNEL: 2, BOSS: 3}


def test_what_was_being_sent_at_a_kill_is_sent_again_and_marked(tmp_path: Path) -> None:
    """A message whose sending was cut off by a kill waits again and may be a repeat."""
    store = Store(tmp_path)
    outbox = Outbox(store)
    outbox.put(message(), [CHANNEL], NIGHT)
    outbox.begin(next_of(outbox), Marks.NONE, Call.POST, NIGHT)
    assert outbox.heads(CHANNEL, NIGHT) == []
    store.close()
    store = Store(tmp_path)
    outbox = Outbox(store)
    outbox.recover(CHANNEL, NIGHT)
    assert next_of(outbox).unknown
    store.close()


def test_renewed_words_edit_what_was_sent(outbox: Outbox) -> None:
    """New words of a sent post wait a little and are then an edit; a mail is not edited."""
    outbox.put(message(), [CHANNEL, BOSS], NIGHT)
    send(outbox, next_of(outbox))
    send(outbox, next_of(outbox, BOSS))
    outbox.renew(message(text="×2"), NIGHT)
    assert outbox.heads(CHANNEL, NIGHT) == []
    edit = next_of(outbox, CHANNEL, NIGHT + EDIT_DELAY)
    assert (edit.state, edit.message.text, edit.remote) == (State.STALE, "×2", ("17",))
    assert outbox.heads(BOSS, NIGHT + DAY) == []


def test_renewed_words_replace_those_that_wait(outbox: Outbox) -> None:
    """What was not sent yet leaves with its newest words, once."""
    outbox.put(message(), [BOSS], NIGHT)
    outbox.renew(message(text="×2"), NIGHT)
    assert next_of(outbox, BOSS).message.text == "×2"
    assert len(outbox.waiting(BOSS)) == 1


def test_words_renewed_while_being_sent_are_edited_afterwards(outbox: Outbox) -> None:
    """Words that change while a post is under way are brought up to date after it."""
    outbox.put(message(), [CHANNEL], NIGHT)
    delivery = next_of(outbox)
    outbox.begin(delivery, Marks.NONE, Call.POST, NIGHT)
    outbox.renew(message(text="×2"), NIGHT)
    outbox.arrived(delivery, 1, ["17"], NIGHT)
    outbox.sent(delivery, NIGHT)
    assert next_of(outbox, CHANNEL, NIGHT + EDIT_DELAY).state is State.STALE


def test_new_messages_go_before_edits(outbox: Outbox) -> None:
    """A new post makes a sound, so it does not wait behind an edit."""
    outbox.put(message("a"), [CHANNEL], NIGHT)
    send(outbox, next_of(outbox))
    outbox.renew(message("a", "×2"), NIGHT)
    outbox.put(message("b"), [CHANNEL], NIGHT)
    assert next_of(outbox, CHANNEL, NIGHT + EDIT_DELAY).message.key == "b"


def test_buried_is_out_of_the_way_and_visible(outbox: Outbox) -> None:
    """What cannot arrive is listed with its reason and does not block what is behind it."""
    outbox.put(message("a"), [CHANNEL], NIGHT)
    outbox.put(message("b"), [CHANNEL], NIGHT)
    outbox.bury(next_of(outbox), sentence("chat {chat} not found", chat="x"), NIGHT)
    assert next_of(outbox).message.key == "b"
    (buried,) = outbox.listing([State.BURIED], 10)
    assert str(buried.reason) == "chat x not found"
    assert outbox.count(State.BURIED) == 1


def test_an_edit_that_cannot_arrive_leaves_the_post_sent(outbox: Outbox) -> None:
    """Giving up an edit does not call the post lost."""
    outbox.put(message(), [CHANNEL], NIGHT)
    send(outbox, next_of(outbox))
    outbox.renew(message(text="×2"), NIGHT)
    outbox.bury(next_of(outbox, CHANNEL, NIGHT + EDIT_DELAY), sentence("no"), NIGHT)
    assert [each.state for each in outbox.fate("m-1")] == [State.SENT]


def test_backoff_survives_a_restart(tmp_path: Path) -> None:
    """How often a destination failed in a row, and a wait it asked for, outlive the service."""
    store = Store(tmp_path)
    Outbox(store).hold(CHANNEL, NIGHT + 3600, reason=sentence("busy"), obeyed=True, now=NIGHT)
    store.close()
    store = Store(tmp_path)
    outbox = Outbox(store)
    known = outbox.destination(CHANNEL)
    assert (known.tries, known.resume, known.failing) == (1, NIGHT + 3600, NIGHT)
    store.close()


def test_a_success_wakes_what_backed_off_but_not_what_was_told_to_wait(outbox: Outbox) -> None:
    """A call that gets through ends the backoff of that way; a wait asked for is kept."""
    outbox.hold(CHANNEL, NIGHT + 60, reason=sentence("away"), obeyed=False, now=NIGHT)
    outbox.hold("telegram:-5", NIGHT + 60, reason=sentence("busy"), obeyed=True, now=NIGHT)
    outbox.hold(BOSS, NIGHT + 60, reason=sentence("away"), obeyed=False, now=NIGHT)
    outbox.wake("telegram", NIGHT + 1)
    assert outbox.destination(CHANNEL).resume == NIGHT + 1
    assert outbox.destination("telegram:-5").resume == NIGHT + 60
    assert outbox.destination(BOSS).resume == NIGHT + 60


def test_a_moved_chat_takes_its_messages_along(outbox: Outbox) -> None:
    """What waits for a chat that moved, and what comes later, goes to its new address."""
    outbox.put(message("a"), [CHANNEL], NIGHT)
    outbox.move(CHANNEL, "telegram:-100999")
    outbox.put(message("b"), [CHANNEL], NIGHT)
    assert outbox.destinations() == ["telegram:-100999"]
    assert [each.message.key for each in outbox.waiting("telegram:-100999")] == ["a", "b"]


def test_a_list_stands_for_its_messages(outbox: Outbox) -> None:
    """Messages joined into a list wait no longer and end as their list ends."""
    for key in "abc":
        outbox.put(message(key, origin=Origin.SCRIPT), [BOSS], NIGHT)
    outbox.join(outbox.waiting(BOSS), message("list"), NIGHT)
    (listing,) = outbox.waiting(BOSS)
    assert listing.message.key == "list"
    assert sorted(outbox.listed("list")) == ["a", "b", "c"]
    outbox.recover(BOSS, NIGHT)
    assert len(outbox.waiting(BOSS)) == 1
    send(outbox, listing)
    assert {each.state for key in "abc" for each in outbox.fate(key)} == {State.SENT}


def test_retry_and_drop_by_hand(outbox: Outbox) -> None:
    """A buried delivery can be tried again, a waiting one taken out; a sent one neither."""
    outbox.put(message(), [CHANNEL], NIGHT)
    number = next_of(outbox).id
    outbox.bury(next_of(outbox), sentence("no"), NIGHT)
    assert outbox.retry(number, NIGHT)
    assert outbox.drop(number, NIGHT)
    assert outbox.heads(CHANNEL, NIGHT) == []
    assert outbox.retry(number, NIGHT)
    send(outbox, next_of(outbox))
    assert not outbox.retry(number, NIGHT)
    assert not outbox.drop(number, NIGHT)


def test_dropping_a_list_drops_what_goes_in_it(outbox: Outbox) -> None:
    """When a list is taken out by hand, nothing waits for it any more."""
    for key in "ab":
        outbox.put(message(key), [BOSS], NIGHT)
    outbox.join(outbox.waiting(BOSS), message("list"), NIGHT)
    assert outbox.drop(outbox.waiting(BOSS)[0].id, NIGHT)
    assert outbox.backlog() == {}
    assert outbox.retry(outbox.fate("a")[0].id, NIGHT)
    assert [each.message.key for each in outbox.waiting(BOSS)] == ["a"]


def test_a_list_in_a_list_ends_with_it(outbox: Outbox) -> None:
    """When a list that waits is joined into another, all of its messages end with that one."""
    outbox.put(message("a", origin=Origin.SCRIPT), [BOSS], NIGHT)
    outbox.put(message("b", origin=Origin.SCRIPT), [BOSS], NIGHT)
    outbox.join(outbox.waiting(BOSS), message("list-1"), NIGHT)
    outbox.put(message("c", origin=Origin.SCRIPT), [BOSS], NIGHT)
    outbox.join(outbox.waiting(BOSS), message("list-2"), NIGHT)
    (listing,) = outbox.waiting(BOSS)
    assert set(outbox.listed("list-2")) >= {"a", "b", "c"}
    send(outbox, listing)
    assert outbox.backlog() == {}


def test_retrying_a_list_takes_its_messages_along(outbox: Outbox) -> None:
    """After a list was given up, trying all again sends each message once."""
    for key in "ab":
        outbox.put(message(key), [BOSS], NIGHT)
    outbox.join(outbox.waiting(BOSS), message("list"), NIGHT)
    (listing,) = outbox.waiting(BOSS)
    outbox.bury(listing, sentence("no"), NIGHT)
    for each in outbox.listing([State.BURIED], 10):
        outbox.retry(each.id, NIGHT)
    assert [each.message.key for each in outbox.waiting(BOSS)] == ["list"]


def test_a_list_under_way_cannot_be_dropped(outbox: Outbox) -> None:
    """What is just being sent is not taken out, nor are the messages in it."""
    for key in "ab":
        outbox.put(message(key), [BOSS], NIGHT)
    outbox.join(outbox.waiting(BOSS), message("list"), NIGHT)
    (listing,) = outbox.waiting(BOSS)
    outbox.begin(listing, Marks.NONE, Call.LIST, NIGHT)
    assert not outbox.drop(listing.id, NIGHT)
    assert [each.state for each in outbox.fate("a")] == [State.LISTED]


def test_a_chat_that_moved_twice_is_found(outbox: Outbox) -> None:
    """Messages follow a chat through all of its addresses, and it stays configured."""
    outbox.move(CHANNEL, "telegram:-100998")
    outbox.move("telegram:-100998", "telegram:-100999")
    outbox.put(message(), [CHANNEL], NIGHT)
    outbox.retire([CHANNEL], sentence("gone"), NIGHT)
    assert outbox.destinations() == ["telegram:-100999"]


def test_what_is_no_longer_configured_is_given_up(outbox: Outbox) -> None:
    """What waits for a recipient that was taken out is buried; a chat that moved is kept."""
    outbox.put(message(), [CHANNEL, BOSS], NIGHT)
    outbox.move(CHANNEL, "telegram:-100999")
    outbox.retire([CHANNEL], sentence("gone"), NIGHT)
    fates = {each.destination: each.state for each in outbox.fate("m-1")}
    assert fates == {"telegram:-100999": State.WAITING, BOSS: State.BURIED}


def test_renewing_what_was_given_up_is_told(outbox: Outbox) -> None:
    """Whoever renews words that are seen nowhere learns it, and can say them anew."""
    outbox.put(message(), [CHANNEL], NIGHT)
    assert outbox.renew(message(text="×2"), NIGHT)
    outbox.bury(next_of(outbox), sentence("no rights"), NIGHT)
    assert not outbox.renew(message(text="×3"), NIGHT)


def test_a_clock_set_back_holds_nothing_up(outbox: Outbox) -> None:
    """An edit that was due in a minute is not due in three hours when the clock goes back."""
    outbox.put(message(), [CHANNEL], NIGHT)
    send(outbox, next_of(outbox))
    outbox.renew(message(text="×2"), NIGHT)
    assert next_of(outbox, CHANNEL, NIGHT - 3 * 3600).state is State.STALE


def test_what_changed_lately_is_known(outbox: Outbox) -> None:
    """The keys of messages whose fate changed since a moment are found by their prefix."""
    outbox.put(message("script-1"), [CHANNEL], NIGHT)
    outbox.put(message("script-2"), [CHANNEL], NIGHT + 10)
    outbox.put(message("other"), [CHANNEL], NIGHT + 10)
    assert outbox.lately("script-", NIGHT + 5) == ["script-2"]


def test_only_what_ended_long_ago_is_forgotten(outbox: Outbox) -> None:
    """Old messages go, unless one of their deliveries still waits."""
    for key in "ab":
        outbox.put(message(key), [CHANNEL], NIGHT)
    send(outbox, next_of(outbox))
    gone = outbox.prune(NIGHT + KEPT + 1)
    assert [each.key for each in gone] == ["a"]
    assert [each.message.key for each in outbox.waiting(CHANNEL)] == ["b"]


def test_another_process_may_look_and_write(store: Store, outbox: Outbox) -> None:
    """While the service has the file open, the command line can read and change it."""
    outbox.put(message(), [CHANNEL], NIGHT)
    other = sqlite3.connect(store.path)
    assert other.execute("select count(*) from deliveries").fetchone()[0] == 1
    other.execute("update deliveries set state = 'dropped'")
    other.commit()
    other.close()
    assert outbox.heads(CHANNEL, NIGHT) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    steps=st.lists(
        st.sampled_from(["put", "send", "fail", "bury", "kill", "renew", "join"]), max_size=30
    )
)
def test_nothing_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """Whatever happens in whatever order, each message is waiting, sent or buried, exactly once."""
    store = Store(tmp_path_factory.mktemp("box"))
    outbox = Outbox(store)
    put = 0
    for number, step in enumerate(steps):
        now = NIGHT + 10 * number
        delivery = next(iter(outbox.heads(BOSS, now)), None)
        if step == "put":
            outbox.put(message(f"m-{put}"), [BOSS], now)
            put += 1
        elif step == "renew" and put:
            outbox.renew(message(f"m-{put - 1}", f"×{number}"), now)
        elif step == "join" and len(outbox.waiting(BOSS)) > 1:
            outbox.join(outbox.waiting(BOSS), message(f"list-{number}"), now)
        elif delivery and step == "send":
            send(outbox, delivery, now)
        elif delivery and step == "bury":
            outbox.bury(delivery, sentence("no"), now)
        elif delivery and step in ("fail", "kill"):
            outbox.begin(delivery, Marks.NONE, Call.POST, now)
            if step == "kill":
                outbox.recover(BOSS, now)
            else:
                outbox.failed(delivery, sentence("away"), unknown=False, now=now)
    states = [[each.state for each in outbox.fate(f"m-{number}")] for number in range(put)]
    store.close()
    ends = {State.WAITING, State.SENT, State.BURIED, State.LISTED}
    assert all(len(each) == 1 and each[0] in ends for each in states)


def test_what_may_go_next(outbox: Outbox) -> None:
    """A digest first, then the oldest message of each origin, then the edit due longest."""
    for key in "abc":
        outbox.put(message(f"old-{key}"), [CHANNEL], NIGHT)
        send(outbox, next_of(outbox))
    for key, later in (("b", 3), ("a", 2), ("c", 1)):
        outbox.renew(message(f"old-{key}", "×2"), NIGHT, delay=later)
    for number, origin in enumerate((Origin.ALERT, Origin.SCRIPT, Origin.SERVICE, Origin.DIGEST)):
        for each in "ab":
            outbox.put(message(f"{number}-{each}", origin=origin), [CHANNEL, BOSS], NIGHT)
    keys = [each.message.key for each in outbox.heads(CHANNEL, NIGHT + 2.5)]
    assert keys == ["3-a", "0-a", "1-a", "2-a", "old-c"]
    assert outbox.due(CHANNEL, NIGHT + 2.5) == NIGHT + 3
    assert outbox.due(CHANNEL, NIGHT + 3) is None


def test_a_digest_is_renewed_with_its_list(outbox: Outbox) -> None:
    """New words and a new list are due at once, together, before what waits; mail keeps its own."""
    first, second = (
        message("storm", f"×{n}", origin=Origin.DIGEST, files=(Attachment("e", "", text=f"<{n}>"),))
        for n in (8, 9)
    )
    outbox.put(first, [CHANNEL, BOSS], NIGHT)
    for destination in (CHANNEL, BOSS):
        send(outbox, next_of(outbox, destination))
    outbox.put(message("single"), [CHANNEL], NIGHT)
    outbox.renew(second, NIGHT, delay=0)
    edit = next_of(outbox)
    assert (edit.state, edit.message) == (State.STALE, second)
    assert outbox.heads(BOSS, NIGHT) == []


def test_messages_of_earlier_versions_are_read(outbox: Outbox, store: Store) -> None:
    """A file of a message that knew no text of its own is the file it was."""
    told = message(files=(Attachment("a.txt", "/data/a", picture=True),))
    outbox.put(told, [CHANNEL], NIGHT)
    store.db.execute("update messages set data = json_remove(data, '$.files[0].text')")
    assert next_of(outbox).message == told
