#!/usr/bin/env python3
"""Prepared models in the running daemon: many at once, memory that runs out, sleep, what is kept on disk."""
import json
import pathlib
import tempfile
import threading

from harness import Home, main, make_model, wait_for

GQA = ('--attention', 'gqa', '--precision', 'q4')


class Prepared:
    """A daemon with settings, and a random model that was prepared."""

    def __init__(self, settings=None, shape=GQA):
        self.home, self.folder, self.shape = Home(), tempfile.TemporaryDirectory(), shape
        if settings:
            (self.home.path / '.claude').mkdir()
            (self.home.path / '.claude/settings.json').write_text(json.dumps({'shammah': {'backend': settings}}))

    def __enter__(self):
        self.model = make_model(pathlib.Path(self.folder.name) / 'random', *self.shape)
        self.home.ready(self.model)
        status = self.home.status()['model']
        assert 'own kernels' in status['runtime'], status
        return self.home

    def __exit__(self, *_):
        self.home.__exit__()
        self.folder.cleanup()


def question(i):
    """Of different lengths, greedy and drawn."""
    words = ' '.join(f'word {i * k % 7}' for k in range(1 + 11 * i))
    return {'messages': [{'role': 'system', 'content': 'be brief ' * 20}, {'role': 'user', 'content': words}],
            'max_tokens': 30 + i, 'seed': i, 'temperature': 0.8 if i % 2 else 0}


def answer(h, i, **more):
    status, _, body = h.chat(**{**question(i), **more})
    assert status == 200, body
    return body['choices'][0]['message']['content'], body['usage']['completion_tokens']


def at_once(h, numbers, **more):
    found = {}
    threads = [threading.Thread(target=lambda i=i: found.update({i: answer(h, i, **more)})) for i in numbers]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return found


def an_answer_is_the_same_alone_and_among_many():
    with Prepared() as h:
        alone = {i: answer(h, i) for i in range(12)}
        assert len({a for a, _ in alone.values()}) > 6, alone
        for _ in range(3):
            assert at_once(h, range(12)) == alone


def an_answer_is_the_same_when_memory_runs_out_between():
    """Answers are parked, and compute again what was lost."""
    with Prepared({'context': 512, 'kv_megabytes': 1}, (*GQA, '--layers', 12)) as h:
        total = h.status()['model']['memory']['total']
        assert total <= 1 << 20, total
        alone = {i: answer(h, i, max_tokens=190) for i in range(3)}
        for _ in range(3):
            assert at_once(h, range(3), max_tokens=190) == alone
        wait_for(lambda: h.status()['queue'] == {'active': 0, 'waiting': 0, 'parked': 0}, 'the queue to empty')
        assert h.status()['model']['memory']['used'] == 0


def questions_of_one_program_at_once_compute_what_they_share_once():
    with Prepared() as h:
        system = {'role': 'system', 'content': 'You are a careful assistant. ' * 60}
        asks = [{'messages': [system, {'role': 'user', 'content': f'question {i}'}], 'max_tokens': 4} for i in range(4)]
        found = []
        threads = [threading.Thread(target=lambda a=a: found.append(h.chat(**a)[2]['usage'])) for a in asks]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        computed = sorted(u['prompt_tokens'] - u['prompt_tokens_details']['cached_tokens'] for u in found)
        assert computed[-1] > 500 and computed[-2] < 100, computed


def smaller_keys_and_values_are_a_setting():
    with Prepared({'kv_bits': 8}) as h:
        assert '8-bit' in h.status()['model']['attention']
        assert answer(h, 3) == answer(h, 3)


def an_idle_model_sleeps_and_wakes_for_the_next_question():
    with Prepared({'keep_alive': 1}) as h:
        first = answer(h, 1)
        wait_for(lambda: h.status()['model']['asleep'], 'the model to fall asleep')
        assert h.status()['model']['state'] == 'ready'
        assert answer(h, 1) == first
        assert not h.status()['model']['asleep']


def an_answer_names_the_model_that_gave_it_though_another_was_there_when_it_was_asked_for():
    """With memory for one answer the others wait, and get the model that is there when their turn comes."""
    with Prepared({'context': 512, 'kv_megabytes': 1}, (*GQA, '--layers', 12)) as h, tempfile.TemporaryDirectory() as folder:
        other = make_model(pathlib.Path(folder) / 'other', *GQA)
        prints, found = {'random': h.chat(**question(1))[2]['system_fingerprint']}, []
        ask = lambda i: found.append(h.chat(**{**question(i), 'max_tokens': 190})[2])
        threads = [threading.Thread(target=ask, args=(i % 3,)) for i in range(20)]
        for t in threads:
            t.start()
        wait_for(lambda: h.status()['queue']['waiting'], 'one to wait')
        h.run('models', 'use', other)
        for t in threads:
            t.join()
        wait_for(lambda: h.status()['model']['state'] == 'ready', 'the other model')
        prints['other'] = h.chat(**question(1))[2]['system_fingerprint']
        names = [body['model'] for body in found]
        assert 'random' in names and 'other' in names, names
        for body in found:
            assert body['shammah']['name'] == body['model'], body
            assert body['system_fingerprint'] == prints[body['model']], (prints, body)


def several_answers_come_from_one_model_though_another_is_there_before_the_last_began():
    with Prepared({'context': 512, 'kv_megabytes': 1}, (*GQA, '--layers', 12)) as h, tempfile.TemporaryDirectory() as folder:
        other = make_model(pathlib.Path(folder) / 'other', *GQA)
        ask = {**question(1), 'n': 8, 'max_tokens': 190, 'temperature': 1}
        alone, found = h.chat(**ask)[2]['choices'], []
        threads = [threading.Thread(target=lambda: found.append(h.chat(**ask)[2])) for _ in range(2)]
        for t in threads:
            t.start()
        wait_for(lambda: h.status()['queue']['active'], 'one to be under way')
        h.run('models', 'use', other)
        for t in threads:
            t.join()
        assert 'random' in [body['model'] for body in found], found
        for body in found:
            same = [a['message'] == b['message'] for a, b in zip(alone, body['choices'])]
            assert all(same) if body['model'] == 'random' else not any(same), (same, body['model'])


def system_prompts_are_found_computed_after_a_restart():
    system = {'role': 'system', 'content': 'You are a careful assistant. ' * 40}
    ask = {'messages': [system, {'role': 'user', 'content': 'hello'}], 'max_tokens': 8, 'temperature': 0}
    served = Prepared()
    with served as h:
        first = h.chat(**ask)[2]
        assert first['usage']['prompt_tokens_details']['cached_tokens'] == 0, first
        wait_for(lambda: list((h.path / '.shammah/cache/beginnings').glob('*')), 'the beginning to be written')
        h.run('daemon', 'stop')
        h.ready(served.model)
        again = h.chat(**ask)[2]
        cached = again['usage']['prompt_tokens_details']['cached_tokens']
        assert cached >= 128, again['usage']
        assert again['choices'][0]['message'] == first['choices'][0]['message']


if __name__ == '__main__':
    main([v for v in list(globals().values()) if callable(v) and getattr(v, '__module__', '') == '__main__'
          and v.__name__ not in ('Prepared', 'question', 'answer', 'at_once')])
