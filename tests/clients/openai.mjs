// OpenAI's own SDK against the daemon: chat, stream, tools, abort, errors, 30 streams at once.
import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { BASE, messages, run, status, tools, use } from './tap.mjs'

const client = new OpenAI({ baseURL: BASE + '/v1', apiKey: 'any', maxRetries: 0 })
const state = async () => (await status()).queue

const tests = {
  async 'models are listed and retrieved'() {
    const ids = []
    for await (const m of client.models.list()) ids.push(m.id)
    assert.deepEqual(ids, ['auto', 'known-answers', 'local', 'saying', 'shammah-lexical', 'encoder'])
    assert.equal((await client.models.retrieve('saying')).object, 'model')
  },

  async 'a whole answer'() {
    const r = await client.chat.completions.create({ model: 'local', messages })
    assert.equal(r.choices[0].message.content, 'The quick brown fox 🦊 jumps.')
    assert.equal(r.choices[0].finish_reason, 'stop')
    assert.equal(r.usage.total_tokens, r.usage.prompt_tokens + r.usage.completion_tokens)
  },

  async 'a streamed answer with usage'() {
    const stream = await client.chat.completions.create({ model: 'local', messages, stream: true, stream_options: { include_usage: true } })
    let text = '', usage, chunks = 0
    for await (const chunk of stream) {
      chunks++
      text += chunk.choices[0]?.delta?.content ?? ''
      usage = chunk.usage ?? usage
    }
    assert.equal(text, 'The quick brown fox 🦊 jumps.')
    assert.ok(chunks > 5 && usage.completion_tokens > 5)
  },

  async 'log-probabilities, stop, length'() {
    const r = await client.chat.completions.create({ model: 'local', messages, logprobs: true, top_logprobs: 2, max_tokens: 2 })
    assert.equal(r.choices[0].finish_reason, 'length')
    assert.equal(r.choices[0].logprobs.content.length, 2)
    const s = await client.chat.completions.create({ model: 'local', messages, stop: ['brown'] })
    assert.equal(s.choices[0].message.content, 'The quick ')
  },

  async 'thirty streams at once'() {
    const one = async () => {
      let text = ''
      const stream = await client.chat.completions.create({ model: 'local', messages, stream: true })
      for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? ''
      return text
    }
    const all = await Promise.all(Array.from({ length: 30 }, one))
    assert.deepEqual(new Set(all), new Set(['The quick brown fox 🦊 jumps.']))
  },

  async 'known answers come the same way'() {
    const r = await client.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content: 'what is reciprocity' }] })
    assert.match(r.choices[0].message.content, /tit for tat/)
    assert.equal(r.shammah.source, 'known_answer')
  },

  async 'errors are the SDK\'s own kinds'() {
    await assert.rejects(client.chat.completions.create({ model: 'gpt-9', messages }), OpenAI.NotFoundError)
    await assert.rejects(client.chat.completions.create({ model: 'local', messages: [] }), e => e instanceof OpenAI.BadRequestError && e.param === 'messages')
    await assert.rejects(client.chat.completions.create({ model: 'local', messages, n: 9 }), e => e instanceof OpenAI.BadRequestError && e.param === 'n')
    await assert.rejects(client.chat.completions.create({ model: 'local', messages: [{ role: 'user', content: 'x '.repeat(90000) }] }),
      e => e instanceof OpenAI.BadRequestError && e.code === 'context_length_exceeded')
  },

  async 'tools: a call, its result, the answer'() {
    await use('calling')
    const r = await client.chat.completions.create({ model: 'local', messages, tools })
    const call = r.choices[0].message.tool_calls[0]
    assert.equal(r.choices[0].finish_reason, 'tool_calls')
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Zürich' })
    const next = await client.chat.completions.create({ model: 'local', tools, messages: [...messages, r.choices[0].message,
      { role: 'tool', tool_call_id: call.id, content: '{"sky": "blue"}' }] })
    assert.ok(next.usage.prompt_tokens_details.cached_tokens > 0)
  },

  async 'tools: the streaming helper puts the call together'() {
    const runner = client.chat.completions.stream({ model: 'local', messages, tools })
    const final = await runner.finalChatCompletion()
    assert.equal(final.choices[0].message.tool_calls[0].function.name, 'get_weather')
  },

  async 'tools: arguments come in pieces, the name once'() {
    const stream = await client.chat.completions.create({ model: 'local', messages, tools, stream: true })
    const pieces = [], names = []
    let finish
    for await (const { choices: [choice] } of stream) {
      for (const call of choice?.delta.tool_calls ?? []) {
        assert.equal(call.index, 0)
        if (call.function.name) names.push(call.function.name)
        if (call.function.arguments) pieces.push(call.function.arguments)
      }
      finish = choice?.finish_reason ?? finish
    }
    assert.deepEqual(names, ['get_weather'])
    assert.ok(pieces.length > 3, `${pieces.length} pieces`)
    assert.deepEqual(JSON.parse(pieces.join('')), { city: 'Zürich' })
    assert.equal(finish, 'tool_calls')
  },

  async 'several answers, whole and streamed'() {
    await use('saying')
    const wishes = { model: 'local', messages, n: 3, logprobs: true, top_logprobs: 1 }
    const r = await client.chat.completions.create(wishes)
    assert.deepEqual(r.choices.map(c => c.index), [0, 1, 2])
    for (const c of r.choices) {
      assert.equal(c.message.content, 'The quick brown fox 🦊 jumps.')
      assert.equal(Buffer.concat(c.logprobs.content.map(t => Buffer.from(t.bytes))).toString(), c.message.content)
    }
    const texts = ['', '', ''], ranked = ['', '', '']
    let usage
    for await (const chunk of await client.chat.completions.create({ ...wishes, stream: true, stream_options: { include_usage: true } })) {
      for (const c of chunk.choices) {
        texts[c.index] += c.delta.content ?? ''
        for (const t of c.logprobs?.content ?? []) ranked[c.index] += Buffer.from(t.bytes).toString('latin1')
      }
      usage = chunk.usage ?? usage
    }
    assert.deepEqual(new Set(texts), new Set(['The quick brown fox 🦊 jumps.']))
    assert.deepEqual(new Set(ranked.map(t => Buffer.from(t, 'latin1').toString())), new Set(texts))
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [r.usage.prompt_tokens, r.usage.completion_tokens])
  },

  async 'answers held to a schema, every one of several'() {
    const schema = { type: 'object', properties: { colour: { enum: ['red', 'green'] }, count: { type: 'integer', minimum: 0, maximum: 99 } },
      required: ['colour', 'count'], additionalProperties: false }
    const r = await client.chat.completions.create({ model: 'local', messages, n: 2, temperature: 1.5, seed: 1, max_tokens: 200,
      response_format: { type: 'json_schema', json_schema: { name: 'thing', strict: true, schema } } })
    for (const c of r.choices) {
      const thing = JSON.parse(c.message.content)
      assert.deepEqual(Object.keys(thing).sort(), ['colour', 'count'])
      assert.ok(['red', 'green'].includes(thing.colour) && thing.count >= 0 && thing.count <= 99)
    }
    const call = await client.chat.completions.create({ model: 'local', messages, tools, tool_choice: 'required', temperature: 1.5, max_tokens: 200 })
    assert.equal(typeof JSON.parse(call.choices[0].message.tool_calls[0].function.arguments).city, 'string')
  },

  async 'embeddings: base64 by default, the same as floats'() {
    const input = ['hello world', 'unable']
    const packed = await client.embeddings.create({ model: 'auto', input })
    const plain = await client.embeddings.create({ model: 'encoder', input, encoding_format: 'float' })
    assert.equal(packed.data.length, 2)
    assert.deepEqual(packed.data.map(d => Array.from(d.embedding)), plain.data.map(d => d.embedding.map(Math.fround)))
    assert.ok(Math.abs(plain.data[0].embedding.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-5)
    assert.equal(plain.shammah.source, 'local')
    const cut = await client.embeddings.create({ model: 'auto', input, dimensions: 8 })
    assert.equal(cut.data[0].embedding.length, 8)
    const lexical = await client.embeddings.create({ model: 'shammah-lexical', input: 'hello world' })
    assert.equal(lexical.data[0].embedding.length, 384)
    assert.equal(lexical.shammah.source, 'lexical')
    await assert.rejects(client.embeddings.create({ model: 'auto', input, dimensions: 7 }), e => e instanceof OpenAI.BadRequestError && e.param === 'dimensions')
    await assert.rejects(client.embeddings.create({ model: 'text-embedding-3-small', input }), OpenAI.NotFoundError)
    await assert.rejects(client.embeddings.create({ model: 'auto', input: 'word '.repeat(100) }), e => e.code === 'context_length_exceeded')
  },

  async 'abort frees the place'() {
    await use('long')
    const controller = new AbortController()
    const stream = await client.chat.completions.create({ model: 'local', messages, stream: true }, { signal: controller.signal })
    let pieces = 0
    await assert.rejects(async () => {
      for await (const chunk of stream) if (chunk && ++pieces === 5) controller.abort()
      throw new OpenAI.APIUserAbortError()
    }, OpenAI.APIUserAbortError)
    for (let i = 0; (await state()).active && i < 500; i++) await new Promise(resolve => setTimeout(resolve, 10))
    assert.equal((await state()).active, 0)
  },
}

await use('saying')
await run('openai', tests)
