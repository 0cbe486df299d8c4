#!/usr/bin/env python3
"""The program as its user meets it: command line, prompt, daemon, teacher."""
import fcntl
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time

from harness import Home, LIMIT, PROGRAM, Skip, Teacher, Terminal, free_port, main, make_model, wait_for

SAYS = 'Grüße aus dem Modell: ein Satz, der mit 🚀 endet'


def model(folder, *args):
    return make_model(pathlib.Path(folder) / 'Tiny-Model', *args)


def says_its_version_and_its_help():
    with Home() as h:
        assert h.run('--version').out.startswith('shammah 0.')
        help_text = h.run('--help').out
        assert 'Usage:' in help_text and '--model NAME' in help_text and '/clear' in help_text
        assert 'run|start|stop|status|logs' in h.run('help', 'daemon').out


def wrong_usage_is_exit_code_2():
    with Home() as h:
        for args in (['--modle'], ['daemon', 'dance'], ['--source', 'x', '-p', 'q'], ['explain', 'nothing']):
            result = h.run(*args)
            assert result.code == 2 and result.err.startswith('shammah: '), result


def answers_a_known_question_with_nothing_configured():
    with Home() as h:
        result = h.ask('what is reciprocity')
        assert result.code == 0, result
        assert 'tit for tat' in result.out
        assert 'known answer patterns/reciprocity' in result.err


def says_in_two_lines_what_is_missing():
    with Home() as h:
        result = h.ask('write a quicksort in ocaml')
        assert result.code == 1 and result.out == '', result
        lines = result.err.strip().split('\n')
        assert len(lines) == 2 and 'Run `shammah models pull`' in lines[1], result


def answers_from_a_local_model_token_by_token():
    with Home() as h, tempfile.TemporaryDirectory() as t:
        result = h.ask('write a quicksort in ocaml', '--model', model(t, '--says', SAYS))
        assert result.code == 0 and result.out == SAYS + '\n', result
        assert 'Tiny-Model on this machine' in result.err, result


def a_random_model_answers_whatever_it_is():
    for precision in ('fp32', 'fp16', 'int8', 'q4', 'q4f16'):
        for attention in ('plain', 'gqa'):
            with Home() as h, tempfile.TemporaryDirectory() as t:
                folder = model(t, '--attention', attention, '--precision', precision)
                result = h.ask('write a quicksort in ocaml', '--model', folder, '--max-tokens', 5)
                assert result.code == 0, (precision, attention, result)


def piped_input_is_read_with_and_without_a_question():
    with Home() as h:
        assert 'tit for tat' in h.run(stdin='what is reciprocity\n').out
        with Teacher() as c:
            h.env.update(c.env())
            result = h.run('-p', 'review this', stdin='int x;\n')
            assert 'Claude heard: review this' in result.out and 'int x;' in result.out, result


def a_silent_pipe_does_not_hold_the_question_up():
    with Home() as h:
        reader, writer = os.pipe()
        start = time.monotonic()
        done = subprocess.run([PROGRAM, '-p', 'what is reciprocity'], env=h.env, stdin=reader, capture_output=True,
                              text=True, timeout=LIMIT, check=False)
        os.close(reader)
        os.close(writer)
        assert done.returncode == 0 and 'going on without it' in done.stderr, done
        assert time.monotonic() - start < 30


def output_that_cannot_be_written_is_an_error():
    with Home() as h:
        for command, to in (('-p "what is reciprocity"', '>&-'), ('-p "what is reciprocity"', '> /dev/full'), ('--help', '> /dev/full'),
                            ('explain patterns hello', '> /dev/full'), ('config', '>&-')):
            done = subprocess.run(f'"{PROGRAM}" {command} {to}', shell=True, env=h.env, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=LIMIT, check=False)
            assert done.returncode == 1 and 'standard output' in done.stderr, (command, to, done)


def closed_standard_input_is_none():
    with Home() as h:
        done = subprocess.run(f'"{PROGRAM}" -p "what is reciprocity" <&-', shell=True, env=h.env, capture_output=True, text=True,
                              timeout=LIMIT, check=False)
        assert done.returncode == 0 and 'tit for tat' in done.stdout, done


def asks_claude_when_there_is_a_key():
    with Home() as h, Teacher() as c:
        result = h.ask('write a quicksort in ocaml', **c.env())
        assert result.code == 0 and 'Claude heard: write a quicksort in ocaml' in result.out, result
        assert 'the teacher' in result.err, result


def a_key_set_later_reaches_the_running_daemon():
    with Home() as h, Teacher() as c:
        h.daemon()
        assert h.ask('write a quicksort in ocaml').code == 1
        assert h.ask('write a quicksort in ocaml', **c.env()).code == 0


def a_wrong_key_is_explained_and_not_shown():
    with Home() as h, Teacher() as c:
        result = h.ask('write a quicksort in ocaml', **c.env('sk-wrong-key-1234567890'))
        assert result.code == 1 and 'key' in result.err, result
        log = (h.path / '.shammah/daemon.log').read_text()
        assert 'sk-wrong' not in result.err + result.out + log


def a_busy_teacher_is_asked_again():
    with Home() as h, Teacher({'status': 529, 'retry_after': 1}) as c:
        result = h.ask('write a quicksort in ocaml', **c.env())
        assert result.code == 0 and 'Claude heard' in result.out, result


def a_cut_stream_is_never_a_silent_end():
    with Home() as h, Teacher({'how': 'cut', 'bytes': 900}) as c:
        result = h.ask('write a quicksort in ocaml that sorts a list of many words and says so', **c.env())
        assert result.code == 1 and 'cut' in result.err, result


def known_stays_known_and_local_stays_local():
    with Home() as h, Teacher() as c:
        h.env.update(c.env())
        assert h.ask('write a quicksort in ocaml', '--source', 'known').code == 1
        assert h.ask('write a quicksort in ocaml', '--source', 'local').code == 1
        result = h.ask('what is reciprocity', '--source', 'teacher')
        assert 'Claude heard' in result.out, result


def config_shows_origins_and_masks_the_key():
    with Home() as h:
        result = h.run('config', ANTHROPIC_API_KEY='sk-ant-secret-1234567890-abcdefgh')
        assert 'environment ANTHROPIC_API_KEY' in result.out and 'secret' not in result.out, result
        assert f'server.port = {h.port}' in result.out


def config_shows_nothing_that_a_terminal_would_obey():
    with Home() as h:
        (h.path / '.claude').mkdir()
        (h.path / '.claude/settings.json').write_text(json.dumps({'model': 'op\x1b[31mus\x9b2J', 'permissions': {'deny': ['\x1b[2J']}}))
        result = h.run('config', ANTHROPIC_API_KEY='sk-ant-secret-1234567890-abcdefgh')
        assert 'op\u241b[31mus' in result.out, result
        assert not [c for c in result.out + result.err if c < ' ' and c != '\n' or '\x7f' <= c < '\xa0'], result


def a_broken_settings_file_is_named():
    with Home() as h:
        (h.path / '.claude').mkdir()
        (h.path / '.claude/settings.json').write_text('{"shammah": {"server": {"port": "x"}}}')
        result = h.ask('hi')
        assert result.code == 2 and 'shammah.server.port: is of another kind; accepted: a whole number' in result.err, result
        assert h.run('daemon', 'stop').code == 0


def config_check_lists_all_that_is_wrong():
    with Home() as h:
        (h.path / '.shammah').mkdir()
        (h.path / '.shammah/config.toml').write_text('[backend]\nkv_bits = 12\nmodle = "x"\n[server]\norigins = 1\n')
        result = h.run('config', 'check')
        assert result.code == 1, result
        assert result.out.split('\n')[:3] == [
            'error: ~/.shammah/config.toml:2: backend.kv_bits: is not accepted; accepted: a multiple of 8 from 8 to 16',
            'warning: ~/.shammah/config.toml:3: backend.modle: unknown, and ignored',
            'error: ~/.shammah/config.toml:5: server.origins: is of another kind; accepted: a list of strings'], result
        (h.path / '.shammah/config.toml').write_text('[backend]\nmodle = "x"\n')
        assert h.run('config', 'check').code == 0
        (h.path / '.shammah/config.toml').unlink()
        assert 'nothing is wrong' in h.run('config', 'check').out


def config_path_names_every_file():
    with Home() as h:
        (h.path / '.claude').mkdir()
        (h.path / '.claude/settings.json').write_text('{}')
        out = h.run('config', 'path').out
        assert f'{h.path}/.claude/settings.json   # read' in out and f'{h.path}/.shammah/config.toml   # not there' in out, out


def config_as_json_has_values_with_origins_and_no_key():
    with Home() as h:
        (h.path / '.claude').mkdir()
        (h.path / '.claude/settings.json').write_text('{"model": "opus", "env": {"OPENAI_API_KEY": "sk-secret-abcdefghijklmnop"}}')
        result = h.run('config', '--json', ANTHROPIC_API_KEY='sk-ant-secret-1234567890-abcdefgh')
        config = json.loads(result.out)
        assert config['settings']['server.port'] == {'value': str(h.port), 'origin': 'environment SHAMMAH_PORT'}, config
        claude, openai = config['teachers']
        assert claude['model'] == {'value': 'opus', 'origin': '~/.claude/settings.json'}, config
        assert openai['api_key']['origin'] == '~/.claude/settings.json' and 'secret' not in result.out, config


def a_cloned_project_cannot_send_the_key_elsewhere():
    with Home() as h:
        project = h.path / 'project'
        (project / '.git').mkdir(parents=True)
        (project / '.claude').mkdir()
        (project / '.claude/settings.json').write_text(
            '{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}, "apiKeyHelper": "touch %s/ran"}' % h.path)
        h.env['ANTHROPIC_API_KEY'] = 'sk-ant-secret-1234567890-abcdefgh'
        result = h.run(project, '-p', '--source', 'known', 'what is reciprocity')
        assert result.code == 0 and 'is not trusted' in result.err, result
        (h.path / '.shammah/config.toml').write_text(f'[client]\ntrusted = ["{h.path}"]\n')
        result = h.run(project, '-p', '--source', 'known', 'what is reciprocity')
        assert result.code == 0 and 'is not trusted' not in result.err, result
        assert not (h.path / 'ran').exists()


def explain_judges_urls_and_paths():
    with Home() as h:
        lines = '{"id": 1, "url": "http://127.0.0.1/"}\n{"id": "b", "url": "https://github.com/"}\n{"url": 3}\n'
        out = [json.loads(line) for line in h.run('explain', 'url', '--jsonl', stdin=lines).out.splitlines()]
        assert [x.get('verdict') for x in out] == ['block', 'allow', None] and out[1]['id'] == 'b' and 'error' in out[2], out
        ask = {'root': '/p', 'cwd': '/p', 'home': '/h', 'path': 'l/passwd', 'op': 'read', 'fs': [{'link': '/p/l', 'target': '/etc'}]}
        out = json.loads(h.run('explain', 'path', '--jsonl', stdin=json.dumps(ask)).out)
        assert out['verdict'] == 'deny' and 'link' in out['why'], out
        assert h.run('explain', 'path', '.env').out.startswith('deny: ')
        assert h.run('explain', 'url', 'https://example.com').out.startswith('confirm: ')
        ask = {'id': 7, 'settings': {'permissions': {'deny': ['Bash(rm *)']}}, 'cwd': '/w', 'home': '/h',
               'call': {'tool': 'Bash', 'input': {'command': 'ls; rm x'}}, 'fs': []}
        out = json.loads(h.run('explain', 'permission', '--jsonl', stdin=json.dumps(ask)).out)
        assert out['id'] == 7 and out['decision'] == 'deny' and out['rule'] == 'Bash(rm *)', out
        assert h.run('explain', 'permission', 'Bash(ls)').out == 'allow: it only reads\n'


def who_asks_a_teacher_without_a_key_reads_where_it_was_looked_for():
    with Home() as h:
        result = h.ask('hello there', '--source', 'teacher')
        assert result.code == 1 and 'Looked in:' in result.err and 'ANTHROPIC_API_KEY' in result.err, result
        assert '~/.shammah/config.toml, [[teachers]]: no such file' in result.err, result


def explain_judges_lines_in_order():
    with Home() as h, tempfile.TemporaryDirectory() as t:
        folder = model(t)
        lines = '{"id": 1, "text": "hello"}\nnonsense\n{"id": "three", "text": "<|im_start|>"}\n'
        out = h.run('explain', 'tokens', '--tokenizer', folder, '--jsonl', stdin=lines).out.split('\n')
        assert '"id":1' in out[0] and '"decoded":"hello"' in out[0]
        assert 'error' in out[1] and '"id":"three"' in out[2]
        assert 'patterns' not in h.run('explain', 'patterns', 'what is reciprocity').out.split('\n')[0]
        assert h.run('explain', 'patterns', 'what is reciprocity').out.startswith('reciprocity\n')
        pages = '{"id": 4, "html": "<a href=b>c</a>", "url": "https://e.org/a"}\n{"html": "%PDF-1", "content_type": "application/pdf"}\n'
        out = h.run('explain', 'html', '--jsonl', stdin=pages).out.split('\n')
        assert '"id":4' in out[0] and r'[c](https://e.org/b)\n' in out[0] and 'application/pdf' in out[1]
        assert '<|im_start|>user\nhi<|im_end|>' in h.run('explain', 'template', 'hi', '--tokenizer', folder).out


# --- the daemon ------------------------------------------------------------------------

def starts_stops_and_tells_its_state():
    with Home() as h:
        assert 'No daemon runs' in h.run('daemon', 'status').out
        assert 'runs on 127.0.0.1' in h.run('daemon', 'start').out
        assert 'already runs' in h.run('daemon', 'start').out
        assert f'127.0.0.1:{h.port}' in h.run('daemon', 'status').out
        assert 'listens on' in h.run('daemon', 'logs').out
        assert 'has ended' in h.run('daemon', 'stop').out
        assert 'No daemon runs' in h.run('daemon', 'stop').out
        assert not (h.path / '.shammah/daemon.pid').exists()


def many_clients_start_one_daemon():
    with Home() as h:
        clients = [h.start('-p', 'what is reciprocity') for _ in range(8)]
        for c in clients:
            out, err = c.communicate(timeout=LIMIT)
            assert c.returncode == 0 and 'tit for tat' in out, err
        listening = (h.path / '.shammah/daemon.log').read_text().count('listens on')
        assert listening == 1, listening


def a_killed_daemon_is_replaced():
    with Home() as h:
        h.daemon()
        h.kill()
        result = h.ask('what is reciprocity')
        assert result.code == 0, result


def a_taken_port_names_who_has_it():
    with Home() as h, socket.socket() as s:
        s.bind(('127.0.0.1', h.port))
        s.listen()
        result = h.ask('what is reciprocity')
        assert result.code == 1 and f'port {h.port} is taken by' in result.err and str(os.getpid()) in result.err, result


def another_port_than_the_running_one_is_an_error():
    with Home() as h:
        h.daemon()
        result = h.ask('what is reciprocity', '--port', free_port())
        assert result.code == 1 and 'shammah daemon stop' in result.err, result


def killed_in_the_middle_of_an_answer_it_is_said_and_the_next_works():
    with Home() as h, Teacher(pause_ms=50) as c:
        h.env.update(c.env())
        client = h.start('--tools', '', '-p', 'write ' + 'many words ' * 100)
        client.stdout.read(20)
        h.kill()
        _, err = client.communicate(timeout=LIMIT)
        assert client.returncode == 1 and 'the daemon ended in the middle of the answer' in err, err
        assert h.ask('what is reciprocity').code == 0


def a_stop_lets_a_stream_finish_or_says_why_not():
    with Home() as h, Teacher(pause_ms=20) as c:
        h.env.update(c.env())
        client = h.start('--tools', '', '-p', 'write ' + 'word ' * 20)
        client.stdout.read(12)
        assert h.run('daemon', 'stop').code == 0
        out, err = client.communicate(timeout=LIMIT)
        assert (client.returncode == 0 and out.rstrip().endswith('word')) or (client.returncode == 1 and err), (out, err)


def a_missing_model_folder_is_named():
    with Home() as h, tempfile.TemporaryDirectory() as t:
        assert 'No such file' in h.ask('hi', '--model', '/no/such/folder').err
        result = h.ask('write a quicksort in ocaml', '--model', t)
        assert result.code == 1 and 'config.json' in result.err + h.run('daemon', 'status').out, result


def an_unusable_home_is_an_error():
    with Home() as h:
        result = h.ask('what is reciprocity', SHAMMAH_HOME='/proc/nowhere')
        assert result.code == 1 and '/proc/nowhere' in result.err and 'SHAMMAH_HOME can name another' in result.err, result
        if os.geteuid() == 0:
            return                                  # who may write everywhere
        (h.path / '.shammah').mkdir(mode=0o500)
        result = h.ask('what is reciprocity')
        assert result.code == 1 and 'nothing can be written in' in result.err, result
        assert 'nothing can be written' in h.run('doctor').out
        (h.path / '.shammah').chmod(0o700)


def a_full_disk_is_said():
    if os.geteuid() != 0:
        raise Skip('needs root to mount a small disk')
    with Home() as h:
        disk = h.path / 'disk'
        disk.mkdir()
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk], check=False, capture_output=True).returncode:
            raise Skip('cannot mount here')
        try:
            (disk / 'fill').write_bytes(b'x' * 12288)
            result = h.ask('what is reciprocity', SHAMMAH_HOME=str(disk / 'home'))
            assert result.code == 1 and 'No space left' in result.err, result
        finally:
            subprocess.run(['umount', '-l', disk], check=False)


def a_daemon_holds_nothing_that_its_starter_had_open():
    with Home() as h:
        reader, writer = os.pipe()
        subprocess.run([PROGRAM, '-p', 'what is reciprocity'], env=h.env, stdin=subprocess.DEVNULL, capture_output=True,
                       pass_fds=[writer], timeout=LIMIT, check=True)
        os.close(writer)
        assert select.select([reader], [], [], 10)[0], 'the daemon holds the pipe open'
        os.close(reader)


def a_daemon_ends_at_once_while_its_model_loads():
    with Home() as h, tempfile.TemporaryDirectory() as t:
        folder = model(t)
        (folder / 'tokenizer.json').unlink()
        os.mkfifo(folder / 'tokenizer.json')
        h.run('daemon', 'start', '--model', folder)
        assert h.status()['model']['state'] == 'loading'
        stop = h.run('daemon', 'stop')
        assert stop.code == 0, stop
        assert h.ask('what is reciprocity').code == 0


def ctrl_c_again_and_again_ends_a_daemon_cleanly():
    with Home() as h:
        for _ in range(10):
            daemon = h.start('daemon', 'run')
            wait_for(lambda: h.run('daemon', 'status').code == 0, 'the daemon')
            for _ in range(300):
                os.kill(daemon.pid, signal.SIGINT)
            daemon.communicate()
            assert daemon.returncode == 0 and not (h.path / '.shammah/daemon.pid').exists(), daemon.returncode


def a_model_named_on_the_command_line_wins_over_the_daemons_environment():
    with tempfile.TemporaryDirectory() as t:
        (pathlib.Path(t) / 'a').mkdir()
        (pathlib.Path(t) / 'b').mkdir()
        weak, strong = model(t + '/a'), model(t + '/b')
        for _ in range(10):
            with Home() as h:
                h.run('daemon', 'start', '--model', strong, SHAMMAH_MODEL=str(weak))
                assert h.status()['model']['folder'] == str(strong), h.status()


def a_prompt_tells_a_new_daemon_what_the_old_one_knew():
    with Home() as h, Teacher() as c:
        h.env.update(c.env())
        t = Terminal(h)
        t.prompt()
        h.env.update(ANTHROPIC_API_KEY='')
        assert h.run('daemon', 'stop').code == 0
        assert h.run('daemon', 'start').code == 0
        assert h.ask('write a quicksort in ocaml').code == 1
        t.type('write a quicksort in ocaml\n')
        t.see('Claude heard: write a quicksort in ocaml')
        t.prompt()
        t.type('\x04')
        assert t.end() == 0


def a_model_that_thinks_is_seen_to_and_its_thoughts_are_no_answer():
    with Home() as h, tempfile.TemporaryDirectory() as folder:
        model = make_model(pathlib.Path(folder) / 'thinker', '--says', '<think>\nWell, so.\n</think>\n\nForty-two.')
        (model / 'tokenizer_config.json').write_text(json.dumps(
            {'chat_template': 'enable_thinking is defined and enable_thinking is false <tool_call>'}))
        h.ready(model)
        result = h.ask('what is it', '--source', 'local')
        assert result.out == 'Forty-two.\n', result
        t = Terminal(h, '--source', 'local')
        t.prompt()
        t.type('what is it\n')
        t.see('thinking ...')
        assert 'so.' not in t.see('Forty-two.')
        t.prompt()
        t.type('\x04')
        assert t.end() == 0


def a_question_never_goes_to_another_program_on_the_port():
    with Home() as h, socket.socket() as s:
        t = Terminal(h)
        t.prompt()
        assert h.run('daemon', 'stop').code == 0
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('127.0.0.1', h.port))
        s.listen()
        t.type('my secret plan\n')
        t.see('is taken by')
        s.setblocking(False)
        try:
            raise AssertionError(s.accept()[0].recv(1000))
        except BlockingIOError:
            pass
        t.kill()


# --- the prompt ---------------------------------------------------------------------------

def the_prompt_answers_remembers_and_leaves():
    with Home() as h, Teacher() as c:
        h.env.update(c.env())
        t = Terminal(h)
        t.see('/help lists the commands')
        t.prompt()
        t.type('what is reciprocity\n')
        t.see('tit for tat')
        t.see('known answer')
        t.type('write a quicksort in ocaml\n')
        t.see('Claude heard: write a quicksort in ocaml')
        t.type('/nonsense\n')
        t.see('There is no command /nonsense')
        t.type('/clear\n')
        t.see('forgotten')
        t.type('/exit\n')
        assert t.end() == 0
        history = (h.path / '.shammah/history').read_text()
        assert history.count('quicksort') == 1, history
        assert (h.path / '.shammah/history').stat().st_mode & 0o777 == 0o600


def a_first_message_is_asked_at_once():
    with Home() as h:
        t = Terminal(h, 'what is reciprocity')
        t.see('tit for tat')
        t.prompt()
        t.type('\x04')
        assert t.end() == 0


def a_backslash_continues_a_message():
    with Home() as h, Teacher() as c:
        h.env.update(c.env())
        t = Terminal(h)
        t.prompt()
        t.type('write a quicksort\\\n')
        t.prompt('... ')
        t.type('in ocaml\n')
        t.see('Claude heard: write a quicksort')
        t.see('in ocaml')
        t.prompt()
        t.type('\x04')
        assert t.end() == 0


def pasted_lines_are_one_message():
    with Home() as h, Teacher() as c:
        h.env.update(c.env())
        t = Terminal(h)
        t.prompt()
        t.type('write a quicksort\nin ocaml\nand explain it\n')
        answer = t.see('- claude')
        assert answer.count('Claude heard') == 1 and answer.rstrip().endswith('and explain it\r\n\x1b[2m- claude'), answer
        t.prompt()
        t.type('\x04')
        assert t.end() == 0


def a_line_is_broken_where_a_resized_window_ends():
    with Home() as h:
        t = Terminal(h)
        t.prompt()
        t.type('abcdefghijklmnop')
        t.see('abcdefghijklmnop')
        fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 20, 0, 0))
        t.type('qrstuvwxyz')
        assert 'qrstuvwxyz' not in t.see('z')
        t.type('\x03')
        t.prompt()
        t.type('\x04')
        t.see('^D\r\n')
        assert t.end() == 0


def ctrl_c_stops_an_answer_and_twice_leaves():
    with Home() as h, Teacher(pause_ms=100) as c:
        h.env.update(c.env())
        t = Terminal(h)
        t.prompt()
        t.type('write ' + 'many words ' * 50 + '\n')
        t.see('Claude heard')
        t.type('\x03')
        t.see('stopped')
        t.prompt()
        t.type('half a line')
        t.see('half a line')
        t.type('\x03')
        t.see('^C')
        t.prompt()
        t.type('\x03')
        t.see('once more to leave')
        t.prompt()
        t.type('\x03')
        assert t.end() == 0


def control_characters_of_an_answer_never_reach_the_terminal():
    with Home() as h, tempfile.TemporaryDirectory() as d:
        h.ready(model(d, '--says', 'a\x1b[31mred\x07'))
        t = Terminal(h)
        t.prompt()
        t.type('write a quicksort in ocaml\n')
        t.see('␛[31mred␇')
        t.prompt()
        t.type('\x04')
        t.end()


def control_characters_of_a_models_name_never_reach_the_terminal():
    with Home() as h, tempfile.TemporaryDirectory() as d:
        result = h.ask('write a quicksort in ocaml', '--model', make_model(pathlib.Path(d) / 'Tiny\x1b[31m', '--says', 'hi'))
        assert result.code == 0 and 'Tiny␛[31m' in result.err and '\x1b' not in result.err, result


def ctrl_c_ends_one_shot_with_130():
    with Home() as h, Teacher(pause_ms=100) as c:
        h.env.update(c.env())
        client = h.start('--tools', '', '-p', 'write ' + 'many words ' * 50)
        client.stdout.read(10)
        client.send_signal(signal.SIGINT)
        client.communicate(timeout=LIMIT)
        assert client.returncode == 130, client.returncode
        wait_for(lambda: 'result="cancelled"} 1' in h.http('GET', '/metrics')[2].replace('source="teacher",', ''), 'the teacher to be let go')


def a_hanging_teacher_can_be_interrupted():
    with Home() as h, Teacher(how='hang', after=3) as c:
        h.env.update(c.env())
        client = h.start('-p', 'write something')
        client.stdout.read(10)
        client.send_signal(signal.SIGINT)
        client.communicate(timeout=LIMIT)
        assert client.returncode == 130


def a_ten_megabyte_paste_is_carried():
    with Home() as h, Teacher() as c:
        h.env.update(c.env())
        result = h.run('-p', 'count', '--source', 'teacher', stdin=('0123456789abcdef' * 64 + ' ') * 10000)
        assert result.code == 0 and result.out.count('0123456789abcdef') == 640000, (result.code, result.err[-500:], len(result.out))


if __name__ == '__main__':
    main([v for v in list(globals().values()) if callable(v) and getattr(v, '__module__', '') == '__main__'
          and v.__name__ != "model"])
