"""What the end-to-end tests share: a home of their own, the real program, sockets, and TAP."""
import contextlib
import fcntl
import http.client
import json
import os
import pathlib
import pty
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback
import urllib.request

BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = BUILD / 'shammah'
MAKE_MODEL = BUILD / 'tests/support/make-model'
MAKE_ENCODER = BUILD / 'tests/support/make-encoder'
FAKE_TEACHER = BUILD / 'tests/support/fake-teacher'
LIMIT = 60          # seconds that nothing here may take
SANITIZED = any(mark in PROGRAM.read_bytes() for mark in (b'__asan_', b'__tsan_'))   # its memory says little

# A new dialect is one row: whom the daemon asks, and which of their models.
PROVIDERS = (
    ('claude', None),
    ('deepseek', None),         # Chat Completions
    ('openai', 'gpt-4.1'),      # the same, as OpenAI wants it
    ('openai', None),           # Responses
    ('gemini', None),
)


class Skip(Exception):
    """Raised with the reason why a test cannot run here."""


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f'exit {self.code}\n--- out\n{self.out[-2000:]}\n--- err\n{self.err[-2000:]}'


def free_port():
    """Below the range that the system gives to connections and to servers that ask for any port."""
    while True:
        with socket.socket() as s, contextlib.suppress(OSError):
            port = random.randrange(20000, 30000)
            s.bind(('127.0.0.1', port))
            return port


class Home:
    """A user: a home folder, an environment, a port.  Leaves no daemon behind."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix='shammah-'))
        self.port = free_port()
        keep = ('PATH', 'ASAN_OPTIONS', 'LSAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS', 'SHAMMAH_ONNXRUNTIME', 'LANG')
        self.env = {k: os.environ[k] for k in keep if k in os.environ}
        self.env.update(HOME=str(self.path), SHAMMAH_PORT=str(self.port), TERM='xterm')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run('daemon', 'stop')
        log = self.path / '.shammah/daemon.log'
        complaints = [line for line in (log.read_text(errors='replace') if log.exists() else '').split('\n')
                      if 'Sanitizer' in line or 'runtime error' in line]
        if complaints and (keep := os.environ.get('SHAMMAH_KEEP_LOGS')):
            shutil.copy(log, pathlib.Path(keep) / f'{self.path.name}.log')
        strange = [p.name for p in (self.path / '.cache').glob('*') if p.name != 'huggingface']
        shutil.rmtree(self.path, ignore_errors=True)
        assert not complaints, complaints[:5]
        assert not strange, strange      # what libraries of others gather

    def configure(self, *parts):
        """Writes config.toml."""
        path = self.path / '.shammah/config.toml'
        path.parent.mkdir(exist_ok=True)
        path.write_text('\n'.join(parts))

    def start(self, *args, **more):
        return subprocess.Popen([PROGRAM, *map(str, args)], env=self.env, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def run(self, *args, stdin=None, **env):
        given = {'input': stdin} if stdin is not None else {'stdin': subprocess.DEVNULL}
        return Result(subprocess.run([PROGRAM, *map(str, args)], env={**self.env, **env}, capture_output=True,
                                     text=not isinstance(stdin, bytes), timeout=LIMIT, check=False, **given))

    def ask(self, question, *args, **env):
        return self.run('-p', question, *args, **env)

    def daemon(self):
        result = self.run('daemon', 'start')
        assert result.code == 0, result

    def pid(self):
        return int((self.path / '.shammah/daemon.pid').read_text().split()[0])

    def kill(self):
        """Ends the daemon as nothing can be prepared for, and waits until its port is free."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: process_state(pid) in (None, 'Z'), 'the killed daemon to be gone')

    def http(self, method, path, body=None, headers=None):
        """(status, headers, parsed JSON or text)"""
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=LIMIT)
        c.request(method, path, json.dumps(body) if isinstance(body, (dict, list)) else body, headers or {})
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, r.headers, json.loads(text) if 'json' in r.headers.get('Content-Type', '') else text

    def chat(self, **fields):
        fields = {'model': 'local', 'messages': [{'role': 'user', 'content': 'hello there'}], **fields}
        return self.http('POST', '/v1/chat/completions', fields)

    def stream(self, **fields):
        """A raw socket on which a streamed answer comes."""
        fields = {'model': 'local', 'messages': [{'role': 'user', 'content': 'hello there'}], **fields}
        body = json.dumps({'stream': True, **fields}).encode()
        s = socket.create_connection(('127.0.0.1', self.port), timeout=LIMIT)
        s.sendall(b'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n'
                  % len(body) + body)
        return s

    def status(self):
        return self.http('GET', '/v1/status')[2]

    def ready(self, model):
        """Has the daemon load a model and waits for it."""
        self.run('daemon', 'start', '--model', model)
        wait_for(lambda: self.status()['model']['state'] == 'ready', 'the model to load')


def process_state(pid):
    """A letter (proc(5)), or None when there is no such process."""
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except OSError:
        return None


def processes_with(words):
    """The command lines of processes that have these words in them, this one's apart."""
    found = []
    for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        try:
            line = path.read_bytes().replace(b'\0', b' ').decode(errors='replace')
        except OSError:
            continue
        if words in line and path.parent.name != str(os.getpid()):
            found.append(line)
    return found


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f'waited in vain for {what}'
        time.sleep(0.01)


def read_all(s):
    data = b''
    while piece := s.recv(65536):
        data += piece
    return data.decode(errors='replace')


def make_model(folder, *args):
    subprocess.run([MAKE_MODEL, folder, *map(str, args)], check=True, capture_output=True, timeout=LIMIT)
    return folder


def make_encoder(folder):
    subprocess.run([MAKE_ENCODER, folder], check=True, capture_output=True, timeout=LIMIT)
    return folder


class Teacher:
    """fake-teacher (tests/support/fake_teacher.h has its turns), for as long as the `with` lasts: these turns, then always that one."""

    def __init__(self, *turns, **always):
        self.process = subprocess.Popen([FAKE_TEACHER, '--until-eof', '--turns', json.dumps(turns), '--always', json.dumps(always)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def env(self, key='sk-test'):
        return {'ANTHROPIC_BASE_URL': self.url, 'ANTHROPIC_API_KEY': key}

    def entry(self, provider='claude', **more):
        """What makes it a teacher, in config.toml."""
        base = self.url + ('' if provider in ('claude', 'gemini') else '/v1')
        fields = {'provider': provider, 'base_url': base, 'api_key': 'sk-test', **more}
        return '[[teachers]]\n' + ''.join(f'{k} = {json.dumps(v)}\n' for k, v in fields.items() if v is not None)

    def control(self, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f'{self.url}/control/{what}', data, timeout=LIMIT) as r:
            return json.loads(r.read())

    def turns(self, *turns):
        self.control('turns', turns)

    def always(self, **turn):
        self.control('always', turn)

    def requests(self):
        return self.control('requests')

    def hang_ups(self):
        """How many have left before their answer was over."""
        return self.control('state')['hang_ups']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(LIMIT)


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, home, *args, size=None):
        """`size`: columns and rows, which the terminal otherwise does not know."""
        self.seen = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if size:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', size[1], size[0], 0, 0))
            os.execve(PROGRAM, ['shammah', *map(str, args)], home.env)

    def type(self, text):
        os.write(self.fd, text.encode())

    def see(self, text, seconds=20):
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            left = deadline - time.monotonic()
            assert left > 0, f'never saw {text!r} in {self.seen[-1500:]!r}'
            if select.select([self.fd], [], [], left)[0]:
                try:
                    piece = os.read(self.fd, 65536).decode(errors='replace')
                except OSError:
                    piece = ''
                assert piece, f'ended before {text!r}: {self.seen[-1500:]!r}'
                self.seen += piece
        at = self.seen.index(text) + len(text)
        before, self.seen = self.seen[:at], self.seen[at:]
        return before

    def prompt(self, text='> '):
        """Waits for a prompt, and for the editor behind it to read keys."""
        self.see(text)
        wait_for(lambda: not termios.tcgetattr(self.fd)[3] & termios.ICANON, 'the editor')

    def end(self, seconds=20):
        """The exit code."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                if select.select([self.fd], [], [], 0)[0]:
                    self.seen += os.read(self.fd, 65536).decode(errors='replace')
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, f'still runs: {self.seen[-1500:]!r}'
            time.sleep(0.01)

    def kill(self):
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def main(tests):
    """Runs functions as TAP; those named on the command line, or all."""
    chosen = [t for t in tests if t.__name__ in sys.argv[2:]] or tests
    print(f'1..{len(chosen)}', flush=True)
    failed = False
    for i, test in enumerate(chosen, 1):
        name = test.__name__
        try:
            test()
            print(f'ok {i} - {name}', flush=True)
        except Skip as why:
            print(f'ok {i} - {name} # SKIP {why}', flush=True)
        except Exception:   # pylint: disable=broad-except
            failed = True
            print(f'not ok {i} - {name}', flush=True)
            print(''.join('# ' + line + '\n' for line in traceback.format_exc().splitlines()), flush=True)
    sys.exit(failed)
