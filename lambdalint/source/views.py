"""What rules see: sites and functions, with the questions they may ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lambdalint.model import EventSource, Function, Location, Step
from lambdalint.source.flow import LEFT, Flow, Question, Roots, Route, Verdict
from lambdalint.tree import Unreadable

if TYPE_CHECKING:
    from lambdalint.source.answers import Misshapen
    from lambdalint.source.batches import BatchLoop
    from lambdalint.source.budgets import Budget
    from lambdalint.source.caches import Cache
    from lambdalint.source.callgraph import Entry, Region
    from lambdalint.source.constructions import Construction
    from lambdalint.source.contacts import Contact, Heavy
    from lambdalint.source.durable import Nested, Replayed
    from lambdalint.source.effects import Effect
    from lambdalint.source.environment import Unset
    from lambdalint.source.events import Source
    from lambdalint.source.files import Written
    from lambdalint.source.filters import Dropped
    from lambdalint.source.graph import Graph, Loop
    from lambdalint.source.http import Patience
    from lambdalint.source.invoked import Deployed, Fanout, Repeat
    from lambdalint.source.leftovers import Leftover
    from lambdalint.source.loops import Kept as KeptClient
    from lambdalint.source.lower import Body, Call, Context, Term
    from lambdalint.source.metrics import Unflushed
    from lambdalint.source.names import Node
    from lambdalint.source.overwritten import Overwritten
    from lambdalint.source.payload import Misread
    from lambdalint.source.polled import FirstRecord, Poller
    from lambdalint.source.polling import Poll
    from lambdalint.source.recursion import Recursion
    from lambdalint.source.relays import Relay
    from lambdalint.source.removed import Removed
    from lambdalint.source.returned import Returned
    from lambdalint.source.rootlogger import Ineffective
    from lambdalint.source.s3keys import EncodedKey
    from lambdalint.source.skeleton import CallRef, Expr
    from lambdalint.source.snapstart import Ignored, Kept
    from lambdalint.source.swallowed import Swallowed
    from lambdalint.source.unjoined import Unjoined
    from lambdalint.source.unstable import Unregistered, Unstable
    from lambdalint.source.waits import Wait
    from lambdalint.templates.values import Resource


class Whole:
    """What is known of all functions of a run, wherever their code is.

    Args:
        functions: all of them.
        resources: what the templates declare.
        entry_points: all entry points.
        is_test: whether a module is one of tests.
    """

    def __init__(
        self,
        functions: Sequence[Function] = (),
        resources: Sequence[Resource] = (),
        entry_points: Iterable[Node] = (),
        is_test: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.functions = functions
        self.resources = resources
        self.entry_points = entry_points
        self.is_test = is_test
        self._declared: Deployed | None = None

    @property
    def declared(self) -> Deployed:
        """The functions of templates by their names; made when the first rule asks for it."""
        if self._declared is None:
            from lambdalint.source.invoked import Deployed

            self._declared = Deployed(self.functions, self.resources)
        return self._declared


class Shared:
    """What all views of one component share.

    Args:
        flow: its data flow.
        region: what its entry points run.
        entries: its entry points.
        locate: a Location from a path and a span in lines and bytes.
        whole: what is known beyond it.
    """

    def __init__(
        self,
        flow: Flow,
        region: Region,
        entries: Mapping[Node, Entry],
        locate: Callable[[str, int, int, int, int], Location],
        whole: Whole | None = None,
    ) -> None:
        self.flow = flow
        self.region = region
        self.entries = entries
        self.locate = locate
        self.whole = whole or Whole()
        self.memo: dict[str, dict[Any, Any]] = {}
        self._graph: Graph | None = None

    @property
    def graph(self) -> Graph:
        """What triggers and writes to what; made when the first rule asks for it."""
        if self._graph is None:
            from lambdalint.source.graph import Graph

            known = self.memo.setdefault("writes", {})
            resources = self.whole.resources
            self._graph = Graph(self.flow, self.entries, resources, self.locate, self.chain, self.region_of, known)
        return self._graph

    def region_of(self, root: Node) -> Region:
        """What one entry point alone runs."""
        regions = self.memo.setdefault("regions", {})
        if root not in regions:
            regions[root] = self.flow.graph.region([root])
        found: Region = regions[root]
        return found

    def chain(self, route: Route, node: Node, site: Location) -> tuple[Step, ...]:
        """The steps of a route: the entry point, each call on the way, the site."""
        names = self.flow.names
        definition = names.definition(route.root)
        steps = []
        if definition is not None:
            steps.append(Step(Location(route.root[0], definition.line), route.root[1], "entry point"))
        for edge in route.edges:
            if edge.callee[1].endswith(".<new>"):
                note = f"makes {edge.callee[1][:-6]}"
            else:
                verb = "calls" if edge.kind in ("call", "construct") else "runs"
                note = f"{verb} {edge.callee[1]}"
            if edge.call is not None:
                where = self.locate(
                    edge.caller[0], edge.call.line, edge.call.column, edge.call.end_line, edge.call.end_column
                )
            else:
                callee = names.definition(edge.callee)
                where = Location(edge.callee[0], callee.line if callee else 1)
            steps.append(Step(where, edge.caller[1], note))
        steps.append(Step(site, node[1], "here"))
        return tuple(steps)


class SiteView:
    """A call of a wanted operation inside a per-invocation region."""

    def __init__(self, shared: Shared, node: Node, operation: str, reference: CallRef, call: Call) -> None:
        self._shared = shared
        self._node = node
        self._reference = reference
        self._call = call
        self.operation = operation
        self.function = node[1]
        self.location = shared.locate(
            node[0], reference.line, reference.column, reference.end_line, reference.end_column
        )

    # -- arguments

    def argument(self, name: str, position: int | None = None) -> Term | None:
        """The Term passed as keyword ``name`` (also inside ``**{…}``) or at ``position``; None where there is none."""
        from lambdalint.source.arguments import Arguments

        self._look_at(name, position)
        return Arguments.given(self._call, name, position)

    @property
    def has_unpacked(self) -> bool:
        """Whether ``*`` or ``**`` arguments of unknown contents are passed."""
        self._look_at()
        return any(
            name == "*" or (name == "**" and not (value[0] == "dict" and all(key[0] == "const" for key, _ in value[1])))
            for name, value in self._call.args
        )

    def row(self, name: str) -> Any:
        """What a table of operations (``waits.operations``) says of the operation."""
        from lambdalint.data import table

        file, _, part = name.partition(".")
        return table(file)[part][self.operation]

    @property
    def result_use(self) -> str:
        """``discarded``, ``returned`` or ``used``."""
        return self._reference.straight or self._whole.use

    # -- questions

    def grants(self, tag: str) -> bool:
        """Whether the exemption ``tag`` is in force; see `Flow`."""
        return tag not in self._shared.flow.disabled

    def verdict(self, terms: Iterable[Term] | None = None) -> Verdict:
        """Judge the site on ``terms`` (default: all arguments and the receiver)."""
        return self._shared.flow.verdict(
            self._shared.region, self._node, self._call.context, self.terms() if terms is None else terms
        )

    def construction(self) -> Construction | None:
        """What the site builds again on each invocation; None where it is reused, exempt or undecidable."""
        from lambdalint.source.constructions import construction

        return construction(self)

    def recursion(self) -> Recursion | None:
        """How an invoke names the function that it runs in; None where it does not, or nobody can tell."""
        from lambdalint.source.recursion import recursion

        name = self.argument("FunctionName")
        if name is None:
            return None
        verdict = self.verdict(())
        if not verdict.routes:
            return None
        return recursion(self, name, verdict)

    def repeat(self, verdict: Verdict) -> Repeat | None:
        """Why the SDK repeats an invoke that is synchronous on the routes of ``verdict``; None where it does not."""
        name = self.argument("FunctionName")
        if name is None or not verdict.routes:
            return None
        from lambdalint.source.invoked import repeat

        return repeat(self, name, verdict)

    def fanout(self, verdict: Verdict) -> Fanout | None:
        """What an invoke that is asynchronous and in a loop on the routes of ``verdict`` runs; None for no fan-out."""
        name = self.argument("FunctionName")
        if name is None or not verdict.routes:
            return None
        from lambdalint.source.invoked import fanout

        return fanout(self, name, verdict)

    def terms(self) -> list[Term]:
        """What decides the site: its receiver and all of its arguments."""
        if self._call.func == LEFT or any(value == LEFT for _, value in self._call.args):
            self._call = self._lowered
        receiver = [self._call.func[1]] if self._call.func[0] == "attr" else []
        return [*receiver, *(value for _, value in self._call.args)]

    def roots(self, term: Term) -> Roots:
        """What decides a value; see `Flow.roots`."""
        return self._shared.flow.roots(self._node, term)

    def varies(self, term: Term) -> bool:
        """Whether a value is another one in each round of the loop around the site."""
        return self._shared.flow.varies(self._node, term)

    def chains(self, verdict: Verdict) -> tuple[tuple[Step, ...], ...]:
        """The evidence of a verdict: one chain for each entry point."""
        return tuple(self._shared.chain(route, self._node, self.location) for route in verdict.routes)

    def ask(
        self, name: str, position: int | None, judge: Callable[[tuple[Any, ...], bool], str], *, looped: bool = False
    ) -> Verdict:
        """Judge the site on what is passed for one argument, on each route by itself.

        Args:
            name: the keyword of the argument.
            position: its position, None where it is keyword only.
            judge: given the constants that the argument may be (none where it is no constant) and whether it may be
                missing, says ``yes`` for a route that counts, the tag of the exemption that it earns, or ``unknown``.
            looped: whether only routes through a loop count.
        """
        from lambdalint.source.reduction import constants, is_open

        def answer(term: Term) -> str:
            if is_open(term):
                return "open"
            return judge(*(constants(term) or ((), False)))

        return self.question(Question(self.given(name, position), answer, looped))

    def given(self, name: str, position: int | None) -> Term:
        """What is passed as keyword ``name`` or at ``position``, reduced (see `Reduction`)."""
        self._look_at(name, position)
        return self._shared.flow.reduction.argument(self._node, self._call, name, position)

    @property
    def flow(self) -> Flow:
        """The data flow of the run."""
        return self._shared.flow

    @property
    def place(self) -> Node:
        """The definition that holds the site."""
        return self._node

    @property
    def declared(self) -> Deployed:
        """The functions of templates by their names."""
        return self._shared.whole.declared

    @property
    def context(self) -> Context:
        """What stands around the site in its definition."""
        return self._whole.context

    @property
    def _whole(self) -> Call:
        """The call with what is around it; the one at hand may lack the frames that decide nothing."""
        return self._call if self._call.use else self._lowered

    @property
    def _lowered(self) -> Call:
        return self._shared.flow.call(self._node, self._call.k) or self._call

    def _look_at(self, *names: str | int | None) -> None:
        """Have the call with the arguments that may be passed under these names; see `Flow.site`."""
        if any(value == LEFT and name in (*names, "*", "**") for name, value in self._call.args):
            self._call = self._lowered

    def region_of(self, root: Node) -> Region:
        """What one entry point alone runs."""
        return self._shared.region_of(root)

    def function_view(self, root: Node) -> FunctionView:
        """The entry point ``root``, one that reaches the site."""
        return FunctionView(self._shared, self._shared.entries[root], self._shared.region_of(root))

    @property
    def receiver(self) -> Term:
        """What the site is a method of; Unknown where it is none."""
        if self._call.func == LEFT:
            self._call = self._lowered
        found: Term = self._call.func[1] if self._call.func[0] == "attr" else ("unknown", "")
        return found

    def handed_on(self) -> tuple[Node, ...]:
        """The definitions that the site is given to run."""
        edges = self._shared.flow.graph.edges(self._node)
        return tuple(edge.callee for edge in edges if edge.call == self._reference and edge.kind == "callback")

    @property
    def callee(self) -> Expr:
        """The callee, as the skeleton has it."""
        return self._reference.callee

    def deployed(self, root: Node) -> tuple[Function, ...]:
        """The deployed functions of an entry point."""
        entry = self._shared.entries.get(root)
        return entry.functions if entry is not None else ()

    def question(self, question: Question) -> Verdict:
        """Judge the site on what must hold on a route; see `Question`."""
        return self._shared.flow.verdict(self._shared.region, self._node, self._call.context, (), question)

    def uncaught(self, verdict: Verdict, *kinds: str) -> Verdict:
        """The verdict with the routes on which nothing catches an exception of these names and goes on."""
        from lambdalint.source.caught import uncaught

        return uncaught(self.flow, self.context, verdict, frozenset(kinds))

    def is_result(self, term: Any) -> bool:
        """Whether a Term of its definition is what the site answers."""
        return bool(term == ("call", self._call.k))

    def unchecked_answer(self, verdict: Verdict) -> str:
        """The entry of an invoke's answer that is gone by although it does not tell a failure; "" if there is none."""
        from lambdalint.source.checked import unchecked

        return unchecked(self, verdict)

    def loop_bound(self) -> Iterable[KeptClient]:
        """The clients that belong to an earlier loop than the one on which it runs a coroutine."""
        from lambdalint.source.loops import kept

        return kept(self)

    def in_lockstep(self) -> bool:
        """Whether a sleep between retries is the same for all that retry."""
        from lambdalint.source.retries import in_lockstep

        return in_lockstep(self)

    def wait(self) -> Wait | None:
        """How long a call that does nothing but wait makes the invocation wait; None where that is no matter."""
        from lambdalint.source.waits import wait

        return wait(self)

    def patience(self) -> Patience | None:
        """Why nothing bounds the time that an HTTP call waits; None where something does, or nobody can tell."""
        from lambdalint.source.http import patience

        return patience(self)

    def budgets(self) -> tuple[Budget, ...]:
        """The HTTP call, where it is told to wait for longer than its function has."""
        from lambdalint.source.budgets import of_call

        return of_call(self)

    def values(self, term: Term | None) -> tuple[Any, ...]:
        """The constants that a Term may be, () where any of it is not constant; looks through parameters."""
        return () if term is None else self._shared.flow.constants(self._shared.region, self._node, term)


class FunctionView:
    """A deployed function: its entry point with everything that it reaches."""

    def __init__(self, shared: Shared, entry: Entry, region: Region) -> None:
        self._shared = shared
        self._region = region
        self.entry = entry
        self.functions = entry.functions
        definition = shared.flow.names.definition(entry.node)
        self.name = entry.node[1]
        self.location = Location(entry.node[0], definition.line if definition else 1)
        self._sources: tuple[Source, ...] | None = None
        self._loop: tuple[BatchLoop | None] | None = None

    @property
    def events(self) -> tuple[EventSource, ...]:
        """The event sources of all templates that name this entry point."""
        return tuple(event for function in self.functions for event in function.events)

    # For the modules of lambdalint.source that answer for it:

    @property
    def flow(self) -> Flow:
        """The data flow of the program."""
        return self._shared.flow

    @property
    def region(self) -> Region:
        """What this entry point alone reaches."""
        return self._region

    def place(self, node: Node, call: Call) -> Location:
        """Where a call of the definition ``node`` is."""
        return self._shared.locate(node[0], *call.span)

    def shared(self, what: str) -> dict[Any, Any]:
        """What is worked out once for all entry points."""
        return self._shared.memo.setdefault(what, {})

    def spells(self, text: bytes) -> bool:
        """Whether a module that it runs anything of holds this text."""
        program = self._shared.flow.program
        for path in {node[0] for node in self._region.nodes}:
            try:
                if text in program.source(path):
                    return True
            except Unreadable:
                continue
        return False

    def modules(self) -> list[str]:
        """The modules of the project that it runs anything of, that of its handler, and those that they import."""
        found = {node[0] for node in self._region.nodes}
        found.update(item.path for item in self.functions if item.path is not None)
        return sorted(found.union(*(self._shared.flow.program.imported(path) for path in sorted(found))))

    def entry_points(self) -> Iterable[Node]:
        """All entry points of the project."""
        return self._shared.whole.entry_points

    def is_test(self, path: str) -> bool:
        """Whether a module is one of tests."""
        return self._shared.whole.is_test(path)

    def table_keys(self, node: Node, call: Call) -> tuple[str, ...]:
        """The key attributes of the DynamoDB table that a call writes to, by a template; () where none tells."""
        if not self._shared.whole.resources:
            return ()
        from lambdalint.source.tables import table_keys

        return table_keys(self._shared.flow, self.functions, self._shared.whole.resources, node, call)

    def span(self, path: str, span: tuple[int, int, int, int]) -> Location:
        """Where a span of lines and of columns in UTF-8 bytes, as ``ast`` counts, is."""
        return self._shared.locate(path, *span)

    def chain(self, route: Route, node: Node, site: Location) -> tuple[Step, ...]:
        """The steps of a route to ``site`` in ``node``."""
        return self._shared.chain(route, node, site)

    # Questions of rules:

    def effects(self) -> tuple[Effect, ...]:
        """What happens again when its event is delivered again, with nothing that prevents it; the gravest first."""
        from lambdalint.source.effect_sites import has_candidates

        if not has_candidates(self) or not self.redeliveries():
            return ()
        from lambdalint.source.effects import effects

        return effects(self)

    def leftovers(self) -> tuple[Leftover, ...]:
        """What of its event an invocation leaves where the next one reads it, one for each place."""
        from lambdalint.source.places import has_candidates

        if not has_candidates(self):
            return ()
        from lambdalint.source.leftovers import leftovers

        return leftovers(self)

    def caches(self) -> Iterable[Cache]:
        """The caches without a bound that its events fill."""
        from lambdalint.source.caches import caches

        return caches(self)

    def budgets(self) -> tuple[Budget, ...]:
        """The configurations of SDK clients that let calls go on for longer than a function has.

        Each is told once, with all functions that have less: to the first that asks.
        """
        found = self._shared.memo.setdefault("budgets", {})
        if not found:
            from lambdalint.source.budgets import of_clients

            found["left"] = of_clients(self._shared)
        left: tuple[Budget, ...] = found["left"]
        found["left"] = ()
        return left

    def loops(self) -> tuple[Loop, ...]:
        """The loops of functions that run each other, or themselves, which begin with a write of this one."""
        from lambdalint.source.sites import has_candidates

        return self._shared.graph.loops(self.entry.node) if has_candidates(self) else ()

    def ignored_answers(self) -> tuple[Poller, ...]:
        """The pollers of a template that do not read which records failed, although it answers that."""
        if not self.events:
            return ()
        from lambdalint.source.polled import ignored_answers

        return ignored_answers(self)

    def unanswered(self) -> tuple[Poller, ...]:
        """The pollers of a template that read which records failed, although nothing that it returns says that."""
        if not self.events:
            return ()
        from lambdalint.source.polled import unanswered

        return unanswered(self)

    def misfit(self) -> str:
        """Why the runtime cannot call it with an event and a context, "" where it can or nobody can tell."""
        from lambdalint.source.called import misfit

        return misfit(self)

    @property
    def gives_coroutine(self) -> bool:
        """Whether what the runtime is given back is a coroutine that nothing awaits."""
        from lambdalint.source.called import gives_coroutine

        return gives_coroutine(self)

    def misshapen_answers(self) -> tuple[Misshapen, ...]:
        """The parts of its answer about failed records that a poller cannot read."""
        from lambdalint.source.answers import misshapen

        return misshapen(self)

    def encoded_keys(self) -> Iterable[EncodedKey]:
        """The calls that look for an object of S3 by the key of a notification, which is URL-encoded."""
        from lambdalint.source.s3keys import encoded_keys

        return encoded_keys(self)

    def unserializable(self) -> Iterable[Returned]:
        """What it returns and the runtime cannot turn into JSON."""
        from lambdalint.source.returned import unserializable

        return unserializable(self)

    def odd_bodies(self) -> Iterable[Returned]:
        """Its answers to HTTP requests whose body is no string."""
        from lambdalint.source.returned import bodies

        return bodies(self)

    def first_record(self) -> FirstRecord | None:
        """Where it reads one record of a batch, never looking at the others; None where it does not."""
        if not self.events:
            return None
        from lambdalint.source.polled import first_record

        return first_record(self)

    def swallowed_errors(self) -> tuple[Swallowed, ...]:
        """The handlers that end what goes wrong with a record, so that its poller takes it for done."""
        from lambdalint.source.swallowed import swallowed

        return swallowed(self)

    def unstable_keys(self) -> tuple[Unstable, ...]:
        """The keys of calls that are new each time the same event is delivered."""
        from lambdalint.source.unstable import unstable

        return unstable(self)

    def unregistered(self) -> Iterable[Unregistered]:
        """The idempotent functions that it calls without anything that registers the Lambda context."""
        from lambdalint.source.unstable import unregistered

        return unregistered(self)

    def polls(self) -> tuple[Poll, ...]:
        """The calls that wait for a state by asking for it again and again."""
        from lambdalint.source.polling import polls

        return polls(self)

    def unjoined(self) -> Iterable[Unjoined]:
        """What it starts in the background and neither waits for nor hands on."""
        from lambdalint.source.unjoined import unjoined

        return unjoined(self)

    def unflushed_metrics(self) -> Unflushed | None:
        """The first metric that it records, where nothing writes what is recorded."""
        from lambdalint.source.metrics import unflushed

        return unflushed(self)

    def ineffective_logging(self) -> Iterable[Ineffective]:
        """Its calls of ``logging.basicConfig``, which do nothing after the runtime's own set-up."""
        from lambdalint.source.rootlogger import ineffective

        return ineffective(self)

    def overwritten(self) -> Iterable[Overwritten]:
        """The reserved environment variables that it writes to."""
        from lambdalint.source.overwritten import overwritten

        return overwritten(self)

    def written_outside(self) -> Iterable[Written]:
        """The files that it writes where Lambda's file system cannot be written to."""
        from lambdalint.source.files import outside

        return outside(self)

    def fixed_names(self) -> Iterable[Written]:
        """The files of fixed names below ``/tmp`` that it writes on invocations and leaves there."""
        from lambdalint.source.files import fixed

        return fixed(self)

    def removed_modules(self) -> Iterable[Removed]:
        """Its imports of modules that its Python no longer has."""
        from lambdalint.source.removed import removed

        return removed(self)

    def misread(self) -> Misread | None:
        """The first key that it reads of an HTTP event and that the template's payload format does not have."""
        if not self.events:
            return None
        from lambdalint.source.payload import misread

        return misread(self)

    def dropped(self) -> Dropped | None:
        """The first test of its loop over records, by which it drops some that a filter could keep away."""
        if not self.events:
            return None
        from lambdalint.source.filters import dropped

        return dropped(self)

    def relay(self) -> Relay | None:
        """The one call of the SDK that it hands its event on to, where its event source could make that call."""
        if not self.events:
            return None
        from lambdalint.source.relays import relay

        return relay(self)

    def contact(self) -> Contact | None:
        """The first call that waits for another machine, AWS's own services apart."""
        from lambdalint.source.contacts import contact

        return contact(self)

    def heavy_imports(self) -> tuple[Heavy, ...]:
        """The packages that take long to import and that each cold start imports, the slowest first."""
        from lambdalint.source.contacts import heavy

        return heavy(self)

    def unset_variables(self) -> Iterable[Unset]:
        """The environment variables that it reads in any case and that templates do not set."""
        if all(function.declared is None for function in self.functions):
            return ()
        from lambdalint.source.environment import unset

        return unset(self)

    def replayed(self) -> Iterable[Replayed]:
        """The calls outside of steps that have another outcome when a durable function is replayed."""
        from lambdalint.source.durable import replayed

        return replayed(self)

    def nested_operations(self) -> Iterable[Nested]:
        """The durable operations that steps of a durable function call."""
        from lambdalint.source.durable import nested

        return nested(self)

    def kept_unique(self) -> Iterable[Kept]:
        """What must differ between environments and is made before SnapStart takes its snapshot."""
        from lambdalint.source.snapstart import unique

        return unique(self)

    def kept_connections(self) -> Iterable[Kept]:
        """Connections that are opened before SnapStart takes its snapshot, and used after it is restored."""
        from lambdalint.source.snapstart import connections

        return connections(self)

    def ignored_hooks(self) -> Iterable[Ignored]:
        """The hooks of SnapStart in its code that are registered too late, or by nothing that is imported."""
        from lambdalint.source.snapstart import ignored_hooks

        return ignored_hooks(self)

    def turned_on(self, setting: str) -> tuple[Location, ...]:
        """Where templates turn a setting on for it."""
        found = (function.turned_on(setting) for function in self.functions)
        return tuple(dict.fromkeys(value.location for value in found if value is not None and value.location))

    def batch_loop(self) -> BatchLoop | None:
        """The loop over records of a queue or stream that does not tell which of them failed; None if there is none."""
        if self._loop is None:
            found = None
            if self.spells(b"ecords"):
                from lambdalint.source.batches import batch_loop

                found = batch_loop(self)
            self._loop = (found,)
        return self._loop[0]

    def sources(self) -> tuple[Source, ...]:
        """What invokes it: by templates, else by what the code reads from the event; () where nothing tells."""
        if self._sources is None:
            from lambdalint.source.events import sources

            self._sources = sources(self._shared.flow, self._region, self.entry.node, self.functions)
        return self._sources

    def redeliveries(self) -> tuple[Source, ...]:
        """The sources that may deliver the same event again unasked."""
        from lambdalint.source.events import at_least_once, may_come_again

        if self.grants("synchronous") and not may_come_again(self.flow, self._region, self.entry.node, self.functions):
            return ()
        found = self.sources()
        again = tuple(source for source in found if at_least_once(source.kind))
        return again or (() if self.grants("synchronous") else found[:1])

    def grants(self, tag: str) -> bool:
        """Whether the exemption ``tag`` is in force; see `Flow`."""
        return tag not in self._shared.flow.disabled

    def bodies(self) -> Iterable[tuple[Node, Body]]:
        """The Bodies of the region, the entry point's first."""
        for node in self._region.nodes:
            body = self._shared.flow.body(node)
            if body is not None:
                yield node, body
