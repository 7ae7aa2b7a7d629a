"""What things cost: the price table as values."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).with_name("prices.json")


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the table.

    Attributes:
        usd: US dollars a unit.
        unit: what is counted.
        free_a_month: how many units a month are always free in an account.
        source: the page that it stands on.
        seen: month in which somebody wrote that it stood there; None where no dated copy was compared.
    """

    usd: float
    unit: str
    free_a_month: float
    source: str
    seen: str | None

    def of(self, quantity: float, *, free: bool = True) -> float:
        """US dollars for so many units in a month.

        Args:
            quantity: units in the month.
            free: whether what is always free is left out.
        """
        return max(0.0, quantity - (self.free_a_month if free else 0)) * self.usd


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All prices of one region.

    Attributes:
        region: where they hold.
        written: day on which the table was last gone through.
        prices: by name.
    """

    region: str
    written: str
    prices: dict[str, Price]

    @classmethod
    def read(cls, file: Path = TABLE) -> "PriceTable":
        """Read a table.

        Raises:
            ValueError: it is in another currency.
        """
        content = json.loads(file.read_text())
        if content["currency"] != "USD":
            raise ValueError(f"{file} is not in US dollars")
        prices = {name: Price(**line) for name, line in content["prices"].items()}
        return cls(content["region"], content["written"], prices)
