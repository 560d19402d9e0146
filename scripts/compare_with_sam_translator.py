"""Compares what the reader makes of AWS SAM templates with what AWS's own translator makes of them.

    python scripts/compare_with_sam_translator.py DIR…

The translator writes a template out as CloudFormation: Globals merged, events turned into rules, mappings and APIs.
What it says of each function is compared with the reader's handler, runtime, architecture, memory, timeout, package
type, names of environment variables, layers and events with their sources and settings. What one of them leaves to the
deployment agrees with anything, and is counted. Nothing is deployed and no network is used: code that would have to be
uploaded first gets a made-up address.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator asks boto3 for one
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lambdalint.model import DeclaredFunction, EventSource, State, Value
from lambdalint.records import NamedTuple
from lambdalint.templates import is_template, read_templates
from lambdalint.templates.defaults import DEFAULT
from lambdalint.templates.events import PRINCIPALS
from lambdalint.templates.values import Reference, Text
from lambdalint.tree import DirectoryTree, Tree, Unreadable

SIZE_LIMIT = 2_000_000
UNDECIDED = "<open>"  # agrees with anything
NONE = "-"
Row = tuple[Any, ...]


class Difference(NamedTuple):
    """Something of which the reader and the translator say different things."""

    path: str
    function: str
    field: str
    ours: str
    theirs: str


class Comparison(NamedTuple):
    """One template: how many values agree, how many of these only because one side leaves them open, and the rest."""

    agreed: Counter[str]
    undecided: int
    differences: tuple[Difference, ...]


class Refused(Exception):
    """The translator does not take the template. ``str()`` says why."""


def compare(tree: Tree, path: str, translated: Mapping[str, Any] | None = None) -> Comparison:
    """Compares one template with its translation.

    Raises:
        Refused: the translator does not take it.
    """
    theirs = _Translated(translated or translate(tree.read(path, SIZE_LIMIT).decode("utf-8-sig")))
    ours = {item.name: item for item in read_templates(tree, [path]).functions if item.location.path == path}
    agreed: Counter[str] = Counter()
    undecided = 0
    differences = []

    def judge(name: str, field: str, mine: Any, other: Any) -> None:
        nonlocal undecided
        if not _alike(mine, other):
            differences.append(Difference(path, name, field, str(mine), str(other)))
            return
        agreed[field] += 1
        undecided += mine != other

    unread = sorted(theirs.functions.keys() - ours.keys())
    differences.extend(Difference(path, name, "function", NONE, "there") for name in unread)
    for name, function in ours.items():
        if name not in theirs.functions:
            if "${" not in name:  # of a loop that the deployment decides
                differences.append(Difference(path, name, "function", "there", NONE))
            continue
        mine, other = _fields(function), theirs.fields(name)
        for field, value in mine.items():
            judge(name, field, value, other[field])
        left = theirs.events.get(name, [])[:]
        rows = _events(function, theirs.rules)
        open_apis = {row[0] for row in rows if row[0] in ("api", "http") and row[1:3] == (NONE, NONE)}
        for row in rows:
            if row[0] in open_apis and row[1:3] == (NONE, NONE):
                continue  # an API whose definition is written out: the reader tells that it calls, not each path
            partner = next((item for item in left if _alike(row, item)), None)
            if partner is None and row[0] in theirs.permitted.get(name, ()):
                agreed[f"event {row[0]} by its permission"] += 1
            elif partner is None:
                differences.append(Difference(path, name, "event", str(row), NONE))
            else:
                left.remove(partner)
                judge(name, f"event {row[0]}", row, partner)
        for row in left:
            if row[0] in open_apis:
                agreed[f"event {row[0]}"] += 1
            elif function.events.unknown:
                undecided += 1
            else:
                differences.append(Difference(path, name, "event", NONE, str(row)))
    return Comparison(agreed, undecided, tuple(differences))


def _alike(one: Any, other: Any) -> bool:
    if UNDECIDED in (one, other):
        return True
    if isinstance(one, str) and isinstance(other, str):
        if UNDECIDED in one or UNDECIDED in other:
            return True
        return one == other
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


# ---------------------------------------------------------------------------------------------- the translator's side

_UPLOADED = {
    "AWS::Serverless::LayerVersion": ("ContentUri", "s3://bucket/layer"),
    "AWS::Serverless::Api": ("DefinitionUri", "s3://bucket/api"),
    "AWS::Serverless::HttpApi": ("DefinitionUri", "s3://bucket/api"),
    "AWS::Serverless::StateMachine": ("DefinitionUri", "s3://bucket/machine"),
    "AWS::Serverless::Application": ("Location", "https://example.com/template.yaml"),
    "AWS::Serverless::GraphQLApi": ("SchemaUri", "s3://bucket/schema"),
}


class _NoPolicies:
    """Stands for the list of managed policies, which would be asked of the service."""

    def load(self) -> dict[str, str]:
        return {}


def translate(source: str) -> dict[str, Any]:
    """A SAM template as CloudFormation.

    Raises:
        Refused: the translator does not take it.
    """
    from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
    from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
    from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)  # it reports its own metrics
    try:
        template = json.loads(json.dumps(yaml_parse(source), default=str))
        for resource in (template.get("Resources") or {}).values():
            _upload(template, resource)
        return dict(transform(template, {}, _NoPolicies()))
    except InvalidDocumentException as error:
        raise Refused("; ".join(cause.message for cause in error.causes)) from None
    except Exception as error:  # noqa: BLE001  a defect of the translator, or no template at all
        raise Refused(f"{type(error).__name__}: {error}") from None


def _upload(template: Mapping[str, Any], resource: Any) -> None:
    """Gives what deployment tools upload first an address, as they do before they ask the service."""
    if not isinstance(resource, dict):
        return
    kind = resource.get("Type")
    properties = resource.setdefault("Properties", {})
    if not isinstance(properties, dict):
        return
    if kind == "AWS::Serverless::Function":
        shared = (template.get("Globals") or {}).get("Function") or {}
        if "InlineCode" in properties:
            return
        if properties.get("PackageType", shared.get("PackageType")) == "Image":
            if "ImageUri" not in properties and "ImageUri" not in shared:
                properties["ImageUri"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
        elif not (isinstance(properties.get("CodeUri"), dict) and "Bucket" in properties["CodeUri"]):
            properties["CodeUri"] = "s3://bucket/code"
    elif kind in _UPLOADED:
        name, address = _UPLOADED[kind]
        if name in properties or name == "ContentUri":
            properties[name] = address


_NAME = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9]+)?\}")
_HASHED = re.compile(r"(?<=.)[0-9a-f]{10}$")
_PERMITTED = {"api": ("api", "http"), "eventbridge": ("eventbridge", "schedule")}
_POLLED = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "batching_window",
    "FunctionResponseTypes": "response_types",
    "StartingPosition": "starting_position",
    "BisectBatchOnFunctionError": "bisect",
    "MaximumRetryAttempts": "retries",
    "ParallelizationFactor": "parallelization",
    "Topics": "topics",
    "Queues": "queues",
    "Enabled": "enabled",
}


class _Translated:
    """The functions of a translated template, and what triggers each.

    ``permitted`` holds, for each function, the kinds of events that a permission allows. Where an API or a rule is
    defined in another file, the permission is all that the translator makes of an event.
    """

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.template = template
        self.resources: Mapping[str, Any] = template.get("Resources", {})
        self.functions = {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource.get("Type") == "AWS::Lambda::Function"
        }
        self.rules = {
            "${" + name + "}"
            for name, resource in self.resources.items()
            if resource.get("Type") == "AWS::Events::Rule"
        }
        self.events: dict[str, list[Row]] = {}
        self.permitted: dict[str, set[str]] = {}
        for name, resource in self.resources.items():
            read = _SOURCES.get(resource.get("Type", ""))
            if read:
                for target, row in read(self, name, resource.get("Properties", {})):
                    for function in self.targets(target):
                        self.events.setdefault(function, []).append(row)
            if resource.get("Type") == "AWS::Lambda::Permission":
                principal = str(resource.get("Properties", {}).get("Principal"))
                kind = PRINCIPALS.get(principal, "")
                for function in self.targets(resource.get("Properties", {}).get("FunctionName")):
                    self.permitted.setdefault(function, set()).update(_PERMITTED.get(kind, (kind,)))

    def targets(self, raw: Any) -> list[str]:
        """The functions that a value names, directly or by an alias or version."""
        found = []
        for name in dict.fromkeys(_NAME.findall(self.text(raw))):
            if name in self.functions:
                found.append(name)
            elif self.resources.get(name, {}).get("Type") in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
                found += self.targets(self.resources[name]["Properties"]["FunctionName"])
        return found

    def text(self, raw: Any) -> str:
        """A value as one text: names of resources as ``${Name.Attribute}``, what nobody can tell as UNDECIDED."""
        if raw is None:
            return NONE
        if isinstance(raw, bool):
            return str(raw).lower()
        if isinstance(raw, str | int | float):
            return str(raw)
        if isinstance(raw, list):
            return json.dumps([self.text(item) for item in raw])
        if len(raw) != 1:
            return json.dumps({key: self.text(item) for key, item in sorted(raw.items())})
        ((function, argument),) = raw.items()
        return self.call(function, argument) if function == "Ref" or function.startswith("Fn::") else self.text_of(raw)

    def text_of(self, raw: Mapping[str, Any]) -> str:
        return json.dumps({key: self.text(item) for key, item in raw.items()})

    def call(self, function: str, argument: Any) -> str:
        """What an intrinsic function gives."""
        if function == "Ref":
            return self.named(argument)
        if function == "Fn::GetAtt":
            return "${" + (argument if isinstance(argument, str) else ".".join(map(str, argument))) + "}"
        if function == "Fn::Sub":
            form, given = (argument, {}) if isinstance(argument, str) else argument
            if UNDECIDED not in form:
                return re.sub(
                    r"\$\{([^!}][^}]*)\}",
                    lambda match: self.text(given[match[1]]) if match[1] in given else self.named(match[1]),
                    form,
                ).replace("${!", "${")
        if function == "Fn::Join" and isinstance(argument[1], list):
            return str(argument[0]).join(self.text(item) for item in argument[1])
        if function == "Fn::FindInMap" and all(isinstance(key, str) for key in argument[:3]):
            found = self.template.get("Mappings", {})
            for key in argument[:3]:
                found = found.get(key, {})
            return self.text(found)
        return UNDECIDED

    def named(self, name: str) -> str:
        if name in self.template.get("Parameters", {}):
            parameter = self.template["Parameters"][name]
            plain = not str(parameter.get("Type", "")).startswith(("AWS::SSM", "CommaDelimitedList", "List<"))
            return self.text(parameter["Default"]) if plain and "Default" in parameter else UNDECIDED
        if name == "AWS::NoValue":
            return NONE
        if self.resources.get(name, {}).get("Type") == "AWS::Lambda::LayerVersion":
            name = _HASHED.sub("", name)  # SAM appends a hash of what the layer says
        return {"AWS::Partition": "aws", "AWS::Region": os.environ["AWS_DEFAULT_REGION"]}.get(name, "${" + name + "}")

    def fields(self, name: str) -> dict[str, Any]:
        """What the translation says of a function itself."""
        found = self.functions[name]
        variables = found.get("Environment", {})
        variables = variables.get("Variables", {}) if isinstance(variables, dict) else UNDECIDED
        layers = found.get("Layers", [])
        architectures = found.get("Architectures") or [None]
        decided = isinstance(variables, dict) and not any(key.startswith("Fn::") for key in variables)
        return {
            "handler": self.text(found.get("Handler")),
            "runtime": self.text(found.get("Runtime")),
            "architecture": self.text(architectures[0]) if isinstance(architectures, list) else UNDECIDED,
            "memory": self.text(found.get("MemorySize")),
            "timeout": self.text(found.get("Timeout")),
            "package_type": self.text(found.get("PackageType")),
            "environment": tuple(sorted(variables)) if decided else UNDECIDED,
            "layers": tuple(self.text(layer) for layer in layers) if isinstance(layers, list) else UNDECIDED,
        }


Found = Iterator[tuple[Any, Row]]


def _mapping(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    told = {ours: template.text(found[key]) for key, ours in _POLLED.items() if key in found}
    filters = found.get("FilterCriteria")
    if isinstance(filters, dict):
        patterns = filters.get("Filters", UNDECIDED)
        decided = isinstance(patterns, list) and all(isinstance(item, dict) for item in patterns)
        told["filters"] = (
            json.dumps([template.text(item.get("Pattern")) for item in patterns]) if decided else UNDECIDED
        )
    elif filters is not None:
        told["filters"] = UNDECIDED
    if "ScalingConfig" in found:
        told["concurrency"] = template.text(found["ScalingConfig"].get("MaximumConcurrency"))
    source = template.text(found.get("EventSourceArn"))
    yield found.get("FunctionName"), ("polled", source, *_settings(told))


def _rule(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    for target in found.get("Targets", []):
        if "ScheduleExpression" in found:
            yield target.get("Arn"), ("schedule", template.text(found["ScheduleExpression"]))
        else:
            pattern = template.text(found.get("EventPattern"))
            yield target.get("Arn"), ("eventbridge", template.text(found.get("EventBusName")), pattern)


def _scheduler(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    yield found.get("Target", {}).get("Arn"), ("schedule", template.text(found.get("ScheduleExpression")))


def _subscription(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    if found.get("Protocol") == "lambda":
        policy = template.text(found.get("FilterPolicy"))
        yield found.get("Endpoint"), ("sns", template.text(found.get("TopicArn")), policy)


def _topic(_template: _Translated, name: str, found: Mapping[str, Any]) -> Found:
    for subscription in found.get("Subscription", []):
        yield subscription.get("Endpoint"), ("sns", "${" + name + "}", NONE)


def _method(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    method = template.text(found.get("HttpMethod")).lower()
    yield found.get("Integration", {}).get("Uri"), ("api", NONE, method, NONE)


def _bucket(template: _Translated, name: str, found: Mapping[str, Any]) -> Found:
    configuration = found.get("NotificationConfiguration")
    entries = configuration.get("LambdaConfigurations", []) if isinstance(configuration, dict) else []
    for entry in entries if isinstance(entries, list) else []:
        given = entry.get("Fn::If", [None, entry])[1]
        rules = given.get("Filter", {}).get("S3Key", {}).get("Rules", [])
        keys = {str(rule.get("Name")).lower(): template.text(rule.get("Value")) for rule in rules}
        event = template.text(given.get("Event"))
        yield (
            given.get("Function"),
            ("s3", "${" + name + "}", event, keys.get("prefix", NONE), keys.get("suffix", NONE)),
        )


def _logs(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    group = template.text(found.get("LogGroupName"))
    yield found.get("DestinationArn"), ("cloudwatch-logs", group, template.text(found.get("FilterPattern")))


def _iot(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    payload = found.get("TopicRulePayload", {})
    for action in payload.get("Actions", []):
        yield action.get("Lambda"), ("iot", template.text(payload.get("Sql")))


def _pool(_template: _Translated, name: str, found: Mapping[str, Any]) -> Found:
    for trigger, target in (found.get("LambdaConfig") or {}).items():
        yield target, ("cognito", "${" + name + "}", trigger)


def _url(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    yield found.get("TargetFunctionArn"), ("function-url", template.text(found.get("AuthType")))


def _api(_template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    for path, method, operation in _operations(found):
        yield operation.get("uri"), ("api", path, method, "1.0")


def _http(template: _Translated, _name: str, found: Mapping[str, Any]) -> Found:
    for path, method, operation in _operations(found):
        version = template.text(operation.get("payloadFormatVersion"))
        yield operation.get("uri"), ("http", path, method, version)


def _operations(found: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    body = found.get("Body")
    paths = body.get("paths") if isinstance(body, dict) else None
    for path, methods in (paths or {}).items() if isinstance(paths, dict) else ():
        if not isinstance(methods, dict):
            continue
        branches = methods.get("Fn::If")
        for method, operation in (branches[1] if branches else methods).items():
            given = operation.get("Fn::If", [None, operation])[1] if isinstance(operation, dict) else {}
            inner = given.get("x-amazon-apigateway-integration")
            if isinstance(inner, dict):
                yield path, "any" if method.startswith("x-amazon-apigateway-any") else method.lower(), inner


_SOURCES: dict[str, Callable[[_Translated, str, Mapping[str, Any]], Found]] = {
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Events::Rule": _rule,
    "AWS::Scheduler::Schedule": _scheduler,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::S3::Bucket": _bucket,
    "AWS::Logs::SubscriptionFilter": _logs,
    "AWS::IoT::TopicRule": _iot,
    "AWS::Cognito::UserPool": _pool,
    "AWS::Lambda::Url": _url,
    "AWS::ApiGateway::RestApi": _api,
    "AWS::ApiGateway::Method": _method,
    "AWS::ApiGatewayV2::Api": _http,
}


def _settings(told: Mapping[str, Any]) -> Row:
    said = {name: value for name, value in told.items() if (name, value) != ("enabled", "true")}  # true is the default
    return tuple(f"{name}={said[name]}" for name in sorted(said))


# ----------------------------------------------------------------------------------------------------- our own side

_KINDS_POLLED = frozenset({"sqs", "kinesis", "dynamodb", "msk", "kafka", "mq", "documentdb", "unknown"})


def _plain(value: Value) -> str:
    """A value as `_Translated.text` writes it."""
    found = value.value
    if value.state is State.ABSENT:
        return NONE
    if not value.known:
        return UNDECIDED
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, Reference):
        return _reference(found)
    if isinstance(found, Text):
        return "".join(
            part if isinstance(part, str) else _reference(part) if isinstance(part, Reference) else _plain(part)
            for part in found.parts
        )
    if type(found) is tuple:
        return json.dumps([_plain(item) if isinstance(item, Value) else item for item in found])
    if isinstance(found, dict):
        return json.dumps({key: _plain(found[key]) for key in sorted(found)})
    return str(found)


def _reference(reference: Reference) -> str:
    if reference.name == "AWS::Region":
        return os.environ["AWS_DEFAULT_REGION"]
    return "${" + reference.name + (f".{reference.attribute}" if reference.attribute else "") + "}"


def _fields(function: DeclaredFunction) -> dict[str, Any]:
    environment = function.environment
    layers = function.layers
    return {
        "handler": _plain(function.handler) if function.origin == "cloudformation" or _zipped(function) else UNDECIDED,
        "runtime": _plain(function.runtime),
        "architecture": _plain(function.architecture),
        "memory": _plain(function.memory),
        "timeout": _plain(function.timeout),
        "package_type": _plain(function.package_type),
        "environment": UNDECIDED if environment.unknown else tuple(sorted(environment.value or ())),
        "layers": UNDECIDED if layers.unknown else tuple(_plain(layer) for layer in layers.value or ()),
    }


def _zipped(function: DeclaredFunction) -> bool:
    """Whether the handler is the template's and not of a Dockerfile, which the translator does not read."""
    return bool(function.package_type.value != "Image")


def _events(function: DeclaredFunction, rules: Collection[str]) -> list[Row]:
    return [row for event in function.events.value or () for row in _rows(event, rules)]


def _rows(event: EventSource, rules: Collection[str]) -> list[Row]:
    """An event as the rows of `_Translated.events`; those that the translation has no resource for are left out."""
    source = _plain(event.resource)

    def setting(name: str) -> str:
        return _plain(event.setting(name))

    if event.kind in _KINDS_POLLED and event.setting("type").state is State.ABSENT:
        told = {
            name: setting(name)
            for name in (*_POLLED.values(), "filters", "concurrency")
            if event.setting(name).state is not State.ABSENT
            and event.setting(name).reason != DEFAULT  # what Lambda does by itself, the translator does not write
        }
        return [("polled", UNDECIDED if source == NONE else source, *_settings(told))]
    if event.kind == "schedule":
        return [("schedule", setting("schedule"))]
    if event.kind == "eventbridge":
        bus = setting("bus") if source in rules else source  # a rule of its own is itself what triggers
        return [("eventbridge", bus, setting("pattern"))]
    if event.kind == "sns":
        return [("sns", source, setting("filters"))]
    if event.kind == "s3":
        names = event.setting("events")
        kinds = names.value if names.known else (UNDECIDED,)
        return [("s3", source, kind, setting("prefix"), setting("suffix")) for kind in kinds]
    if event.kind == "cloudwatch-logs":
        return [("cloudwatch-logs", source, setting("filters"))]
    if event.kind == "iot":
        return [("iot", setting("sql"))]
    if event.kind == "cognito":
        names = event.setting("events")
        return [("cognito", source, kind) for kind in (names.value if names.known else (UNDECIDED,))]
    if event.kind == "function-url":
        return [("function-url", setting("auth"))]
    if event.kind in ("api", "http"):
        return [(event.kind, setting("path"), setting("method").lower(), setting("payload_version"))]
    return []


# ------------------------------------------------------------------------------------------------------- command line


def templates(directory: str) -> Iterator[str]:
    """The SAM templates below a directory, relative to it."""
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if name not in (".git", "node_modules", ".aws-sam", "cdk.out"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, directory)
            if name.startswith("serverless.") or not name.endswith((".yaml", ".yml", ".json", ".template")):
                continue
            if os.path.islink(path) or os.path.getsize(path) > SIZE_LIMIT:
                continue
            with open(path, "rb") as file:
                data = file.read()
            if b"AWS::Serverless-2016-10-31" in data and is_template(relative, data):
                yield relative


def main() -> int:
    """Compares all templates below the given directories; 1 if they differ anywhere."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="+")
    parser.add_argument("--refused", action="store_true", help="also list what the translator does not take")
    arguments = parser.parse_args()
    agreed: Counter[str] = Counter()
    compared = refused = undecided = different = 0
    for directory in arguments.directory:
        tree = DirectoryTree(directory)
        for path in templates(directory):
            try:
                found = compare(tree, path)
            except (Refused, Unreadable, UnicodeDecodeError) as reason:
                refused += 1
                if arguments.refused:
                    print(f"refused: {directory}/{path}: {str(reason)[:300]}")
                continue
            compared += 1
            agreed += found.agreed
            undecided += found.undecided
            different += len(found.differences)
            for item in found.differences:
                print(f"{directory}/{item.path}: {item.function}: {item.field}: ours {item.ours}, theirs {item.theirs}")
    print(f"{compared} templates compared, {refused} not taken by the translator")
    print(f"{agreed.total()} values agree ({undecided} of them left open by one side), {different} differ")
    for field, count in sorted(agreed.items()):
        print(f"  {field}: {count}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
