# SPDX-License-Identifier: MIT
"""boto3, asked beside the program. It finds its settings anew for each question, as in a process that
begins, but is imported once, and reads once what it knows of the services."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping

IS_THERE = importlib.util.find_spec("boto3") is not None

# A process for each line, which says what to ask in which environment; one line comes back.
_ASK = """
import gc, json, os, signal, sys
gc.disable()
os.environ.clear()
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
import boto3, botocore.exceptions, botocore.session
knowing = botocore.session.get_session()
for service in sys.argv[1:]:
    knowing.create_client(service, "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
loader = knowing.get_component("data_loader")
for line in sys.stdin:
    child = os.fork()
    if not child:
        environment, service, operation, wanted, parameters = json.loads(line)
        os.environ.clear()
        os.environ.update(environment)
        signal.alarm(120)
        session = botocore.session.get_session()
        session.register_component("data_loader", loader)
        try:
            client = boto3.Session(botocore_session=session).client(service)
            answer = getattr(client, operation)(**parameters)
            print(answer[wanted] if wanted else "ok", flush=True)
        except botocore.exceptions.ClientError as error:
            print(error.response["Error"]["Code"], flush=True)
        except Exception as error:
            print(type(error).__name__, flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("failed", flush=True)
"""


class Boto3:
    """A process that asks for clients of these services; end it with `with`."""

    def __init__(self, *services: str) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", _ASK, *services], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Boto3:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__(None, None, None)

    def ask(self, environment: Mapping[str, str], service: str, operation: str, wanted: str = "",
            **parameters: object) -> str:
        """How that ended: what is wanted of the answer, or `ok`; or the code of the error."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps([dict(environment), service, operation, wanted, parameters]),
              file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()
