"""What a snapshot keeps (``# unique``, ``# connected``) and which hooks it ignores (``# ignored``), in small programs."""

from __future__ import annotations

import pathlib
import re
import textwrap

import pytest

from lambdalint import discover, engine
from lambdalint.settings import Settings
from tests.source.programs import files_of

MARK = re.compile(r"# (unique|connected|ignored)$")
CODES = {"LL421": "unique", "LL422": "connected", "LL423": "ignored"}
TEMPLATE = """\
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: .
      Runtime: python3.13
      SnapStart: {ApplyOn: PublishedVersions}
"""

PROGRAMS = {
    "read by nobody": """
        import uuid
        RUN = uuid.uuid4()
        def handler(event, context):
            return 1
    """,
    "read by what is not reached": """
        import uuid
        RUN = uuid.uuid4()
        def other():
            return RUN
        def handler(event, context):
            return 1
    """,
    "imported under another name": """
        from config import RUN as run
        def handler(event, context):
            return run
        # file: config.py
        import uuid
        RUN = uuid.uuid4()  # unique
    """,
    "a module of the package around it": """
        import parts.one
        def handler(event, context):
            return parts.RUN
        # file: parts/__init__.py
        import uuid
        RUN = uuid.uuid4().hex  # unique
        # file: parts/one.py
    """,
    "a module that is imported inside the handler": """
        def handler(event, context):
            import config
            return config.RUN
        # file: config.py
        import uuid
        RUN = uuid.uuid4()
    """,
    "a module that is imported under a condition": """
        import os
        if os.environ.get("X"):
            import config
        def handler(event, context):
            return config.RUN
        # file: config.py
        import uuid
        RUN = uuid.uuid4()
    """,
    "bound under a condition": """
        import os, uuid
        if "RUN" in os.environ:
            RUN = os.environ["RUN"]
        else:
            RUN = uuid.uuid4().hex
        def handler(event, context):
            return RUN
    """,
    "only where the environment says nothing": """
        import os, uuid
        RUN = os.environ.get("RUN") or uuid.uuid4().hex
        def handler(event, context):
            return RUN
    """,
    "what the command line does": """
        import uuid
        RUN = ""
        if __name__ == "__main__":
            RUN = uuid.uuid4().hex
        def handler(event, context):
            return RUN
    """,
    "bound anew at import": """
        import uuid
        RUN = uuid.uuid4().hex
        RUN = "fixed"
        def handler(event, context):
            return RUN
    """,
    "in a part of a dict": """
        import uuid, time
        STATE = {
            "id": str(uuid.uuid4()),  # unique
            "count": 0,
        }
        def handler(event, context):
            return STATE["id"]
    """,
    "by a function that is called at import": """
        import uuid
        RUN = None
        def start():
            global RUN
            RUN = "run-" + uuid.uuid4().hex  # unique
        start()
        def handler(event, context):
            return RUN
    """,
    "by a function that nobody calls before": """
        import uuid
        RUN = None
        def start():
            global RUN
            if RUN is None:
                RUN = uuid.uuid4().hex
        def handler(event, context):
            start()
            return RUN
    """,
    "by a function that may do something else": """
        import os, uuid
        def run():
            if os.environ.get("RUN"):
                return os.environ["RUN"]
            return uuid.uuid4().hex
        RUN = run()
        def handler(event, context):
            return RUN
    """,
    "a hash of it is no less unique": """
        import hashlib, uuid
        RUN = hashlib.sha256(str(uuid.uuid4()).encode()).hexdigest()  # unique
        def handler(event, context):
            return RUN
    """,
    "a decision is not": """
        import random
        SAMPLED = random.random() < 0.1
        def handler(event, context):
            return SAMPLED
    """,
    "how long something took": """
        import time
        start = time.perf_counter()
        TOOK = round(time.perf_counter() - start, 3)
        def handler(event, context):
            return TOOK
    """,
    "a time that is refreshed": """
        import time
        loaded = time.time()
        def handler(event, context):
            global loaded
            if time.time() - loaded > 60:
                loaded = time.time()
            return loaded
    """,
    "an ID that is logged, as the documentation warns": """
        import uuid
        RUN = uuid.uuid4()  # unique
        def handler(event, context):
            print("run", RUN)
    """,
    "a default that is always given": """
        import time
        def stamp(at=time.time()):
            return at
        def handler(event, context):
            return stamp(event["at"])
    """,
    "a hook that nobody can resolve": """
        import uuid
        from elsewhere import renew
        from snapshot_restore_py import register_after_restore
        RUN = uuid.uuid4()
        register_after_restore(renew)
        def handler(event, context):
            return RUN
    """,
    "a hook that does something else": """
        import uuid
        from snapshot_restore_py import register_after_restore
        RUN = uuid.uuid4()  # unique
        @register_after_restore
        def restored():
            print("restored")
        def handler(event, context):
            return RUN
    """,
    "a hook behind a fallback": """
        import uuid
        try:
            from snapshot_restore_py import register_after_restore
        except ImportError:
            def register_after_restore(function):
                return function
        RUN = uuid.uuid4()
        @register_after_restore
        def restored():
            global RUN
            RUN = uuid.uuid4()
        def handler(event, context):
            return RUN
    """,
    "a method as a hook": """
        import uuid
        from snapshot_restore_py import register_after_restore
        class Service:
            def __init__(self):
                self.renew()
                register_after_restore(self.renew)
            def renew(self):
                self.session = uuid.uuid4().hex
        service = Service()
        def handler(event, context):
            return service.session
    """,
    "seeded by the clock, and again after the restore": """
        import random, time
        from snapshot_restore_py import register_after_restore
        random.seed(time.time())
        register_after_restore(random.seed)
        def handler(event, context):
            return random.random()
    """,
    "seeded again in the handler": """
        import random, time
        random.seed(time.time())
        def handler(event, context):
            random.seed(event["seed"])
            return random.random()
    """,
    "a connection with its arguments in a dict": """
        import pymysql
        DATABASE = {"host": "db", "user": "me"}
        connection = pymysql.connect(**DATABASE)  # connected
        def handler(event, context):
            return connection.cursor().execute("SELECT 1")
    """,
    "arguments that nobody knows": """
        import os, json, pymysql
        connection = pymysql.connect(**json.loads(os.environ["DATABASE"]))
        def handler(event, context):
            return connection.cursor().execute("SELECT 1")
    """,
    "a cursor": """
        import psycopg2
        cursor = psycopg2.connect("").cursor()  # connected
        def handler(event, context):
            return cursor.execute("SELECT 1")
    """,
    "an object that is given it": """
        import psycopg2
        class Orders:
            def __init__(self, connection):
                self.connection = connection
            def one(self):
                return self.connection.cursor()
        connection = psycopg2.connect("")  # connected
        orders = Orders(connection)
        def handler(event, context):
            return orders.one()
    """,
    "used at import and no more": """
        import psycopg2
        connection = psycopg2.connect("")
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM settings")
        SETTINGS = cursor.fetchall()
        def handler(event, context):
            return SETTINGS
    """,
    "in a with statement": """
        import psycopg2
        with psycopg2.connect("") as connection:
            SETTINGS = connection.cursor().fetchall()
        def handler(event, context):
            return SETTINGS
    """,
    "only if there is none, and called at import": """
        import psycopg2
        class Database:
            connection = None
            @classmethod
            def get(cls):
                if cls.connection is None:
                    cls.connection = psycopg2.connect("")  # connected
                return cls.connection
        Database.get()
        def handler(event, context):
            return Database.get().cursor()
    """,
    "if it is closed": """
        import psycopg2
        connection = psycopg2.connect("")
        def handler(event, context):
            global connection
            if connection.closed:
                connection = psycopg2.connect("")
            return connection.cursor()
    """,
    "an engine that is used at import": """
        from sqlalchemy import create_engine
        engine = create_engine("postgresql://db")
        with engine.connect() as one:  # connected
            print(one)
        def handler(event, context):
            return engine.connect()
    """,
    "an engine that pools nothing": """
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool
        engine = create_engine("postgresql://db", poolclass=NullPool)
        with engine.connect() as one:
            print(one)
        def handler(event, context):
            return engine.connect()
    """,
    "an engine that is disposed of": """
        from sqlalchemy import create_engine
        from snapshot_restore_py import register_before_snapshot
        engine = create_engine("postgresql://db")
        connect = engine.connect()
        register_before_snapshot(engine.dispose)
        def handler(event, context):
            return engine.connect()
    """,
    "a function called connect": """
        from sqlalchemy import create_engine
        from elsewhere import connect
        engine = create_engine("postgresql://db")
        connect()
        def handler(event, context):
            return engine.connect()
    """,
    "hooks of the tests": """
        def handler(event, context):
            return 1
        # file: tests/test_hooks.py
        from snapshot_restore_py import register_after_restore
        @register_after_restore
        def renew(): pass
    """,
    "hooks of another function's module": """
        def handler(event, context):
            return 1
        # file: other/lambda_function.py
        import hooks
        def lambda_handler(event, context):
            return event["Records"]
        # file: other/hooks.py
        from snapshot_restore_py import register_after_restore
        @register_after_restore
        def renew(): pass
    """,
    "a hook that an unused function would register": """
        from snapshot_restore_py import register_after_restore
        def set_up():
            register_after_restore(print)
        def handler(event, context):
            return 1
    """,
    "a hook that the handler registers": """
        from snapshot_restore_py import register_after_restore
        def handler(event, context):
            register_after_restore(print)  # ignored
    """,
}


def found(folder: pathlib.Path) -> set[tuple[str, int, str]]:
    project = discover.project(discover.locate([str(folder)]))
    report = engine.check(project, Settings(select=tuple(CODES)))
    assert report.internal_errors == ()
    return {
        (item.location.path.rpartition(f"{folder.name}/")[2], item.location.line, CODES[item.code])
        for item in report.findings
    }


def marked(files: dict[str, str]) -> set[tuple[str, int, str]]:
    return {
        (path, number, match[1])
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := MARK.search(line))
    }


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_what_is_told(name: str, tmp_path: pathlib.Path) -> None:
    files = files_of(textwrap.dedent(PROGRAMS[name]).lstrip("\n"))
    for path, text in {**files, "template.yaml": TEMPLATE}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert found(tmp_path) == marked(files)


def test_nothing_without_snapstart(tmp_path: pathlib.Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace("PublishedVersions", "None"), encoding="utf-8")
    text = "import uuid\nRUN = uuid.uuid4()\n\ndef handler(event, context):\n    return RUN\n"
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    assert found(tmp_path) == set()
