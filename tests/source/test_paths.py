"""Imports of a handler's module that only some events need."""

import pytest

from lambdalint.source.paths import deferrable

HEAD = "import json\nimport pandas as pd\nfrom reportlab import canvas, units\n\n\n"


def found(source):
    return [(item.module, item.line, item.functions) for item in deferrable(source.encode(), "app.py", "handler", None)]


def test_what_only_some_events_need():
    source = HEAD + (
        "def handler(event, context):\n    if event.get('report'):\n        return report(event)\n    return json.dumps(event)\n\n\n"
        "def report(event):\n    return draw(pd.DataFrame(event))\n\n\n"
        "def draw(frame):\n    return canvas.Canvas(units.cm, frame)\n"
    )
    assert found(source) == [("pandas", 2, ("report",)), ("reportlab", 3, ("draw",))]


@pytest.mark.parametrize(
    "source",
    [
        "import pandas\n\n\ndef handler(event, context):\n    return report(event)\n\n\ndef report(event):\n    return pandas.read(event)\n",
        "import pandas\n\n\ndef handler(event, context):\n    for item in event:\n        one(item)\n\n\ndef one(item):\n    pandas.read(item)\n",
        "import pandas\n\nEMPTY = pandas.DataFrame()\n\n\ndef handler(event, context): ...\n\n\ndef one(item):\n    pandas.read(item)\n",
        "import pandas\n\n\ndef handler(event, context): ...\n\n\ndef one(item: pandas.DataFrame):\n    pandas.read(item)\n",
        "import pandas\n\n\ndef handler(event, context): ...\n\n\n@pandas.api\ndef one(item): ...\n",
        "from pandas import DataFrame, read\n\n\ndef handler(event, context):\n    return read(event)\n\n\ndef one():\n    DataFrame()\n",
        "import pandas\n\n\ndef handler(event, context): ...\n",  # nothing uses it: who knows why it is imported
        "import pandas\n\n\ndef one(item):\n    pandas.read(item)\n",  # and no handler
    ],
)
def test_what_every_event_needs_or_nobody_can_tell(source):
    assert found(source) == []
