#!/usr/bin/env python3
"""Starts a daemon with test models and lets each client program talk to it."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'e2e'))
from harness import Home, LIMIT, make_encoder, make_model   # noqa: E402  pylint: disable=wrong-import-position

CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich"}}\n</tool_call>'
MODELS = {'saying': ['--says', 'The quick brown fox 🦊 jumps.'], 'calling': ['--says', CALL],
          'long': ['--says', 'word ' * 3000, '--context', '8192']}


def main():
    clients, status = pathlib.Path(sys.argv[2]), 0
    for script in sorted(clients.glob('*.mjs')):
        with Home() as home, tempfile.TemporaryDirectory() as folder:
            for name, args in MODELS.items():
                make_model(pathlib.Path(folder) / name, *args)
            home.env['SHAMMAH_EMBEDDING_MODEL'] = str(make_encoder(pathlib.Path(folder) / 'encoder'))
            env = {**os.environ, **home.env, 'SHAMMAH': str(pathlib.Path(sys.argv[1]).resolve() / 'shammah'),
                   'MODELS': folder, 'BASE': f'http://127.0.0.1:{home.port}'}
            status |= subprocess.run(['node', script.name], cwd=clients, env=env, timeout=5 * LIMIT, check=False).returncode
    sys.exit(status)


main()
