"""A Hugging Face Hub on loopback: listings, redirects, ranges, hashes, and what may go wrong with them."""
import contextlib
import hashlib
import http.server
import json
import pathlib
import re
import threading
import time
import urllib.parse

BIG = 64 << 10          # from this size on files come from the "CDN", as those in Git LFS do
COMMIT = 'c0ffee' * 6 + 'abcd'


def git_hash(data):
    return hashlib.sha1(b'blob %d\0' % len(data) + data).hexdigest()


class Hub:
    """Serves folders as repositories for as long as the `with` lasts.

    cut_after: connections to the CDN end after so many bytes of a body; as many times as `cuts`.
    rate: bytes a second that one connection gets.
    wrong: names of files whose bytes are damaged on the way.
    token: what is asked for, else 401.
    status: every answer has this status (429, 503, …).
    """

    def __init__(self):
        self.repos, self.asked = {}, []
        self.cut_after = self.rate = self.token = self.status = None
        self.cuts, self.wrong = 0, set()
        self.lock = threading.Lock()
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *_):
                pass

            def do_HEAD(self):
                hub.answer(self, False)

            def do_GET(self):
                hub.answer(self, True)

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}'

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def add(self, repo, folder):
        folder = pathlib.Path(folder)
        self.repos[repo] = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob('*')) if p.is_file()}

    def env(self, **more):
        return {'HF_ENDPOINT': self.url, 'HF_HUB_DOWNLOAD_TIMEOUT': '5', **more}

    # --- answering -----------------------------------------------------------------------

    def answer(self, h, body):
        url = urllib.parse.urlsplit(h.path)
        path = urllib.parse.unquote(url.path)
        with self.lock:
            self.asked.append((h.command, path, h.headers.get('Range'), h.headers.get('Authorization')))
        if self.status:
            return self.send(h, self.status, b'{}', body)
        if path.startswith('/cdn/'):
            return self.send_blob(h, path[5:], body)
        if self.token and h.headers.get('Authorization') != f'Bearer {self.token}':
            return self.send(h, 401, b'{"error":"log in"}', body, {'X-Error-Code': 'GatedRepo', 'X-Error-Message': 'log in'})
        if match := re.fullmatch(r'/api/models/([^/]+/[^/]+)/revision/([^/]+)', path):
            return self.send_info(h, match[1], match[2], body)
        if match := re.fullmatch(r'/api/models/([^/]+/[^/]+)/tree/([^/]+)', path):
            return self.send_tree(h, match[1], body)
        if match := re.fullmatch(r'/([^/]+/[^/]+)/resolve/([^/]+)/(.+)', path):
            return self.send_file(h, match[1], match[3], body)
        return self.send(h, 404, b'{}', body)

    def send(self, h, status, data, body, headers=None):
        h.send_response(status)
        for name, value in (headers or {}).items():
            h.send_header(name, value)
        h.send_header('Content-Length', str(len(data)))
        h.end_headers()
        if body:
            with contextlib.suppress(OSError):
                h.wfile.write(data)

    def send_info(self, h, repo, revision, body):
        files = self.repos.get(repo)
        if files is None:
            return self.send(h, 401, b'{"error":"Repository not found"}', body,
                             {'X-Error-Code': 'RepoNotFound', 'X-Error-Message': 'Repository not found'})
        if revision not in ('main', COMMIT):
            return self.send(h, 404, b'{}', body, {'X-Error-Code': 'RevisionNotFound', 'X-Error-Message': 'Invalid rev id'})
        siblings = []
        for name, data in files.items():
            entry = {'rfilename': name, 'size': len(data), 'blobId': git_hash(data)}
            if len(data) >= BIG:
                entry['lfs'] = {'sha256': hashlib.sha256(data).hexdigest(), 'size': len(data), 'pointerSize': 133}
            siblings.append(entry)
        info = {'id': repo, 'sha': COMMIT, 'siblings': siblings}
        return self.send(h, 200, json.dumps(info).encode(), body, {'Content-Type': 'application/json', 'X-Repo-Commit': COMMIT})

    def send_tree(self, h, repo, body):
        entries = []
        for name, data in self.repos.get(repo, {}).items():
            entry = {'type': 'file', 'path': name, 'size': len(data), 'oid': git_hash(data)}
            if len(data) >= BIG:
                entry['lfs'] = {'oid': hashlib.sha256(data).hexdigest(), 'size': len(data), 'pointerSize': 133}
            entries.append(entry)
        return self.send(h, 200, json.dumps(entries).encode(), body, {'Content-Type': 'application/json'})

    def send_file(self, h, repo, name, body):
        data = self.repos.get(repo, {}).get(name)
        if data is None:
            return self.send(h, 404, b'{}', body, {'X-Error-Code': 'EntryNotFound', 'X-Error-Message': 'Entry not found'})
        if len(data) < BIG:
            data = self.damage(name, data)
            return self.send_bytes(h, data, body, {'ETag': f'"{git_hash(self.repos[repo][name])}"', 'X-Repo-Commit': COMMIT})
        digest = hashlib.sha256(data).hexdigest()
        return self.send(h, 302, b'', body, {
            'Location': f'{self.url}/cdn/{repo}/{name}', 'X-Linked-Size': str(len(data)), 'X-Linked-Etag': f'"{digest}"',
            'X-Repo-Commit': COMMIT, 'ETag': '"of-the-redirect"'})

    def send_blob(self, h, path, body):
        owner, name, rest = path.split('/', 2)
        data = self.repos[f'{owner}/{name}'][rest]
        return self.send_bytes(h, self.damage(rest, data), body, {'ETag': '"cdn"'}, cdn=True)

    def damage(self, name, data):
        return data[:-1] + bytes([data[-1] ^ 1]) if name in self.wrong else data

    def send_bytes(self, h, data, body, headers, cdn=False):
        status, piece = 200, data
        if match := re.fullmatch(r'bytes=(\d+)-(\d*)', h.headers.get('Range') or ''):
            first, last = int(match[1]), int(match[2] or len(data) - 1)
            if first >= len(data):
                return self.send(h, 416, b'', body, {'Content-Range': f'bytes */{len(data)}'})
            piece = data[first:last + 1]
            status, headers = 206, {**headers, 'Content-Range': f'bytes {first}-{first + len(piece) - 1}/{len(data)}'}
        h.send_response(status)
        for key, value in {**headers, 'Accept-Ranges': 'bytes', 'Content-Length': str(len(piece))}.items():
            h.send_header(key, value)
        h.end_headers()
        if body:
            self.pour(h, piece, cdn)
        return None

    def pour(self, h, data, cdn):
        with self.lock:
            cut = cdn and self.cuts > 0 and self.cut_after is not None
            self.cuts -= cut
        data = data[:self.cut_after] if cut else data
        step = max(1, self.rate // 20) if self.rate and cdn else len(data) or 1
        try:
            for at in range(0, len(data), step):
                h.wfile.write(data[at:at + step])
                if self.rate and cdn:
                    time.sleep(0.05)
        except OSError:
            pass
        if cut:
            h.close_connection = True
