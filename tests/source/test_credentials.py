"""Which strings of a module are taken for secret access keys of AWS, and that none of them is shown."""

import pytest

from lambdalint import discover, engine
from lambdalint.output.text import render
from lambdalint.output.view import View
from lambdalint.settings import Settings

# Put together here, so that no scanner of secrets takes this file for a leak.
KEY = "AKIA" + "W7QEXN3PTOK5RDCB"
SECRET = "q8Zt4LwYv1RkXn7Ps0Dh" + "Ue6JbTg3Mc9AxFi2KoWd"


def project(folder, text, name="app.py"):
    (folder / name).write_text(text, encoding="utf-8")
    return discover.project(discover.locate([str(folder)]))


def run(folder, text):
    report = engine.check(project(folder, text), Settings(select=("LL801",)))
    assert report.internal_errors == ()
    return report


HANDLER = "\n\ndef lambda_handler(event, context):\n    return event\n"

CALLED_SO = [
    "boto3.client('s3', aws_secret_access_key={})",
    "settings = dict(secret_access_key={})",
    "settings = {{'aws_secret_access_key': {}}}",
    "settings = {{'SecretAccessKey': {}}}",
    "os.environ['AWS_SECRET_ACCESS_KEY'] = {}",
    "os.putenv('AWS_SECRET_ACCESS_KEY', {})",
    "os.environ.update({{'AWS_SECRET_ACCESS_KEY': {}}})",
    "os.environ.update(AWS_SECRET_ACCESS_KEY={})",
    "AWS_SECRET_KEY: str = {}",
    "class Config:\n    aws_secret = {}",
    "def connect(name, aws_secret_access_key={}): ...",
    "def connect(*, region, aws_secret_access_key={}): ...",
    "value = {}\nboto3.client('s3', aws_secret_access_key=value)",
    f"ACCESS_KEY = '{KEY}'\nSECRET_KEY = {{}}",
]


@pytest.mark.parametrize("code", CALLED_SO)
def test_what_is_called_a_secret_access_key(tmp_path, code):
    text = code.format(f"'{SECRET}'")
    (found,) = run(tmp_path, text + HANDLER).findings
    line = next(number for number, each in enumerate(text.splitlines(), 1) if SECRET in each)
    assert (found.location.line, found.location.column) == (line, text.splitlines()[line - 1].index(f"'{SECRET}") + 1)


NOT_CALLED_SO = [
    f"CHECKSUM = '{SECRET}'",
    f"SECRET_KEY = '{SECRET}'",  # of nobody knows what: there is no access key
    f"boto3.client('s3', aws_session_token='{SECRET}')",
    f"names = ['aws_secret_access_key', '{SECRET}']",
    f"boto3.client('s3', aws_secret_access_key=read('{SECRET}'))",
]


@pytest.mark.parametrize("code", NOT_CALLED_SO)
def test_what_is_not_called_so(tmp_path, code):
    assert run(tmp_path, code + HANDLER).findings == ()


@pytest.mark.parametrize(
    "value",
    [
        "x" * 40,
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",  # a checksum
        "put/your/secret/access/key/here/K3y9Qx7Z",
        "ThisIsTheSecretAccessKeyOfTheEmulator123",
        SECRET[:39],
        SECRET + "A",
        SECRET[:39] + "_",
    ],
)
def test_what_has_not_the_form_of_one(tmp_path, value):
    assert run(tmp_path, f"boto3.client('s3', aws_secret_access_key='{value}')" + HANDLER).findings == ()


def test_modules_that_no_function_needs_are_no_matter(tmp_path):
    project(tmp_path, f"AWS_SECRET_ACCESS_KEY = '{SECRET}'\n", "script.py")
    assert run(tmp_path, HANDLER).findings == ()
    (found,) = run(tmp_path, "import script" + HANDLER).findings
    assert found.location.path.endswith("script.py")


def test_the_key_is_not_shown(tmp_path):
    found = project(tmp_path, f"AWS_SECRET_ACCESS_KEY = '{SECRET}'" + HANDLER)
    report = engine.check(found, Settings(select=("LL801",)))
    text = render(report, View(found.tree))
    assert "LL801" in text
    assert SECRET[:6] not in text
