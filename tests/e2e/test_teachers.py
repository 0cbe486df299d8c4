#!/usr/bin/env python3
"""Teachers behind the daemon: in every dialect what may go wrong at a vendor, and what its client then sees."""
import json
import socket
import threading
import time

from harness import Home, LIMIT, PROVIDERS, SANITIZED, Teacher, main, read_all, wait_for

WORDS = 'Hello there, you all.'
HELLO = [{'role': 'user', 'content': 'hello there'}]
TOOLS = [{'type': 'function', 'function': {'name': name, 'description': name, 'parameters': {
    'type': 'object', 'properties': {'path': {'type': 'string'}}}}} for name in ('Read', 'List')]

# (what the vendor does first, how many questions it gets, what the client sees: words, or the status of an error)
FAULTS = (
    ({}, 1, WORDS),
    ({'piece': 1}, 1, WORDS),
    ({'crlf': True, 'pings': True}, 1, WORDS),
    ({'usage': False, 'done': False}, 1, WORDS),
    ({'status': 400}, 1, 400),
    ({'status': 400, 'error': 'too_long'}, 1, 400),
    ({'status': 401}, 1, 401),
    ({'status': 403}, 1, 401),
    ({'status': 404}, 1, 404),
    ({'status': 413}, 1, 400),
    ({'status': 429, 'retry_after': 0}, 2, WORDS),
    ({'status': 429, 'retry_after': 7200}, 1, 503),
    ({'status': 529, 'retry_after': 0, 'times': 9}, 3, 503),
    ({'type': 'text/html', 'body': '<html>log in</html>'}, 1, 400),
    ({'long': 9 << 20}, 1, 400),
    ({'how': 'cut'}, 2, WORDS),
    ({'how': 'error', 'after': 0}, 2, WORDS),
    ({'how': 'cut', 'after': 2}, 1, 'Hello there,'),
    ({'how': 'reset', 'after': 2}, 1, 'Hello there,'),
    ({'how': 'end', 'after': 2}, 1, 'Hello there,'),
    ({'how': 'error', 'after': 2}, 1, 'Hello there,'),
    ({'how': 'garbage', 'after': 2}, 1, 'Hello there,'),
)


class Taught:
    """A daemon whose teacher is the fake one, which says WORDS when nothing else is asked of it."""

    def __init__(self, provider, **always):
        self.home, self.teacher = Home(), Teacher(**(always or {'text': WORDS}))
        self.home.configure(self.teacher.entry(provider[0], model=provider[1]))
        self.home.daemon()

    def __enter__(self):
        return self.home, self.teacher

    def __exit__(self, *_):
        self.home.__exit__()
        self.teacher.__exit__()


def everywhere(test):
    """Runs a test with every provider."""
    def run():
        for provider in PROVIDERS:
            try:
                test(provider)
            except AssertionError as e:
                raise AssertionError(f'{provider}: {e}') from e
    run.__name__, run.__module__ = test.__name__, '__main__'
    return run


def body_of(raw):
    """What follows the head, chunks put together."""
    head, _, rest = raw.partition('\r\n\r\n')
    if 'chunked' not in head:
        return head, rest
    pieces, bytes_, at = [], rest.encode(), 0
    while at < len(bytes_):
        end = bytes_.index(b'\r\n', at)
        size = int(bytes_[at:end], 16)
        pieces.append(bytes_[end + 2:end + 2 + size])
        at = end + 4 + size
    return head, b''.join(pieces).decode()


def read_until(s, words):
    data = b''
    while words not in data:
        piece = s.recv(65536)
        assert piece, data
        data += piece


def streamed(h, **fields):
    """(status, text, error or None, calls, finish, ended with [DONE])"""
    s = h.stream(model='teacher', **fields)
    head, body = body_of(read_all(s))
    s.close()
    status = int(head.split()[1])
    if status != 200:
        return status, '', json.loads(body)['error'], [], None, False
    events = [line[6:] for line in body.split('\n') if line.startswith('data: ')]
    chunks = [json.loads(e) for e in events if e != '[DONE]']
    deltas = [c['choices'][0] for c in chunks if c.get('choices')]
    calls = {}
    for d in deltas:
        for c in d['delta'].get('tool_calls', ()):
            call = calls.setdefault(c['index'], {'name': '', 'arguments': ''})
            call['name'] += c['function'].get('name', '')
            call['arguments'] += c['function'].get('arguments', '')
    errors = [c['error'] for c in chunks if 'error' in c]
    finishes = [d['finish_reason'] for d in deltas if d['finish_reason']]
    return (status, ''.join(d['delta'].get('content') or '' for d in deltas), errors[0] if errors else None, list(calls.values()),
            finishes[-1] if finishes else None, events[-1] == '[DONE]')


def check_fault(h, teacher, turn, questions, seen):
    teacher.turns(turn)
    before = len(teacher.requests())
    status, text, error, _, finish, done = streamed(h)
    what = turn, status, text[:100], error, finish, done
    assert len(teacher.requests()) - before == questions, what
    if isinstance(seen, int):
        assert status == seen and error['message'], what
        assert 'sk-test' not in json.dumps(error), what
        return
    assert status == 200 and text == seen, what
    if seen == WORDS:
        assert error is None and done and finish == 'stop', what
    else:
        assert 'cut after 12 characters' in error['message'] and not done and finish is None, what


@everywhere
def every_fault_is_seen_as_the_table_says(provider):
    with Taught(provider) as (h, teacher):
        for fault in FAULTS:
            check_fault(h, teacher, *fault)


@everywhere
def a_whole_answer_is_whole_or_an_error(provider):
    with Taught(provider) as (h, teacher):
        teacher.turns({}, {'how': 'cut', 'after': 2}, {'status': 401})
        assert h.chat(model='teacher')[2]['choices'][0]['message']['content'] == WORDS
        status, _, body = h.chat(model='teacher')
        assert status == 503 and 'cut after 12 characters' in body['error']['message'], (status, body)
        status, _, body = h.chat(model='teacher')
        assert status == 401 and 'key' in body['error']['message'], (status, body)


PARTS = [{'thought': 'Let me see.', 'seal': 'c2VhbA=='}, {'text': 'I look.'}, {'call': 'Read', 'arguments': {'path': 'ä b.c'}, 'seal': 'Y2FsbA=='},
         {'call': 'List', 'arguments': {}}]


@everywhere
def parallel_calls_come_streamed_and_whole(provider):
    with Taught(provider) as (h, teacher):
        teacher.always(parts=PARTS, piece=3)
        _, text, error, calls, finish, done = streamed(h, tools=TOOLS)
        assert (text, error, finish, done) == ('I look.', None, 'tool_calls', True), (text, error, finish, done)
        assert [(c['name'], json.loads(c['arguments'])) for c in calls] == [('Read', {'path': 'ä b.c'}), ('List', {})], calls
        message = h.chat(model='teacher', tools=TOOLS)[2]['choices'][0]['message']
        assert [json.loads(c['function']['arguments']) for c in message['tool_calls']] == [{'path': 'ä b.c'}, {}], message
        assert len({c['id'] for c in message['tool_calls']}) == 2, message
        results = [{'role': 'tool', 'tool_call_id': c['id'], 'content': f'result {i}'} for i, c in enumerate(message['tool_calls'])]
        teacher.always(text='Done.')
        assert h.chat(model='teacher', tools=TOOLS, messages=[*HELLO, message, *results])[0] == 200
        sent = json.dumps(teacher.requests()[-1]['body'])
        assert sent.index('result 0') < sent.index('result 1'), sent
        seal = {'claude': 'c2VhbA==', 'gemini': 'Y2FsbA==', 'openai': 'c2VhbA==' if not provider[1] else ''}.get(provider[0], '')
        assert seal in sent, sent
        # a client that keeps nothing but what OpenAI's own format has
        bare = {k: v for k, v in message.items() if k in ('role', 'content')}
        bare['tool_calls'] = [{k: c[k] for k in ('id', 'type', 'function')} for c in message['tool_calls']]
        assert h.chat(model='teacher', tools=TOOLS, messages=[*HELLO, bare, *results])[0] == 200
        assert seal in json.dumps(teacher.requests()[-1]['body']), teacher.requests()[-1]['body']


@everywhere
def a_refusal_is_an_answer(provider):
    with Taught(provider) as (h, teacher):
        teacher.turns({'finish': 'refused', 'text': 'I will not.'}, {'finish': 'blocked'})
        for _ in range(2):
            _, _, error, _, finish, done = streamed(h)
            assert error is None and finish == 'content_filter' and done, (error, finish, done)


@everywhere
def thirty_streams_at_once_stay_apart(provider):
    with Taught(provider, pause_ms=1) as (h, _):
        got = {}

        def one(i):
            got[i] = streamed(h, messages=[{'role': 'user', 'content': f'number {i} ' + f'word{i} ' * 20}])
        threads = [threading.Thread(target=one, args=(i,)) for i in range(30)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(LIMIT)
        for i in range(30):
            assert got[i][1].endswith(f'number {i} ' + f'word{i} ' * 20) and got[i][5], got[i]


@everywhere
def who_hangs_up_closes_the_vendors_connection(provider):
    with Taught(provider, how='hang', after=2) as (h, teacher):
        for i, stream in enumerate((True, False, True)):
            s = h.stream(model='teacher', stream=stream)
            wait_for(lambda n=i: len(teacher.requests()) == n + 1, 'the question to reach the vendor')
            if stream:
                read_until(s, b'heard')
            s.close()
            wait_for(lambda n=i: teacher.hang_ups() == n + 1, 'the vendor to be left')
        assert len(teacher.requests()) == 3


def resident(pid):
    """Megabytes."""
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith('VmRSS'))


@everywhere
def a_slow_reader_holds_the_vendor_up_and_misses_nothing(provider):
    long = 'seventeen letters ' * 40000     # some 10 MB of events
    with Taught(provider) as (h, teacher):
        streamed(h)
        teacher.always(text=long)
        before = resident(h.pid())
        s = h.stream(model='teacher')
        s.recv(1)
        time.sleep(1)
        held = resident(h.pid()) - before
        _, body = body_of('H' + read_all(s))
        text = ''.join(json.loads(line[6:])['choices'][0]['delta'].get('content', '') for line in body.split('\n')
                       if line.startswith('data: {'))
        assert text == long, len(text)
        assert SANITIZED or held < 8, f'{held} MB held for a client that did not read'


@everywhere
def the_key_never_leaves_for_another_host(provider):
    with Taught(provider) as (h, teacher), Teacher() as other:
        for status in (301, 302, 307, 308):
            teacher.turns({'status': status, 'body': 'moved', 'location': other.url + '/v1/messages'})
            seen, _, error, *_ = streamed(h)
            assert seen == 400 and 'redirect' in error['message'], (seen, error)
        assert other.requests() == []
        log = (h.path / '.shammah/daemon.log').read_text()
        assert 'sk-test' not in log and 'hello there' not in log, log


@everywhere
def the_next_teacher_is_asked_when_nothing_was_said(provider):
    with Home() as h, Teacher(text=WORDS) as first, Teacher(text='The other one.') as second:
        h.configure(first.entry(provider[0], model=provider[1], name='first'), second.entry(name='second'))
        h.daemon()
        for turn, seen in (({'status': 401}, 'The other one.'), ({'status': 403}, 'The other one.')):
            first.turns(turn)
            assert streamed(h)[:3] == (200, seen, None), turn
    with Home() as h, Teacher(text=WORDS) as first, Teacher(text='The other one.') as second:
        h.configure(first.entry(provider[0], model=provider[1], name='first'), second.entry(name='second'))
        h.daemon()
        for turn, status, seen in (
                ({'status': 404}, 200, 'The other one.'), ({'status': 413}, 200, 'The other one.'),
                ({'status': 429, 'retry_after': 7200}, 200, 'The other one.')):
            first.turns(turn)
            assert streamed(h)[:3] == (status, seen, None), turn


@everywhere
def nobody_else_is_asked_once_something_was_said(provider):
    with Home() as h, Teacher(text=WORDS) as first, Teacher(text='The other one.') as second:
        h.configure(first.entry(provider[0], model=provider[1]), second.entry(name='second'))
        h.daemon()
        for how in ('cut', 'error', 'end', 'garbage', 'reset'):
            first.turns({'how': how, 'after': 2})
            status, text, error, *_ = streamed(h)
            assert (status, text) == (200, 'Hello there,') and 'cut after' in error['message'], (how, status, text, error)
            assert streamed(h)[1] == WORDS      # or it would soon rest
        first.turns({'status': 400})
        assert streamed(h)[0] == 400
        assert second.requests() == []


def a_user_reads_that_another_teacher_was_asked_and_why():
    with Home() as h, Teacher(text=WORDS) as first, Teacher(text='The other one.') as second:
        first.turns({'status': 529, 'retry_after': 0, 'times': 9})
        h.configure(first.entry('openai', name='first'), second.entry(name='second'))
        result = h.ask('write a quicksort in ocaml')
        assert result.code == 0 and result.out.strip() == 'The other one.', result
        assert 'second' in result.err.lower() or 'claude' in result.err.lower(), result
        assert 'sk-test' not in result.err, result


def a_port_where_nobody_listens_is_said():
    with Home() as h:
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            url = f'http://127.0.0.1:{s.getsockname()[1]}'
        h.configure(f'[[teachers]]\nprovider = "claude"\napi_key = "sk-test"\nbase_url = "{url}"\n')
        h.daemon()
        status, _, error, *_ = streamed(h)
        assert status == 503 and 'cannot connect' in error['message'], (status, error)


if __name__ == '__main__':
    main([v for v in list(globals().values()) if callable(v) and getattr(v, '__module__', '') == '__main__'
          and v.__name__ not in ('everywhere', 'body_of', 'read_until', 'streamed', 'check_fault', 'resident', 'Taught')])
