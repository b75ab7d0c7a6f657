"""Submits a run so many times and tells what came of each, as JSON lines: `fleet_driver.py CONFIG COUNT SECONDS`.

A process of its own, as one that submits has an environment of its own.
"""

import json
import sys
import time

from jsnpy import celery, config
from jsnpy.fleet import runs
from jsnpy.options import Options


def main() -> None:
    """Submit, say so, wait, and tell."""
    target, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    results = []
    patience = {"max_retries": 60, "interval_start": 0.2, "interval_step": 0.2, "interval_max": 1.0}
    begun = time.monotonic()
    for number in range(count):
        loaded = config.load(target, sets=[f"n={number}"], keep_references=True)
        order = runs.order(loaded, Options())
        results.append(celery.submit(order, retry_policy=patience))
    _tell({"submitted": count, "begun": begun})
    give_up = time.monotonic() + seconds
    for number, result in enumerate(results):
        told: dict[str, object] = {"n": number, "id": result.id}
        try:
            came = result.get(timeout=max(0.5, give_up - time.monotonic()), propagate=False)
        except Exception as error:  # noqa: BLE001 - each broker's library has errors of its own
            told["missing"] = f"{type(error).__name__}: {error}"
        else:
            if isinstance(came, BaseException):
                told["failed"] = str(came)
            else:
                told |= {"code": came["exit_code"], "sends": [send["code"] for send in came["sends"]]}
        _tell(told)


def _tell(values: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
