"""The table of what starts what: each place in it is a function, and what is not asked for is nobody's."""

import inspect

import pytest

from anpr.background.services import Run
from anpr.messages import EventType
from anpr.rules import CONSUMERS, SCHEDULE, Work, consumers_of

WORKS = {
    **{f"{each.name} {kind}": work for each in CONSUMERS.values() for kind, work in each.on.items()},
    **{f"{each.name} message": each.messages for each in CONSUMERS.values() if each.messages},
    **{f"{each.name} clock": each.work for each in SCHEDULE.values()},
}


@pytest.mark.parametrize("name", WORKS)
def test_each_place_is_a_function_of_a_run_and_of_what_started_it(name: str) -> None:
    parameters = list(inspect.signature(WORKS[name].load()).parameters.values())

    assert parameters[0].annotation is Run
    assert len(parameters) == (1 if name.endswith("clock") else 2)


def test_an_event_goes_to_those_who_asked_for_it() -> None:
    assert [each.name for each in consumers_of(EventType.UPLOAD_PROCESSED)] == ["usage_meter"]
    assert consumers_of("something.else") == []


def test_a_place_that_is_none_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Work("anpr.background.alerts:nothing").load()
