"""Work on a large stack: results and errors as of a call, nested and side by side, and where there is none to be had."""

import _thread
import os
import subprocess
import sys
import threading

import pytest

from lambdalint.source import stack
from lambdalint.source.stack import on_large_stack


def test_results_and_errors_are_those_of_the_call():
    assert on_large_stack(lambda: 3) == 3
    for error in (ValueError("no"), KeyboardInterrupt(), SystemExit(4)):
        with pytest.raises(type(error)) as raised:
            on_large_stack(lambda error=error: (_ for _ in ()).throw(error))
        assert raised.value is error
    assert stack._large == set()


def test_it_is_another_thread_and_only_one():
    idents = on_large_stack(lambda: (_thread.get_ident(), on_large_stack(_thread.get_ident)))
    assert idents[0] == idents[1] != _thread.get_ident()


def test_side_by_side():
    found = []
    gate = threading.Barrier(4)

    def work():
        found.append(on_large_stack(lambda: (gate.wait(), _thread.get_ident())[1]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 4
    assert _thread.stack_size() == 0


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), ValueError("size not valid"), MemoryError()])
def test_where_the_system_refuses_it_is_done_here(monkeypatch, error):
    def refuse(*_):
        raise error

    monkeypatch.setattr(stack._thread, "start_new_thread", refuse)
    assert on_large_stack(_thread.get_ident) == _thread.get_ident()
    assert _thread.stack_size() == 0


@pytest.mark.skipif(os.name != "posix", reason="limits of address space")
def test_a_limit_on_memory_forbids_the_stack_and_not_the_run(tmp_path):
    (tmp_path / "app.py").write_text("import boto3\ndef handler(event, context):\n    return boto3.client('s3')\n")
    code = (
        "import resource, sys\nfrom lambdalint import cli\n"
        "resource.setrlimit(resource.RLIMIT_AS, (230 << 20, 230 << 20))\n"
        f"sys.exit(cli.main(['check', '--no-cache', '--output', 'concise', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert "LL101" in done.stdout
