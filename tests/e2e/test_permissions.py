"""`shammah permissions`: what is listed, written, taken out and explained."""
import contextlib
import json
import os

from harness import Home, main


@contextlib.contextmanager
def a_project(trusted=True):
    before = os.getcwd()
    with Home() as home:
        path = home.path / 'project'
        (path / '.git/info').mkdir(parents=True)
        (path / '.claude').mkdir()
        if trusted:
            home.configure('[client]', f'trusted = ["{os.path.realpath(path)}"]')
        os.chdir(path)
        try:
            yield home, path
        finally:
            os.chdir(before)


def test_rules_are_listed_with_their_files_and_what_does_not_count_is_said():
    with a_project(trusted=False) as (home, path):
        (path / '.claude/settings.json').write_text(json.dumps({'permissions': {
            'allow': ['Bash(evil *)'], 'deny': ['Read(x)', 'Bash(rm']}}))
        result = home.run('permissions')
        assert result.code == 0 and 'deny   Read(x)   # ' in result.out, result
        assert 'allow  Bash(evil' not in result.out and 'is not trusted' in result.out, result
        assert 'deny rule "Bash(rm"' in result.out, result
        listed = json.loads(home.run('permissions', '--json').out)
        assert listed['mode'] == 'default' and len(listed['rules']) == 2 and listed['warnings'], listed


def test_a_rule_is_added_counts_and_is_taken_out():
    with a_project() as (home, path):
        result = home.run('permissions', 'add', 'Bash(frob *)')
        assert result.code == 0 and 'was added' in result.out and 'trust' not in result.out, result
        assert '.claude/settings.local.json' in (path / '.git/info/exclude').read_text()
        result = home.run('permissions', 'explain', 'Bash(frob x)')
        assert result.out.startswith('allow: ') and 'settings.local.json' in result.out, result
        assert result.out == home.run('explain', 'permission', 'Bash(frob x)').out
        assert home.run('permissions', 'add', '--deny', '--scope', 'user', 'Bash(frob *)').code == 0
        assert home.run('permissions', 'explain', 'Bash(frob x)').out.startswith('deny: ')
        assert home.run('permissions', 'remove', '--deny', 'Bash(frob *)').code == 0
        assert home.run('permissions', 'explain', 'Bash(frob x)').out.startswith('allow: ')
        assert home.run('permissions', 'remove', 'Bash(frob *)').code == 0
        assert home.run('permissions', 'explain', 'Bash(frob x)').out.startswith('ask: ')
        assert home.run('permissions', 'remove', 'Bash(frob *)').code == 1


def test_in_a_folder_that_is_not_trusted_it_is_said_that_a_rule_does_not_count():
    with a_project(trusted=False) as (home, _):
        result = home.run('permissions', 'add', 'Bash(frob *)')
        assert result.code == 0 and 'does not count before you trust' in result.out, result
        assert home.run('permissions', 'explain', 'Bash(frob x)').out.startswith('ask: ')


def test_approvals_are_given_counted_and_removed():
    with a_project() as (home, _):
        assert home.run('permissions', 'add', '--scope', 'approvals', 'Bash(/frob( x)?/)').code == 0
        assert home.run('permissions', 'explain', 'Bash(frob x)').out.startswith('allow: approved before')
        assert home.run('permissions', 'explain', 'Bash(frob y)').out.startswith('ask: ')
        assert home.run('permissions', 'explain', 'Bash(frob x; rm -rf /)').out.startswith('deny: ')
        listed = json.loads(home.run('permissions', '--json').out)['approvals']
        assert [a['words'] for a in listed] == ['Bash(/frob( x)?/)'], listed
        assert home.run('permissions', 'remove', listed[0]['id']).code == 0
        assert home.run('permissions', 'explain', 'Bash(frob x)').out.startswith('ask: ')


def test_what_cannot_be_a_rule_is_not_written():
    with a_project() as (home, path):
        for words in (('add', 'Bash('), ('add',), ('remove',), ('explain',), ('explain', '{'), ('nonsense',),
                      ('add', '--scope', 'nobody', 'Bash'), ('add', '--scope', 'approvals', 'Bash(/(/)')):
            assert home.run('permissions', *words).code == 2, words
        assert not (path / '.claude/settings.local.json').exists()


if __name__ == '__main__':
    main([f for name, f in list(globals().items()) if name.startswith('test_')])
