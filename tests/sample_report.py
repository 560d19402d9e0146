"""A rule, a project and a report made up for the tests of what surrounds the analysis."""

import sys
import types

from lambdalint import registry
from lambdalint.diagnostics import unreadable
from lambdalint.model import Confidence, Finding, Function, Location, Report, Severity, Skipped, Statistics, Step
from lambdalint.rule import Rule, Wanted

SOURCE = """\
import boto3


class Store:
    def table(self, name):
        return boto3.resource("dynamodb").Table(name)


def handler(event, context):
    return Store().table("orders")
"""


class SampleRule(Rule):
    """A resource that is built on every invocation.

    Lambda keeps the module between invocations, so what is built at module level is built once.

    Triggers:
        1. [plain] a call in the handler.

    Remedy:
        Build it at module level.
    """

    code = "LL901"
    name = "sample-rule"
    severity = Severity.WARNING
    confidence = Confidence.HIGH
    default = True
    tags = ("performance",)
    why = "Building a resource takes 50 to 100 ms of every invocation, and leaves connections behind."
    remedy = "Build it at module level, where it is built once for each execution environment."
    wants = Wanted(operations=("aws:resource",))


class OffRule(Rule):
    """A leak of one request into the next."""

    code = "LL902"
    name = "off-rule"
    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    default = False
    security = True
    why = "The next request sees it."
    remedy = "Keep it in the event."


def install(monkeypatch):
    """Make the registry know the rules above and no others."""
    made = {}
    for rule in (SampleRule, OffRule):
        module = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
        loaded = types.ModuleType(f"lambdalint.rules.{module}")
        loaded.rule = rule
        monkeypatch.setattr(rule, "__module__", loaded.__name__)
        monkeypatch.setitem(sys.modules, loaded.__name__, loaded)
        made[module] = registry.entry(module)
    monkeypatch.setattr(registry, "_entries", made)


CHAIN = (
    Step(Location("src/app.py", 9, 1), "handler", "SQS queue OrdersQueue, template.yaml:12"),
    Step(Location("src/app.py", 10, 12), "Store.table"),
)
FINDING = Finding(
    "LL901",
    "sample-rule",
    Severity.WARNING,
    Confidence.HIGH,
    "The DynamoDB resource is built on every invocation of this function, whatever it is called with",
    Location("src/app.py", 6, 16, 6, 42),
    "Store.table",
    (CHAIN,),
    ("Its only argument is the constant 'dynamodb'.",),
    "Build it in Store.__init__ and keep one Store.",
    ((Location("template.yaml", 12, 5), "where the function is declared"),),
)
SKIPPED = Skipped("src/bad name.py", "invalid syntax (line 3)")
REPORT = Report(
    findings=(FINDING, unreadable(SKIPPED, line=3)),
    skipped=(SKIPPED,),
    functions=(
        Function("Orders", "app.handler", "heuristic", "a function called handler", "src/app.py", 9, "handler"),
    ),
    analysed=("src/app.py", "template.yaml"),
    excluded=4,
    suppressed=2,
    baselined=1,
    statistics=Statistics(calls=40, calls_resolved=39, bodies_lowered=3, pairing_mismatches=0, verdicts={"fires": 1}),
)
FILES = {"src/app.py": SOURCE, "template.yaml": "Resources: {}\n"}
