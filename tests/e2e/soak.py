#!/usr/bin/env python3
"""soak.py BUILD [MINUTES [CLIENTS]]: a daemon asked by several clients at once, many of whom hang up.

Questions ask for all kinds of things: several answers, JSON of a schema,
log-probabilities, stop strings, text that repeats itself (so that guesses come
true), penalties.  Memory for keys and values is so short that answers must wait
for one another.  First every question is asked alone; its answer (greedy, or with
a seed) is what it must be ever after, whatever is under way beside it.  Then CLIENTS ask at
random for MINUTES; about a third hang up somewhere in the middle.  At the end
nothing may be under way or waiting, and memory may not have grown: the
daemon's resident memory is compared between the end of the first tenth and the
end.  Prints what it saw and closes with N passed, N failed, N skipped.
"""
import json
import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

from harness import Home, LIMIT, make_model, wait_for

MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 1
CLIENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 8
WORDS = 'one two three four five six seven eight nine ten'.split()


SCHEMA = {'type': 'object', 'required': ['name', 'sizes'], 'additionalProperties': False, 'properties': {
    'name': {'enum': ['a rather long name', 'another name']},
    'sizes': {'type': 'array', 'items': {'type': 'integer', 'minimum': 0, 'maximum': 999}, 'minItems': 2, 'maxItems': 9}}}
WISHES = [
    {}, {'n': 2}, {'response_format': {'type': 'json_schema', 'json_schema': {'name': 'thing', 'schema': SCHEMA}}},
    {'logprobs': True, 'top_logprobs': 3}, {'stop': ['e', 'zz']}, {'max_tokens': 300, 'temperature': 0},
    {'repetition_penalty': 1.3, 'frequency_penalty': 0.5, 'max_tokens': 300}, {'n': 3, 'logprobs': True, 'stop': ['a b', 'q']},
    {'response_format': {'type': 'json_object'}, 'logprobs': True, 'n': 2}, {'logit_bias': {'300': 5, '301': -100}},
]


def questions():
    """Short and long, alone and in conversations with a common beginning, greedy and sampled."""
    chance = random.Random(1)
    asked = []
    for i in range(48):
        system = ' '.join(chance.choice(WORDS) for _ in range(chance.choice((3, 40, 200)))) if i % 3 else 'the same beginning ' * 30
        turns = [{'role': 'system', 'content': system}]
        for _ in range(chance.randrange(3)):
            turns += [{'role': 'user', 'content': chance.choice(WORDS)}, {'role': 'assistant', 'content': chance.choice(WORDS)}]
        turns.append({'role': 'user', 'content': ' '.join(chance.choice(WORDS) for _ in range(chance.randrange(1, 60)))})
        fields = {'model': 'local', 'messages': turns, 'max_tokens': chance.randrange(1, 120)}
        fields.update({'temperature': 0} if i % 2 else {'temperature': 1, 'top_p': 0.95, 'seed': i})
        fields.update(WISHES[i % len(WISHES)])
        asked.append(fields)
    return asked


def parts(raw):
    """What the complete events of a stream say, answer by answer; whether it ended; guesses that came true."""
    said, ended, accepted = {}, False, 0
    for line in raw.split(b'\n\n')[:-1]:
        if line == b'data: [DONE]':
            ended = True
        elif line.startswith(b'data: '):
            event = json.loads(line[6:])
            assert 'error' not in event, event
            accepted += event.get('timings', {}).get('draft_n_accepted', 0)
            for choice in event['choices']:
                more = choice['delta'].get('content') or ''
                for token in (choice.get('logprobs') or {}).get('content', []):
                    more += f"<{token['token']} {token['logprob']} {[(t['token'], t['logprob']) for t in token['top_logprobs']]}>"
                if choice['finish_reason']:
                    more += f"<{choice['finish_reason']}>"
                said[choice['index']] = said.get(choice['index'], '') + more
    return said, ended, accepted


def begins(said, want):
    return all(want.get(index, '').startswith(text) for index, text in said.items())


class Asker:
    def __init__(self, home):
        self.home = home

    def ask(self, fields, hang_up_after=None):
        """(what was said so far, whether the answer ended, guesses that came true)"""
        body = json.dumps({'stream': True, **fields}).encode()
        with socket.create_connection(('127.0.0.1', self.home.port), timeout=LIMIT) as s:
            s.sendall(b'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
            data = b''
            while hang_up_after is None or len(data) < hang_up_after:
                piece = s.recv(4096)
                if not piece:
                    break
                data += piece
        head, _, rest = data.partition(b'\r\n\r\n')
        assert not head or b' 200 ' in head.split(b'\r\n')[0], data[:300]
        return parts(dechunk(rest))


def dechunk(data):
    """The bytes of chunked encoding, as far as they came."""
    out = b''
    while b'\r\n' in data:
        size, _, data = data.partition(b'\r\n')
        length = int(size or b'0', 16)
        out += data[:length]
        data = data[length + 2:]
        if not length:
            break
    return out


def resident_mb(pid):
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1]) / 1024
    return 0


class Soak:
    def __init__(self, home, expected):
        self.asker, self.expected = Asker(home), expected
        self.lock = threading.Lock()
        self.whole = self.cut = self.accepted = self.parked = 0
        self.wrong = []
        self.end = time.monotonic() + 60 * MINUTES

    def client(self, number):
        chance = random.Random(number)
        while time.monotonic() < self.end and not self.wrong:
            fields, want = chance.choice(self.expected)
            limit = chance.randrange(1, 8000) if chance.random() < 0.35 else None
            try:
                said, ended, accepted = self.asker.ask(fields, limit)
                ok = said == want if ended or limit is None else begins(said, want)
                problem = None if ok else f'{fields}: {said!r} instead of {want!r}'
            except Exception as why:   # pylint: disable=broad-except
                ended, accepted, problem = False, 0, f'{fields}: {why!r}'
            with self.lock:
                self.accepted += accepted
                self.whole += ended
                self.cut += not ended
                if problem:
                    self.wrong.append(problem)

    def run(self, pid):
        """Memory after the first tenth, and at the end, in MB."""
        threads = [threading.Thread(target=self.client, args=(n,)) for n in range(CLIENTS)]
        for t in threads:
            t.start()
        time.sleep(6 * MINUTES)
        early = resident_mb(pid)
        for t in threads:
            while t.is_alive():
                self.parked = max(self.parked, self.asker.home.status()['queue']['parked'])
                t.join(0.2)
        return early, resident_mb(pid)


def main():
    with tempfile.TemporaryDirectory() as folder, Home() as home:
        (home.path / '.claude').mkdir()
        (home.path / '.claude/settings.json').write_text(json.dumps({'shammah': {'backend': {'kv_megabytes': 1}}}))
        home.ready(make_model(pathlib.Path(folder) / 'Tiny', '--precision', 'q4', '--attention', 'gqa', '--layers', 5))
        asker = Asker(home)
        expected = []
        for fields in questions():
            said, ended, _ = asker.ask(fields)
            assert ended, fields
            expected.append((fields, said))
        soak = Soak(home, expected)
        early, late = soak.run(home.pid())
        wait_for(lambda: not any(home.status()['queue'][which] for which in ('active', 'waiting')), 'answers to end')
        print(f'{MINUTES:g} minutes, {CLIENTS} clients: {soak.whole} answers whole, {soak.cut} cut off, {len(soak.wrong)} wrong; '
              f'{soak.accepted} guesses came true, up to {soak.parked} answers waited for memory; memory {early:.1f} MB early, {late:.1f} MB at the end')
        for problem in soak.wrong[:3]:
            print(problem[:2000])
        checks = [not soak.wrong, soak.whole > 0 and soak.cut > 0, soak.accepted > 0, late < 1.1 * early + 2]
        print(f'{sum(checks)} passed, {len(checks) - sum(checks)} failed, 0 skipped')
        return not all(checks)


sys.exit(main())
