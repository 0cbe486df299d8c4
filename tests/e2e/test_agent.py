#!/usr/bin/env python3
"""Tools end to end: the real program in a real git repository, with a scripted teacher."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from harness import LIMIT, PROGRAM, PROVIDERS, Home, Skip, Teacher, Terminal, main, make_model, processes_with, wait_for

WRONG = 'def add(a, b):\n    return a - b\n'
RIGHT = 'def add(a, b):\n    return a + b\n'
TEST = 'from sums import add\nassert add(2, 3) == 5, add(2, 3)\nprint("all is well")\n'
RUN = 'python3 -B test_sums.py'
ALLOWED = ('--permission-mode', 'acceptEdits', '--allowed-tools', f'Bash({RUN})')


def call(name, **arguments):
    return {'call': name, 'arguments': arguments}


def says(*parts):
    return {'parts': [{'text': p} if isinstance(p, str) else p for p in parts]}


class Project:
    """A git repository with a failing test; `with` gives the home, the teacher and the folder."""

    def __init__(self, provider=('claude', None), **always):
        self.home, self.teacher = Home(), Teacher(**(always or {'text': 'Done.'}))
        self.home.configure(self.teacher.entry(provider[0], model=provider[1]))
        self.path = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix='project-')))
        (self.path / 'sums.py').write_text(WRONG)
        (self.path / 'test_sums.py').write_text(TEST)
        for words in (['init', '-q', '-b', 'main'], ['add', '.'],
                      ['-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '-qm', 'first']):
            subprocess.run(['git', '-C', self.path, *words], check=True, timeout=LIMIT)

    def __enter__(self):
        return self.home, self.teacher, self.path

    def __exit__(self, *_):
        self.home.__exit__()
        self.teacher.__exit__()
        shutil.rmtree(self.path, ignore_errors=True)


def the_work(path):
    """Read, grep, run the test, edit, run it again, done."""
    return (says('I look.', call('Read', file_path=str(path / 'sums.py')), call('Grep', pattern='def add', output_mode='content')),
            says(call('Bash', command=RUN)),
            says(call('Edit', file_path=str(path / 'sums.py'), old_string='a - b', new_string='a + b')),
            says(call('Bash', command=RUN)),
            says('The test passes.'))


def results_of(request):
    """(text, failed) of each result that a request to Claude carries, in order."""
    found = []
    for message in request['body']['messages']:
        for block in message['content'] if isinstance(message['content'], list) else ():
            if block['type'] == 'tool_result':
                content = block['content']
                found.append((content if isinstance(content, str) else ''.join(b['text'] for b in content), block.get('is_error', False)))
    return found


def lines_of(result):
    return [json.loads(line) for line in result.out.splitlines()]


def fixes_a_failing_test():
    for provider in PROVIDERS:
        with Project(provider) as (h, t, path):
            t.turns(*the_work(path))
            result = h.run(path, '-p', 'fix the failing test', *ALLOWED)
            assert result.code == 0 and result.out == 'The test passes.\n', (provider, result)
            assert (path / 'sums.py').read_text() == RIGHT, provider
            for line in ('- Read ', '- Grep def add', f'- Bash {RUN}', '- Edit '):
                assert line in result.err, (line, result)


def results_reach_the_model_in_order():
    with Project() as (h, t, path):
        t.turns(*the_work(path))
        h.run(path, '-p', 'fix the failing test', *ALLOWED)
        results = results_of(t.requests()[-1])
        assert len(results) == 5 and [failed for _, failed in results] == [False, False, True, False, False], results
        assert 'return a - b' in results[0][0] and 'sums.py' in results[1][0] and 'AssertionError' in results[2][0], results
        assert 'all is well' in results[4][0], results


def what_nobody_can_be_asked_about_is_refused_and_listed():
    with Project() as (h, t, path):
        t.turns(*the_work(path))
        result = h.run(path, '-p', 'fix the failing test', '--output-format', 'json')
        message = json.loads(result.out)
        assert result.code == 0 and (path / 'sums.py').read_text() == WRONG, result
        denials = message['permission_denials']
        assert [d['tool_name'] for d in denials] == ['Bash', 'Edit', 'Bash'], denials
        assert denials[1]['tool_input']['new_string'] == 'a + b' and denials[0]['tool_use_id'], denials


def deny_rules_hold_whatever_the_command_line_allows():
    with Project() as (h, t, path):
        (path / '.claude').mkdir()
        (path / '.claude/settings.json').write_text(json.dumps({'permissions': {'deny': ['Edit(sums.py)', f'Bash({RUN})']}}))
        t.turns(*the_work(path))
        result = h.run(path, '-p', 'fix the failing test', *ALLOWED, '--output-format', 'json')
        assert (path / 'sums.py').read_text() == WRONG, result
        assert len(json.loads(result.out)['permission_denials']) == 3, result
        t.turns(says(call('Read', file_path=str(h.path / '.ssh/id_rsa'))), says('Done.'))
        result = h.run(path, '-p', 'look into the folder', '--output-format', 'json', '--allowed-tools', 'Read')
        assert len(json.loads(result.out)['permission_denials']) == 1, result


USAGE = {'input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'}


def json_has_every_field():
    with Project() as (h, t, path):
        t.turns(*the_work(path))
        result = h.run(path, '-p', 'fix the failing test', *ALLOWED, '--output-format', 'json')
        m = json.loads(result.out)
        assert (m['type'], m['subtype'], m['is_error'], m['result'], m['num_turns']) == ('result', 'success', False, 'The test passes.', 5), m
        assert m['stop_reason'] == 'end_turn' and m['terminal_reason'] == 'completed' and m['permission_denials'] == [], m
        assert USAGE <= set(m['usage']) and m['usage']['output_tokens'] > 0, m
        assert m['total_cost_usd'] > 0 and m['duration_ms'] >= m['duration_api_ms'] >= 0 and m['ttft_ms'] >= 0, m
        [usage] = m['modelUsage'].values()
        assert usage['outputTokens'] == m['usage']['output_tokens'] and abs(usage['costUSD'] - m['total_cost_usd']) < 1e-9, m
        assert len(m['session_id']) == len(m['uuid']) == 36 and m['uuid'][14] == '4', m
        t.turns(*the_work(path))
        every = json.loads(h.run(path, '-p', 'fix it', *ALLOWED, '--output-format', 'json', '--verbose').out)
        assert [x['type'] for x in every][:2] == ['system', 'assistant'] and every[-1]['type'] == 'result', every


def stream_json_tells_every_step():
    with Project() as (h, t, path):
        t.turns(*the_work(path))
        lines = lines_of(h.run(path, '-p', 'fix the failing test', *ALLOWED, '--output-format', 'stream-json', '--verbose'))
        init = lines[0]
        assert (init['type'], init['subtype'], init['cwd'], init['permissionMode']) == ('system', 'init', str(path), 'acceptEdits'), init
        assert {'Read', 'Edit', 'Bash', 'Grep'} <= set(init['tools']) and init['mcp_servers'] == [] and 'model' in init, init
        assert [x['type'] for x in lines[1:6]] == ['assistant'] * 3 + ['user'] * 2, lines[1:6]
        first = [x['message'] for x in lines[1:4]]
        assert len({m['id'] for m in first}) == 1 and all(len(m['content']) == 1 for m in first), first
        assert all(m['usage'] == first[0]['usage'] and USAGE <= set(m['usage']) for m in first), first
        assert [m['content'][0]['type'] for m in first] == ['text', 'tool_use', 'tool_use'], first
        assert [m['stop_reason'] for m in first] == [None, None, 'tool_use'], first
        call_made = first[1]['content'][0]
        assert call_made['input'] == {'file_path': str(path / 'sums.py')}, call_made
        block = lines[4]['message']['content'][0]
        assert block['type'] == 'tool_result' and block['tool_use_id'] == call_made['id'] and 'is_error' not in block, block
        assert lines[-1]['type'] == 'result' and lines[-1]['result'] == 'The test passes.', lines[-1]
        assert len({x['session_id'] for x in lines}) == 1 and len({x['uuid'] for x in lines}) == len(lines)


def partial_messages_come_as_events():
    with Project() as (h, t, path):
        t.turns(says('One two three.', call('Read', file_path=str(path / 'sums.py'))), says('Done.'))
        lines = lines_of(h.run(path, '-p', 'x', '--output-format', 'stream-json', '--include-partial-messages'))
        events = [x['event'] for x in lines if x['type'] == 'stream_event']
        kinds = [e['type'] for e in events]
        assert kinds[0] == 'message_start' and kinds.count('message_start') == kinds.count('message_stop') == 2, kinds
        assert ''.join(e['delta'].get('text', '') for e in events if e['type'] == 'content_block_delta') == 'One two three.Done.', events
        arguments = ''.join(e['delta'].get('partial_json', '') for e in events if e['type'] == 'content_block_delta')
        assert json.loads(arguments) == {'file_path': str(path / 'sums.py')}, arguments


def messages_may_come_as_json():
    with Project() as (h, t, path):
        def message(text):
            return json.dumps({'type': 'user', 'message': {'role': 'user', 'content': text}}) + '\n'

        both = message('first') + message([{'type': 'text', 'text': 'second'}])
        options = ('-p', '--input-format', 'stream-json', '--output-format', 'stream-json')
        result = h.run(path, *options, stdin=both)
        assert result.code == 0 and [x['type'] for x in lines_of(result)].count('result') == 2, result
        assert len(t.requests()[-1]['body']['messages']) == 3, 'the second question knows the first'
        assert h.run(path, *options, stdin='nonsense\n').code == 2
        assert h.run(path, '-p', '--input-format', 'stream-json', stdin=both).code == 2


def turns_are_limited():
    with Project(**says(call('Bash', command='date +%N'))) as (h, t, path):
        result = h.run(path, '-p', 'x', '--max-turns', '2', '--output-format', 'json', '--allowed-tools', 'Bash(date *)')
        m = json.loads(result.out)
        assert result.code == 1 and m['subtype'] == 'error_max_turns' and m['is_error'] and m['num_turns'] == 2, m
        assert 'result' not in m and m['errors'], m
        assert len(t.requests()) == 2


def a_model_that_repeats_itself_is_stopped():
    with Project() as (h, t, path):
        t.always(**says(call('Read', file_path=str(path / 'sums.py'))))
        result = h.run(path, '-p', 'x')
        assert result.code == 1 and 'again and again' in result.err and len(t.requests()) <= 5, result


def tools_can_be_chosen():
    with Project() as (h, t, path):
        h.run(path, '-p', 'x', '--tools', 'Read,Grep')
        assert {tool['name'] for tool in t.requests()[-1]['body']['tools']} == {'Read', 'Grep'}
        h.run(path, '-p', 'x', '--tools', '')
        assert 'tools' not in t.requests()[-1]['body']
        h.run(path, '-p', 'x', '--disallowed-tools', 'Bash')
        names = {tool['name'] for tool in t.requests()[-1]['body']['tools']}
        assert 'Bash' not in names and 'Read' in names and 'AskUserQuestion' not in names, names


def the_prompt_says_where_it_is():
    with Project() as (h, t, path):
        h.run(path, '-p', 'x', '--append-system-prompt', 'Speak French.')
        system = json.dumps(t.requests()[-1]['body']['system'])
        assert str(path) in system and 'Git branch: main' in system and 'Speak French.' in system and 'is data' in system, system
        h.run(path, '-p', 'x', '--system-prompt', 'Only this.')
        system = json.dumps(t.requests()[-1]['body']['system'])
        assert 'Only this.' in system and 'Git branch' not in system, system


def plan_mode_changes_nothing():
    with Project() as (h, t, path):
        t.turns(*the_work(path))
        result = h.run(path, '-p', 'fix the failing test', '--permission-mode', 'plan', '--output-format', 'json')
        assert (path / 'sums.py').read_text() == WRONG and 'Edit' in [d['tool_name'] for d in json.loads(result.out)['permission_denials']], result


def every_call_is_logged():
    with Project() as (h, t, path):
        t.turns(*the_work(path))
        h.run(path, '-p', 'fix the failing test')
        lines = [json.loads(line) for line in (h.path / '.shammah/logs/tools.jsonl').read_text().splitlines()]
        assert [x['tool'] for x in lines] == ['Read', 'Grep', 'Bash', 'Edit', 'Bash'], lines
        assert [x['result'] for x in lines] == ['ok', 'ok', 'denied', 'denied', 'denied'], lines


def what_was_not_even_judged_is_logged_with_its_time():
    with Project() as (h, t, path):
        t.turns(says(call('Nothing', x=1)), says('Done.'))
        h.run(path, '-p', 'x')
        [line] = (h.path / '.shammah/logs/tools.jsonl').read_text().splitlines()
        assert json.loads(line)['result'] == 'wrong' and json.loads(line)['time'][:4] >= '2024', line


def a_repository_that_names_programs_runs_none_unasked():
    with Project() as (h, t, path):
        evil = path / 'evil'
        subprocess.run(['git', 'init', '-q', '--bare', evil], check=True, timeout=LIMIT)
        (evil / 'config').write_text(f'[core]\nbare = false\nworktree = {path}\nfsmonitor = "touch {path}/harmed; echo"\n')
        t.turns(says(call('Bash', command='git status')), says(call('Bash', command='cd evil')),
                says(call('Bash', command='git status')), says('Done.'))
        result = h.run(path, '-p', 'x', '--output-format', 'json')
        assert [d['tool_input']['command'] for d in json.loads(result.out)['permission_denials']] == ['git status'], result
        assert not (path / 'harmed').exists()


# --- what goes wrong ------------------------------------------------------------------------------------


def ctrl_c_at_any_moment_ends_it_cleanly():
    for step in range(8):
        with Project(pause_ms=30) as (h, t, path):
            t.turns(*({**turn, 'pause_ms': 30} for turn in the_work(path)))
            h.daemon()
            client = h.start(path, '-p', 'fix the failing test', *ALLOWED, '--output-format', 'stream-json')
            for _ in range(step + 1):
                client.stdout.readline()
            client.send_signal(signal.SIGINT)
            out, err = client.communicate(timeout=LIMIT)
            last = json.loads(out.splitlines()[-1]) if out else {'type': 'result'}    # before it asked
            assert last['type'] == 'result' and client.returncode in (0, 130), (step, client.returncode, last, err)
            assert (path / 'sums.py').read_text() in (WRONG, RIGHT), step
            assert not list(path.glob('*.tmp*')) and not list(path.glob('.sums*')), list(path.iterdir())


def ctrl_c_before_the_question_is_asked_gives_a_result_too():
    for form in ('json', 'stream-json'):
        with Project() as (h, _, path):
            read, write = os.pipe()
            with subprocess.Popen([PROGRAM, str(path), '-p', '--output-format', form], env=h.env, text=True, stdin=read,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
                time.sleep(1)
                client.send_signal(signal.SIGINT)
                out, err = client.communicate(timeout=LIMIT)
            os.close(read)
            os.close(write)
            m = json.loads(out)
            assert client.returncode == 130 and (m['type'], m['subtype'], m['is_error']) == ('result', 'error_during_execution', True), (m, err)
            assert m['num_turns'] == 0 and m['permission_denials'] == [] and len(m['session_id']) == 36, m


NAME = '0192f0c1-2a3b-4c5d-8e6f-0123456789AB'


def a_conversation_has_the_name_it_is_given():
    with Project() as (h, t, path):
        options = ('-p', 'change', '--output-format', 'stream-json', '--session-id', NAME, '--permission-mode', 'acceptEdits')
        t.turns(says(call('Write', file_path=str(path / 'new.py'), content='x = 1\n')), says('Done.'))
        result = h.run(path, *options)
        assert result.code == 0 and {x['session_id'] for x in lines_of(result)} == {NAME}, result
        assert list(pathlib.Path(h.env['HOME']).glob(f'**/checkpoints/{NAME}')), 'it is where rewind looks'
        again = h.run(path, *options)
        assert again.code == 2 and 'another' in again.err and not again.out, again


def ctrl_c_ends_a_command_that_ignores_signals():
    with Project() as (h, t, path):
        mark = path / 'begun'
        t.turns(says(call('Bash', command=f'trap "" TERM INT; touch {mark}; while :; do sleep 0.1; done')))
        client = h.start(path, '-p', 'x', '--allowed-tools', 'Bash', '--permission-mode', 'acceptEdits')
        try:
            wait_for(mark.exists, 'the command to begin')
        except AssertionError as e:
            client.kill()
            raise AssertionError(client.communicate()) from e
        began = time.monotonic()
        client.send_signal(signal.SIGINT)
        client.communicate(timeout=LIMIT)
        assert client.returncode == 130 and time.monotonic() - began < 15, client.returncode
        left = processes_with(str(mark))
        assert not left, left


def who_is_told_to_end_ends_its_commands_and_leaves_nothing():
    for number, code in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        with Project() as (h, t, path), tempfile.TemporaryDirectory() as temp:
            mark = path / 'begun'
            h.env['TMPDIR'] = temp
            t.turns(says(call('Bash', command=f'touch {mark}; while :; do sleep 0.1; done')))
            client = h.start(path, '-p', 'x', '--allowed-tools', 'Bash', '--permission-mode', 'acceptEdits')
            wait_for(mark.exists, 'the command to begin')
            client.send_signal(number)
            client.communicate(timeout=LIMIT)
            assert client.returncode == code, client.returncode
            left = subprocess.run(['pgrep', '-f', str(mark)], capture_output=True, text=True, check=False, timeout=LIMIT).stdout
            assert not left and not list(pathlib.Path(temp).iterdir()), (left, list(pathlib.Path(temp).iterdir()))


def a_prompt_whose_terminal_goes_leaves_nothing():
    for number, code in ((signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        with Project() as (h, _, path), tempfile.TemporaryDirectory() as temp:
            h.env['TMPDIR'] = temp
            t = Terminal(h, path)
            t.prompt()
            assert list(pathlib.Path(temp).iterdir())
            os.kill(t.pid, number)
            assert t.end() == code
            assert not list(pathlib.Path(temp).iterdir())


def a_gigabyte_of_output_is_kept_small():
    with Project() as (h, t, path):
        t.turns(says(call('Bash', command='head -c 1000000000 /dev/zero | tr "\\0" x', timeout=60000)), says('Done.'))
        result = h.run(path, '-p', 'x', '--allowed-tools', 'Bash')
        [(text, _)] = results_of(t.requests()[-1])
        assert result.code == 0 and len(text) < 100000, (result, len(text))


def a_file_changed_under_way_is_noticed():
    with Project() as (h, t, path):
        other = 'x = 1\n' + WRONG.replace('a - b', 'b - a')
        t.turns(says(call('Read', file_path=str(path / 'sums.py'))),
                says(call('Bash', command=f'printf %s {json.dumps(other)} > sums.py')),
                says(call('Edit', file_path=str(path / 'sums.py'), old_string='a - b', new_string='a + b')), says('Done.'))
        h.run(path, '-p', 'x', '--allowed-tools', 'Bash', '--permission-mode', 'acceptEdits')
        results = results_of(t.requests()[-1])
        assert results[2][1] and 'a + b' not in (path / 'sums.py').read_text(), results


def a_full_disk_leaves_the_file_as_it_was():
    with Project() as (h, t, path):
        small = path / 'small'
        small.mkdir()
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', small], capture_output=True, check=False).returncode:
            raise Skip('nothing can be mounted here')
        try:
            (small / 'file.txt').write_text('old\n')
            t.turns(says(call('Read', file_path=str(small / 'file.txt'))),
                    says(call('Write', file_path=str(small / 'file.txt'), content='new ' * 50000)), says('Done.'))
            result = h.run(path, '-p', 'x', '--permission-mode', 'acceptEdits')
            results = results_of(t.requests()[-1])
            assert result.code == 0 and results[1][1] and (small / 'file.txt').read_text() == 'old\n', results
            assert [p.name for p in small.iterdir()] == ['file.txt'], list(small.iterdir())
        finally:
            subprocess.run(['umount', small], check=False)


def a_teacher_that_fails_in_the_middle_leaves_what_was_done():
    with Project() as (h, t, path):
        t.turns(*the_work(path)[:3], {'status': 400})
        result = h.run(path, '-p', 'fix the failing test', *ALLOWED, '--output-format', 'json')
        m = json.loads(result.out)
        assert result.code == 1 and m['subtype'] == 'error_during_execution' and m['errors'], m
        assert (path / 'sums.py').read_text() == RIGHT


# --- the prompt ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def prompt(h, path, *args):
    cwd = os.getcwd()
    os.chdir(path)
    t = Terminal(h, *args)
    os.chdir(cwd)
    try:
        t.prompt()
        yield t
        t.type('/exit\n')
        assert t.end() == 0
    finally:
        t.kill()


def the_prompt_asks_and_shows_the_change():
    with Project() as (h, teacher, path), prompt(h, path) as t:
        teacher.turns(*the_work(path)[:1], the_work(path)[2], says('Changed.'))
        t.type('fix it\n')
        seen = t.see('[1/')
        assert 'return a - b' in seen and 'return a + b' in seen and 'why this is asked' in seen, seen
        t.type('1\n')
        t.see('Changed.')
        assert (path / 'sums.py').read_text() == RIGHT
        t.prompt()


def a_no_with_words_goes_to_the_model():
    with Project() as (h, teacher, path), prompt(h, path) as t:
        teacher.turns(*the_work(path)[:1], the_work(path)[2], says('I see.'))
        t.type('fix it\n')
        t.see('[1/')
        t.type('3\n')
        t.see('What instead?')
        t.type('use the other file\n')
        t.see('I see.')
        assert (path / 'sums.py').read_text() == WRONG
        assert 'use the other file' in results_of(teacher.requests()[-1])[-1][0]
        t.prompt()


def ctrl_c_at_the_question_is_a_no_and_the_conversation_goes_on():
    with Project() as (h, teacher, path), prompt(h, path) as t:
        teacher.turns(*the_work(path)[:1], the_work(path)[2], says('Well.'))
        t.type('fix it\n')
        t.see('[1/')
        time.sleep(0.3)
        t.type('\x03')
        t.prompt()
        assert (path / 'sums.py').read_text() == WRONG
        t.type('what now\n')
        t.see('Well.')
        results = results_of(teacher.requests()[-1])
        assert len(results) == 3 and results[2][1], results
        t.prompt()


def yes_for_good_is_kept_where_the_project_is_trusted():
    for trusted in (True, False):
        with Project() as (h, teacher, path):
            h.configure(teacher.entry(), f'[client]\ntrusted = [{json.dumps(str(path))}]' if trusted else '')
            with prompt(h, path) as t:
                teacher.turns(says(call('Bash', command=RUN)), says('Ran.'), says(call('Bash', command=RUN)), says('Again.'))
                t.type('run the test\n')
                seen = t.see('[1/2/3]')
                assert ('in this project' if trusted else 'in this conversation') in seen, seen
                t.type('2\n')
                t.see('Ran.')
                t.prompt()
                t.type('once more\n')
                t.see('Again.')
                t.prompt()
            file = path / '.claude/settings.local.json'
            assert file.exists() == trusted
            assert not trusted or json.loads(file.read_text())['permissions']['allow'][0].startswith('Bash('), file.read_text()


def commands_and_files_of_the_user_go_along():
    with Project() as (h, teacher, path), prompt(h, path) as t:
        t.type('!echo from the shell\n')
        t.see('from the shell')
        t.prompt()
        t.type('what is wrong in @sums.py ?\n')
        t.see('Done.')
        asked = json.dumps(teacher.requests()[-1]['body']['messages'])
        assert 'from the shell' in asked and 'return a - b' in asked, asked
        t.prompt()


def what_is_denied_stays_denied_for_the_user():
    with Project() as (h, teacher, path):
        (path / '.env').write_text('TOKEN=very-secret-words\n')
        with prompt(h, path) as t:
            t.type('what is in @.env\n')
            t.see('denied')
            t.prompt()
            assert not teacher.requests()
            t.type('/permissions\n')
            t.see('Mode: default')
            t.prompt()
            t.type('/plan\n')
            t.see('Mode: plan')
            t.prompt()


def turns_are_taken_back_with_what_commands_changed():
    with Project() as (h, t, path):
        (path / 'loose.txt').write_text('not tracked\n')
        t.turns(says(call('Read', file_path=str(path / 'sums.py'))),
                says(call('Edit', file_path=str(path / 'sums.py'), old_string='a - b', new_string='a + b'),
                     call('Write', file_path=str(path / 'new.py'), content='x = 1\n')),
                says(call('Bash', command='echo more >> loose.txt; rm test_sums.py')), says('Done.'))
        allowed = ('--permission-mode', 'acceptEdits', '--allowed-tools', 'Bash(echo:*) Bash(rm:*)')
        message = json.loads(h.run(path, '-p', 'change things', '--output-format', 'json', *allowed).out)
        assert message['permission_denials'] == [], message
        assert (path / 'sums.py').read_text() == RIGHT and not (path / 'test_sums.py').exists()
        before = os.getcwd()
        os.chdir(path)
        try:
            listed = h.run('rewind')
            assert message['session_id'] in listed.out and 'sums.py' in listed.out, listed
            result = h.run('rewind', message['session_id'] + '/1', '--yes')
        finally:
            os.chdir(before)
        assert result.code == 0 and '4 files were taken back' in result.out, result
        assert (path / 'sums.py').read_text() == WRONG and (path / 'test_sums.py').read_text() == TEST
        assert (path / 'loose.txt').read_text() == 'not tracked\n' and not (path / 'new.py').exists()


def that_commands_cannot_be_confined_is_said_once():
    with Project() as (h, t, path), tempfile.TemporaryDirectory() as d:
        bwrap = pathlib.Path(d) / 'bwrap'
        bwrap.write_text('#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n')
        bwrap.chmod(0o755)
        t.turns(says(call('Bash', command='date +%Y')), says(call('Bash', command='date +%m')), says('Done.'))
        result = h.run(path, '-p', 'what year is it', '--allowed-tools', 'Bash(date *)', PATH=f'{d}:{os.environ["PATH"]}')
        assert result.code == 0 and result.err.count('cannot be confined') == 1, result
        assert 'namespaces are off' in result.err and len(results_of(t.requests()[-1])) == 2, result


def source_tree(path, builds):
    """What Restart takes for Shammah's own source; the program that it builds is this one."""
    (path / 'src/cli').mkdir(parents=True)
    (path / 'src/cli/main.c').write_text('int main(void) { return 0; }\n')
    (path / 'meson.build').write_text("project('shammah', 'c')\n")
    (path / 'build').mkdir()
    (path / 'build/build.ninja').write_text(f"rule r\n  command = {'true' if builds else 'echo broken; false'}\nbuild all: r\n")
    shutil.copy(PROGRAM, path / 'build/shammah')       # a confined build sees nothing else in /tmp


def restart_builds_and_goes_on_with_the_conversation():
    if not shutil.which('ninja'):
        raise Skip('no ninja')
    with Project() as (h, teacher, path):
        source_tree(path, True)
        with prompt(h, path, '--quiet', '--session-id', NAME) as t:
            # As if files had been changed: the next program counts turns anew, under a name of its own.
            (pathlib.Path(h.path) / '.shammah/checkpoints' / NAME).mkdir(parents=True)
            teacher.turns(says('I build.', call('Restart', reason='to try it')), says('Built it.'), says('I remember.'))
            t.type('the word is plover, restart\n')
            t.see('[1/')
            t.type('1\n')
            t.see('Built it.')
            t.see('Started again; the conversation goes on.')
            t.prompt()
            t.type('which word?\n')
            t.see('I remember.')
            asked = json.dumps(teacher.requests()[-1]['body']['messages'])
            assert 'plover' in asked and 'Built it.' in asked and 'which word?' in asked, asked
            assert not list(pathlib.Path(h.path).rglob('conversation-*.json'))
            t.prompt()


def a_build_that_fails_restarts_nothing():
    if not shutil.which('ninja'):
        raise Skip('no ninja')
    with Project() as (h, teacher, path):
        source_tree(path, False)
        with prompt(h, path) as t:
            teacher.turns(says(call('Restart')), says('It is broken.'))
            t.type('restart\n')
            t.see('[1/')
            t.type('1\n')
            t.see('It is broken.')
            assert 'broken' in results_of(teacher.requests()[-1])[-1][0]
            t.prompt()


def restart_is_for_shammahs_source_only():
    with Project() as (h, teacher, path), prompt(h, path) as t:
        teacher.turns(says(call('Restart')), says('So be it.'))
        t.type('restart\n')
        t.see('So be it.')
        assert 'no tool `Restart`' in results_of(teacher.requests()[-1])[-1][0]
        t.prompt()


def a_local_model_calls_tools():
    with Project() as (h, _, path), tempfile.TemporaryDirectory() as d:
        words = f'<tool_call>\n{{"name": "Read", "arguments": {{"file_path": "{path}/sums.py"}}}}\n</tool_call>'
        model = make_model(pathlib.Path(d) / 'Tiny', '--context', 16384, '--says', words, '--says', 'Read it.')
        h.ready(model)
        result = h.run(path, '-p', '--source', 'local', 'read it', '--model', model)
        assert result.code == 0 and result.out == 'Read it.\n' and '- Read ' in result.err, result


if __name__ == '__main__':
    main([v for v in list(globals().values()) if callable(v) and getattr(v, '__module__', '') == '__main__'
          and v.__name__ not in ('call', 'says', 'Project', 'the_work', 'results_of', 'lines_of', 'prompt', 'source_tree')])
