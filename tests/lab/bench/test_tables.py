from lab.bench import tables
from lab.bench.measure import SetResult, Stages
from lab.bench.outcomes import PlateOutcome


def outcome(country: str | None, named: str | None) -> PlateOutcome:
    return PlateOutcome("AB12CDE", "AB12CDE", True, None, None, country, named)


def test_countries_are_counted_where_truth_and_read_name_one() -> None:
    plates = [outcome("gb", "gb"), outcome("gb", "gb"), outcome("gb", "fr"), outcome("gb", None), outcome(None, "gb")]
    table = tables.countries([SetResult("set", Stages(), {"default": plates})], "default")
    assert table.splitlines()[-1] == "| set | 4 | 3 | 2 (0.208-0.939 of the named) |"


def test_without_countries_in_the_truth_there_is_no_table() -> None:
    assert tables.countries([SetResult("set", Stages(), {"default": [outcome(None, "gb")]})], "default") == ""
