"""LL412: what of the background is done when the runtime has answered, which is when Lambda freezes the environment."""

import pytest


def _invoked(load, invoke, name, monkeypatch):
    module = load("thread-outlives-invocation/bad/lambda_function.py")
    processes = []
    popen = module.subprocess.Popen
    monkeypatch.setattr(module.subprocess, "Popen", lambda *given, **named: processes.append(popen(*given, **named)))
    outcome = invoke(getattr(module, name), {"order": 7})
    audited = list(module.audited)
    running = [process for process in processes if process.poll() is None]
    module.done.set()  # let go of what waits, so that the test ends
    for process in processes:
        process.communicate()
    module.executor.shutdown()
    assert outcome.error == ""
    return audited, len(running)


@pytest.mark.parametrize(("name", "running"), [("lambda_handler", 0), ("submit_handler", 1), ("task_handler", 0)])
def test_nothing_is_done_when_the_runtime_answers(load, invoke, name, running, monkeypatch):
    assert _invoked(load, invoke, name, monkeypatch) == ([], running)


def test_all_is_done_when_the_runtime_answers(load, invoke):
    module = load("thread-outlives-invocation/good/lambda_function.py")
    assert invoke(module.lambda_handler, {"order": 7}).error == ""
    assert module.audited == [7, 7, 7]
