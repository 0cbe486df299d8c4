#!/usr/bin/env python3
"""Texts as vectors, through a socket: with a model, without, and with one that is not there."""
import base64
import math
import pathlib
import struct
import tempfile
import threading

from harness import Home, LIMIT, main, make_encoder   # noqa: F401


class Served:
    """A daemon with an embedding model, or whatever is configured as one."""

    def __init__(self, configured='encoder'):
        self.home, self.folder, self.configured = Home(), tempfile.TemporaryDirectory(), configured

    def __enter__(self):
        path = pathlib.Path(self.folder.name) / 'encoder'
        if self.configured == 'encoder':
            self.configured = make_encoder(path)
        if self.configured:
            self.home.env['SHAMMAH_EMBEDDING_MODEL'] = str(self.configured)
        result = self.home.run('daemon', 'start')
        assert result.code == 0, result
        return self.home

    def __exit__(self, *_):
        self.home.__exit__()
        self.folder.cleanup()


def embed(h, **fields):
    return h.http('POST', '/v1/embeddings', {'model': 'auto', **fields})


def vectors(response):
    return [d['embedding'] for d in response[2]['data']]


def floats(packed):
    data = base64.b64decode(packed)
    return list(struct.unpack(f'<{len(data) // 4}f', data))


def single(numbers):
    """As float32 has them; JSON's digits are rounded to it."""
    return [struct.unpack('<f', struct.pack('<f', x))[0] for x in numbers]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def a_configured_model_makes_the_vectors():
    with Served() as h:
        assert h.status()['embeddings']['state'] == 'configured'
        status, _, body = both = embed(h, input=['hello world', 'unable'])
        assert status == 200 and body['model'] == 'encoder' and body['shammah']['source'] == 'local', body
        assert body['usage'] == {'prompt_tokens': 8, 'total_tokens': 8}, body['usage']
        assert [len(v) for v in vectors(both)] == [16, 16]
        assert all(abs(math.sqrt(dot(v, v)) - 1) < 1e-5 for v in vectors(both))
        # alone, by name, in the other encoding, by its tokens: the same numbers
        assert vectors(embed(h, input='unable', model='encoder'))[0] == vectors(both)[1]
        assert floats(vectors(embed(h, input='unable', encoding_format='base64'))[0]) == single(vectors(both)[1])
        assert vectors(embed(h, input=[[4, 5]]))[0] == vectors(both)[0]
        assert h.status()['embeddings'] == {'state': 'ready', 'name': 'encoder', 'error': '', 'dimensions': 16, 'waiting': 0}


def without_a_model_words_do_and_the_answer_says_so():
    with Served(None) as h:
        status, _, body = answer = embed(h, input=['read a file in C', 'reading files', 'birds of the sea'])
        assert status == 200 and body['model'] == 'shammah-lexical' and body['shammah']['source'] == 'lexical', body
        a, near, far = vectors(answer)
        assert len(a) == 384 and dot(a, near) > dot(a, far) + 0.1
        assert body['usage']['prompt_tokens'] == 11, body['usage']
        assert embed(h, input=[[1, 2]])[2]['error']['param'] == 'input'


def wrong_wishes_are_named():
    with Served() as h:
        for fields, status, param, code in (
                ({'input': ''}, 400, 'input', None), ({'input': 'a', 'dimensions': 7}, 400, 'dimensions', None),
                ({'input': 'a', 'model': 'gpt-9'}, 404, 'model', 'model_not_found'),
                ({'input': 'word ' * 40}, 400, 'input', 'context_length_exceeded'),
                ({'input': [[4, 999999]]}, 400, 'input', None), ({'input': 'a', 'encoding_format': 'x'}, 400, 'encoding_format', None)):
            got, _, body = embed(h, **fields)
            assert (got, body['error']['param'], body['error']['code']) == (status, param, code), (fields, got, body)
        assert '32 tokens' in embed(h, input='word ' * 40)[2]['error']['message']
        assert len(vectors(embed(h, input='a', dimensions=8))[0]) == 8


def a_model_that_is_not_there_is_an_error_until_it_is():
    with tempfile.TemporaryDirectory() as folder, Served(pathlib.Path(folder) / 'later') as h:
        status, _, body = embed(h, input='a')
        assert status == 503 and body['error']['code'] == 'embedding_model_failed' and 'later' in body['error']['message'], body
        assert h.status()['embeddings']['state'] == 'failed'
        assert embed(h, input='a', model='shammah-lexical')[0] == 200
        make_encoder(pathlib.Path(folder) / 'later')
        assert embed(h, input='a')[0] == 200


def many_at_once_get_their_own():
    with Served() as h:
        alone = {t: vectors(embed(h, input=t))[0] for t in map(str, range(20))}
        wrong = []

        def ask(t):
            if vectors(embed(h, input=t))[0] != alone[t]:
                wrong.append(t)
        threads = [threading.Thread(target=ask, args=(t,)) for t in alone for _ in range(3)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not wrong, wrong


if __name__ == '__main__':
    main([v for v in list(globals().values()) if callable(v) and getattr(v, '__module__', '') == '__main__'
          and v.__name__ not in ('Served', 'embed', 'vectors', 'floats', 'single', 'dot')])
