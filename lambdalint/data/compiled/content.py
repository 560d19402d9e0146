"""Generated from content.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'Sizes by class of 58 wheels, and the issues on what broke when it was removed: numpy#28936, '
           "imperva/aws-lambda-layer#3 (numpy's test modules are imported), serverless-python-requirements#441 "
           '(metadata), numpy#20101 (strip)',
 'as_of': '2026-11-21',
 'suffixes': {'stubs': ['.pyi'],
              'sources': ['.c', '.cc', '.cpp', '.h', '.hpp', '.pyx', '.pxd', '.pxi', '.f', '.f90', '.a', '.la'],
              'maps': ['.js.map', '.css.map']},
 'directories': {'tests': ['tests', 'test'], 'documentation': ['docs', 'doc', 'examples']},
 'kept': {'paths': ['numpy/_core/tests',
                    'numpy/core/tests',
                    'numpy/testing',
                    'numpy/f2py',
                    'pandas/_testing',
                    'h5py/tests',
                    'unittest',
                    'django/test',
                    'docutils',
                    'sympy/testing',
                    'sklearn/utils/tests']}}
