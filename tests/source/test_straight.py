"""The calls that run whatever a definition is given, beside the Bodies that say the same at length."""

import pytest

from lambdalint.source.flow import LEFT
from lambdalint.source.lower import lower
from lambdalint.source.skeleton import skeleton
from tests.source.programs import analyse

SOURCE = '''\
import os


@decorator(0)
def handler(event, context, given=default()):
    """A docstring."""
    yes_1(yes_2(event), key=yes_3().attribute[yes_20()])
    global state
    state = {"a": yes_4(), "b": [yes_5(), (yes_6() + -yes_7())], "c": f"{yes_8()!r:{yes_21()}}"}
    state += yes_9(event)
    with yes_10() as opened, yes_11():
        yes_12(lambda: no_3())
    try:
        yes_13()
    except KeyError:
        no_4()
    else:
        yes_14()
    finally:
        yes_15()
    for item in yes_16():
        no_5()
        if item:
            return no_6()
    while no_7():
        no_8()
    if yes_17(event):
        no_9()
    else:
        state = no_10() or no_11()

    def inner():
        inner_1()
        return inner_2()

    yes_18(no_12() if event else no_13(), [no_14() for _ in event], given() and no_15())
    if yes_19(event):
        raise no_16()
    no_17()
'''

LEAVING = [
    "return first()\nno()",
    "raise Error\nno()",
    "if first():\n    return 1\nno()",
    "if first():\n    pass\nelif other:\n    for x in y:\n        break\nno()",
    "with first():\n    return 1\nno()",
    "try:\n    first()\n    raise E\nexcept E:\n    pass\nno()",
    "first()\nmatch x:\n    case 1: no()\nno()",
    "first()\ndel x\nno()",
    "first()\nassert no()",
]


def straight_tails(source):
    """The last names of the calls that run straight, by definition; each has no frame that decides in its Body."""
    found = skeleton(source.encode(), "m.py")
    tails = {}
    for definition in found.defs.values():
        numbers = {call.k: call for call in definition.calls if call.straight is not None}
        names = {(item.line, item.name): name for name, item in found.defs.items()}
        calls = lower(source.encode(), "m.py", definition.top, names).calls
        for k, call in numbers.items():
            frames = {frame[0] for frame in calls[k].context}
            assert frames <= {"try", "with"}
            assert bool(frames) <= call.framed
            assert call.straight in (calls[k].use, "")
        tails[definition.name] = {call.tail for call in definition.calls if call.k in numbers}
    return tails


def test_calls_outside_of_what_decides_run_straight():
    tails = straight_tails(SOURCE)
    assert tails["handler"] == {f"yes_{number}" for number in range(1, 22)}
    assert tails["inner"] == {"inner_1", "inner_2"}
    assert tails["<lambda>"] == set()


@pytest.mark.parametrize("body", LEAVING)
def test_nothing_is_said_of_what_follows_where_control_may_have_left(body):
    source = "def f(x, y, other):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    assert straight_tails(source)["f"] == ({"first"} if "first()" in body else set())


def test_a_way_through_such_a_call_is_judged_without_the_body_of_its_caller():
    found = analyse(
        "import boto3\n"
        "def make():\n    return boto3.client('s3')\n"
        "def handler(event, context):\n    with lock:\n        return make().list_buckets()\n"
    )
    node = ("app.py", "make")
    call = found.flow.call(node, found.flow.names.definition(node).calls[0].k)
    verdict = found.flow.verdict(found.region, node, call.context, [value for _, value in call.args])
    assert [route.root for route in verdict.routes] == [("app.py", "handler")]
    assert list(found.flow.lowered) == [("app.py", (2, 3))]


SITES = """\
import boto3, botocore.config, os
from boto3.session import Session

def handler(event, context, given):
    local = Session()
    lowered_1 = local.client("s3")
    whole_1 = boto3.client("s3", region_name="eu-west-1", verify=False)
    botocore.config.Config()
    boto3.client(given)
    boto3.client("s3", local.region_name, config=CONFIG, region_name=os.environ["REGION"], **event)
    boto3.client(*given, verify=not given)
    with open("x") as file:
        boto3.resource("sqs")
    if event:
        boto3.client("sns")
    return boto3.client("sts").get_caller_identity()
"""


def test_a_site_is_the_call_that_its_body_has():
    found, again = analyse(SITES), analyse(SITES)
    node = ("app.py", "handler")
    parts = {}
    for reference in found.flow.names.definition(node).calls:
        found.flow.lowered.clear()
        site = found.flow.site(node, reference)
        whole = again.flow.call(node, reference.k)
        told = [(name, value) for name, value in site.args if value != LEFT]
        assert set(told) <= set(whole.args)
        assert len(site.args) == len(whole.args)
        func = whole.func if site.func == LEFT else site.func
        if found.flow.lowered or site.use:
            assert site._replace(args=(), func=func) == whole._replace(args=())
        else:  # what is around it is left to the body
            assert site._replace(args=(), func=func) == whole._replace(args=(), context=(), use="")
        how = "lowered" if found.flow.lowered else site.use or "around"
        left = "".join(f" {name}" for name, value in (("func", site.func), *site.args) if value == LEFT)
        parts[reference.tail, reference.line] = how + left
    assert parts == {
        ("Session", 5): "used",
        ("client", 6): "used func",
        ("client", 7): "used",
        ("Config", 8): "discarded",
        ("client", 9): "discarded 0",
        ("client", 10): "discarded 1 **",
        ("client", 11): "discarded * verify",
        ("open", 12): "around",
        ("resource", 13): "around",
        ("client", 15): "lowered",
        ("client", 16): "used",
        ("get_caller_identity", 16): "returned func",
    }
