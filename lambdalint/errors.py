"""The one exception that ends a run with exit status 2."""

from __future__ import annotations


class UsageError(Exception):
    """A bad option, path, configuration or file of ours. ``str()`` is one clear sentence that names the remedy."""


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """``; did you mean 'x'?`` for the known word nearest to ``word``, else an empty string."""
    import difflib  # only on the way to an error message

    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{found[0]}'?" if found else ""
