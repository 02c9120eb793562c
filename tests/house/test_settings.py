"""Every setting is explained, and the page says what the code says."""

import pytest

from berth.settings import Commands, Settings
from docs import make
from tests.house.files import ROOT


def test_every_setting_has_a_sentence() -> None:
    fields = {**Settings.model_fields, **Commands.model_fields}
    unexplained = [name for name, field in fields.items() if not (field.description or "").endswith(".")]
    assert unexplained == []


@pytest.mark.parametrize("name", make.PAGES)
def test_a_page_made_from_the_code_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == make.PAGES[name](), "run `make docs`"
