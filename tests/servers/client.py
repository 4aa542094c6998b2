"""Logs in to the servers with what a workload finds in its environment, as CLP's own programs do, and prints that."""

import json
import os
import sys

environment = {name: os.environ.get(name) for name in sys.argv[1:]}

if url := os.environ.get("BROKER_URL"):
    import celery

    app = celery.Celery(broker=url, backend=os.environ["RESULT_BACKEND"])
    with app.connection_for_write() as connection:
        connection.connect()
        queue = connection.SimpleQueue("clp-gen")
        queue.put("sent")
        assert queue.get(timeout=10).payload == "sent"
    app.backend.set("clp-gen", "stored")
    assert app.backend.get("clp-gen") == b"stored"


def database(user, password):
    import pymysql

    connection = pymysql.connect(
        host="database", port=3306, user=os.environ[user], password=os.environ[password].encode(), charset="utf8mb4"
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")


if "CLP_DB_PASS" in os.environ:
    database("CLP_DB_USER", "CLP_DB_PASS")
if "CLP_DB_ROOT_PASS" in os.environ:
    database("CLP_DB_ROOT_USER", "CLP_DB_ROOT_PASS")
print(json.dumps(environment))
