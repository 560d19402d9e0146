"""Generated from waits.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'https://docs.python.org/3/library/time.html#time.sleep and the references of asyncio, gevent, eventlet, '
           'trio, anyio',
 'as_of': '2026-11-21',
 'operations': {'time.sleep': {'position': 0, 'unit': 1},
                'asyncio.sleep': {'position': 0, 'keyword': 'delay', 'unit': 1},
                'gevent.sleep': {'position': 0, 'keyword': 'seconds', 'unit': 1},
                'eventlet.sleep': {'position': 0, 'keyword': 'seconds', 'unit': 1},
                'trio.sleep': {'position': 0, 'keyword': 'seconds', 'unit': 1},
                'anyio.sleep': {'position': 0, 'keyword': 'delay', 'unit': 1}},
 'durable': {'operations': ['aws_durable_execution_sdk_python.DurableContext().wait',
                            'aws_durable_execution_sdk_python.DurableContext().wait_for_callback',
                            'aws_durable_execution_sdk_python.DurableContext().wait_for_condition']}}
