"""LL602: Archive that is larger than Lambda takes in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.bundle.views import BundleView
    from lambdalint.model import Finding


class ZipOverDirectUpload(Rule):
    """Archive that is larger than Lambda takes in a request.

    An archive in the request that creates or updates a function or layer may have 50 MB (52,428,800 bytes; the API
    says "Request must be smaller than 69905067 bytes", which is that much in base64). A larger one has to be stored in
    S3, and the request to name it there.

    Terraform's ``filename`` and ``aws lambda update-function-code --zip-file`` put the archive into the request; SAM,
    the CDK and Serverless upload to a bucket by themselves.

    Triggers:
        1. [request] Terraform is given the archive as ``filename``.
        2. [given] An archive on the command line: a note, since nobody says how it will be uploaded.

    Exemptions:
        1. [s3] The configuration stores it in S3.
        2. [packaged] SAM, CloudFormation's package command, the CDK and Serverless upload to a bucket.

    Remedy:
        Store it with ``aws_s3_object`` and name ``s3_bucket`` and ``s3_key`` (terraform-aws-modules: ``store_on_s3``);
        on the command line, ``aws s3 cp`` and ``--s3-bucket``, ``--s3-key``. Or make it smaller: ``lambdalint bundle``
        lists what takes how much.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        - https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-create-update
        - https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function
    """

    code = "LL602"
    name = "zip-over-direct-upload"
    severity = Severity.WARNING
    tags = ("size", "bundle")
    why = "Lambda refuses the request: the deployment fails."
    remedy = "Store the archive in S3 and name it there, or make it smaller."
    wants = Wanted(bundles=True)
    needs = frozenset({"bundle"})

    def check_bundle(self, bundle: BundleView) -> Iterable[Finding]:
        """A finding for each archive that is too large for the way that it goes."""
        limit = bundle.quotas["zip_direct_upload"]
        for part, size, certain in bundle.uploads(packaged=not self.exempts("packaged")):
            if size <= limit:
                continue
            what = "the archive" if part is bundle.artifact else f"the layer {part.path}"
            text = f"{what} has {size:,} bytes, {size - limit:,} more than Lambda takes in a request"
            yield self.finding(
                bundle.location,
                text if certain else f"{text}: it can only be deployed from S3",
                function=bundle.name,
                severity=Severity.WARNING if certain else Severity.INFO,
            )
