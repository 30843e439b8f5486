"""One welcome for each invitation."""

from bot.core.notices import Kind
from bot.core.views import WelcomeView
from bot.services.welcoming import Welcoming
from bot.store.views import Views
from tests.builders import NOW, a_session
from tests.services.bench import Bench


async def test_an_invitation_is_answered_once_and_the_next_one_again(bench: Bench) -> None:
    woken: list[int] = []
    welcoming = Welcoming(bench.polls, bench.clock, lambda: woken.append(1))
    assert await welcoming.welcome("C2", "1.1")
    assert not await welcoming.welcome("C2", "1.1")
    assert await welcoming.welcome("C3", "1.1")
    assert await welcoming.welcome("C2", "2.2")
    promised = await bench.notices(Kind.WELCOME)
    assert [each.channel for each in promised] == ["C2", "C3", "C2"]
    assert len(woken) == 3


async def test_it_tells_how_many_jobs_are_watched(bench: Bench) -> None:
    await bench.report(a_session(NOW))
    await Welcoming(bench.polls, bench.clock, lambda: None).welcome("C2", "1.1")
    [notice] = await bench.notices(Kind.WELCOME)
    async with bench.database.read() as connection:
        assert await Views(connection, bench.em).load(notice) == WelcomeView(bench.em, 1)
