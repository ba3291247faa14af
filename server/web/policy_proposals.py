"""One proposed change: what it does, whom it touches, at what risk; a yes, a no, or taken back."""

from collections.abc import Callable

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from sqlalchemy import Connection

from server import proposals, proposing, state
from server.errors import Invalid, NotFound
from server.proposals import Proposal, ProposalRefused
from server.web import common, policy_common, policy_view
from server.web.common import Asked
from server.web.policy_common import OPENS
from server.web.policy_labels import PROPOSAL_CHIPS
from server.web.policy_layers import Target
from server.wording.promises import broken_promises
from server.wording.settings import SETTINGS

Act = Callable[[Connection, int], Proposal]


def _page(
    request: Asked, number: int, refused: str = "", words_typed: str = "", risk: str = ""
) -> Response[str]:
    words, author = policy_common.words_for(request), policy_common.author_of(request)
    with state.of(request).db.read() as connection:
        try:
            proposal = proposals.get(connection, number)
        except NotFound as problem:
            raise NotFoundException from problem
        known = {(each.sentence, each.setting) for each in broken_promises(proposal.base_tree)}
        fresh = [
            each for each in broken_promises(proposal.tree) if (each.sentence, each.setting) not in known
        ]
        hindrance = proposals.may_approve(proposal, author)
        context = {
            "proposal": proposal,
            "chip_of": PROPOSAL_CHIPS[proposal.state],
            "changes": policy_common.say_changes(connection, proposal.changes, words),
            "laptops": policy_common.named_laptops(connection, proposal.devices),
            "promises": policy_view.broken_words(fresh, words),
            "hindrance": hindrance,
            "again_query": _place(proposal).query(),
            "is_own": proposal.by.staff == author.staff,
            "approvers": policy_common.approvers(connection, proposal.by._replace(roles=proposal.still)),
            "rings": policy_common.ring_words(connection, proposal.plan, words),
            "rollout": policy_common.rollout_of(connection, proposal.revision),
            "overlaps": policy_view.overlap_words(proposal.overlaps, words),
            "theirs": policy_common.say_changes(
                connection,
                proposals.preview(connection, proposal.base_tree, proposal.newer.tree),
                words,
            )
            if proposal.newer
            else [],
            "refused": refused,
            "words_typed": words_typed,
            "risk": risk,
        }
    return common.show(request, "policy_proposal.html", "policies", context, 409 if refused else 200)


def _place(proposal: Proposal) -> Target:
    """Return the place of the first change, where somebody begins anew."""
    for each in proposal.changes:
        if each.setting in SETTINGS:
            return Target(each.scope, each.name, each.tiers, each.when)
    return Target("school")


def _act(request: Asked, number: int, act: Act, words: str = "", risk: str = "") -> Response[str] | Redirect:
    """Do something with a proposal and show how it stands then; or say why it was not done."""
    house = state.of(request)
    try:
        with house.db.write() as connection:
            done = act(connection, number)
    except ProposalRefused as problem:
        return _page(request, number, problem.kind, words, risk)
    except NotFound as problem:
        raise NotFoundException from problem
    except Invalid:
        return _page(request, number, "plan", words, risk)
    house.notice_changes()
    return common.go(f"/policies/proposals/{done.number}")


@get("/policies/proposals/{number:int}", guards=OPENS, sync_to_thread=True)
def show_proposal(request: Asked, number: int) -> Response[str]:
    """Show one proposed change."""
    return _page(request, number)


@post("/policies/proposals/{number:int}/approve", guards=OPENS, sync_to_thread=True, status_code=200)
def approve(request: Asked, data: common.Form, number: int) -> Response[str] | Redirect:
    """Say yes as the second person; it goes out by its plan."""
    by, now = policy_common.author_of(request), policy_common.now_utc()
    words = common.text_of(data, "words", 2000)
    return _act(
        request,
        number,
        lambda connection, it: proposing.approve(connection, it, by=by, words=words, now=now),
        words,
    )


@post("/policies/proposals/{number:int}/refuse", guards=OPENS, sync_to_thread=True, status_code=200)
def refuse(request: Asked, data: common.Form, number: int) -> Response[str] | Redirect:
    """Say no as the second person, with words for whoever proposed it."""
    by, now = policy_common.author_of(request), policy_common.now_utc()
    words = common.text_of(data, "words", 2000)
    return _act(
        request,
        number,
        lambda connection, it: proposing.refuse(connection, it, by=by, words=words, now=now),
        words,
    )


@post("/policies/proposals/{number:int}/withdraw", guards=OPENS, sync_to_thread=True, status_code=200)
def withdraw(request: Asked, number: int) -> Response[str] | Redirect:
    """Take one's own change back."""
    by, now = policy_common.author_of(request), policy_common.now_utc()
    return _act(request, number, lambda connection, it: proposing.withdraw(connection, it, by=by, now=now))


@post("/policies/proposals/{number:int}/apply", guards=OPENS, sync_to_thread=True, status_code=200)
def apply(request: Asked, number: int) -> Response[str] | Redirect:
    """Let a change that weakens nothing go out."""
    by, now = policy_common.author_of(request), policy_common.now_utc()
    return _act(request, number, lambda connection, it: proposing.apply(connection, it, by=by, now=now))


@post("/policies/proposals/{number:int}/again", guards=OPENS, sync_to_thread=True, status_code=200)
def make_again(request: Asked, data: common.Form, number: int) -> Response[str] | Redirect:
    """Make an outdated change anew on the settings of today."""
    by, now = policy_common.author_of(request), policy_common.now_utc()
    risk = common.text_of(data, "risk", 2000)
    return _act(
        request,
        number,
        lambda connection, it: proposing.rebase(connection, it, by=by, risk=risk, now=now),
        risk=risk,
    )


ROUTES = [show_proposal, approve, refuse, withdraw, apply, make_again]
