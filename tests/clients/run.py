#!/usr/bin/env python3
"""Starts a daemon for each client program, with test models or with the fake teacher behind it, and lets them talk."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'e2e'))
from harness import Home, LIMIT, PROVIDERS, Teacher, make_encoder, make_model   # noqa: E402  pylint: disable=wrong-import-position

CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich"}}\n</tool_call>'
MODELS = {'saying': ['--says', 'The quick brown fox 🦊 jumps.'], 'calling': ['--says', CALL],
          'long': ['--says', 'word ' * 3000, '--context', '8192']}
CLIENTS = pathlib.Path(sys.argv[2])


def talk(script, home, **env):
    env = {**os.environ, **home.env, 'SHAMMAH': str(pathlib.Path(sys.argv[1]).resolve() / 'shammah'),
           'BASE': f'http://127.0.0.1:{home.port}', 'SOURCE': str(pathlib.Path(__file__).resolve().parents[2]), **env}
    return subprocess.run([os.environ.get('NODE', 'node'), script], cwd=CLIENTS, env=env, timeout=5 * LIMIT, check=False).returncode


def with_models(script):
    with Home() as home, tempfile.TemporaryDirectory() as folder:
        for name, args in MODELS.items():
            make_model(pathlib.Path(folder) / name, *args)
        home.env['SHAMMAH_EMBEDDING_MODEL'] = str(make_encoder(pathlib.Path(folder) / 'encoder'))
        return talk(script, home, MODELS=folder)


def with_teacher(script, provider='claude', model=None):
    with Home() as home, Teacher() as teacher:
        home.configure(teacher.entry(provider, model=model))
        home.daemon()
        return talk(script, home, FAKE=teacher.url, PROVIDER=' '.join(filter(None, (provider, model))))


def main():
    wanted, status = sys.argv[3:], 0
    for script in sorted(path.name for path in CLIENTS.glob('*.mjs') if path.name != 'tap.mjs'):
        if wanted and script not in wanted:
            continue
        if script.startswith('teacher_'):
            for provider, model in PROVIDERS:
                status |= with_teacher(script, provider, model)
        elif script.startswith('reference_'):
            status |= with_teacher(script)
        else:
            status |= with_models(script)
    sys.exit(status)


main()
