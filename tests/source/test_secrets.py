"""Which values of a template's variables are secrets, by their form and by the variable's name."""

import pytest

from lambdalint import discover, engine
from lambdalint.data import table
from lambdalint.output.text import render
from lambdalint.output.view import View
from lambdalint.settings import Settings
from lambdalint.source.secrets import judged

# Put together here, so that no scanner of secrets takes this file for a leak.
TOKENS = {
    "AWS access key": "AKIA" + "W7QEXN3PTOK5RDCB",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    "GitHub token": "gh" + "p_" + "a1B2c3" * 6,
    "GitLab token": "glpat" + "-" + "a1B2c3d4E5" * 2,
    "Slack token": "xox" + "b-" + "2468013579-a1B2c3d4",
    "Slack webhook": "https://hooks.slack.com/" + "services/T0A1B2C3D/B0A1B2C3D/" + "a1B2c3d4" * 3,
    "Discord webhook": "https://discord.com/" + "api/webhooks/302468013579246801/" + "a1B2c3d4E5" * 6,
    "Stripe key": "sk_" + "live_" + "a1B2c3d4E5" * 3,
    "Google API key": "AI" + "za" + "a1B2c3d4E5" * 3 + "a1B2c",
    "OpenAI key": "sk" + "-proj-" + "a1B2c3d4E5" * 4,
    "Anthropic key": "sk" + "-ant-" + "a1B2c3d4E5" * 4,
    "SendGrid key": "SG" + "." + "a1B2c3d4E5f6G7h8" + "." + "a1B2c3d4" * 5,
    "Telegram token": "302468013:" + "a1B2c3d4E5" * 3 + "a1B2c",
    "npm token": "npm" + "_" + "a1B2c3" * 6,
}


def test_every_form_has_a_sample():
    assert TOKENS.keys() == table("secrets")["values"].keys()


@pytest.mark.parametrize("kind", TOKENS)
def test_forms_of_tokens(kind):
    found = judged("SETTING", TOKENS[kind])
    assert found is not None
    assert found[1] == ""
    assert found[0] == kind or (found[0], kind) == ("OpenAI key", "Anthropic key")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "v8$kTr2!qmZ"),
        ("dbPassword", "Tr0ub4dor&3x"),
        ("apiKey", "9f8c2d51b7e04a6c8d3e"),
        ("API_KEY", "3f2b8c1e-7d64-4a59-9b0e-5c1d2e3f4a6b"),
        ("CLIENT_SECRET", "8Zq~Q.7Lw_x0Tg4mNb"),
        ("AUTH_TOKEN", "q7Rz81Lwx0Tg4"),
        ("STRIPE_SECRET_KEY", "q7Rz81Lwx0Tg4"),
        ("JWT_SIGNING_KEY", "q7Rz81Lwx0Tg4+/=="),
        ("DATABASE_URL", "postgresql+psycopg2://shop:kTr2qmZ9vLx4@db.internal:5432/shop?sslmode=require"),
    ],
)
def test_secrets_by_name_or_place(name, value):
    found = judged(name, value)
    assert found is not None
    assert found[1] == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", "q7Rz81Lwx0Tg4"),
        ("API_KEY_PARAMETER", "/shop/live/api-key"),
        ("API_KEY", "/shop/live/api-key"),
        ("SLACK_TOKEN", "/shopalerts/slack-token"),
        ("SECRET", "shop-database-secret-v2"),
        ("SECRET_NAME", "prod/Shop/Database-2"),
        ("SECRETS_MANAGER_SECRET", "ShopDatabaseSecret"),
        ("SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-9f8C2d"),
        ("TOKEN_URL", "https://auth.example.com/oauth2/token?v=2A9c"),
        ("TOKEN_ISSUER", "q7Rz81Lwx0Tg4"),
        ("TOKEN_TTL", "86400000"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("PASSWORD", "short1!"),
        ("PASSWORD", "supersecretpassword"),
        ("PASSWORD", "your-password-9Xz"),
        ("PASSWORD", "<password9Xz>"),
        ("PASSWORD", "${env:DB_PASSWORD9x}"),
        ("PASSWORD", "{{ password_9Xz }}"),
        ("PASSWORD", "xxxxxxxxxxxx"),
        ("PASSWORD", "********"),
        ("PUBLIC_API_KEY", "q7Rz81Lwx0Tg4"),
        ("STRIPE_PUBLISHABLE_KEY", "q7Rz81Lwx0Tg4"),
        ("MAX_TOKENS", "4096q7Rz81Lwx"),
        ("TOKENIZERS_PARALLELISM", "q7Rz81Lwx0Tg4"),
        ("PARTITION_KEY", "q7Rz81Lwx0Tg4"),
        ("USE_SECRETS", "a sentence with A1 and b2"),
        ("AWS_KEY", "AKIAIOSFODNN7EXAMPLE"),
        ("DATABASE_URL", "postgres://postgres:postgres@localhost:5432/shop"),
        ("REDIS_URL", "redis://cache.internal:6379/0"),
        ("PROXY", "http://${USER}:${PASSWORD9xZ}@proxy.internal"),
    ],
)
def test_what_is_no_secret(name, value):
    found = judged(name, value)
    assert found is None or found[1] != ""


def test_no_output_shows_the_value(tmp_path):
    value = "q7Rz81Lwx0Tg4"
    (tmp_path / "template.yaml").write_text(
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: python3.13\n"
        f"      Environment: {{Variables: {{API_TOKEN: {value}, STAGE: live}}}}\n"
    )
    project = discover.project(discover.locate([str(tmp_path)]))
    report = engine.check(project, Settings(select=("LL803",)))
    assert [(item.code, item.location.line, item.masked) for item in report.findings] == [("LL803", 6, True)]
    text = render(report, View(project.tree))
    assert value not in text
    assert "Environment: {Variables: {API_TOKEN: ********" in text
    assert value not in repr(report.findings)
