"""Our engine against llama.cpp's and npm's onnxruntime-node: the same shapes, random weights, the same threads.

All run in turns, several rounds, so that what else the machine does meets all;
figures are medians, ratios are medians of each round's ratio against the faster
of llama.cpp's two quantisations in that round.
"""
import json
import pathlib
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SHAPES = {   # layers, hidden, intermediate, heads, kv_heads, head_dim, vocab, context
    '0.5b': (24, 896, 4864, 14, 2, 64, 151936, 32768),
    '1.5b': (28, 1536, 8960, 12, 2, 128, 151936, 32768),
}
QUANTISED = ('Q4_0', 'Q4_K_M')
FIGURES = ('prefill-256', 'prefill-2048', 'decode-0', 'decode-2000')


def root():
    """The folder of llama.cpp's Debian, or None when it cannot be had."""
    made = subprocess.run([HERE / 'root'], stdout=subprocess.PIPE, text=True, check=False)
    return pathlib.Path(made.stdout.strip()) if made.returncode == 0 else None


def inside(folder, *command):
    return subprocess.run(['chroot', folder, *map(str, command)], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def gguf(folder, size, quantised):
    """The path, as llama.cpp sees it, of a model of this shape."""
    path = f'/models/{size}-{quantised}.gguf'
    if not (folder / path[1:]).exists():
        (folder / 'models').mkdir(exist_ok=True)
        (folder / 'models/make_gguf.py').write_text((HERE / 'make_gguf.py').read_text())
        inside(folder, 'python3', '/models/make_gguf.py', *SHAPES[size], '/models/whole.gguf')
        inside(folder, 'llama-quantize', '/models/whole.gguf', path + '.part', quantised)
        (folder / (path[1:] + '.part')).rename(folder / path[1:])
        (folder / 'models/whole.gguf').unlink()
    return path


def llama_round(folder, path, threads):
    """One round of llama-bench: tokens a second by figure."""
    figures = {}
    for arguments in (('-p', '256,2048', '-n', '64'), ('-p', '0', '-n', '64', '-d', '2000')):
        rows = json.loads(inside(folder, 'llama-bench', '-m', path, '-t', threads, '-r', 1, '-o', 'json', *arguments))
        for row in rows:
            name = f'prefill-{row["n_prompt"]}' if row['n_prompt'] else f'decode-{row["n_depth"]}'
            figures[name] = row['avg_ts']
    return figures


def lines_of(*command, **more):
    """What a program of ours prints: figures by name."""
    out = subprocess.run([str(c) for c in command], check=True, text=True, stdout=subprocess.PIPE, **more).stdout
    return {name: float(figure) for name, figure in (line.split() for line in out.splitlines())}


def middle(rounds, name):
    return statistics.median(r[name] for r in rounds)


def race(program, model, size, threads, rounds, row, npm):
    """Prints our figures, theirs and the ratios; `npm`: the folder that has onnxruntime-node, or None."""
    folder = root()
    if not folder:
        row(f'against llama.cpp, {size}', 'not measured: llama.cpp is not to be had here')
        return
    paths = {q: gguf(folder, size, q) for q in QUANTISED}
    ours, node, theirs = [], [], {q: [] for q in QUANTISED}
    for _ in range(rounds):
        ours.append(lines_of(program, model, threads))
        for q in QUANTISED:
            theirs[q].append(llama_round(folder, paths[q], threads))
        if npm:
            node.append(lines_of('node', HERE / 'onnxruntime.mjs', model, threads, cwd=npm))
    for name in FIGURES:
        ratios = [mine[name] / max(theirs[q][i][name] for q in QUANTISED) for i, mine in enumerate(ours)]
        them = [f'{q} {middle(theirs[q], name):.1f}' for q in QUANTISED] + [f'npm {middle(node, name):.1f}' for _ in node[:1]]
        row(f'{size}: {name}, tokens/s over llama.cpp', f'{statistics.median(ratios):.2f} x ({middle(ours, name):.1f}; {", ".join(them)})',
            '1.2 x' if name.startswith('decode') else '1.0 x')
    for name in [name for name in ours[0] if name not in FIGURES]:
        row(f'{size}: {name}', f'{middle(ours, name):.2f}')
