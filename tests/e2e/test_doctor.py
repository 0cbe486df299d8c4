"""`shammah doctor`: what it finds, what it advises, and that no secret is ever in it."""
import json
import os
import socket

from harness import Home, Teacher, Terminal, main, wait_for

SECRETS = {
    'ANTHROPIC_API_KEY': 'sk-ant-api03-PLANTED-one-abcdefghijkl',
    'OPENAI_API_KEY': 'sk-proj-abc-PLANTED-two-abcdefghijklmnop',
    'HF_TOKEN': 'hf_abcdefgPLANTEDthreeabcdefghijkl',
    'HTTPS_PROXY': 'http://somebody:PLANTED-four-password@127.0.0.1:9',
    'ANTHROPIC_CUSTOM_HEADERS': 'X-Secret: abcdefgh-PLANTED-five-header-value',
    'MY_OWN_TOKEN': 'abcdefgh-PLANTED-six-unrelated',
}


def checks(home, *args, **env):
    result = home.run('doctor', '--json', *args, **env)
    report = json.loads(result.out)
    assert (result.code == 1) == (report['failures'] > 0), result
    return report['checks']


def found(rows, check, text, result=None):
    return [r for r in rows if r['check'] == check and text in r['text'] and result in (None, r['result'])]


def write(home, path, text, mode=0o600):
    path = home.path / path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_a_new_user_has_no_failure():
    with Home() as home:
        rows = checks(home)
        assert not [r for r in rows if r['result'] == 'fail'], rows
        assert found(rows, 'teachers', 'no key', 'warn') and found(rows, 'daemon', 'does not run')
        assert not (home.path / '.shammah').exists()


def test_no_planted_secret_is_ever_shown():
    with Home() as home:
        write(home, '.claude/settings.json', json.dumps({'env': {'SHAMMAH_API_KEY': 'sk-ant-abcd-PLANTED-seven-abcdefgh'},
                                                         'apiKeyHelper': 'echo sk-ant-abcd-PLANTED-eight-abcdefgh'}))
        write(home, '.shammah/config.toml', '[[teachers]]\nprovider = "claude"\napi_key = "sk-ant-abcd-PLANTED-nine-abcdefghijklmn"\n'
              'headers = { X-More = "abcdefgh-PLANTED-ten-abcdefgh" }\nunknown_PLANTED = 1\n[[teachers]]\nprovider = "nobody"\n'
              'api_key = "abcdefgh-PLANTED-eleven-abcdefg"\n')
        write(home, '.shammah/daemon.token', 'PLANTEDtwelve'.ljust(64, '0'))
        write(home, '.shammah/history', 'PLANTED thirteen is what was typed\n')
        for args in ((), ('--json',), ('--online',), ('--online', '--json')):
            result = home.run('doctor', *args, **SECRETS)
            shown = (result.out + result.err).replace('unknown_PLANTED', '')    # the name of a key is none
            assert 'PLANTED' not in shown, shown
            assert 'history' not in shown and 'somebody' not in shown, shown
        assert '***@127.0.0.1:9' in home.run('doctor', **SECRETS).out


def test_what_others_can_read_is_said_with_the_command_that_mends_it():
    with Home() as home:
        write(home, '.shammah/config.toml', '', mode=0o644)
        row = found(checks(home), 'folder', 'config.toml is 0644', 'warn')
        assert row and row[0]['advice'] == 'chmod 600 ~/.shammah/config.toml', row
        (home.path / '.shammah').chmod(0o755)
        row = found(checks(home), 'folder', '~/.shammah is 0755', 'warn')
        assert row and row[0]['advice'] == 'chmod 700 ~/.shammah', row


def test_broken_settings_fail_with_file_and_line():
    with Home() as home:
        write(home, '.shammah/config.toml', 'a = 1\nb = "x\n')
        rows = checks(home)
        assert found(rows, 'settings', 'config.toml:2', 'fail'), rows
        assert found(rows, 'version', 'shammah')


def test_a_taken_port_is_named_with_who_has_it():
    with Home() as home, socket.socket() as s:
        s.bind(('127.0.0.1', home.port))
        s.listen()
        row = found(checks(home), 'port', f'{home.port} is taken by', 'fail')
        assert row and f'(pid {os.getpid()})' in row[0]['text'], row


def test_the_daemon_is_shown_with_its_version():
    with Home() as home:
        home.daemon()
        rows = checks(home)
        assert found(rows, 'daemon', f'pid {home.pid()}', 'ok') and found(rows, 'port', "is the daemon's", 'ok'), rows


def test_what_went_wrong_in_the_daemon_is_told():
    with Home() as home, Teacher() as claude:
        home.env.update(claude.env('sk-ant-wrong'))
        assert home.ask('write a quicksort in ocaml').code == 1
        rows = checks(home)
        assert found(rows, 'daemon', 'its teacher claude: key refused', 'warn'), rows
    with Home() as home, Teacher() as claude:
        home.daemon()                  # this one has no teacher of its own
        assert home.ask('write a quicksort in ocaml', **claude.env('sk-ant-wrong')).code == 1
        rows = checks(home)
        assert found(rows, 'daemon', 'its teacher claude (for a client that brought it): key refused', 'warn'), rows


def test_settings_broken_under_a_running_daemon_are_told():
    with Home() as home:
        home.daemon()
        write(home, '.shammah/config.toml', 'b = "x\n')
        wait_for(lambda: home.status()['config']['error'], 'the daemon to see it')
        assert found(checks(home), 'daemon', 'last good settings', 'fail')


def test_online_asks_the_teacher_and_says_what_is_wrong():
    with Home() as home, Teacher() as claude:
        assert found(checks(home, '--online', **claude.env()), 'teachers', 'claude answers, after', 'ok')
        assert found(checks(home, '--online', **claude.env('sk-ant-wrong')), 'teachers', 'refused the key', 'fail')
    with Home() as home:
        rows = checks(home, '--online', ANTHROPIC_BASE_URL=f'http://127.0.0.1:{home.port}', ANTHROPIC_API_KEY='sk-test')
        assert found(rows, 'teachers', 'cannot connect', 'fail'), rows


def test_a_model_that_is_gone_is_a_failure():
    with Home() as home:
        assert found(checks(home, SHAMMAH_MODEL='/nowhere/at/all'), 'model', '/nowhere/at/all', 'fail')


def test_a_terminal_is_told_in_a_table():
    with Home() as home:
        t = Terminal(home, 'doctor', size=(100, 30))
        t.see('\033[32mok')
        t.see('100 columns, 30 rows')
        t.see('warning')
        assert t.end() == 0
        home.env.update(NO_COLOR='1', TERM='dumb', LC_ALL='C')
        t = Terminal(home, 'doctor')
        seen = t.see('warning')
        assert '\033' not in seen and 'warn  terminal' in seen and 'warn  locale' in seen, seen
        assert t.end() == 0


if __name__ == '__main__':
    main([f for name, f in list(globals().items()) if name.startswith('test_')])
