"""EM answers something else than what was asked, or not at all, until somebody mends it."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.em.faults import Faults
from tests.end_to_end.stage import Stage
from tests.faults.looking import ask, wait_for_blindness, wait_for_sight, wait_until_unready
from tests.faults.table import faults

SETTINGS = {"ALERT_GROUP_OVER": "100"}


@dataclass(frozen=True, slots=True)
class Blindness:
    """How EM is made to misbehave for as long as a test wants, and what is said of it."""

    arm: Callable[[Faults], object]
    says: str


def refuse_password(em: Faults) -> None:
    """The password was changed, and the old logon has ended."""
    em.expire_logons()
    em.refuse_logons(times=None)


BLINDNESSES = {
    "EM refuses the account (403): its role is gone": Blindness(
        lambda em: em.answer(403, body=False, path="/query", times=None),
        "the account has no right to it. Sessions need the role Portal User",
    ),
    "EM answers 500 to everything": Blindness(
        lambda em: em.answer(500, body=False, path="/query", times=None), "it answers 500"
    ),
    "EM answers 503: overloaded, or in maintenance": Blindness(
        lambda em: em.answer(503, body=False, path="/query", times=None),
        "answers 503, it is overloaded or in maintenance",
    ),
    "Every connection to EM is reset": Blindness(
        lambda em: em.drop(times=None), "broke off the connection"
    ),
    "EM's answers break off in the middle": Blindness(
        lambda em: em.cut(path="/query", times=None), "broke off the connection"
    ),
    "EM sends half a body as if it were a whole one": Blindness(
        lambda em: em.truncate(path="/query", times=None), "the answer is cut off"
    ),
    "A proxy answers with its login page": Blindness(
        lambda em: em.login_page(path="/query", times=None), "a proxy or login page?"
    ),
    "EM refuses the password": Blindness(refuse_password, "VEEAM_PASSWORD"),
}


@faults(
    {
        words: f"The bot is blind and says so: “… {each.says} …”."
        for words, each in BLINDNESSES.items()
    }
)
async def test_an_em_that_cannot_be_read_is_told_once_and_hides_nothing(stage: Stage) -> None:
    first = next(iter(BLINDNESSES.values()))
    first.arm(stage.em.faults)
    root = await wait_for_blindness(stage, first.says)
    for words, each in BLINDNESSES.items():
        stage.em.faults.clear()
        each.arm(stage.em.faults)
        await wait_until_unready(stage, each.says)
        assert each.says in await ask(stage, "status"), words
    stage.em.world.add_session(stage.job("In the dark"), result="Failed")
    stage.em.faults.clear()
    await wait_for_sight(stage, root)
    await stage.wait_for_root("In the dark failed")
