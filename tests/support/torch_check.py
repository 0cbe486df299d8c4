#!/usr/bin/env python3
"""torch_check.py DIR ID...: logits of Qwen2's architecture computed with PyTorch.

Reads DIR/config.json and DIR/model.safetensors (float32) and writes the logits of
every position as float32 to DIR/logits.f32.
"""
import json
import math
import os
import struct
import sys

import torch


def read_weights(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    weights = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        weights[name] = flat.reshape(tensor["shape"]).double()
    return weights


def norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rotate(x, cos, sin):
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-high, low), dim=-1) * sin


class Model:
    def __init__(self, directory):
        with open(os.path.join(directory, "config.json")) as file:
            self.config = json.load(file)
        self.weights = read_weights(os.path.join(directory, "model.safetensors"))
        self.heads = self.config["num_attention_heads"]
        self.kv_heads = self.config["num_key_value_heads"]
        self.size = self.config.get("head_dim", self.config["hidden_size"] // self.heads)

    def linear(self, name, x):
        return torch.nn.functional.linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))

    def norm(self, name, x):
        return norm(x, self.weights[name + ".weight"], self.config["rms_norm_eps"])

    def split(self, x, heads):
        return x.view(len(x), heads, self.size).transpose(0, 1)

    def attention(self, name, x):
        n = len(x)
        frequencies = self.config["rope_theta"] ** (-torch.arange(0, self.size, 2).double() / self.size)
        angles = torch.outer(torch.arange(n).double(), frequencies).repeat(1, 2)
        q = rotate(self.split(self.linear(name + ".q_proj", x), self.heads), angles.cos(), angles.sin())
        k = rotate(self.split(self.linear(name + ".k_proj", x), self.kv_heads), angles.cos(), angles.sin())
        v = self.split(self.linear(name + ".v_proj", x), self.kv_heads)
        k, v = (t.repeat_interleave(self.heads // self.kv_heads, dim=0) for t in (k, v))
        scores = q @ k.transpose(1, 2) / math.sqrt(self.size)
        scores = scores.masked_fill(torch.ones(n, n).triu(1).bool(), -math.inf)
        heads = torch.softmax(scores, dim=-1) @ v
        return self.linear(name + ".o_proj", heads.transpose(0, 1).reshape(n, -1))

    def feed_forward(self, name, x):
        gate = torch.nn.functional.silu(self.linear(name + ".gate_proj", x))
        return self.linear(name + ".down_proj", gate * self.linear(name + ".up_proj", x))

    def logits(self, ids):
        table = self.weights["model.embed_tokens.weight"]
        x = table[ids]
        for i in range(self.config["num_hidden_layers"]):
            layer = f"model.layers.{i}."
            x = x + self.attention(layer + "self_attn", self.norm(layer + "input_layernorm", x))
            x = x + self.feed_forward(layer + "mlp", self.norm(layer + "post_attention_layernorm", x))
        return self.norm("model.norm", x) @ self.weights.get("lm_head.weight", table).T


def main():
    directory, ids = sys.argv[1], [int(word) for word in sys.argv[2:]]
    logits = Model(directory).logits(ids).float().contiguous()
    with open(os.path.join(directory, "logits.f32"), "wb") as file:
        file.write(struct.pack(f"<{logits.numel()}f", *logits.flatten().tolist()))


if __name__ == "__main__":
    main()
