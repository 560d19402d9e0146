"""Generated from imports.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'python -X importtime of CPython 3.12 on a current x86_64 server, medians of several runs, cumulative, each '
           'package alone with its newest version of 2026-11; packages without a figure import one that has one, or '
           'more',
 'as_of': '2026-11-21',
 'heavy_ms': {'numpy': 194,
              'pandas': 525,
              'polars': 295,
              'openai': 1008,
              'sqlalchemy': 326,
              'fastapi': 762,
              'googleapiclient': 265,
              'aws_xray_sdk': 541,
              'langchain_core': 164,
              'scipy': 194,
              'sklearn': 194,
              'matplotlib': 194,
              'xgboost': 194,
              'lightgbm': 194,
              'cv2': 194,
              'torch': 194,
              'tensorflow': 194,
              'transformers': 194,
              'awswrangler': 525,
              'geopandas': 525,
              'langchain': 164,
              'langgraph': 164},
 'units': {'module': 1.0, 'kb': 0.05, 'native_kb': 0.0, 'standard': 2.0, 'boto3': 450.0}}
