"""Generated from s3keys.toml by scripts/compile_data.py: edit that file, not this one."""

TABLE = {'source': 'botocore 1.44 service model of s3 (operations that read, tag, select or delete one object); boto3 1.44 '
           's3/inject.py (download_file, download_fileobj, copy) and s3 resource model (Object, ObjectSummary, '
           'Bucket.Object)',
 'as_of': '2026-11-21',
 'operations': {'aws:s3.get_object': {'parameter': 'Key', 'position': -1},
                'aws:s3.head_object': {'parameter': 'Key', 'position': -1},
                'aws:s3.get_object_attributes': {'parameter': 'Key', 'position': -1},
                'aws:s3.get_object_acl': {'parameter': 'Key', 'position': -1},
                'aws:s3.get_object_tagging': {'parameter': 'Key', 'position': -1},
                'aws:s3.put_object_tagging': {'parameter': 'Key', 'position': -1},
                'aws:s3.delete_object_tagging': {'parameter': 'Key', 'position': -1},
                'aws:s3.put_object_acl': {'parameter': 'Key', 'position': -1},
                'aws:s3.delete_object': {'parameter': 'Key', 'position': -1},
                'aws:s3.restore_object': {'parameter': 'Key', 'position': -1},
                'aws:s3.select_object_content': {'parameter': 'Key', 'position': -1},
                'aws:s3.download_file': {'parameter': 'Key', 'position': 1},
                'aws:s3.download_fileobj': {'parameter': 'Key', 'position': 1},
                'aws:s3.copy': {'parameter': 'CopySource', 'position': 0},
                'aws:s3.copy_object': {'parameter': 'CopySource', 'position': -1},
                'aws:s3#Object': {'parameter': 'key', 'position': 1},
                'aws:s3#ObjectSummary': {'parameter': 'key', 'position': 1},
                'aws:s3#Bucket.Object': {'parameter': 'key', 'position': 0},
                'aws:s3#Bucket.download_file': {'parameter': 'Key', 'position': 0},
                'aws:s3#Bucket.download_fileobj': {'parameter': 'Key', 'position': 0}},
 'written': {'aws:s3.put_object': {'parameter': 'Key', 'position': -1}}}
