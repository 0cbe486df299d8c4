#!/usr/bin/env python3
"""Models by name: fetched from a Hub on loopback, chosen, changed, removed; with all that goes wrong."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from fake_hub import COMMIT, Hub
from harness import Home, LIMIT, Skip, Terminal, main, make_model, read_all, wait_for

NAME = 'qwen2.5-coder-0.5b'
REPO = 'onnx-community/Qwen2.5-Coder-0.5B-Instruct'
OTHER = 'someone/Other-Model'
QUESTION = 'write a quicksort in ocaml'


class Place:
    """A user, a Hub with one model or two, and room for files."""

    def __init__(self, says='Hello from the Hub.', filler=0):
        self.home, self.hub, self.folder = Home(), Hub(), tempfile.TemporaryDirectory()
        model = self.model('published', says)
        if filler:                       # weights beside the graph, large enough to be watched on their way
            (model / 'onnx/model.onnx_data').write_bytes(os.urandom(filler))
        self.hub.add(REPO, model)
        self.home.env.update(self.hub.env())

    def model(self, name, says):
        return make_model(pathlib.Path(self.folder.name) / name, '--says', says)

    def __enter__(self):
        self.hub.__enter__()
        return self.home, self.hub, self

    def __exit__(self, *_):
        self.home.__exit__()
        self.hub.__exit__()
        self.folder.cleanup()


def cache_of(home):
    return home.path / '.cache/huggingface/hub'


def snapshot(home, repo=REPO):
    return cache_of(home) / f'models--{repo.replace("/", "--")}/snapshots' / COMMIT


def pulled(home, name=NAME, *args):
    result = home.run('models', 'pull', name, *args)
    assert result.code == 0, result
    return result


def listed(home):
    result = home.run('models', 'list', '--json')
    assert result.code == 0, result
    return json.loads(result.out)


def control(home, **fields):
    token = (home.path / '.shammah/daemon.token').read_text().strip()
    return home.http('POST', '/v1/daemon/models', fields, {'Authorization': f'Bearer {token}'})


def download(home):
    return home.status()['download']


# --- fetching --------------------------------------------------------------------------------

def a_model_is_fetched_used_and_answers():
    with Place() as (h, hub, _):
        result = pulled(h)
        assert 'is the model in use from now on' in result.out and '100 %' in result.err, result
        assert (snapshot(h) / 'onnx/model.onnx').read_bytes() == hub.repos[REPO]['onnx/model.onnx']
        assert f'backend.model = {NAME}   # ~/.shammah/model' in h.run('config').out
        result = h.ask(QUESTION)
        assert result.code == 0 and result.out == 'Hello from the Hub.\n' and REPO in result.err, result


def what_is_here_is_not_fetched_again():
    with Place(filler=300_000) as (h, hub, _):
        pulled(h)
        before = sum(path.startswith('/cdn/') for _, path, _, _ in hub.asked)
        pulled(h)
        assert before > 0 and sum(path.startswith('/cdn/') for _, path, _, _ in hub.asked) == before


def without_a_name_what_the_hub_lacks_is_passed_over_and_named():
    with Place() as (h, _, _):
        result = h.run('models', 'pull')
        assert result.code == 0 and f'{NAME} is here' in result.out, result
        assert 'Chosen: ' in result.err and 'memory' in result.err, result
        assert 'the next smaller one is taken' in result.err, result
        assert 'in use' in [m['state'] for m in listed(h)['installed']]


def what_can_be_prepared_is_and_what_not_is_said():
    with Place() as (h, hub, place):
        result = pulled(h)
        assert 'runs as published: ' in result.out, result
        folder = pathlib.Path(place.folder.name) / 'random'
        for precision in ('q4', 'fp16'):
            make_model(folder, '--precision', precision, '--attention', 'gqa')
        hub.add(OTHER, folder)
        result = pulled(h, OTHER)
        assert 'prepared for this machine' in result.out and 'checking: 100 %' in result.err, result
        entry = next(m for m in listed(h)['installed'] if m['name'] == OTHER)
        assert entry['precisions'] == ['q4'] and entry['prepared'] == ['q4'], entry
        pulled(h, OTHER, '--precision', 'fp16')
        entry = next(m for m in listed(h)['installed'] if m['name'] == OTHER)
        assert entry['precisions'] == ['q4', 'fp16'] and entry['prepared'] == ['q4', 'fp16'], entry
        copies = list(snapshot(h, OTHER).parent.parent.glob('shammah/*.decoder'))
        assert len(copies) == 2, copies
        assert h.run('models', 'rm', OTHER, '-y').code == 0 and not any(p.exists() for p in copies)


def bench_tries_what_is_here_and_the_choice_holds():
    with Place() as (h, hub, place):
        folder = pathlib.Path(place.folder.name) / 'random'
        for precision in ('q4', 'fp16'):
            make_model(folder, '--precision', precision, '--attention', 'gqa')
        hub.add(OTHER, folder)
        pulled(h, OTHER)
        pulled(h, OTHER, '--precision', 'fp16')
        h.daemon()
        wait_for(lambda: h.status()['model']['precision'] == 'q4', 'the model')
        # of random weights in 4 bits too little is left of the choices, so the other is taken
        result = h.run('models', 'bench', '--json')
        assert result.code == 0, result
        found = json.loads(result.out)
        assert [r['precision'] for r in found['results']] == ['fp16', 'q4'] and found['chosen'] == 'fp16', found
        assert all(r['prefill'] > 0 and r['decode'] > 0 and not r['error'] for r in found['results']), found
        assert found['results'][0]['agreement'] == 1 and found['results'][1]['divergence'] > 0
        wait_for(lambda: h.status()['model']['precision'] == 'fp16', 'the other precision')
        assert h.run('models', 'use', OTHER, '--precision', 'q4').code == 0
        wait_for(lambda: h.status()['model']['precision'] == 'q4', 'the first again')
        assert h.run('models', 'use', OTHER, '--precision', 'int8').code == 1
        assert 'Chosen: ' in h.run('models', 'bench', OTHER).out


def any_repository_works_by_its_name():
    with Place() as (h, hub, place):
        hub.add(OTHER, place.model('other', 'I am another.'))
        pulled(h, OTHER)
        assert h.ask(QUESTION).out == 'I am another.\n'
        result = h.run('models', 'show', OTHER)
        assert result.code == 0 and 'fp32' in result.out and 'in use' in result.out, result


def a_name_that_is_none_is_explained():
    with Place() as (h, _, _):
        result = h.run('models', 'pull', 'no-such-model')
        assert result.code == 2 and 'models list' in result.err, result
        result = h.run('models', 'pull', 'nobody/nothing')
        assert result.code == 1 and 'nobody/nothing' in result.err, result
        result = h.run('models', 'pull', NAME, '--precision', 'q3')
        assert result.code == 2 and 'q4f16' in result.err, result
        result = h.run('models', 'pull', NAME, '--precision', 'q4')
        assert result.code == 1 and 'it has fp32' in result.err, result
        result = h.run('models', 'dance')
        assert result.code == 2 and 'usage' in result.err, result


def cut_lines_are_picked_up_where_they_broke():
    with Place(filler=2_000_000) as (h, hub, _):
        hub.cut_after, hub.cuts = 300_000, 3
        pulled(h)
        assert (snapshot(h) / 'onnx/model.onnx_data').stat().st_size == 2_000_000
        assert h.run('models', 'verify', NAME).code == 0


def killed_in_the_middle_it_goes_on():
    with Place(filler=12_000_000) as (h, hub, _):
        hub.rate = 4_000_000
        client = h.start('models', 'pull', NAME)
        blobs = snapshot(h).parent.parent / 'blobs'
        wait_for(lambda: any(p.name.endswith('.incomplete') and p.stat().st_blocks * 512 > 5_000_000 for p in blobs.glob('*')),
                 'half of the file')
        client.send_signal(signal.SIGKILL)
        client.communicate()
        result = h.ask(QUESTION, '--model', NAME)
        assert result.code == 1 and 'models pull' in result.err, result
        assert 'partial' in [m['state'] for m in listed(h)['installed']]
        hub.rate = None
        hub.asked.clear()
        pulled(h)
        ranges = [r for _, path, r, _ in hub.asked if path.startswith('/cdn/') and r]
        assert ranges and not any(r.startswith('bytes=0-') for r in ranges), ranges
        assert h.run('models', 'verify', NAME).code == 0
        assert h.ask(QUESTION).out == 'Hello from the Hub.\n'


def ctrl_c_keeps_what_has_come_and_says_how_to_go_on():
    with Place(filler=8_000_000) as (h, hub, _):
        hub.rate = 2_000_000
        client = h.start('models', 'pull', NAME)
        wait_for(lambda: any(path.startswith('/cdn/') for _, path, _, _ in hub.asked), 'the download')
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=LIMIT)
        assert client.returncode == 130 and f'`shammah models pull {NAME}` goes on' in err, err


def a_damaged_file_is_never_taken_for_a_whole_one():
    with Place(filler=200_000) as (h, hub, _):
        hub.wrong.add('onnx/model.onnx_data')
        result = h.run('models', 'pull', NAME)
        assert result.code == 1 and 'model.onnx_data' in result.err, result
        assert not (snapshot(h) / 'onnx/model.onnx_data').exists()
        hub.wrong.clear()
        pulled(h)


def a_file_damaged_later_is_found():
    with Place(filler=200_000) as (h, _, _):
        pulled(h)
        blob = (snapshot(h) / 'onnx/model.onnx_data').resolve()
        os.chmod(blob, 0o644)
        data = bytearray(blob.read_bytes())
        data[1000] ^= 1
        blob.write_bytes(data)
        result = h.run('models', 'verify', NAME)
        assert result.code != 0 and 'DAMAGED' in result.out, result


def a_gated_model_needs_a_token_which_is_never_shown():
    with Place() as (h, hub, _):
        hub.token = 'hf_secret_token'
        result = h.run('models', 'pull', NAME)
        assert result.code == 1 and 'HF_TOKEN' in result.err, result
        result = h.run('models', 'pull', NAME, HF_TOKEN='hf_secret_token')
        assert result.code == 0 and 'hf_secret' not in result.out + result.err, result


def offline_asks_nobody_and_uses_what_is_here():
    with Place() as (h, hub, _):
        result = h.run('models', 'pull', NAME, HF_HUB_OFFLINE='1')
        assert result.code == 1 and 'HF_HUB_OFFLINE' in result.err and not hub.asked, result
        pulled(h)
        hub.asked.clear()
        result = h.run('models', 'pull', NAME, HF_HUB_OFFLINE='1')
        assert result.code == 0 and h.ask(QUESTION, HF_HUB_OFFLINE='1').code == 0, result
        assert h.run('models', 'show', NAME, HF_HUB_OFFLINE='1').code == 0
        assert not hub.asked, hub.asked


def a_busy_hub_is_an_error_in_the_end():
    with Place() as (h, hub, _):
        hub.status = 404
        result = h.run('models', 'pull', NAME)
        assert result.code == 1 and REPO in result.err, result


def without_a_home_it_is_said():
    with Place() as (h, _, _):
        result = h.run('models', 'pull', NAME, SHAMMAH_HOME='/proc/nowhere')
        assert result.code == 1 and '/proc/nowhere' in result.err, result


def a_cache_that_cannot_be_written_is_named():
    with Place() as (h, _, _):
        result = h.run('models', 'pull', NAME, HF_HUB_CACHE='/proc/nowhere')
        assert result.code == 1 and '/proc/nowhere' in result.err, result


def a_read_only_cache_can_be_read():
    if os.geteuid() != 0:
        raise Skip('needs root to mount a file system read-only')
    with Place() as (h, _, _):
        pulled(h)
        cache = cache_of(h)
        mounted = subprocess.run(['mount', '-o', 'bind', cache, cache], capture_output=True, check=False)
        if mounted.returncode:
            raise Skip('nothing can be mounted here')
        try:
            if subprocess.run(['mount', '-o', 'remount,ro,bind', cache], capture_output=True, check=False).returncode:
                raise Skip('nothing can be mounted read-only here')
            assert h.run('models', 'list').code == 0 and h.run('models', 'verify', NAME).code == 0
            result = h.ask(QUESTION)
            assert result.code == 0 and result.out == 'Hello from the Hub.\n', result
            result = h.run('models', 'rm', NAME, '-y')
            assert result.code == 1 and 'Read-only' in result.err, result
        finally:
            h.run('daemon', 'stop')
            subprocess.run(['umount', cache], capture_output=True, check=False)


# --- choosing, changing, removing --------------------------------------------------------------

def models_change_while_the_daemon_runs():
    with Place() as (h, hub, place):
        hub.add(OTHER, place.model('other', 'I am another.'))
        pulled(h)
        pulled(h, OTHER)
        assert h.ask(QUESTION).out == 'Hello from the Hub.\n'
        pid = h.pid()
        result = h.run('models', 'use', OTHER)
        assert result.code == 0 and 'from now on' in result.out, result
        assert h.ask(QUESTION).out == 'I am another.\n' and h.pid() == pid
        status, _, body = h.chat(model=REPO)
        assert status == 404 and f'models use {NAME}' in body['error']['message'], body
        assert h.chat(model=OTHER)[0] == 200
        ids = [m['id'] for m in h.http('GET', '/v1/models')[2]['data']]
        assert OTHER in ids and REPO in ids, ids
        assert h.run('models', 'use', 'qwen3-0.6b').code == 1


def answers_under_way_finish_on_the_old_model():
    with Place(says='word ' * 400) as (h, hub, place):
        hub.add(OTHER, place.model('other', 'I am another.'))
        pulled(h)
        pulled(h, OTHER)
        h.daemon()
        wait_for(lambda: h.status()['model']['state'] == 'ready', 'the model')
        # more than fits into the buffers of a socket that nobody reads
        stream = h.stream(n=4, logprobs=True, top_logprobs=20)
        wait_for(lambda: h.status()['queue']['active'] > 0, 'the answers to begin')
        assert h.run('models', 'use', OTHER).code == 0
        wait_for(lambda: h.status()['model']['name'] == OTHER and h.status()['model']['state'] == 'ready', 'the other model')
        assert h.chat()[2]['choices'][0]['message']['content'] == 'I am another.'
        assert h.status()['queue']['active'] > 0
        events = [line[6:] for line in read_all(stream).split('\n') if line.startswith('data: ')]
        assert events[-1] == '[DONE]', events[-1]
        texts = [''] * 4
        for choice in (c for e in events[:-1] for c in json.loads(e)['choices']):
            texts[choice['index']] += choice['delta'].get('content', '')
        assert texts == ['word ' * 400] * 4, [t[-50:] for t in texts]


def what_counts_more_than_the_choice_is_said():
    with Place() as (h, hub, place):
        hub.add(OTHER, place.model('other', 'I am another.'))
        pulled(h)
        pulled(h, OTHER)
        result = h.run('models', 'use', NAME, SHAMMAH_MODEL=OTHER)
        assert result.code == 0 and 'SHAMMAH_MODEL' in result.err, result
        assert h.ask(QUESTION, SHAMMAH_MODEL=OTHER).out == 'I am another.\n'
        assert h.ask(QUESTION, '--model', NAME).out == 'Hello from the Hub.\n'


def removing_asks_and_forgets():
    with Place() as (h, _, _):
        pulled(h)
        result = h.run('models', 'rm', NAME)
        assert result.code == 2 and '--yes' in result.err and snapshot(h).exists(), result
        result = h.run('models', 'rm', NAME, '--yes')
        assert result.code == 0 and 'model in use' in result.err and 'No model is in use now' in result.out, result
        assert not snapshot(h).exists() and not (h.path / '.shammah/model').exists()
        assert h.run('models', 'rm', NAME, '--yes').code == 1
        assert 'models pull' in h.ask(QUESTION).err


def a_model_that_went_away_is_said_and_the_rest_works():
    with Place() as (h, _, _):
        pulled(h)
        subprocess.run(['rm', '-r', cache_of(h)], check=True)
        result = h.ask('what can you do')
        assert result.code == 0 and 'is not on this machine' in result.err, result


def list_show_and_recommend_need_no_hub():
    with Home() as h:
        h.env['HF_ENDPOINT'] = 'http://127.0.0.1:9'
        lists = listed(h)
        assert not lists['installed'] and any(m['recommended'] for m in lists['catalogue']), lists
        result = h.run('models', 'recommend')
        assert result.code == 0 and 'Chosen: ' in result.out, result
        assert json.loads(h.run('models', 'recommend', '--json').out)['model']['name']
        result = h.run('models', 'show', NAME)
        assert result.code == 0 and 'Apache-2.0' in result.out and 'not asked successfully' in result.out, result


# --- in the background -----------------------------------------------------------------------

def the_daemon_fetches_loads_and_answers_without_a_client():
    with Place(filler=6_000_000) as (h, hub, _):
        hub.rate = 200_000
        result = h.run('models', 'pull', NAME, '--background')
        assert result.code == 0, result
        wait_for(lambda: download(h)['stage'] == 'fetching' and download(h)['bytes'] > 0, 'bytes to come')
        assert download(h)['repository'] == REPO and download(h)['total'] > 6_000_000
        status, _, body = h.http('GET', '/health')
        assert status == 200 and body['status'] == 'ok'
        assert 'is being fetched' in h.ask(QUESTION).err
        assert 'In the background: fetching ' in h.run('models', 'list').out
        assert 'download ' in h.run('daemon', 'status').out
        hub.rate = None
        wait_for(lambda: download(h)['state'] == 'done', 'the download')
        wait_for(lambda: h.status()['model']['state'] == 'ready', 'the model')
        assert h.ask(QUESTION).out == 'Hello from the Hub.\n'
        assert (h.path / '.shammah/model').read_text() == NAME + '\n'
        assert not (h.path / '.shammah/download.json').exists()


def a_killed_daemon_goes_on_when_it_is_back():
    with Place(filler=12_000_000) as (h, hub, _):
        hub.rate = 3_000_000
        assert h.run('models', 'pull', NAME, '--background').code == 0
        wait_for(lambda: download(h)['bytes'] > 4_500_000, 'some of it')
        h.kill()
        hub.rate = None
        hub.asked.clear()
        h.daemon()
        wait_for(lambda: download(h)['state'] == 'done', 'the download')
        assert not any((r or '').startswith('bytes=0-') for _, path, r, _ in hub.asked if path.startswith('/cdn/')), hub.asked
        wait_for(lambda: h.status()['model']['state'] == 'ready', 'the model')


def a_download_can_be_cancelled_and_taken_up_again():
    with Place(filler=8_000_000) as (h, hub, _):
        hub.rate = 1_000_000
        assert h.run('models', 'pull', NAME, '--background').code == 0
        wait_for(lambda: download(h)['stage'] == 'fetching', 'the download')
        assert h.run('models', 'cancel').code == 0
        wait_for(lambda: download(h)['state'] == 'cancelled', 'its end')
        assert not (h.path / '.shammah/download.json').exists()
        assert h.run('models', 'cancel').code == 1
        hub.rate = None
        assert h.run('models', 'pull', NAME, '--background').code == 0
        wait_for(lambda: download(h)['state'] == 'done', 'the download')


def a_failed_download_says_why():
    with Place() as (h, _, _):
        h.daemon()
        assert control(h, action='pull', model='nobody/nothing', use=True)[0] == 200
        wait_for(lambda: download(h)['state'] == 'failed', 'its end')
        assert 'nobody/nothing' in download(h)['error']
        assert 'nobody/nothing could not be fetched: ' in h.run('models', 'list').out


def strangers_and_nonsense_are_refused():
    with Place() as (h, _, _):
        h.daemon()
        assert h.http('POST', '/v1/daemon/models', {'action': 'cancel'})[0] == 401
        for fields, status in (({'action': 'dance'}, 400), ({}, 400), ({'action': 'pull', 'model': '../etc'}, 404),
                               ({'action': 'pull', 'model': 'no-such'}, 400), ({'action': 'pull', 'model': '/tmp'}, 400),
                               ({'action': 'pull', 'model': NAME, 'precision': 'q3'}, 400), ({'action': 'use'}, 400),
                               ({'action': 'use', 'model': NAME}, 404), ({'action': 'cancel'}, 404)):
            got = control(h, **fields)
            assert got[0] == status, (fields, got)


def two_downloads_at_once_are_one_too_many():
    with Place(filler=4_000_000) as (h, hub, place):
        hub.add(OTHER, place.model('other', 'x'))
        hub.rate = 500_000
        h.daemon()
        assert control(h, action='pull', model=NAME)[0] == 200
        assert control(h, action='pull', model=NAME, use=True)[0] == 200
        status, _, body = control(h, action='pull', model=OTHER)
        assert status == 409 and 'models cancel' in body['error']['message'], body


def the_token_of_a_client_reaches_the_hub_and_no_file():
    with Place(filler=100_000) as (h, hub, _):
        hub.token = 'hf_secret_token'
        h.daemon()
        assert h.run('models', 'pull', NAME, '--background', HF_TOKEN='hf_secret_token').code == 0
        wait_for(lambda: download(h)['state'] in ('done', 'failed'), 'its end')
        assert download(h)['state'] == 'done', download(h)
        for path in (h.path / '.shammah').rglob('*'):
            if path.is_file():
                assert b'hf_secret' not in path.read_bytes(), path
        assert not any(auth for _, path, _, auth in hub.asked if path.startswith('/cdn/') and not auth.endswith('hf_secret_token'))


# --- at the prompt -----------------------------------------------------------------------------

@contextlib.contextmanager
def prompt(home):
    terminal = Terminal(home)
    try:
        yield terminal
    finally:
        terminal.kill()


def the_prompt_offers_once_fetches_and_answers():
    with Place(filler=3_000_000) as (h, hub, _):
        hub.rate = 200_000
        with prompt(h) as t:
            t.prompt()
            t.type('what can you do\r')
            t.prompt()
            t.type(QUESTION + '\r')
            t.see('Shall it be fetched in the background now? [y/N]')
            t.type('y\r')
            t.see('It is being fetched')
            t.prompt()
            wait_for(lambda: download(h)['stage'] == 'fetching', 'bytes')
            t.type('/clear\r')
            t.see('fetching ')
            t.prompt()
            t.type('/models\r')
            t.see('In the background: ')
            t.prompt()
            hub.rate = None
            wait_for(lambda: h.status()['model']['state'] == 'ready', 'the model')
            t.type('/clear\r')
            t.see('is here')
            t.prompt()
            t.type(QUESTION + '\r')
            t.see('Hello from the Hub.')


def a_no_is_remembered():
    with Place() as (h, hub, _):
        for answer in ('n', None):
            with prompt(h) as t:
                t.prompt()
                t.type(QUESTION + '\r')
                if answer:
                    t.see('[y/N]')
                    t.type('n\r')
                    t.see('is not asked again')
                    t.prompt()
                else:
                    assert '[y/N]' not in t.see('models pull') and '[y/N]' not in t.see('> ')
        assert not hub.asked
        assert '[y/N]' not in h.ask(QUESTION).err


def a_partial_download_of_two_clients_is_shared():
    with Place(filler=6_000_000) as (h, hub, _):
        hub.rate = 6_000_000
        clients = [h.start('models', 'pull', NAME) for _ in range(2)]
        outs = [c.communicate(timeout=LIMIT) for c in clients]
        assert all(c.returncode == 0 for c in clients), outs
        sent = 0
        for _, path, r, _ in hub.asked:
            if path.startswith('/cdn/') and path.endswith('_data') and r:
                first, last = r[6:].split('-')
                sent += int(last or 5_999_999) - int(first) + 1
        assert sent < 9_000_000, sent


if __name__ == '__main__':
    start = time.monotonic()
    main([a_model_is_fetched_used_and_answers, what_is_here_is_not_fetched_again,
          what_can_be_prepared_is_and_what_not_is_said, bench_tries_what_is_here_and_the_choice_holds, without_a_name_what_the_hub_lacks_is_passed_over_and_named, any_repository_works_by_its_name,
          a_name_that_is_none_is_explained, cut_lines_are_picked_up_where_they_broke, killed_in_the_middle_it_goes_on,
          ctrl_c_keeps_what_has_come_and_says_how_to_go_on, a_damaged_file_is_never_taken_for_a_whole_one,
          a_file_damaged_later_is_found, a_gated_model_needs_a_token_which_is_never_shown, offline_asks_nobody_and_uses_what_is_here,
          a_busy_hub_is_an_error_in_the_end, without_a_home_it_is_said, a_cache_that_cannot_be_written_is_named,
          a_read_only_cache_can_be_read, models_change_while_the_daemon_runs,
          answers_under_way_finish_on_the_old_model, what_counts_more_than_the_choice_is_said,
          removing_asks_and_forgets, a_model_that_went_away_is_said_and_the_rest_works, list_show_and_recommend_need_no_hub,
          the_daemon_fetches_loads_and_answers_without_a_client, a_killed_daemon_goes_on_when_it_is_back,
          a_download_can_be_cancelled_and_taken_up_again, a_failed_download_says_why, strangers_and_nonsense_are_refused,
          two_downloads_at_once_are_one_too_many, the_token_of_a_client_reaches_the_hub_and_no_file,
          the_prompt_offers_once_fetches_and_answers, a_no_is_remembered, a_partial_download_of_two_clients_is_shared])
