"""Generated from runtimes.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'Lambda developer guide, "Lambda runtimes", sections "Supported runtimes" and "Deprecated runtimes" '
           '(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html), as cfn-lint 1.58.0 has them in '
           'LmbdRuntimeLifecycle.json',
 'as_of': '2026-11-21',
 'lifecycle': {'python2.7': {'deprecated': '2021-07-15', 'block_create': '2021-07-15', 'block_update': '2022-05-30'},
               'python3.6': {'deprecated': '2022-07-18', 'block_create': '2022-07-18', 'block_update': '2022-08-29'},
               'python3.7': {'deprecated': '2023-12-04', 'block_create': '2024-01-09', 'block_update': '2027-03-03'},
               'python3.8': {'deprecated': '2024-10-14', 'block_create': '2027-02-01', 'block_update': '2027-03-03'},
               'python3.9': {'deprecated': '2025-12-15', 'block_create': '2027-02-01', 'block_update': '2027-03-03'},
               'python3.10': {'deprecated': '2026-10-31', 'block_create': '2027-02-01', 'block_update': '2027-03-03'},
               'python3.11': {'deprecated': '2027-06-30', 'block_create': '2027-07-31', 'block_update': '2027-08-31'},
               'python3.12': {'deprecated': '2028-10-31', 'block_create': '2028-11-30', 'block_update': '2029-01-10'},
               'python3.13': {'deprecated': '2029-06-30', 'block_create': '2029-07-31', 'block_update': '2029-08-31'},
               'python3.14': {'deprecated': '2029-06-30', 'block_create': '2029-07-31', 'block_update': '2029-08-31'}}}
