"""`shammah rewind`: what is listed, what is asked, and what files hold afterwards."""
import contextlib
import hashlib
import json
import os

from harness import Home, Terminal, main

SESSION = '20261128-1302-1a2b3c4d'


class Project:
    """A project in which a conversation has changed a.txt in turn 1, and a.txt and new.txt in turn 2."""

    def __init__(self, home):
        self.path = home.path / 'project'
        self.path.mkdir()
        self.folder = home.path / '.shammah/checkpoints' / SESSION
        (self.folder / 'objects').mkdir(parents=True, mode=0o700)
        self.lines = [{'version': 1, 'at': 1790000000, 'path': os.path.realpath(self.path)}]
        self.write('a.txt', 'zero\n')
        self.change(1, 'a.txt', 'one\n')
        self.change(2, 'a.txt', 'two\n')
        self.change(2, 'new.txt', 'new\n')
        (self.folder / 'index.jsonl').write_text(''.join(json.dumps(line) + '\n' for line in self.lines))

    def keep(self, name):
        path = self.path / name
        if not path.exists():
            return None
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        (self.folder / 'objects' / digest).write_bytes(path.read_bytes())
        return digest

    def change(self, turn, name, text):
        line = {'turn': turn, 'at': 1790000000 + 60 * turn, 'path': os.path.realpath(self.path / name)}
        was = self.keep(name)
        self.lines.append({**line, 'was': was, **({'mode': 0o644} if was else {}), 'by': 'Edit'})
        self.write(name, text)
        self.lines.append({**line, 'is': self.keep(name), 'mode': 0o644})

    def write(self, name, text):
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o644)

    def holds(self):
        return {p.name: p.read_text() for p in self.path.iterdir() if p.is_file()}


@contextlib.contextmanager
def a_project():
    before = os.getcwd()
    with Home() as home:
        project = Project(home)
        os.chdir(project.path)
        try:
            yield home, project
        finally:
            os.chdir(before)


def test_a_project_without_any_says_so():
    with Home() as home:
        result = home.run('rewind')
        assert result.code == 0 and 'Nothing was changed by tools' in result.out, result


def test_sessions_and_turns_are_listed():
    with a_project() as (home, project):
        for args in ((), ('list',)):
            result = home.run('rewind', *args)
            assert result.code == 0, result
            rows = [line.split() for line in result.out.splitlines()[1:]]
            assert rows[0][:2] == [SESSION, '1'] and rows[0][-1] == 'a.txt', result
            assert rows[1][0] == '2' and rows[1][-2:] == ['a.txt,', 'new.txt'], result
        (project.path / 'deeper').mkdir()
        os.chdir(project.path / 'deeper')
        assert SESSION in home.run('rewind').out
        os.chdir(home.path)
        assert SESSION not in home.run('rewind').out


def test_turns_are_taken_back_and_that_is_undone():
    with a_project() as (home, project):
        result = home.run('rewind', SESSION[:10] + '/2', '--yes')
        assert result.code == 0 and f'`shammah rewind {SESSION}/3` undoes it' in result.out, result
        assert project.holds() == {'a.txt': 'one\n'}
        result = home.run('rewind', SESSION + '/3', '--yes')
        assert result.code == 0 and project.holds() == {'a.txt': 'two\n', 'new.txt': 'new\n'}, result
        assert '(a rewind)' in home.run('rewind').out


def test_a_dry_run_and_a_run_without_anybody_to_ask_change_nothing():
    with a_project() as (home, project):
        before = project.holds()
        result = home.run('rewind', SESSION + '/1', '--dry-run')
        assert result.code == 0 and 'restore        a.txt' in result.out and 'remove         new.txt' in result.out, result
        result = home.run('rewind', SESSION + '/1')
        assert result.code == 2 and '--yes does' in result.err, result
        assert project.holds() == before


def test_one_file_is_taken_back_alone():
    with a_project() as (home, project):
        assert home.run('rewind', SESSION + '/1', '--file', 'a.txt', '--yes').code == 0
        assert project.holds() == {'a.txt': 'zero\n', 'new.txt': 'new\n'}
        result = home.run('rewind', SESSION + '/1', '--file', 'other.txt', '--yes')
        assert result.code == 1 and 'Nothing in that file' in result.err, result


def test_what_somebody_else_changed_is_asked_about():
    with a_project() as (home, project):
        project.write('a.txt', 'mine\n')
        t = Terminal(home, 'rewind', SESSION + '/1')
        t.see('changed since  a.txt')
        t.see('Take this back? [y/N]')
        t.type('y\n')
        t.see('1 file was changed since by somebody else: take these back as well? [y/N]')
        t.type('n\n')
        t.see('1 file was taken back')
        assert t.end() == 1
        assert project.holds() == {'a.txt': 'mine\n'}
        assert home.run('rewind', SESSION + '/1', '--yes').code == 0
        assert project.holds() == {'a.txt': 'zero\n'}


def test_wrong_words_are_told():
    with a_project() as (home, _):
        for words in ('nonsense', SESSION, SESSION + '/x', SESSION + '/0', '/1', SESSION + '/1 2'):
            assert home.run('rewind', words).code == 2, words
        assert 'no conversation in this project' in home.run('rewind', '2020/1').err


if __name__ == '__main__':
    main([f for name, f in list(globals().items()) if name.startswith('test_')])
