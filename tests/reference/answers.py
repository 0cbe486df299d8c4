#!/usr/bin/env python3
"""answers.py FOLDER STEPS: what transformers answers, greedily.

Reads FOLDER/config.json and FOLDER/model.safetensors and prints one JSON object a
prompt: `prompt` and `answer` (token ids) and `margins`: by how much the best
logit led the second at each step, in standard deviations of that step's logits.
"""
import json
import sys

import torch
import transformers
from safetensors.torch import load_file

folder, steps = sys.argv[1], int(sys.argv[2])
torch.manual_seed(0)
config = transformers.AutoConfig.from_pretrained(folder)
model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation='eager').eval()
weights = load_file(f'{folder}/model.safetensors')
missing, unexpected = model.load_state_dict(weights, strict=False)
if unexpected or set(missing) - {'lm_head.weight'}:
    sys.exit(f'answers: {folder}: weights do not fit the model: {missing} {unexpected}')
model.tie_weights()

for length in (1, 7, 40, 129):
    prompt = [(length + 37 * i) % (config.vocab_size - 1) for i in range(length)]
    ids, cache, answer, margins = torch.tensor([prompt]), None, [], []
    with torch.no_grad():
        for _ in range(steps):
            out = model(ids, past_key_values=cache, use_cache=True)
            logits, cache = out.logits[0, -1], out.past_key_values
            best = logits.topk(2)
            answer.append(int(best.indices[0]))
            margins.append(float((best.values[0] - best.values[1]) / logits.std()))
            ids = best.indices[:1].view(1, 1)
    print(json.dumps({'prompt': prompt, 'answer': answer, 'margins': margins}))
