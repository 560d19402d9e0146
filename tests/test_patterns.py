"""Words that are looked for in bytes."""

from hypothesis import given, strategies

from lambdalint.patterns import holds

FEW = strategies.text("ab", max_size=8).map(str.encode)


@given(FEW, strategies.lists(FEW, max_size=4))
def test_holds_what_in_finds(data: bytes, words: list[bytes]) -> None:
    assert holds(data, *words) is any(word in data for word in words)
