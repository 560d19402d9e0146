"""Generated from quotas.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'Lambda developer guide, "Lambda quotas" '
           "(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); the API's own words for the "
           'unzipped size: "Unzipped size must be smaller than 262144000 bytes", "Function code combined with layers '
           'exceeds the maximum allowed size of 262144000 bytes"',
 'as_of': '2026-11-21',
 'zip_direct_upload': 52428800,
 'unzipped_total': 262144000,
 'layers_max': 5}
