"""Pupils ask for an app: who waits, who may answer, what the laptop is told, and what a liar reaches."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from policies import orders, records
from server import app_ask_intake, app_asks, changes, lab_actions, lab_retention, projections, state
from server.ask_tables import app_asks as app_asks_table
from server.errors import Invalid, NotFound
from server.people import Person, replace_people

LOGIN = "c" * 32
OTHER = "d" * 32


class Story:
    """One laptop of Lab 1 on which May asks."""

    def __init__(self, here, enrolled):
        self.here, self.seq = here, 0
        self.now = state.utc_now()
        self.laptop = enrolled().device
        with here.db.write() as c:
            replace_people(c, [
                Person(os_user="may", person="p1", display_name="May", tier="junior", room="Lab 1"),
            ])  # fmt: skip

    def tell(self, *told, device=None):
        with self.here.db.write() as c:
            plain = c.connection.dbapi_connection
            self.seq += 10
            received_ms = int(self.now.timestamp() * 1000)
            projections.project(plain, device or self.laptop, "vital", self.seq, told, received_ms)

    def ask(self, app="Zoom", login=LOGIN, words="to call my group", device=None):
        self.tell(
            records.AppAsked(
                at=self.now, login=login, os_user="may", person="p1", app=app, program="zoom", words=words
            ),
            device=device,
        )

    def withdraw(self, app="Zoom", login=LOGIN):
        self.tell(records.AppHandled(at=self.now, login=login, app=app, program="zoom", what="withdrawn"))

    def end(self, login=LOGIN):
        self.tell(records.LoginEnded(at=self.now, login=login, os_user="may", reason="signed-out"))

    def asks(self, rooms=("Lab 1",), **changes):
        with self.here.db.read() as c:
            return app_asks.list_asks(c, rooms=rooms, now=self.now, **changes)

    def states(self):
        return [(each.app, each.state) for each in self.asks()]

    def answer(self, *, allowed=True, room="Lab 1", number=None):
        number = number or self.asks()[0].id
        with self.here.db.write() as c:
            order = app_asks.answer(
                c, number, room=room, allowed=allowed, minutes=30, by="Ms Demir", staff=7, now=self.now
            )
        self.here.notice_changes()
        return order

    def told(self, device=None):
        return self.here.media_telling.newer(device or self.laptop, "Lab 1", 0, self.now)


@pytest.fixture
def story(here, enrolled):
    return Story(here, enrolled)


def test_r24_a_yes_reaches_the_laptop_that_asked_and_no_other(story, enrolled):
    other = enrolled().device
    story.ask()
    order = story.answer()
    (said,) = story.told()

    assert isinstance(said, orders.AppAnswered)
    assert (order, LOGIN, "Zoom", True, "Ms Demir") == (
        said.order,
        said.login,
        said.app,
        said.allowed,
        said.by,
    )
    assert story.now + timedelta(minutes=30) == said.until
    assert [] == story.told(other)


def test_an_answer_is_sent_until_the_laptop_said_that_it_did_so(story):
    story.ask()
    order = story.answer()
    before = story.states()
    story.tell(records.OrderDone(at=story.now, order=order, outcome="done"))

    assert [("Zoom", "sent")] == before
    assert [("Zoom", "confirmed")] == story.states()


def test_an_answer_that_came_too_late_says_why(story):
    story.ask()
    order = story.answer(allowed=False)
    story.tell(records.OrderDone(at=story.now, order=order, outcome="failed", problem="that login has ended"))
    (ask,) = story.asks()

    assert ("failed", "that login has ended", False) == (ask.state, ask.problem, ask.allowed)


def test_who_waits_is_named_with_the_words_they_wrote(story):
    story.ask()
    (ask,) = story.asks()

    assert ("May", "Zoom", "to call my group", "waiting", None) == (
        ask.shown, ask.app, ask.words, ask.state, ask.allowed,
    )  # fmt: skip


def test_r38_nobody_answers_for_another_room(story):
    story.ask()

    assert [] == story.asks(rooms=("Lab 2",))
    with pytest.raises(NotFound):
        story.answer(room="Lab 2")
    assert [("Zoom", "waiting")] == story.states()


def test_the_second_of_two_teachers_overwrites_nothing(story):
    story.ask()
    number = story.asks()[0].id
    story.answer(allowed=False)
    with pytest.raises(Invalid):
        story.answer(allowed=True, number=number)

    (said,) = story.told()
    assert said.allowed is False


@pytest.mark.parametrize("ends", ["withdraw", "end"])
def test_a_question_taken_back_or_left_behind_waits_no_longer(story, ends):
    story.ask()
    number = story.asks()[0].id
    getattr(story, ends)()

    assert [] == story.asks()
    with pytest.raises(Invalid):
        story.answer(number=number)


def test_asking_the_same_again_is_one_question(story):
    story.ask()
    story.ask(app="ZOOM", words="please")

    assert [("Zoom", "please")] == [(each.app, each.words) for each in story.asks()]


def test_a_laptop_that_asks_without_end_pushes_only_its_own_old_questions_out(story, enrolled):
    other = enrolled().device
    story.ask(app="mine", device=other)
    for number in range(50):
        story.ask(app=f"app {number}")

    mine = [each.app for each in story.asks() if each.device == story.laptop]
    assert [f"app {number}" for number in range(30, 36)] == mine  # the first of the twenty that wait
    assert ["mine"] == [each.app for each in story.asks() if each.device == other]


def test_the_page_of_the_room_looks_again_whenever_a_question_or_its_answer_moves(story):
    """A status that came before the record has waked the page too early."""

    def number():
        with story.here.db.read() as c:
            return changes.numbers(c).get(changes.lab_topic("Lab 1"), 0)

    seen = [number()]
    story.ask()
    seen.append(number())
    order = story.answer()
    seen.append(number())
    story.tell(records.OrderDone(at=story.now, order=order, outcome="done"))
    seen.append(number())
    story.ask(app="Chess")
    seen.append(number())
    story.withdraw("Chess")
    seen.append(number())
    story.end()
    seen.append(number())

    assert [0, 1, 1, 2, 3, 4, 4] == seen


def test_a_laptop_fills_no_table(story):
    many = (
        records.AppAsked(
            at=story.now, login=LOGIN, os_user="may", person="p1", app=f"app {number}", program=""
        )
        for number in range(app_ask_intake.MOST_KEPT + 100)
    )
    story.tell(*many)
    with story.here.db.read() as c:
        kept = c.execute(select(func.count()).select_from(app_asks_table)).scalar_one()

    assert app_ask_intake.MOST_KEPT == kept


def test_questions_and_their_answers_are_forgotten_after_a_month_and_the_log_is_not(story):
    story.ask()
    story.answer()
    later = story.now + timedelta(days=31)
    with story.here.db.write() as c:
        lab_retention.forget(c, later)
    with story.here.db.read() as c:
        kept = c.execute(select(func.count()).select_from(app_asks_table)).scalar_one()
        log = lab_actions.list_actions(c, room="Lab 1")

    assert (0, 1) == (kept, len(log))


def test_a_class_that_asks_at_once_leaves_the_teacher_their_other_orders(story):
    for number in range(30):
        story.ask(app=f"app {number}", login=f"{number:032x}")
        story.answer()
    since = story.now - timedelta(minutes=1)
    with story.here.db.read() as c:
        counted = lab_actions.count_since(c, "Lab 1", 7, since)

    assert 0 == counted


def test_what_one_laptop_says_touches_no_question_of_another(story, enrolled):
    other = enrolled().device
    story.ask()
    withdrawn = records.AppHandled(at=story.now, login=LOGIN, app="Zoom", program="", what="withdrawn")
    story.tell(withdrawn, device=other)

    assert [("Zoom", "waiting")] == story.states()


def test_who_answered_stands_in_the_log_of_the_room(story):
    story.ask()
    order = story.answer()
    with story.here.db.read() as c:
        (line,) = lab_actions.list_actions(c, room="Lab 1")

    assert ("app-yes", "Ms Demir", "Zoom", order) == (line.what, line.by, line.words, line.order)


def test_a_forgotten_question_is_gone_after_a_day(story):
    story.ask()
    story.now += timedelta(hours=15)

    assert [] == story.asks()


def test_a_laptop_that_asks_for_everything_hides_nobody_else_s_question(here, enrolled):
    story = Story(here, enrolled)
    liars = [enrolled().device for _ in range(4)]
    for number in range(app_ask_intake.MOST_WAITING):
        for liar in liars:
            story.ask(f"App {number}", device=liar)
    story.ask("Zoom")
    shown = story.asks()

    assert (story.laptop, "Zoom") == (shown[-1].device, shown[-1].app)
    assert 4 * app_asks.MOST_OF_LAPTOP + 1 == len(shown)
