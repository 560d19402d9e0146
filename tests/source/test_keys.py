"""Tables that refuse a row that they have."""

import pytest

from lambdalint.source.keys import refuses

INSERT = "INSERT INTO tags (image, label) VALUES (%s, %s)"
COLUMNS = "image VARCHAR(40) NOT NULL, label VARCHAR(64), price DECIMAL(10, 2)"


@pytest.mark.parametrize(
    ("create", "refused"),
    [
        (f"CREATE TABLE tags ({COLUMNS}, PRIMARY KEY (image, label))", True),
        (f"create table if not exists tags\n({COLUMNS}, UNIQUE (label, image));", True),
        (f"CREATE TABLE `tags` ({COLUMNS}, UNIQUE KEY by_label (`label`))", True),
        ("CREATE TABLE tags (image VARCHAR(40) NOT NULL PRIMARY KEY, label TEXT)", True),
        ("CREATE TABLE tags (number INT, label TEXT UNIQUE NOT NULL)", True),
        ("CREATE TABLE tags (id SERIAL PRIMARY KEY, image TEXT, label TEXT)", False),
        (f"CREATE TABLE tags ({COLUMNS}, PRIMARY KEY (image, version))", False),
        (f"CREATE TABLE tags ({COLUMNS}, INDEX (image, label))", False),
        (f"CREATE TABLE others ({COLUMNS}, PRIMARY KEY (image, label))", False),
        ("", False),
    ],
)
def test_keys_of_the_inserted_columns(create, refused):
    assert refuses(INSERT, ["x = 1", f'cursor.execute("""{create}""")']) is refused


def test_an_insert_that_names_no_columns():
    assert not refuses("INSERT INTO tags VALUES (%s)", ["CREATE TABLE tags (image TEXT PRIMARY KEY)"])
