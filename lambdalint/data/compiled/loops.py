"""Generated from loops.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'https://docs.python.org/3/library/asyncio-runner.html, https://anyio.readthedocs.io (anyio.run); '
           'https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops; httpx '
           '0.28, redis 8.1 and aiohttp 3.14 as run against local servers under two loops: RuntimeError: Event loop is '
           'closed',
 'as_of': '2026-11-21',
 'runs': {'asyncio.run': {'keyword': 'main'},
          'asyncio.runners.run': {'keyword': 'main'},
          'asyncio.Runner().run': {'keyword': 'coro', 'receiver': True},
          'asyncio.new_event_loop().run_until_complete': {'keyword': 'future', 'receiver': True},
          'anyio.run': {'keyword': 'func'}},
 'unpooled': {'keywords': ['poolclass', 'limits', 'connector', 'connection_pool', '**'], 'schemes': ['sqlite']},
 'free': {'operations': ['psycopg.AsyncConnection.connect', 'psycopg_pool.AsyncConnectionPool']},
 'ends': {'methods': ['close',
                      'aclose',
                      'dispose',
                      'disconnect',
                      'wait_closed',
                      'terminate',
                      'shutdown',
                      '__aexit__',
                      'reset'],
          'words': ['get_io_loop'],
          'asked': ['get_running_loop', 'get_event_loop']}}
