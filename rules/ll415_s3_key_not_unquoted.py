"""LL415: Key of an S3 notification that is looked for in its encoded form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class S3KeyNotUnquoted(Rule):
    """Key of an S3 notification that is looked for in its encoded form.

    S3 URL-encodes the keys in its notifications: ``my report.pdf`` arrives as ``my+report.pdf``, ``ü`` as ``%C3%BC``. A
    call with the key as it came works for plain names, and for others raises NoSuchKey, or deletes nothing.

    Triggers:
        1. [client] An operation of the client with ``record["s3"]["object"]["key"]``, or with a part of it.
        2. [resource] The same through an ``Object`` or ``Bucket`` resource.
        3. [copy] The same as the source of a copy, given as a mapping.

    Exemptions:
        1. [decoded] The key is decoded, or changed in another way.
        2. [elsewhere] The key comes from elsewhere: EventBridge hands it over as it is, and so do class wrappers.
        3. [written] The key only names what is written.
        4. [service] The code speaks of logs that services of AWS write, whose names S3 encodes to themselves.

    Remedy:
        ``urllib.parse.unquote_plus(record["s3"]["object"]["key"])``.

    References:
        - https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
        - https://docs.aws.amazon.com/lambda/latest/dg/with-s3-example.html
        - https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    code = "LL415"
    name = "s3-key-not-unquoted"
    default = False
    tags = ("correctness",)
    why = "A key with a space or a letter beyond ASCII is not found."
    remedy = "Decode the key of the notification with urllib.parse.unquote_plus."
    wants = Wanted(entry_points=True, reaches=("s3keys.operations",), words=("ecords",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each call with a key that is still encoded."""
        for item in function.encoded_keys():
            yield self.finding(
                item.location,
                f"{item.operation} looks for the URL-encoded key of the notification",
                function=item.node[1],
                chains=(item.chain,),
            )
