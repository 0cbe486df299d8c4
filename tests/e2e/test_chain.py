#!/usr/bin/env python3
"""Several teachers behind the daemon: who is asked, what is told, what happens when one fails."""
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from harness import LIMIT, PROGRAM, PROVIDERS, Home, Skip, Teacher, Terminal, main, make_model, read_all, wait_for

QUESTION = [{'role': 'user', 'content': 'write a quicksort in ocaml'}]
REFUSED = {'status': 401}
BUSY = {'status': 529}
SECOND = 'claude-second-1'


def entry(teacher, name, **more):
    return {'name': name, 'provider': 'claude', 'key': 'sk-test', 'base_url': teacher.url, 'origin': f'the key of {name}', **more}


def configure(h, *teachers):
    token = (h.path / '.shammah/daemon.token').read_text().strip()
    return h.http('POST', '/v1/daemon/configure', {'teachers': list(teachers)}, {'Authorization': f'Bearer {token}'})


class Two:
    """A home whose daemon knows two teachers, "first" and "second"."""

    def __init__(self, *turns, first=None):
        self.home, self.first, self.second = Home(), Teacher(*turns, **(first or {})), Teacher()

    def __enter__(self):
        for x in (self.home, self.first, self.second):
            x.__enter__()
        self.home.daemon()
        assert configure(self.home, entry(self.first, 'first'), entry(self.second, 'second', model=SECOND))[0] == 200
        return self.home, self.first, self.second

    def __exit__(self, *why):
        for x in (self.second, self.first, self.home):
            x.__exit__(*why)


def ask(h, **fields):
    return h.http('POST', '/v1/chat/completions', {'model': 'teacher', 'messages': QUESTION, **fields})


def chunks(h, **fields):
    text = read_all(h.stream(model='teacher', messages=QUESTION, **fields))
    return [json.loads(line[6:]) for line in re.findall(r'^data: \{.*$', text, re.M)]


def notices(h, **fields):
    return [c['shammah']['notice'] for c in chunks(h, shammah={'notices': True}, **fields) if 'notice' in c.get('shammah', {})]


def states(h):
    """Of the daemon's own."""
    return {t['name']: t['state'] for t in h.status()['teachers'] if not t.get('brought')}


def what_a_vendor_quotes_is_told_to_who_asked_and_not_logged():
    said = f'not with sk-test: {QUESTION[0]["content"]}'
    with Two(first={'status': 403, 'message': said}) as (h, first, second):
        told = notices(h, stream=True)
        assert 'not with *******: write a quicksort' in told[0]['text'], told
        second.turns({'status': 404, 'message': said})
        _, _, body = ask(h, model='second')
        assert 'quicksort' in body['error']['message'], body
        second.turns({'status': 400, 'error': 'invalid_request_error', 'message': 'prompt is too long: ' + said})
        ask(h, model='second')
        log = (h.path / '.shammah/daemon.log').read_text()
        assert 'does not allow this with this key' in log and 'knows no such model' in log, log
        assert 'quicksort' not in log and 'sk-test' not in log, log
        second.turns(BUSY)
        ask(h, model='second')
        log = (h.path / '.shammah/daemon.log').read_text()
        assert 'is overloaded: asking again in' in log, log


def teachers_of_a_project_are_not_asked_from_elsewhere():
    with Home() as h, Teacher() as own, Teacher() as other:
        mine, theirs = h.path / 'mine', h.path / 'theirs'
        (mine / '.claude').mkdir(parents=True)
        theirs.mkdir()
        (mine / '.claude/settings.json').write_text(json.dumps({'shammah': {'teachers': [
            {'provider': 'claude', 'name': 'mine', 'base_url': own.url, 'api_key': 'sk-test'}]}}))
        (h.path / '.shammah').mkdir()
        config = h.path / '.shammah/config.toml'
        config.write_text(f'[client]\ntrusted = ["{mine}"]\n')

        def ask_in(folder, question):
            return subprocess.run([PROGRAM, '--source', 'teacher', '-p', question], env=h.env, cwd=folder, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=LIMIT, check=False)
        assert ask_in(mine, 'one').returncode == 0 and len(own.requests()) == 1
        result = ask_in(theirs, 'two')
        assert result.returncode == 1 and len(own.requests()) == 1, result
        assert ask_in(mine, 'three').returncode == 0 and len(own.requests()) == 2
        config.write_text(config.read_text() + f'[[teachers]]\nprovider = "claude"\nbase_url = "{other.url}"\napi_key = "sk-test"\n')
        assert ask_in(theirs, 'four').returncode == 0 and len(other.requests()) == 1
        assert len(own.requests()) == 2


class Projects:
    """Two trusted projects in one home, each with a teacher of its own; both clients start one daemon."""

    def __init__(self, **always):
        self.home, self.teachers = Home(), [Teacher(**always), Teacher(**always)]
        self.folders = [self.home.path / name for name in ('mine', 'theirs')]

    def write(self, i, teacher, **more):
        """Makes that one the teacher of project i."""
        settings = self.folders[i] / '.claude/settings.json'
        settings.parent.mkdir(parents=True, exist_ok=True)
        entry = {'provider': 'claude', 'name': 'ours', 'base_url': teacher.url, 'api_key': 'sk-test', 'headers': {'X-Project': str(i)}, **more}
        settings.write_text(json.dumps({'shammah': {'teachers': [entry]}}))

    def __enter__(self):
        for x in (self.home, *self.teachers):
            x.__enter__()
        for i, teacher in enumerate(self.teachers):
            self.write(i, teacher)
        self.home.configure(f'[client]\ntrusted = {json.dumps([str(f) for f in self.folders])}\n')
        return self

    def __exit__(self, *why):
        for x in (*self.teachers, self.home):
            x.__exit__(*why)

    def start(self, i, question):
        return subprocess.Popen([PROGRAM, '--source', 'teacher', '-p', question], env=self.home.env, cwd=self.folders[i],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ask(self, i, question):
        client = self.start(i, question)
        out, err = client.communicate(timeout=LIMIT)
        assert client.returncode == 0, (out, err)

    def check(self):
        """No question was ever at the wrong host; how many were asked of each."""
        asked = [teacher.requests() for teacher in self.teachers]
        for i, requests in enumerate(asked):
            for r in requests:
                assert r['body']['messages'][-1]['content'][-1]['text'].startswith(f'to {i}:'), r
                assert r['headers']['x-project'] == str(i), r['headers']
        return [len(requests) for requests in asked]


def two_projects_that_ask_at_the_same_instant_never_meet():
    with Projects() as p:
        rounds = 40
        for n in range(rounds):
            clients = [p.start(i, f'to {i}: round {n}') for i in (0, 1, 0, 1)]
            for client in clients:
                assert client.wait(LIMIT) == 0, client.stderr.read()
            if n % 13 == 7:
                p.home.kill()
        assert p.check() == [2 * rounds, 2 * rounds]


def a_prompt_keeps_its_teachers_whoever_asks_meanwhile():
    with Projects() as p, Teacher() as third:
        os.chdir(p.folders[0])
        t = Terminal(p.home, '--source', 'teacher')
        try:
            for n in range(3):
                t.prompt()
                t.type(f'to 0: prompt {n}\n')
                t.see('of ours, the teacher')
                p.ask(1, f'to 1: beside it {n}')
            p.home.kill()                                   # the next daemon is told anew
            t.prompt()
            t.type('to 0: after a restart\n')
            t.see('of ours, the teacher')
            assert p.check() == [4, 3]
            p.write(0, third)                               # and so is this one, of what changed
            t.prompt()
            t.type('to 0: of another\n')
            t.see('of ours, the teacher')
            assert p.check() == [4, 3] and len(third.requests()) == 1
        finally:
            t.kill()
            os.chdir('/')


def a_list_that_changes_while_an_answer_comes_is_for_the_next_question():
    with Projects() as p:
        p.teachers[0].turns({'parts': [{'text': 'slow'}, {'text': ' answer'}], 'pause_ms': 100})
        client = p.start(0, 'to 0: slowly')
        wait_for(p.teachers[0].requests, 'the question to arrive')
        p.write(0, p.teachers[1], headers={'X-Project': '1'})
        p.ask(0, 'to 1: the list is another now')
        out, err = client.communicate(timeout=LIMIT)
        assert client.returncode == 0 and 'slow answer' in out, (out, err)
        assert p.check() == [1, 1]


def teachers_that_were_brought_are_for_who_names_them():
    with Home() as h, Teacher() as own, Teacher() as other:
        h.configure(own.entry(name='own'))
        h.daemon()
        token = {'Authorization': 'Bearer ' + (h.path / '.shammah/daemon.token').read_text().strip()}
        assert h.http('POST', '/v1/daemon/teachers', {'teachers': [entry(other, 'other')]})[0] == 401
        status, _, told = h.http('POST', '/v1/daemon/teachers', {'teachers': [entry(other, 'other')]}, token)
        named = {'Shammah-Teachers': told['list']}
        question = {'model': 'teacher', 'messages': QUESTION}
        assert status == 200 and h.http('POST', '/v1/chat/completions', question, named)[0] == 200
        assert len(other.requests()) == 1 and not own.requests()
        assert ask(h)[2]['shammah']['teacher'] == 'own' and len(other.requests()) == 1
        status, _, body = h.http('POST', '/v1/chat/completions', {**question, 'model': 'own'}, named)
        assert status == 404 and len(own.requests()) == 1, body
        for n in range(70):                                 # more than are kept
            h.http('POST', '/v1/daemon/teachers', {'teachers': [entry(own, f'other-{n}')]}, token)
        status, _, body = h.http('POST', '/v1/chat/completions', question, named)
        assert status == 428 and body['error']['code'] == 'unknown_teachers', body
        assert h.http('GET', '/v1/models', None, named)[0] == 428 and h.http('GET', '/v1/models')[0] == 200
        assert len(other.requests()) == 1 and len(own.requests()) == 1


def an_answer_that_is_too_long_for_one_piece_says_so():
    with Two() as (h, first, second):
        first.turns({'parts': [{'text': 'x' * (6 << 20)}] * 3})
        status, _, body = ask(h, model='first')
        assert status >= 400 and 'too long to be given in one piece, ask for a stream' in body['error']['message'], body


# --- the chain ---------------------------------------------------------------------------------------

def the_next_teacher_answers_when_the_first_cannot():
    with Two(first=REFUSED) as (h, first, second):
        status, _, answer = ask(h)
        assert status == 200 and answer['shammah']['teacher'] == 'second' and answer['model'] == SECOND, answer
        assert len(first.requests()) == 1 and len(second.requests()) == 1
        assert states(h) == {'first': 'key refused', 'second': 'ready'}
        assert ask(h)[0] == 200
        assert len(first.requests()) == 1, 'a key that was refused was tried again'
        page = h.http('GET', '/metrics')[2]
        assert 'shammah_teacher_events_total{event="fallback"} 1' in page and 'event="skip"} 1' in page, page
        assert 'shammah_teachers 2' in page and 'shammah_teachers_resting 1' in page, page


def another_key_is_another_matter():
    with Two(first=REFUSED) as (h, first, second):
        ask(h)
        first.always()
        configure(h, entry(first, 'first', headers=['X-Team: ours']), entry(second, 'second'))
        assert ask(h)[2]['shammah']['teacher'] == 'first'
        assert first.requests()[-1]['headers']['x-team'] == 'ours'


def who_wants_notices_gets_them_before_the_answer():
    with Two({'status': 529, 'retry_after': 0}, BUSY, {'status': 529, 'retry_after': 0}, first=BUSY) as (h, _, __):
        told = notices(h)
        assert [n['kind'] for n in told] == ['retry', 'retry', 'next'], told
        assert told[0]['teacher'] == 'first' and told[0]['attempt'] == 2 and told[0]['attempts'] == 3, told
        assert told[0]['wait_ms'] == 0 and told[0]['why'] == 'Claude is overloaded', told
        assert told[1]['wait_ms'] >= 500, told
        assert told[2]['text'] == 'Claude is overloaded (tried 3 times); asking second', told
        assert all(c['choices'] or 'usage' in c for c in chunks(h)), 'notices nobody asked for'


def when_nobody_can_each_is_named():
    with Two(first=REFUSED) as (h, _, second):
        second.always(**REFUSED)
        status, headers, answer = ask(h)
        text = answer['error']['message']
        assert status == 401 and text.startswith('none of the 2 teachers could answer: '), (status, answer)
        assert 'first: ' in text or 'the key of first' in text, text
        assert 'the key of second' in text and 'shammah doctor' in text, text
        assert 'sk-test' not in text


def a_cut_answer_is_not_begun_again():
    with Two({'text': 'one two three four', 'how': 'cut', 'after': 3}) as (h, first, second):
        text = read_all(h.stream(model='teacher', messages=QUESTION))
        assert "answer was cut after" in text and '[DONE]' not in text, text
        assert len(first.requests()) == 1 and not second.requests()


def the_local_model_answers_when_it_is_there_by_the_time_no_teacher_can():
    with Home() as h, Teacher(**REFUSED, delay_ms=3000) as teacher, tempfile.TemporaryDirectory() as folder:
        model = make_model(pathlib.Path(folder) / 'model', '--says', 'from here')
        h.daemon()
        configure(h, entry(teacher, 'first'))
        s = h.stream(model='auto', messages=QUESTION, shammah={'notices': True})
        wait_for(teacher.requests, 'the teacher to be asked')
        h.ready(model)
        text = read_all(s)
        assert '"source":"local"' in text and 'asking the local model' in text and '[DONE]' in text, text
        assert '"teacher"' not in text.split('"source":"local"')[1], text


# --- who is meant --------------------------------------------------------------------------------------

def a_request_chooses_by_name_model_and_provider():
    with Two() as (h, first, second):
        for model, who, asked in (('first', 'first', None), ('second', 'second', SECOND), (SECOND, 'second', SECOND),
                                  (f'claude/{SECOND}', 'second', SECOND), ('second/claude-x', 'second', 'claude-x'),
                                  ('claude-x', 'first', 'claude-x'), ('claude/claude-y', 'first', 'claude-y'),
                                  ('auto', 'first', None), ('teacher', 'first', None)):
            answer = ask(h, model=model)[2]
            assert answer['shammah']['teacher'] == who, (model, answer)
            body = (first if who == 'first' else second).requests()[-1]['body']
            assert asked is None or body['model'] == asked == answer['model'], (model, body['model'])


def one_that_is_named_is_asked_alone():
    with Two(first=REFUSED) as (h, _, second):
        assert ask(h, model='first')[0] == 401 and not second.requests()


def an_unknown_model_is_told_what_there_is():
    with Two() as (h, _, __):
        status, _, answer = ask(h, model='nonsense')
        assert status == 404 and answer['error']['code'] == 'model_not_found', answer
        assert f'claude/{SECOND}' in answer['error']['message'], answer
        ids = [m['id'] for m in h.http('GET', '/v1/models')[2]['data']]
        assert f'claude/{SECOND}' in ids, ids
        status, _, answer = ask(h, model='gpt-9')
        assert status == 404 and 'OPENAI_API_KEY' in answer['error']['message'], answer


# --- in the terminal ------------------------------------------------------------------------------------

def notices_are_lines_where_there_is_no_terminal():
    with Two({'status': 529, 'retry_after': 1}, first=REFUSED) as (h, _, __):
        result = h.ask('write a quicksort in ocaml', '--source', 'teacher')
        assert result.code == 0 and 'heard: write a quicksort' in result.out, result
        lines = result.err.splitlines()
        assert lines[0] == '- Claude is overloaded: asking again in 1 s (attempt 2 of 3)', result
        assert lines[1].startswith('- Claude refused the key') and lines[1].endswith('; asking second'), result
        assert f'{SECOND} of second, the teacher' in lines[2], result


def quiet_hides_notices():
    with Two(first=REFUSED) as (h, _, __):
        result = h.ask('write a quicksort in ocaml', '--source', 'teacher', '--quiet')
        assert result.code == 0 and result.err == '', result


def a_teacher_can_be_asked_by_name():
    with Two() as (h, _, __):
        result = h.ask('write a quicksort in ocaml', '--teacher', 'second')
        assert result.code == 0 and f'{SECOND} of second' in result.err, result
        result = h.ask('write a quicksort in ocaml', '--teacher', 'third')
        assert result.code == 1 and 'no model of this name' in result.err, result


def a_wait_counts_down_on_a_terminal():
    with Two({'status': 529, 'retry_after': 2}) as (h, _, __):
        t = Terminal(h, '-p', 'write a quicksort in ocaml', '--source', 'teacher')
        try:
            seen = t.see('asking again in 2 s (attempt 2 of 3)') + t.see('\r\x1b[K') + t.see('asking again in 1 s')
            assert '\n' not in seen.strip('\r\n'), seen
            t.see('heard: write a quicksort')
            assert t.end() == 0
        finally:
            t.kill()


def a_cut_answer_is_kept_and_can_be_continued():
    with Two({'text': 'one two three four', 'how': 'cut', 'after': 3}) as (h, first, _):
        t = Terminal(h, '--source', 'teacher')
        try:
            t.prompt()
            t.type('count\r')
            t.see('answer was cut after')
            t.see('ask it to continue')
            t.prompt()
            t.type('continue\r')
            t.see('heard: continue')
            t.prompt()
            said = first.requests()[-1]['body']['messages']
            assert [m['role'] for m in said] == ['user', 'assistant', 'user'], said
            assert 'cut off here' in json.dumps(said[1]), said
        finally:
            t.kill()


def ctrl_c_closes_the_teachers_connection_at_once():
    with Two({'text': 'one two three four', 'how': 'hang', 'after': 2}) as (h, first, _):
        run = h.start('-p', 'count', '--source', 'teacher')
        wait_for(lambda: first.requests(), 'the question')
        time.sleep(0.3)
        run.send_signal(signal.SIGINT)
        wait_for(lambda: first.hang_ups() == 1, 'the connection to be closed')
        out, err = run.communicate(timeout=LIMIT)
        assert run.returncode == 130 and 'one' in out and 'stopped' in err, (out, err)


# --- money -------------------------------------------------------------------------------------------

def settle(h, text):
    """Writes config.toml and waits until the daemon has read it."""
    log = h.path / '.shammah/daemon.log'
    before = log.read_text().count('was read again')
    (h.path / '.shammah/config.toml').write_text(text)
    wait_for(lambda: log.read_text().count('was read again') > before, 'the new configuration')


def every_answer_is_in_the_books_without_its_words():
    with Two() as (h, first, _):
        first.always(text='Antwort', usage=True)
        status, _, answer = ask(h, messages=[{'role': 'user', 'content': 'Verschwiegenheit'}])
        assert status == 200 and answer['shammah']['cost_usd'] > 0, answer
        assert chunks(h)[-1]['shammah']['cost_usd'] > 0
        lines = [json.loads(line) for f in sorted((h.path / '.shammah/metrics').glob('*.jsonl')) for line in f.read_text().splitlines()]
        assert len(lines) == 2 and lines[0]['teacher'] == 'first' and lines[0]['cost_usd'] > 0, lines
        assert 'Antwort' not in str(lines) and 'Verschwiegenheit' not in str(lines), lines
        assert h.status()['spending']['spent_usd'] > 0
        page = h.http('GET', '/metrics')[2]
        assert re.search(r'shammah_cost_dollars_total 0\.\d*[1-9]', page), page
        result = h.ask('write a quicksort in ocaml', '--source', 'teacher')
        assert re.search(r'the teacher \(.*\), (less than )?\$0\.', result.err), result


def a_spent_budget_is_said_and_can_be_passed_by_who_asks_for_it():
    with Two() as (h, first, _):
        assert ask(h)[0] == 200
        settle(h, '[routing]\nmonthly_budget_usd = 0.000001\n')
        status, headers, answer = ask(h)
        assert status == 503 and answer['error']['code'] == 'budget_spent', answer
        assert 'routing.monthly_budget_usd' in answer['error']['message'], answer
        assert headers['X-Should-Retry'] == 'false'
        assert len(first.requests()) == 1
        assert ask(h, shammah={'over_budget': True})[0] == 200
        result = h.ask('write a quicksort in ocaml', '--source', 'teacher')
        assert result.code == 1 and '--over-budget' in result.err, result
        result = h.ask('write a quicksort in ocaml', '--source', 'teacher', '--over-budget')
        assert result.code == 0 and result.err.startswith('- $0.00 of this month'), result


def a_budget_cannot_be_passed_by_cutting_answers():
    with Two({'text': 'one two three four', 'how': 'cut', 'after': 3}) as (h, first, second):
        settle(h, '[routing]\nmonthly_budget_usd = 0.00001\n')
        configure(h, entry(first, 'first'), entry(second, 'second', model=SECOND))
        assert 'was cut' in read_all(h.stream(model='teacher', messages=QUESTION))
        assert h.status()['spending']['spent_usd'] > 0, h.status()
        assert ask(h)[2]['error']['code'] == 'budget_spent'
        result = h.run('metrics')
        assert '1 cut, or without a count of tokens: theirs are estimated' in result.out, result


def a_model_outside_the_budget_is_told_once_and_can_be_given_a_price():
    with Home() as h, Teacher() as teacher:
        unknown = teacher.entry(name='mine', model='claude-unheard-of')
        h.configure(unknown, '[routing]\nmonthly_budget_usd = 1\n')
        h.daemon()
        told = notices(h)
        assert len(told) == 1 and told[0]['kind'] == 'budget' and 'price_input' in told[0]['text'], told
        assert notices(h) == [] and h.status()['spending']['spent_usd'] == 0
        h.configure(teacher.entry(name='dead', api_key='sk-wrong'), teacher.entry(name='other', model='claude-unheard-of-2'),
                    '[routing]\nmonthly_budget_usd = 1\n')
        wait_for(lambda: 'other' in states(h), 'the new teachers')
        assert [n['kind'] for n in notices(h)] == ['next', 'budget']
        settle(h, f'{unknown}price_input = 3000\nprice_output = 1000\n[routing]\nmonthly_budget_usd = 1\n')
        assert ask(h)[2]['shammah']['cost_usd'] > 0.05 and h.status()['spending']['spent_usd'] > 0.05
        result = h.run('config')
        assert 'teachers[0].price_input = 3000 ' in result.out and 'teachers[0].price_output = 1000 ' in result.out, result


# --- configuration ------------------------------------------------------------------------------------

def a_broken_edit_keeps_the_last_good_configuration_and_says_so():
    with Home() as h, Teacher() as teacher:
        (h.path / '.shammah').mkdir(exist_ok=True)
        good = f'[[teachers]]\nprovider = "claude"\nname = "one"\napi_key = "sk-test"\nbase_url = "{teacher.url}"\n'
        (h.path / '.shammah/config.toml').write_text(good)
        h.daemon()
        assert ask(h, model='one')[0] == 200 and h.status()['config']['error'] == ''
        (h.path / '.shammah/config.toml').write_text(good + '[server]\nport = "x"\n')
        wait_for(lambda: 'server.port' in h.status()['config']['error'], 'the mistake to be noticed')
        assert 'config.toml:7' in h.status()['config']['error'], h.status()['config']
        assert ask(h, model='one')[0] == 200
        told = notices(h)
        assert [n['kind'] for n in told] == ['config'] and 'last good' in told[0]['text'], told
        settle(h, good.replace('"one"', '"two"'))
        assert h.status()['config']['error'] == '' and list(states(h)) == ['two']


def a_key_helper_is_asked_again_after_a_refusal():
    with Home() as h, Teacher() as teacher:
        h.daemon()
        helper = f'echo x >> {h.path}/runs; [ $(wc -l < {h.path}/runs) = 1 ] && echo sk-old || echo sk-test'
        configure(h, {'name': 'helped', 'provider': 'claude', 'helper': helper, 'helper_ttl_s': 3600, 'base_url': teacher.url})
        assert ask(h, model='helped')[0] == 200
        assert ask(h, model='helped')[0] == 200
        assert (h.path / 'runs').read_text() == 'x\nx\n'
        assert 'sk-old' not in (h.path / '.shammah/daemon.log').read_text()


def what_claude_codes_settings_say_reaches_the_wire():
    with Home() as h, Teacher() as teacher:
        helper = h.path / 'helper'
        helper.write_text(f'echo x >> {h.path}/runs\necho sk-test\n')
        (h.path / '.claude').mkdir()

        def settings(**env):
            (h.path / '.claude/settings.json').write_text(json.dumps({
                'model': 'opus', 'apiKeyHelper': f'/bin/sh {helper}', 'env': {
                    'ANTHROPIC_BASE_URL': teacher.url, 'ANTHROPIC_DEFAULT_OPUS_MODEL': 'claude-opus-x',
                    'ANTHROPIC_CUSTOM_HEADERS': 'X-A: 1\nX-B: 2', 'ANTHROPIC_BETAS': 'beta-1,beta-2', **env}}))

        settings(CLAUDE_CODE_API_KEY_HELPER_TTL_MS='0')
        long = 'write a quicksort in ocaml ' * 2000
        for runs in (1, 2):
            assert h.ask(long, '--source', 'teacher').code == 0
            assert (h.path / 'runs').read_text() == 'x\n' * runs
        asked = teacher.requests()[-1]
        assert asked['body']['model'] == 'claude-opus-x' and 'cache_control' in json.dumps(asked['body']), asked['body']['model']
        for name, value in (('x-api-key', 'sk-test'), ('authorization', 'Bearer sk-test'), ('x-a', '1'), ('x-b', '2'),
                            ('anthropic-beta', 'beta-1,beta-2')):
            assert asked['headers'][name] == value, asked['headers']
        settings(ENABLE_PROMPT_CACHING_1H=1, ANTHROPIC_DEFAULT_HAIKU_MODEL='claude-haiku-y', CLAUDE_CODE_API_KEY_HELPER_TTL_MS='0')
        assert h.ask(long, '--teacher', 'haiku').code == 0
        asked = teacher.requests()[-1]['body']
        assert asked['model'] == 'claude-haiku-y' and "'ttl': '1h'" in str(asked), asked['model']
        settings(DISABLE_PROMPT_CACHING_HAIKU=1, CLAUDE_CODE_API_KEY_HELPER_TTL_MS='0')
        assert h.ask(long, '--teacher', 'haiku').code == 0 and 'cache_control' not in str(teacher.requests()[-1]['body'])
        (h.path / 'runs').write_text('x\n' * 2)
        settings(DISABLE_PROMPT_CACHING=1, CLAUDE_CODE_API_KEY_HELPER_TTL_MS=3600000)
        for _ in range(2):
            assert h.ask(long, '--source', 'teacher').code == 0
        assert 'cache_control' not in json.dumps(teacher.requests()[-1]['body'])
        assert (h.path / 'runs').read_text() == 'x\n' * 3


def a_tools_name_that_a_vendor_does_not_take_goes_out_under_another():
    long = 'x' * 200
    for provider, model in PROVIDERS:
        with Home() as h, Teacher() as t:
            base = t.url + ('' if provider in ('claude', 'gemini') else '/v1')
            h.daemon()
            configure(h, entry(t, 'only', provider=provider, base_url=base, **({'model': model} if model else {})))
            tools = [{'type': 'function', 'function': {'name': n, 'parameters': {'type': 'object', 'properties': {}}}}
                     for n in ('files.read', 'files read', long, 'plain')]
            t.turns({'parts': [{'call': 'plain', 'arguments': {}}]})
            assert ask(h, tools=tools)[0] == 200
            sent = json.dumps(t.requests()[-1]['body'])
            assert long not in sent and 'files read' not in sent and '"plain"' in sent, sent
            wire = next(n for n in re.findall(r'"name": ?"([^"]*)"', sent) if n.startswith('files_read_') or n == 'files.read')
            t.turns({'parts': [{'call': wire, 'arguments': {'a': 1}}]})
            call = ask(h, tools=tools)[2]['choices'][0]['message']['tool_calls'][0]
            assert call['function']['name'] in ('files.read', 'files read'), (wire, call)
            history = [*QUESTION, {'role': 'assistant', 'content': None, 'tool_calls': [call]},
                       {'role': 'tool', 'tool_call_id': call['id'], 'content': 'done'}]
            assert ask(h, messages=history, tools=tools)[0] == 200
            assert json.dumps(t.requests()[-1]['body']).count(f'"{wire}"') >= 2, t.requests()[-1]['body']


# --- the way ------------------------------------------------------------------------------------------

def event(name, **data):
    return f'event: {name}\ndata: {json.dumps({"type": name, **data})}\n\n'.encode()


def words(text):
    return event('content_block_delta', delta={'type': 'text_delta', 'text': text})


def read_request(s):
    """The head and body of one HTTP/1.1 request."""
    data = b''
    while b'\r\n\r\n' not in data:
        piece = s.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b'\r\n\r\n')
    length = int(re.search(rb'(?i)content-length: (\d+)', head).group(1))
    while len(body) < length:
        body += s.recv(65536)
    return head, body


class Server:
    """A socket, and a function that serves each of its connections on a thread."""

    def __init__(self, serve, context=None):
        self.serve, self.context, self.connections = serve, context, 0
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s = self.socket.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.run, args=(s,), daemon=True).start()

    def run(self, s):
        try:
            if self.context:
                s = self.context.wrap_socket(s, server_side=True)
            self.serve(s)
        except OSError:
            pass
        finally:
            s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def a_slow_client_slows_the_teacher():
    """A client that reads nothing must leave the rest of an endless answer with the teacher."""
    sent = [0]
    ended = threading.Event()

    def serve(s):
        read_request(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n')
        piece = words('x' * 4000)
        try:
            while True:
                s.sendall(piece)
                sent[0] += len(piece)
        finally:
            ended.set()

    with Home() as h, Server(serve) as server:
        h.daemon()
        configure(h, {'name': 'endless', 'provider': 'claude', 'key': 'k', 'base_url': f'http://127.0.0.1:{server.port}'})
        s = h.stream(model='endless')
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        wait_for(lambda: sent[0] > 0, 'the answer to begin')
        before = -1
        while before != sent[0]:
            before = sent[0]
            time.sleep(0.5)
        assert before < 16 << 20, f'{before} bytes were taken for a client that reads none'
        rss = int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{h.pid()}/status').read_text()).group(1))
        for _ in range(200):
            s.recv(65536)
        wait_for(lambda: sent[0] > before, 'the answer to go on')
        s.close()
        assert ended.wait(LIMIT), 'the teacher was not let go'
        assert rss < 200 << 10, f'{rss} KB'


def questions_share_a_connection():
    with Home() as h, Teacher() as teacher:
        h.daemon()
        seen = []

        def serve(s):
            while request := read_request(s):
                seen.append(request)
                body = words('hi') + event('message_stop')
                s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n' % len(body) + body)

        with Server(serve) as server:
            configure(h, {'name': 'one', 'provider': 'claude', 'key': 'k', 'base_url': f'http://127.0.0.1:{server.port}'},
                      entry(teacher, 'other'))
            for _ in range(3):
                assert ask(h, model='one')[0] == 200
                assert ask(h, model='other')[0] == 200
            assert len(seen) == 3 and server.connections == 1, server.connections
            assert b'accept-encoding' not in seen[0][0].lower(), seen[0][0]


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + bytes((kind, flags)) + struct.pack('>I', stream) + payload


def read_frame(s):
    head = b''
    while len(head) < 9:
        piece = s.recv(9 - len(head))
        if not piece:
            raise OSError('closed')
        head += piece
    n, payload = int.from_bytes(head[:3], 'big'), b''
    while len(payload) < n:
        payload += s.recv(n - len(payload))
    return head[3], head[4], int.from_bytes(head[5:9], 'big') & 0x7fffffff, payload


def http2_is_spoken_over_tls_and_stopped_at_once():
    """A server with as little of RFC 9113 as a client can be served with."""
    finished, stopped = [], threading.Event()

    def serve(s):
        assert s.selected_alpn_protocol() == 'h2'
        preface = b''
        while len(preface) < 24:
            preface += s.recv(24 - len(preface))
        assert preface == b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
        s.sendall(frame(4, 0, 0))
        try:
            while True:
                kind, flags, stream, _ = read_frame(s)
                if kind == 4 and not flags & 1:
                    s.sendall(frame(4, 1, 0))
                if kind in (0, 1) and flags & 1:         # the request is over
                    # :status 200 from the static table, and a literal header
                    s.sendall(frame(1, 4, stream, b'\x88' + b'\x00\x0ccontent-type\x11text/event-stream'))
                    s.sendall(frame(0, 0, stream, words('one ')))
                    if finished:
                        continue                        # the second answer goes no further
                    s.sendall(frame(0, 1, stream, words('two') + event('message_stop')))
                    finished.append(stream)
        except OSError:
            stopped.set()

    with tempfile.TemporaryDirectory() as folder:
        key, certificate = pathlib.Path(folder) / 'key', pathlib.Path(folder) / 'cert'
        try:
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2',
                            '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True,
                           timeout=LIMIT)
        except (OSError, subprocess.CalledProcessError) as why:
            raise Skip('no openssl program') from why
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(['h2', 'http/1.1'])
        with Home() as h, Server(serve, context) as server:
            h.env['SSL_CERT_FILE'] = str(certificate)
            h.daemon()
            configure(h, {'name': 'two', 'provider': 'claude', 'key': 'k', 'base_url': f'https://127.0.0.1:{server.port}'})
            answer = ask(h, model='two')
            assert answer[0] == 200 and answer[2]['choices'][0]['message']['content'] == 'one two', answer
            s = h.stream(model='two')
            while b'one ' not in s.recv(65536):
                pass
            assert server.connections == 1, 'a second connection for a second question'
            s.close()
            assert stopped.wait(5), 'the connection stays after the client has left'


def a_certificate_of_nobodys_is_refused_with_its_reason():
    with Home() as h, tempfile.TemporaryDirectory() as folder:
        h.env['SSL_CERT_FILE'] = str(pathlib.Path(folder) / 'none')
        (pathlib.Path(folder) / 'none').write_text('')
        h.daemon()
        configure(h, {'name': 'far', 'provider': 'claude', 'key': 'k', 'base_url': 'https://127.0.0.1:1'})
        status, _, answer = ask(h, model='far')
        assert status >= 400 and '127.0.0.1:1' in answer['error']['message'], answer


if __name__ == '__main__':
    main([v for v in list(globals().values()) if callable(v) and getattr(v, '__module__', '') == '__main__' and v.__name__ not in
          ('Two', 'Projects', 'Server', 'entry', 'configure', 'ask', 'chunks', 'notices', 'states', 'settle', 'event', 'words', 'read_request', 'frame',
           'read_frame')])
