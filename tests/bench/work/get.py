"""The bare urllib3 script of the measurements: URL."""

import json
import sys

import urllib3

answer = urllib3.PoolManager().request("GET", sys.argv[1])
sys.stdout.write(json.loads(answer.data)["status"] + "\n")
