"""Static analyzer and bundle linter for AWS Lambda functions in Python."""

__version__ = "0.1.0"
