#!/usr/bin/env python3
"""make_gguf.py LAYERS HIDDEN INTERMEDIATE HEADS KV_HEADS HEAD_DIM VOCAB CONTEXT OUT

Writes a GGUF file of Qwen2's architecture with random weights (float16, tied
embedding), for llama.cpp to quantise and measure.  Speed does not depend on
what the numbers are; they are small, so that nothing overflows.
Format: the GGUF specification of ggml, through its own package python3-gguf.
"""
import sys

import gguf
import numpy as np

layers, hidden, intermediate, heads, kv_heads, head_dim, vocab, context = map(int, sys.argv[1:9])
random = np.random.default_rng(1)
pool = (random.random(1 << 22, dtype=np.float32) - 0.5) * 0.1


def matrix(rows, cols):
    """Rows cut out of one pool of random numbers at random places: no gigabytes to draw."""
    out = np.empty((rows, cols), np.float16)
    for row, start in enumerate(random.integers(0, len(pool) - cols, rows)):
        out[row] = pool[start:start + cols]
    return out


def vector(size, middle=0.0):
    return pool[:size] + np.float32(middle)


w = gguf.GGUFWriter(sys.argv[9], 'qwen2')
w.add_block_count(layers)
w.add_context_length(context)
w.add_embedding_length(hidden)
w.add_feed_forward_length(intermediate)
w.add_head_count(heads)
w.add_head_count_kv(kv_heads)
w.add_layer_norm_rms_eps(1e-6)
w.add_rope_freq_base(1e6)
w.add_vocab_size(vocab)
w.add_tokenizer_model('no_vocab')
w.add_tensor('token_embd.weight', matrix(vocab, hidden))
w.add_tensor('output_norm.weight', vector(hidden, 1))
for i in range(layers):
    sizes = {'attn_q': heads * head_dim, 'attn_k': kv_heads * head_dim, 'attn_v': kv_heads * head_dim}
    for name, size in sizes.items():
        w.add_tensor(f'blk.{i}.{name}.weight', matrix(size, hidden))
        w.add_tensor(f'blk.{i}.{name}.bias', vector(size))
    w.add_tensor(f'blk.{i}.attn_output.weight', matrix(hidden, heads * head_dim))
    w.add_tensor(f'blk.{i}.ffn_gate.weight', matrix(intermediate, hidden))
    w.add_tensor(f'blk.{i}.ffn_up.weight', matrix(intermediate, hidden))
    w.add_tensor(f'blk.{i}.ffn_down.weight', matrix(hidden, intermediate))
    w.add_tensor(f'blk.{i}.attn_norm.weight', vector(hidden, 1))
    w.add_tensor(f'blk.{i}.ffn_norm.weight', vector(hidden, 1))
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
