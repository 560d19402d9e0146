"""CloudFormation and AWS SAM templates, in YAML and JSON, and the templates that the CDK synthesises.

Sources: the CloudFormation template reference (``AWS::Lambda::Function``), the AWS SAM specification
(``AWS::Serverless::Function``, its event sources, and Globals: lists are added, maps are merged, other
values are replaced).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lambdalint.model import ABSENT, DeclaredFunction, EventSource, Location, State, Value
from lambdalint.records import NamedTuple
from lambdalint.templates.documents import LIST, MAP, SCALAR, Node
from lambdalint.templates.events import filter_patterns, key_rules, settings
from lambdalint.templates.values import (
    Installs,
    OutsideProject,
    Reference,
    Resource,
    Text,
    as_integer,
    as_string,
    described,
    directory_of,
    environment,
    first,
    inside,
    items,
    known,
    mapping,
    merged,
    settings_at,
    spelt,
    text,
    unknown,
)

if TYPE_CHECKING:
    from lambdalint.templates.intrinsics import Entry, Stack

_LAMBDA = "AWS::Lambda::Function"
_SERVERLESS = "AWS::Serverless::Function"
CONNECTOR = "AWS::Serverless::Connector"
ROLE = "AWS::IAM::Role"
_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy")
# Resources that deploy another template, and the property that names it.
_NESTING = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
# The kinds of resources that say what triggers a function or what its code may write to. Others (roles,
# subnets …) are not evaluated: in large stacks they are most of the text.
TRACKED = (
    "AWS::Lambda::",
    "AWS::Serverless::",
    "AWS::SQS::Queue",
    "AWS::SNS::",
    "AWS::S3::Bucket",
    "AWS::DynamoDB::",
    "AWS::Kinesis",
    "AWS::Events::",
    "AWS::Scheduler::",
    "AWS::Pipes::",
    "AWS::StepFunctions::",
    "AWS::ApiGateway",
    "AWS::Logs::",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Cognito::UserPool",
    "AWS::IoT::TopicRule",
    "AWS::SES::ReceiptRule",
    "AWS::Config::ConfigRule",
    "AWS::CodeCommit::Repository",
    "AWS::AppSync::DataSource",
    "AWS::SecretsManager::",
    "AWS::Bedrock::Agent",
    "AWS::MSK::",
    "AWS::AmazonMQ::Broker",
    "AWS::DocDB::DBCluster",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "Custom::",
)
SETTINGS = {
    "function_name": "FunctionName",
    "role": "Role",
    "reserved_concurrency": "ReservedConcurrentExecutions",
    "provisioned_concurrency": "ProvisionedConcurrencyConfig",
    "dead_letter": "DeadLetterConfig.TargetArn",
    "tracing": "TracingConfig.Mode",
    "snap_start": "SnapStart.ApplyOn",
    "ephemeral_storage": "EphemeralStorage.Size",
    "recursive_loop": "RecursiveLoop",
    "log_group": "LoggingConfig.LogGroup",
    "log_format": "LoggingConfig.LogFormat",
    "log_level": "LoggingConfig.ApplicationLogLevel",
    "file_systems": "FileSystemConfigs",
    "vpc": "VpcConfig",
    "durable": "DurableConfig",
    "capacity_provider": "CapacityProviderConfig",
    "tenancy": "TenancyConfig",
}
_SERVERLESS_SETTINGS = {
    "dead_letter": "DeadLetterQueue.TargetArn",
    "tracing": "Tracing",
    "auto_publish_alias": "AutoPublishAlias",
    "on_failure": "EventInvokeConfig.DestinationConfig.OnFailure.Destination",
    "on_success": "EventInvokeConfig.DestinationConfig.OnSuccess.Destination",
    "retries": "EventInvokeConfig.MaximumRetryAttempts",
}


def is_stack(root: Node | None) -> bool:
    """Whether a document is a CloudFormation template rather than any other YAML or JSON."""
    if root is None or root.kind != MAP:
        return False
    section = root.get("Resources")
    if section is not None and section.kind == MAP:
        kinds = [node.get("Type") for _, node in section.value.values()]
        if any(
            kind is not None and kind.kind == SCALAR and kind.value.startswith(("AWS::", "Custom::")) for kind in kinds
        ):
            return True
        if any(name.startswith("Fn::ForEach") for name in section.value):
            return True
    return root.get("AWSTemplateFormatVersion") is not None


def globals_of(root: Node, section: str) -> Node | None:
    """The SAM Globals for a kind of resource (``Function``)."""
    found = root.get("Globals")
    return found.get(section) if found is not None else None


def read_stack(
    stack: Stack,
    root: Node,
    keys: list[tuple[tuple[str, str], ...]],
    *,
    code_root_of: Callable[[Entry, Mapping[str, Value]], Value | None] | None = None,
    dockerfile: Callable[[str], Value] | None = None,
    origin: str | None = None,
) -> None:
    """Adds the functions and resources of a template to ``stack.found``.

    Args:
        stack: the template.
        root: its root node.
        keys: takes, for each function added, the scope and name by which References know it.
        code_root_of: what a packager's metadata says about a function's code, None where it says nothing.
        dockerfile: the handler that the Dockerfile at a path of the project names.
        origin: ``cdk``, or None to tell SAM from CloudFormation by the type of each resource.

    Raises:
        TooMuchWork: the budget is used up; what was found until then stays.
    """
    globals_node = globals_of(root, "Function") if stack.sam or root.get("Globals") is not None else None
    for entry in stack.resources.values():
        if entry.type == ROLE:
            stack.found.resources.append(_role(stack, entry, origin or "cloudformation"))
        if not entry.type.startswith(TRACKED):
            continue
        properties = stack.evaluate(entry.node.get("Properties"), entry.bindings)
        if entry.type == _SERVERLESS and globals_node is not None:
            stack.spend(globals_node.weight)
            properties = merged(_heeded(entry, stack.evaluate(globals_node)), properties)
        members = mapping(properties)
        place = stack.location(entry.key)
        kind = origin or ("sam" if entry.type.startswith("AWS::Serverless::") else "cloudformation")
        if entry.type != CONNECTOR:
            stack.found.resources.append(Resource(kind, stack.scope, entry.name, entry.type, place, members))
        stack.found.resources.extend(_connectors(stack, entry, members))
        if entry.type in (_LAMBDA, _SERVERLESS):
            reader = _FunctionReader(stack, entry, members, place)
            function = reader.read(kind, code_root_of, dockerfile)
            if properties.unknown:
                lost = unknown(properties.reason, properties.location)
                function = function._replace(handler=lost, code_root=lost, timeout=lost, environment=lost, events=lost)
            stack.found.functions.append(_opened(function, _elsewhere(stack, globals_node, properties)))
            keys.append(((stack.scope, entry.name),))


def _role(stack: Stack, entry: Entry, origin: str) -> Resource:
    """A role, with its managed policies and whether it has others: what they allow is long, and nobody asks for it."""
    node = entry.node.get("Properties")
    members = {}
    if node is not None and node.kind == MAP:
        managed = stack.evaluate(node.get("ManagedPolicyArns"), entry.bindings)
        if managed.state is not State.ABSENT:
            members["ManagedPolicyArns"] = managed
        own = node.get("Policies")
        if own is not None:
            members["Policies"] = known(True, stack.location(own))
    attached = next((each for each in stack.resources.values() if each.type in _POLICIES), None)
    if attached is not None:
        members["Attached"] = known(True, stack.location(attached.key), "a policy of the stack, perhaps of this role")
    return Resource(origin, stack.scope, entry.name, ROLE, stack.location(entry.key), members)


def _elsewhere(stack: Stack, globals_node: Node | None, properties: Value) -> Value:
    """Unknown where more than what is written may set the properties of a function, else Absent."""
    if properties.unknown:
        return unknown(properties.reason, properties.location)
    if stack.macros:
        return unknown(f"macro {stack.macros[0][:80]} may set it")
    if "Fn::Transform" in mapping(properties):
        return unknown("Fn::Transform may set it", mapping(properties)["Fn::Transform"].location)
    if globals_node is not None and (below := stack.evaluate(globals_node)).unknown:
        return below
    return ABSENT


def _opened(function: DeclaredFunction, elsewhere: Value) -> DeclaredFunction:
    """The function with all that it does not set as open as ``elsewhere`` is."""
    if elsewhere.state is State.ABSENT:
        return function
    settings_ = {**dict.fromkeys((*SETTINGS, *_SERVERLESS_SETTINGS), elsewhere), **function.settings}
    names = ("architecture", "memory", "timeout", "layers", "environment")
    absent: dict[str, Any] = {name: elsewhere for name in names if getattr(function, name).state is State.ABSENT}
    return function._replace(settings=settings_, **absent)


def _heeded(entry: Entry, below: Value) -> Value:
    """The Globals that a resource does not ignore."""
    ignored = entry.node.get("IgnoreGlobals")
    if ignored is None or not isinstance(below.value, dict):
        return below
    names = (
        [ignored.value] if ignored.kind == SCALAR else [n.value for n in ignored.value] if ignored.kind == LIST else []
    )
    if "*" in names:
        return ABSENT
    return below._replace(value={name: value for name, value in below.value.items() if name not in names})


def _connectors(stack: Stack, entry: Entry, properties: Mapping[str, Value]) -> Iterator[Resource]:
    """A SAM connector, and those embedded in a resource, with References for their Ids."""
    found = [(entry.key, properties)] if entry.type == CONNECTOR else []
    embedded = entry.node.get("Connectors")
    for key, node in embedded.value.values() if embedded is not None and embedded.kind == MAP else ():
        inner = dict(mapping(stack.evaluate(node.get("Properties"), entry.bindings)))
        inner["Source"] = known({"Id": known(entry.name)}, stack.location(key))
        found.append((key, inner))
    for key, members in found:
        ends = {}
        for name in ("Source", "Destination"):
            parts = []
            for end in items(members.get(name, ABSENT)):
                identity = text(mapping(end).get("Id", ABSENT))
                arn = mapping(end).get("Arn", ABSENT)
                parts.append(known(Reference(stack.scope, identity), end.location) if identity else arn)
            ends[name] = known(tuple(parts), members.get(name, ABSENT).location)
        place = stack.location(key)
        yield Resource("sam", stack.scope, f"{entry.name}.{key.value}", CONNECTOR, place, {**members, **ends})


class _FunctionReader:
    """One ``AWS::Lambda::Function`` or ``AWS::Serverless::Function``."""

    def __init__(self, stack: Stack, entry: Entry, properties: Mapping[str, Value], place: Location) -> None:
        self.stack = stack
        self.entry = entry
        self.properties = properties
        self.place = place
        self.serverless = entry.type == _SERVERLESS

    def value(self, name: str) -> Value:
        return self.properties.get(name, ABSENT)

    def read(
        self,
        origin: str,
        code_root_of: Callable[[Entry, Mapping[str, Value]], Value | None] | None,
        dockerfile: Callable[[str], Value] | None,
    ) -> DeclaredFunction:
        handler = as_string(self.value("Handler"), "Handler")
        packaged = code_root_of(self.entry, self.properties) if code_root_of else None
        code_root = packaged or self.code_root()
        package_type = as_string(self.value("PackageType"), "PackageType")
        found = settings_at(self.properties, SETTINGS)
        found.update(self.more_settings())
        if text(package_type) == "Image" or (handler.state is State.ABSENT and self.image_location()):
            if not package_type.known:
                package_type = known("Image", self.place, "the function names an image")
            code_root, handler = self.image(dockerfile)
        elif origin == "sam" and code_root.known:
            found.update(self.installs(str(code_root.value), found.get("build_method", ABSENT)))
        default_root = directory_of(self.stack.path) if code_root.state is State.ABSENT else ""
        return DeclaredFunction(
            name=self.entry.name,
            origin=origin,
            location=self.place,
            handler=handler,
            code_root=code_root,
            default_root=default_root,
            runtime=as_string(self.value("Runtime"), "Runtime"),
            architecture=self.architecture(),
            memory=as_integer(self.value("MemorySize"), "MemorySize"),
            timeout=as_integer(self.value("Timeout"), "Timeout"),
            package_type=package_type,
            layers=self.layers(),
            environment=environment(self.value("Environment"), "Variables"),
            events=self.events() if self.serverless else ABSENT,
            settings=found,
        )

    def more_settings(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        if self.serverless:
            made = {"on_failure": "EventInvokeConfig.DestinationConfig.OnFailure"}  # SAM makes one that is not named
            found.update(settings_at(self.properties, made))
            found.update(settings_at(self.properties, _SERVERLESS_SETTINGS))
        metadata = self.entry.node.get("Metadata")
        if metadata is not None:
            method = self.stack.evaluate(metadata.get("BuildMethod"), self.entry.bindings)
            if method.state is not State.ABSENT:
                found["build_method"] = method
        inline = self.value("InlineCode") if self.serverless else first(self.properties, "Code.ZipFile")
        if inline.state is not State.ABSENT:
            found["inline_code"] = inline
        return found

    def installs(self, directory: str, method: Value) -> dict[str, Value]:
        """What ``sam build`` installs: by requirements.txt, unless the template says that it builds in another way."""
        names = {None: ("requirements.txt",), "python-uv": ("uv.lock",)}
        name = text(method)
        if method.unknown or directory.endswith(".zip"):
            return {}
        metadata = self.entry.node.get("Metadata")
        if metadata is not None and metadata.get("SkipBuild") is not None:
            return {}
        chosen = names.get(None if name is not None and name.startswith("python3.") else name, ())
        files = tuple(posixpath.normpath(posixpath.join(directory, each)) for each in chosen)
        return {"installs": known(Installs(files), self.place)} if files else {}

    def layers(self) -> Value:
        value = self.value("Layers")
        if value.known and type(value.value) is not tuple:
            return unknown("Layers is not a list", value.location)
        return value

    def architecture(self) -> Value:
        value = self.value("Architectures")
        if not value.known:
            return value
        names = items(value)
        if len(names) != 1:
            return unknown("Architectures does not hold one name", value.location)
        return as_string(names[0], "Architectures")

    def image_location(self) -> Value | None:
        """The image that the function runs, where it names one."""
        value = self.value("ImageUri") if self.serverless else first(self.properties, "Code.ImageUri")
        return value if value.state is not State.ABSENT else None

    def image(self, dockerfile: Callable[[str], Value] | None) -> tuple[Value, Value]:
        """Code root and handler of an image: SAM's build metadata, ImageConfig and the Dockerfile's CMD say them."""
        command = items(first(self.properties, "ImageConfig.Command"))
        handler = as_string(command[0], "ImageConfig.Command") if command else ABSENT
        metadata = self.entry.node.get("Metadata")
        if metadata is None or (metadata.get("DockerContext") is None and metadata.get("Dockerfile") is None):
            image = self.image_location()
            where = f" ({image.value})" if image and isinstance(image.value, str) else ""
            root = unknown(f"the code is in an image{where}", image.location if image else self.place)
            return root, handler if handler.state is not State.ABSENT else unknown(
                "the image says the handler", self.place
            )
        evaluate = self.stack.evaluate
        root = code_path(evaluate(metadata.get("DockerContext"), self.entry.bindings), self.stack)
        if root.state is State.ABSENT:
            root = known(directory_of(self.stack.path), self.place, "the template's directory")
        if handler.state is State.ABSENT:
            handler = unknown("the image says the handler", self.place)
            name = text(evaluate(metadata.get("Dockerfile"), self.entry.bindings)) or "Dockerfile"
            if dockerfile and root.known:
                try:
                    handler = dockerfile(inside(root.value, name))
                except OutsideProject as reason:
                    handler = unknown(str(reason), self.place)
        return root, handler

    def code_root(self) -> Value:
        """Where the code is, relative to the project's root."""
        if self.serverless and self.value("InlineCode").state is not State.ABSENT:
            return unknown("inline code in the template", self.value("InlineCode").location)
        value = self.value("CodeUri" if self.serverless else "Code")
        if not value.known or not isinstance(value.value, dict):
            return code_path(value, self.stack)
        members = value.value
        if "ZipFile" in members:
            return unknown("inline code in the template", members["ZipFile"].location)
        if "ImageUri" in members:
            return unknown("the code is in an image", members["ImageUri"].location)
        key = members.get("S3Key") or members.get("Key") or ABSENT
        if key.state is not State.ABSENT:
            return unknown(f"the code is in S3, under {spelt(key)}", key.location, key.value)
        return unknown("the code's place cannot be read", value.location)

    def events(self) -> Value:
        value = self.value("Events")
        sources = []
        problem = value.reason if value.unknown else ""
        if value.known and not isinstance(value.value, dict):
            problem = "Events is not a mapping"
        for name, event in mapping(value).items():
            source = self.event(event)
            if source is None:
                problem = problem or f"event {name[:80]} cannot be read"
            else:
                sources.append(source)
        url = self.value("FunctionUrlConfig")
        if url.state is not State.ABSENT:
            members = mapping(url)
            found = {"payload_version": known("2.0", url.location, "function URLs have one format")}
            found.update(settings(members, {"auth": "AuthType", "invoke_mode": "InvokeMode"}))
            sources.append(EventSource("function-url", ABSENT, url.location, found))
        place = value.location or url.location
        if problem:
            return unknown(problem, place, tuple(sources))
        return known(tuple(sources), place) if sources else ABSENT

    def event(self, value: Value) -> EventSource | None:
        """One SAM event."""
        members = mapping(value)
        kind = text(members.get("Type", ABSENT))
        if kind is None:
            return None
        properties = mapping(members.get("Properties", ABSENT))
        shape = _EVENTS.get(kind)
        if shape is None:
            return EventSource("unknown", ABSENT, value.location, {"type": known(kind, value.location)})
        found = settings(properties, shape.names)
        if "on_failure" in shape.names and "on_failure" not in found:  # SAM makes one that is not named
            found.update(settings_at(properties, {"on_failure": "DestinationConfig.OnFailure"}))
        source = first(properties, shape.resource) if shape.resource else ABSENT
        if "rules" in found:
            found.update(key_rules(found.pop("rules")))
        if "filters" in found and shape.kind in ("sqs", "kinesis", "dynamodb", "msk", "mq", "kafka", "documentdb"):
            found["filters"] = filter_patterns(found["filters"])
        event_kind = shape.kind
        if kind == "SNS":
            subscription = properties.get("SqsSubscription", ABSENT)
            if subscription.state is not State.ABSENT and text(subscription) not in ("false", "False"):
                # SAM puts a queue between topic and function: what the function gets are SQS records.
                inner = mapping(subscription)
                found["topic"] = source
                source = inner.get("QueueArn", ABSENT)
                event_kind = "sqs"
                size = as_integer(inner.get("BatchSize", ABSENT), "BatchSize")
                default = known(10, subscription.location, "what SAM makes of SqsSubscription")
                found["batch_size"] = default if size.state is State.ABSENT else size
                if "filters" in found:  # the topic's policy, not patterns of the mapping
                    found["topic_filters"] = found.pop("filters")
        elif kind == "HttpApi":
            found.setdefault("payload_version", known("2.0", value.location, "default of HttpApi events"))
        elif kind == "Api":
            found["payload_version"] = known("1.0", value.location, "REST APIs have one format")
            found["integration"] = known("AWS_PROXY", value.location, "what SAM makes of Api events")
        return EventSource(event_kind, source, value.location, found)


class _Shape(NamedTuple):
    """What a SAM event type means: kind, the path of its source, its settings."""

    kind: str
    resource: str = ""
    names: Mapping[str, str] = {}


_POLLER = {
    "batch_size": "BatchSize",
    "batching_window": "MaximumBatchingWindowInSeconds",
    "response_types": "FunctionResponseTypes",
    "filters": "FilterCriteria.Filters",
    "enabled": "Enabled",
}
_STREAM = {
    **_POLLER,
    "starting_position": "StartingPosition",
    "bisect": "BisectBatchOnFunctionError",
    "retries": "MaximumRetryAttempts",
    "parallelization": "ParallelizationFactor",
    "on_failure": "DestinationConfig.OnFailure.Destination",
}
_SCHEDULE = {"schedule": "Schedule", "input": "Input", "enabled": "Enabled"}
_HTTP = {"path": "Path", "method": "Method"}

_EVENTS = {
    "S3": _Shape("s3", "Bucket", {"events": "Events", "rules": "Filter.S3Key.Rules"}),
    "SNS": _Shape("sns", "Topic", {"filters": "FilterPolicy", "filter_scope": "FilterPolicyScope"}),
    "SQS": _Shape("sqs", "Queue", {**_POLLER, "concurrency": "ScalingConfig.MaximumConcurrency"}),
    "Kinesis": _Shape("kinesis", "Stream", _STREAM),
    "DynamoDB": _Shape("dynamodb", "Stream", _STREAM),
    "MSK": _Shape("msk", "Stream", {**_STREAM, "topics": "Topics"}),
    "MQ": _Shape("mq", "Broker", {**_POLLER, "queues": "Queues"}),
    "SelfManagedKafka": _Shape("kafka", "", {**_STREAM, "topics": "Topics", "bootstrap": "KafkaBootstrapServers"}),
    "DocumentDB": _Shape("documentdb", "Cluster", _STREAM),
    "Api": _Shape("api", "RestApiId", {**_HTTP, "timeout_ms": "TimeoutInMillis", "transfer": "ResponseTransferMode"}),
    "HttpApi": _Shape(
        "http", "ApiId", {**_HTTP, "payload_version": "PayloadFormatVersion", "timeout_ms": "TimeoutInMillis"}
    ),
    "Schedule": _Shape("schedule", "", _SCHEDULE),
    "ScheduleV2": _Shape("schedule", "", {"schedule": "ScheduleExpression", "input": "Input"}),
    "CloudWatchEvent": _Shape("eventbridge", "EventBusName", {"pattern": "Pattern", "input": "Input"}),
    "EventBridgeRule": _Shape("eventbridge", "EventBusName", {"pattern": "Pattern", "input": "Input"}),
    "CloudWatchLogs": _Shape("cloudwatch-logs", "LogGroupName", {"filters": "FilterPattern"}),
    "IoTRule": _Shape("iot", "", {"sql": "Sql"}),
    "AlexaSkill": _Shape("alexa"),
    "Cognito": _Shape("cognito", "UserPool", {"events": "Trigger"}),
}


def code_path(value: Value, stack: Stack) -> Value:
    """A path that a template names, as a path of the project; Unknown where the code is elsewhere."""
    if not value.known:
        return value
    written = text(value)
    if written is None:
        if isinstance(value.value, (Reference, Text)):
            return unknown(f"the code's place depends on {described(value)}", value.location, value.value)
        return unknown("the code's place is not a path", value.location)
    if "://" in written:
        where = "S3" if written.startswith("s3://") else "a URL"
        return unknown(f"the code is in {where}, under {written[:200]}", value.location)
    try:
        return value._replace(value=inside(directory_of(stack.path), written))
    except OutsideProject as reason:
        line = value.location.line if value.location else 0
        stack.found.problem(stack.path, f"line {line}: {reason}")
        return unknown(str(reason), value.location)


def nested_templates(stack: Stack) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Paths of templates in the repository that a template deploys, each with the parameters that it hands over."""
    for entry in stack.resources.values():
        name = _NESTING.get(entry.type)
        if name is None:
            continue
        properties = mapping(stack.evaluate(entry.node.get("Properties"), entry.bindings))
        written = text(properties.get(name, ABSENT))
        if not written or "://" in written:
            continue
        try:
            path = inside(directory_of(stack.path), written)
        except OutsideProject as reason:
            stack.found.problem(stack.path, f"line {entry.key.line}: {reason}")
            continue
        yield path, mapping(properties.get("Parameters", ABSENT))


OUTPUTS = "Outputs"


def outputs_of(stack: Stack, root: Node) -> Resource:
    """The outputs of a nested stack, as a resource of the type and name OUTPUTS."""
    section = root.get("Outputs")
    members = section.value if section is not None and section.kind == MAP else {}
    values = {name: stack.evaluate(node.get("Value")) for name, (_, node) in members.items()}
    place = stack.location(section) if section is not None else Location(stack.path, 1)
    return Resource("cloudformation", stack.scope, OUTPUTS, OUTPUTS, place, values)
