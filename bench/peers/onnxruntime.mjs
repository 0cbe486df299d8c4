// onnxruntime.mjs FOLDER THREADS: the figures of bench/race.c by npm's onnxruntime-node, which transformers.js
// runs on: FOLDER/onnx/model_q4.onnx with the keys and values handed from run to run.  One "NAME TOKENS/S" a line.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [folder, threads] = process.argv.slice(2)
const ort = createRequire(`${process.cwd()}/`)('onnxruntime-node')
const config = JSON.parse(readFileSync(`${folder}/config.json`))
const session = await ort.InferenceSession.create(`${folder}/onnx/model_q4.onnx`, { intraOpNumThreads: Number(threads), interOpNumThreads: 1 })
const head = config.head_dim ?? config.hidden_size / config.num_attention_heads
const WRITTEN = 64, SLICE = 512

const int64 = values => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])

function empty() {
  const cache = {}
  for (const name of session.inputNames)
    if (name.startsWith('past_key_values'))
      cache[name] = new ort.Tensor('float32', new Float32Array(0), [1, config.num_key_value_heads, 0, head])
  return { cache, length: 0 }
}

async function run(state, tokens) {
  const feeds = { input_ids: int64(tokens), attention_mask: int64(Array(state.length + tokens.length).fill(1)), ...state.cache }
  if (session.inputNames.includes('position_ids'))
    feeds.position_ids = int64(tokens.map((_, i) => state.length + i))
  const out = await session.run(feeds)
  for (const name of Object.keys(state.cache))
    state.cache[name] = out[name.replace('past_key_values', 'present')]
  state.length += tokens.length
}

async function seconds(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start) / 1e9
}

async function read(state, count) {
  for (let at = 0; at < count; at += SLICE)
    await run(state, Array.from({ length: Math.min(SLICE, count - at) }, (_, i) => 100 + (at + i) * 7919 % 1000))
}

async function write(state) {
  for (let i = 0; i < WRITTEN; i++)
    await run(state, [100 + i])
}

const warm = empty()
await read(warm, 1)
console.log(`decode-0 ${WRITTEN / await seconds(() => write(warm))}`)
console.log(`prefill-256 ${256 / await seconds(() => read(empty(), 256))}`)
console.log(`prefill-2048 ${2048 / await seconds(() => read(empty(), 2048))}`)
const full = empty()
await read(full, 2000)
console.log(`decode-2000 ${WRITTEN / await seconds(() => write(full))}`)
