"""`shammah setup` on a terminal: what is asked, what is written, and what is left alone."""
import os
import pathlib
import re
import signal
import tempfile
import termios
import time

from fake_hub import Hub
from harness import Home, Teacher, Terminal, main, make_model, wait_for

SECRET = 'sk-ant-api03-abcdefghijklmnopqrstuvwxyz'
CONFIG = '.shammah/config.toml'
PASTE = '\033[200~%s\033[201~'


class Wizard(Terminal):
    """Answers menus by the text of an item."""

    def __init__(self, home, size=(80, 24), **env):
        home.env.update(env)
        self.all = ''
        super().__init__(home, 'setup', size=size)

    def see(self, text, seconds=20):
        before = super().see(text, seconds)
        self.all += before
        return before

    def choose(self, title, item):
        """Waits for the menu with that title and item, which is taken by its number."""
        number = None
        while not number:
            self.see(title)
            number = re.search(r'(\d+)  [^\r\n]*' + re.escape(item), self.see('goes back'))
        self.type(number.group(1) + '\r')

    def is_sane(self):
        """Echo is on again, and lines are lines."""
        flags = termios.tcgetattr(self.fd)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG)


def config(home):
    return (home.path / CONFIG).read_text()


def write(home, text):
    (home.path / '.shammah').mkdir(mode=0o700, exist_ok=True)
    (home.path / CONFIG).write_text(text)


def claude_home(claude):
    home = Home()
    home.env['ANTHROPIC_BASE_URL'] = claude.url
    return home


def test_a_teacher_is_added_tried_and_written():
    with Teacher() as claude, claude_home(claude) as home:
        write(home, '# mine\n[routing] # later\nmonthly_budget_usd = 5 # dollars\n')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Teachers')
        w.choose('no teacher yet', 'Add')
        w.choose('Which teacher', 'Claude')
        w.see('Paste the key')
        w.type(PASTE % '  sk-test \r\n' + '\r')
        w.choose('This key', 'all the same')
        w.see('Which model')
        w.type('\r')
        w.choose('The new teacher', 'Test it now')
        w.see('answers, after')
        w.choose('order they are asked', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.see('+ api_key = "(set, 7 characters)"')
        w.choose('will be changed', 'Write')
        w.see('Written')
        assert w.end() == 0
        assert config(home) == ('# mine\n[routing] # later\nmonthly_budget_usd = 5 # dollars\n\n'
                                '[[teachers]]\nprovider = "claude"\napi_key = "sk-test"\n'), config(home)
        assert (home.path / CONFIG).stat().st_mode & 0o777 == 0o600
        assert 'sk-test' not in w.all


def test_a_wrong_key_is_explained_and_can_be_entered_again():
    with Teacher() as claude, claude_home(claude) as home:
        w = Wizard(home)
        w.choose("Shammah's setup", 'Teachers')
        w.choose('no teacher yet', 'Add')
        w.choose('Which teacher', 'Claude')
        w.see('Paste the key')
        w.type(PASTE % SECRET + '\r')
        w.see('Which model')
        w.type('\r')
        w.choose('The new teacher', 'Test it now')
        w.see('refused the key')
        w.see('> 2  Enter the key again')
        w.type('\r')
        w.see('Paste the key')
        w.type('sk-test\r')
        w.choose('This key', 'all the same')
        w.see('answers, after')
        w.type('\003')
        assert w.end() == 130
        assert not (home.path / CONFIG).exists()
        assert SECRET not in w.all and 'sk-test' not in w.all


def test_a_hanging_server_is_left_by_ctrl_c_and_no_network_is_said():
    with Teacher(how='hang') as claude, claude_home(claude) as home:
        write(home, '[[teachers]]\nprovider = "claude"\napi_key = "sk-test"\n')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Teachers')
        w.choose('order they are asked', 'Claude')
        w.choose('Claude', 'Test it')
        w.see('Asking')
        time.sleep(0.3)
        w.type('\003')
        w.see('Stopped.')
        w.type('\003')
        assert w.end() == 0            # nothing was changed, so nothing is lost
    with Home() as home:
        home.env['ANTHROPIC_BASE_URL'] = f'http://127.0.0.1:{home.port}'
        write(home, '[[teachers]]\nprovider = "claude"\napi_key = "sk-test"\n')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Teachers')
        w.choose('order they are asked', 'Claude')
        w.choose('Claude', 'Test it')
        w.see('cannot connect')
        w.kill()


def test_ctrl_c_at_any_moment_leaves_file_and_terminal_as_they_were():
    text = '# mine\n[[teachers]]\nprovider = "claude" # first\napi_key = "%s"\n' % SECRET
    steps = [('goes back', '1\r'), ('goes back', '1\r'), ('goes back', '3\r'), ('Paste the key', PASTE % 'sk-ant-other-key-12345'),
             ('hidden', '\r'), ('order they are asked', '3\r'), ('setup', '3\r'), ('Features', '2\r'),
             ('reach the network', '2\r'), ('Features', '7\r'), ('setup', '4\r'), ('Settings', '1\r'), ('dollars a month', '7\r'),
             ('Settings', '4\r'), ('setup', '5\r'), ('will be changed', '')]
    for n in range(len(steps)):
        with Home() as home:
            write(home, text)
            w = Wizard(home)
            for seen, typed in steps[:n]:
                w.see(seen)
                w.type(typed)
            w.see(steps[n][0])
            w.type('\003')
            code = w_end(w)
            assert code == (130 if n > 4 else 0), (n, code)
            assert config(home) == text, n


def w_end(w):
    """The exit code; the terminal must be sane before it is gone."""
    wait_for(w.is_sane, 'the terminal to be put back')
    return w.end()


def test_a_signal_puts_the_terminal_back():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with Home() as home:
            w = Wizard(home)
            w.see('goes back')
            assert not w.is_sane()
            os.kill(w.pid, number)
            assert w_end(w) in (130, 128 + number)
            assert not (home.path / CONFIG).exists()


def test_teachers_are_moved_switched_and_removed_with_their_comments():
    with Home() as home:
        write(home, '# file\n\n# one\n[[teachers]]\nprovider = "claude"\nname = "first"\napi_key = "k1k1k1k1"\n\n# two\n[[teachers]]\n'
                    'provider = "claude"\nname = "second" # mine\napi_key = "k2k2k2k2"\n\n[unknown]\nx = 1\n')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Teachers')
        w.choose('order they are asked', 'second')
        w.choose('second', 'earlier')
        w.choose('order they are asked', 'second')
        w.choose('second', 'Switch')
        w.see('off')
        w.choose('order they are asked', 'first')
        w.choose('first', 'Remove')
        w.choose('order they are asked', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        assert w.end() == 0
        text = config(home)
        assert text.startswith('# file\n\n# two\n[[teachers]]\nprovider = "claude"\nname = "second" # mine\n'), text
        assert 'enabled = false' in text and 'k1k1' not in text and text.endswith('[unknown]\nx = 1\n'), text


def test_a_key_in_the_environment_is_offered_and_not_copied():
    with Teacher() as claude, claude_home(claude) as home:
        w = Wizard(home, ANTHROPIC_API_KEY='sk-test', OPENAI_API_KEY=SECRET)
        w.choose("Shammah's setup", 'Teachers')
        w.choose('order they are asked', 'Add')
        w.choose('Which teacher', 'a key is there')
        w.choose('Its key', 'Use the key that is there')
        w.see('Which model')
        w.type('\025claude-opus-5-5\r')
        w.choose('found so far', 'Only the new')
        w.choose('The new teacher', 'Test it now')
        w.see('answers, after')
        w.choose('order they are asked', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        assert w.end() == 0
        assert config(home) == '[[teachers]]\nprovider = "claude"\nmodel = "claude-opus-5-5"\n', config(home)


def test_a_server_of_ones_own_is_added_by_address_with_the_variable_that_holds_its_key():
    with Teacher(text='Hello from home\033[2J') as server, Home() as home:
        url = server.url + '/v1'
        w = Wizard(home, VLLM_API_KEY='sk-test')
        w.choose("Shammah's setup", 'Teachers')
        w.choose('eacher', 'Add')
        w.choose('Which teacher', 'vLLM')
        w.see('Where is it')
        w.type('\025ftp://x\r')
        w.see('An address begins with')
        w.type('\025' + url + '\r')
        w.choose('Its key', 'Use the key that is there')
        w.see('Which model')
        w.type('\r')
        w.see('A model must be named')
        w.type('mine\r')
        w.choose('The new teacher', 'Test it now')
        w.see('Hello from home')
        w.choose('order they are asked', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        assert w.end() == 0
        assert config(home) == ('[[teachers]]\nprovider = "vllm"\nmodel = "mine"\n'
                                f'base_url = "{url}"\napi_key_env = "VLLM_API_KEY"\n'), config(home)
        assert 'sk-test' not in w.all and '\033[2J' not in w.all


def test_a_plain_terminal_is_asked_by_numbers():
    with Home() as home:
        w = Wizard(home, TERM='dumb')
        w.see('5) Leave')
        w.type('4\r')
        w.see('1) routing')
        w.type('1\r')
        w.see('dollars')
        w.type('12x\177.5\r')
        w.see('12.5')
        w.see('4) Done')
        w.type('4\r')
        w.see('5) Review')
        w.type('9\r')
        w.see('There is no 9.')
        w.type('5\r')
        w.see('+ monthly_budget_usd = 12.5')
        w.see('1) Write')
        w.type('1\r')
        w.see('Written')
        assert w.end() == 0
        assert '\033' not in w.all + w.seen
        assert config(home) == '[routing]\nmonthly_budget_usd = 12.5\n'


def test_a_tiny_terminal_is_enough():
    with Home() as home:
        w = Wizard(home, size=(20, 5))
        w.see('mShammah')
        w.type('\033[A\033[A\r')
        w.see('mSettings:')
        w.type('\033[A\033[B\r')
        w.see('limit')
        w.type('8\r')
        w.see('mSettings:')
        w.type('\033')
        w.see('mShammah')
        w.type('5\r')
        w.see('mThis will')
        w.type('1\r')
        w.see('Written')
        assert w.end() == 0
        lines = re.sub('\033\\[[0-9;?]*[A-Za-z]', '', w.all + w.seen).replace('\r', '\n').split('\n')
        assert all(len(line) <= 20 for line in lines), [line for line in lines if len(line) > 20]
        assert 'monthly_budget_usd = 8' in config(home)


def test_a_wrong_amount_is_refused_with_what_is_accepted():
    with Home() as home:
        w = Wizard(home)
        w.choose("Shammah's setup", 'Settings')
        w.choose('Settings', 'monthly_budget')
        w.see('dollars')
        w.type('-3\r')
        w.see('Accepted is')
        w.type('\003')
        assert w.end() == 0
        assert not (home.path / CONFIG).exists()


def test_features_are_chosen_from_lists_and_the_users_text_is_kept():
    with Home() as home:
        write(home, '# mine\n[tools]\nconfine = "off" # for now\n\n[unknown]\nx = 1\n')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Features')
        w.choose('Features:', 'tools.confine: off')
        w.see('> 2  Off')
        w.type('1\r')
        w.choose('Features:', 'tools.network: off')
        w.choose('reach the network', 'On')
        w.choose('Features:', 'tools.search: duckduckgo')
        w.choose('WebSearch ask', 'DuckDuckGo')          # so it is already: nothing to write
        w.choose('Features:', 'beginnings_megabytes: 1024')
        w.choose('system prompts', 'Off')
        w.choose('Features:', 'embedding_model: not set')
        w.see('Which model makes')
        w.type('no such name!\r')
        w.see('Which model makes')
        w.type('\025owner/name\r')
        w.choose('Features:', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        assert w.end() == 0
        assert 'Features: confined commands off, their network off' in w.all, w.all
        assert config(home) == ('# mine\n[tools]\nconfine = "on" # for now\nnetwork = "on"\n\n[unknown]\nx = 1\n\n'
                                '[backend]\nbeginnings_megabytes = 0\nembedding_model = "owner/name"\n'), config(home)
        out = home.run('config').out
        assert 'tools.network = on   # ~/.shammah/config.toml' in out, out
        assert home.run('config', 'check').code == 0


def test_a_feature_that_is_as_chosen_is_not_written_and_can_be_cleared():
    text = '[backend]\nembedding_model = "owner/name" # mine\n[tools]\nnetwork = true # mine\n'
    with Home() as home:
        write(home, text)
        w = Wizard(home)
        w.choose("Shammah's setup", 'Features')
        w.choose('Features:', 'tools.network: on')
        w.see('> 2  On')
        w.type('\r')
        w.choose('Features:', 'Done')
        w.see("Shammah's setup")
        w.see('Leave; nothing is changed')
        w.type('3\r')
        w.choose('Features:', 'embedding_model: owner/name')
        w.see('Which model makes')
        w.type('\025\r')
        w.choose('Features:', 'embedding_model: not set')
        w.see('Which model makes')
        w.type('\033')
        w.see('Features:')
        w.choose('', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        assert w.end() == 0
        assert config(home) == '[backend]\n[tools]\nnetwork = true # mine\n', config(home)


def test_what_comes_before_the_file_is_said_and_the_file_keeps_its_own():
    text = '[server]\nport = 12001 # mine\n'
    with Home() as home:
        write(home, text)
        w = Wizard(home, SHAMMAH_PORT='12002')
        w.choose("Shammah's setup", 'Settings')
        w.choose('Settings', 'server.port: 12002')
        w.see('environment SHAMMAH_PORT says 12002')
        w.see('12001')
        w.type('\r')
        w.choose('Settings', 'Done')
        w.choose("Shammah's setup", 'Leave; nothing is changed')
        assert w.end() == 0
        assert config(home) == text


def test_what_a_running_daemon_does_not_take_up_is_said():
    with Home() as home:
        home.daemon()
        w = Wizard(home)
        w.choose("Shammah's setup", 'Settings')
        w.choose('Settings', 'keep_alive')
        w.see('how many seconds')
        w.type('60\r')
        w.choose('Settings', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        w.see('goes on without backend.keep_alive')
        assert w.end() == 0
        log = home.path / '.shammah' / 'daemon.log'
        wait_for(lambda: 'backend.keep_alive has changed' in log.read_text(), 'the daemon to say so')


def test_without_a_terminal_it_says_what_to_do():
    with Home() as home:
        for args in ((), ('--yes',)):
            result = home.run('setup', *args, stdin='1\n')
            assert result.code == 2 and 'needs a terminal' in result.err and not result.out, result
        assert not (home.path / '.shammah').exists()


def test_a_broken_file_is_named_and_left():
    with Home() as home:
        write(home, 'a = 1\nb = "x\n')
        w = Wizard(home)
        w.see('config.toml:2')
        assert w.end() == 2
        assert config(home) == 'a = 1\nb = "x\n'


def test_a_file_changed_meanwhile_is_not_overwritten():
    with Home() as home:
        write(home, 'a = 1\n')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Settings')
        w.choose('Settings', 'monthly_budget')
        w.see('dollars')
        w.type('9\r')
        w.choose('Settings', 'Done')
        w.see("Shammah's setup")
        write(home, 'a = 2\n')
        w.choose('', 'Review')
        w.choose('will be changed', 'Write')
        w.see('changed meanwhile')
        w.kill()
        assert config(home) == 'a = 2\n'


def test_a_link_to_the_file_stays_a_link():
    with Home() as home:
        write(home, '')
        (home.path / CONFIG).unlink()
        target = home.path / 'dotfiles.toml'
        target.write_text('# dots\n')
        (home.path / CONFIG).symlink_to('../dotfiles.toml')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Settings')
        w.choose('Settings', 'monthly_budget')
        w.see('dollars')
        w.type('9\r')
        w.choose('Settings', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        w.see('Written')
        assert w.end() == 0
        assert (home.path / CONFIG).is_symlink()
        assert target.read_text() == '# dots\n\n[routing]\nmonthly_budget_usd = 9\n'


def test_no_local_model_and_a_running_daemon_are_said():
    with Home() as home:
        home.daemon()
        w = Wizard(home)
        w.choose("Shammah's setup", 'Local model')
        w.see('of memory')
        w.choose('Local model:', 'No local model')
        w.choose("Shammah's setup", 'Review')
        w.see('none from now on')
        w.choose('will be changed', 'Write')
        w.see('takes it up by itself')
        assert w.end() == 0


def test_a_running_daemon_has_the_new_teacher_without_being_told():
    with Teacher() as claude, claude_home(claude) as home:
        home.daemon()
        assert not home.status()['teachers']
        w = Wizard(home)
        w.choose("Shammah's setup", 'Teachers')
        w.choose('no teacher yet', 'Add')
        w.choose('Which teacher', 'Groq')
        w.see('Paste the key')
        w.type('gsk_1234567890123456\r')
        w.see('Which model')
        w.type('\r')
        w.choose('The new teacher', 'without a test')
        w.choose('order they are asked', 'Done')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        assert w.end() == 0
        wait_for(lambda: [t['name'] for t in home.status()['teachers']] == ['groq'], 'the daemon to read the file')


def test_a_model_is_fetched_in_the_background_and_one_that_is_here_is_used():
    repo = 'onnx-community/Qwen2.5-Coder-0.5B-Instruct'
    with Home() as home, Hub() as hub, tempfile.TemporaryDirectory() as folder:
        hub.add(repo, make_model(pathlib.Path(folder) / 'published', '--says', 'Hello.'))
        home.env.update(hub.env())
        w = Wizard(home)
        w.choose("Shammah's setup", 'Local model')
        w.choose('Local model:', 'Another')
        w.see('Which model?')
        w.type('no such name!\r')
        w.see('Which model?')
        w.type('qwen2.5-coder-0.5b\r')
        w.choose("Shammah's setup", 'Review')
        w.see('the daemon fetches qwen2.5-coder-0.5b')
        w.choose('will be changed', 'Write')
        w.see('being fetched')
        assert w.end() == 0
        wait_for(lambda: home.status()['model']['state'] == 'ready', 'the model to be used')
        assert home.run('config').out.count('qwen2.5-coder-0.5b')
        home.run('daemon', 'stop')
        w = Wizard(home)
        w.choose("Shammah's setup", 'Local model')
        w.choose('Local model:', 'Use Qwen2.5-Coder 0.5B')
        w.choose("Shammah's setup", 'Review')
        w.choose('will be changed', 'Write')
        assert w.end() == 0


if __name__ == '__main__':
    main([f for name, f in list(globals().items()) if name.startswith('test_')])
