// OpenAI's own SDK against the daemon, with a teacher behind: chat, stream, tools, abort, errors, 30 streams at once.
import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { BASE, PROVIDER, always, control, lastRequest, messages, run, tools, turns, until } from './tap.mjs'

const client = new OpenAI({ baseURL: BASE + '/v1', apiKey: 'any', maxRetries: 0 })
const WORDS = 'Grüße, said the quick brown fox 🦊.'
const CALLS = { parts: [{ thought: 'Let me see.', seal: 'c2VhbA==' }, { text: 'I look.' },
  { call: 'get_weather', arguments: { city: 'Zürich' } }, { call: 'get_weather', arguments: { city: 'Genève' } }] }
const ask = (more = {}, options) => client.chat.completions.create({ model: 'teacher', messages, ...more }, options)

async function read(stream) {
  let text = '', usage, finish
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
    usage = chunk.usage ?? usage
  }
  return { text, usage, finish }
}

await run(`openai, ${PROVIDER}`, {
  async 'a whole answer'() {
    await always({ text: WORDS })
    const r = await ask()
    assert.equal(r.choices[0].message.content, WORDS)
    assert.equal(r.choices[0].finish_reason, 'stop')
    assert.deepEqual([r.usage.prompt_tokens, r.usage.completion_tokens, r.usage.prompt_tokens_details.cached_tokens], [18, 7, 5])
  },

  async 'a streamed answer with usage'() {
    await always({ text: WORDS, piece: 5 })
    const { text, usage, finish } = await read(await ask({ stream: true, stream_options: { include_usage: true } }))
    assert.deepEqual([text, finish, usage.prompt_tokens, usage.completion_tokens], [WORDS, 'stop', 18, 7])
  },

  async 'tools: parallel calls, their results, the answer'() {
    await turns(CALLS, { text: 'Both are fine.' })
    const r = await ask({ tools })
    const { message, finish_reason } = r.choices[0]
    assert.equal(finish_reason, 'tool_calls')
    assert.equal(message.content, 'I look.')
    assert.deepEqual(message.tool_calls.map(c => JSON.parse(c.function.arguments).city), ['Zürich', 'Genève'])
    const results = message.tool_calls.map(c => ({ role: 'tool', tool_call_id: c.id, content: '{"sky":"blue"}' }))
    const next = await ask({ tools, messages: [...messages, message, ...results] })
    assert.equal(next.choices[0].message.content, 'Both are fine.')
    const sent = JSON.stringify((await lastRequest()).body)
    assert.equal(sent.match(/blue/g).length, 2)
  },

  async 'tools: the streaming helper puts the calls together'() {
    await always({ ...CALLS, piece: 3 })
    const names = []
    const runner = client.chat.completions.stream({ model: 'teacher', messages, tools })
    runner.on('tool_calls.function.arguments.done', ({ name }) => names.push(name))
    const { message } = (await runner.finalChatCompletion()).choices[0]
    assert.deepEqual(message.tool_calls.map(c => JSON.parse(c.function.arguments).city), ['Zürich', 'Genève'])
    assert.deepEqual(names, ['get_weather', 'get_weather'])
  },

  async 'tools: the runner calls them and goes on'() {
    await turns(CALLS, { text: 'Both are fine.' })
    const asked = []
    const runner = client.chat.completions.runTools({ model: 'teacher', messages, stream: true, tools: [{ type: 'function',
      function: { ...tools[0].function, parse: JSON.parse, function: ({ city }) => { asked.push(city); return 'blue' } } }] })
    assert.equal(await runner.finalContent(), 'Both are fine.')
    assert.deepEqual(asked, ['Zürich', 'Genève'])
  },

  async 'thirty streams at once'() {
    await always({ pause_ms: 1 })
    const all = await Promise.all(Array.from({ length: 30 }, async (_, i) =>
      (await read(await ask({ stream: true, messages: [{ role: 'user', content: `number ${i}, please` }] }))).text))
    all.forEach((text, i) => assert.ok(text.endsWith(`heard: number ${i}, please`), text))
  },

  async 'abort reaches the vendor'() {
    const { hang_ups } = await control('state')
    await always({ how: 'hang', after: 2 })
    const controller = new AbortController()
    const stream = await ask({ stream: true }, { signal: controller.signal })
    for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) controller.abort()
    await until(async () => (await control('state')).hang_ups === hang_ups + 1, 'the vendor to be left')
  },

  async 'errors are the SDK\'s own kinds'() {
    for (const [turn, kind] of [[{ status: 401 }, OpenAI.AuthenticationError], [{ status: 404 }, OpenAI.NotFoundError],
      [{ status: 400 }, OpenAI.BadRequestError], [{ status: 503, retry_after: 0, times: 3 }, OpenAI.InternalServerError]]) {
      await turns(turn)
      await assert.rejects(ask(), e => e instanceof kind && !/sk-test/.test(e.message), JSON.stringify(turn))
    }
  },

  async 'an answer cut in the middle is an error after what came'() {
    await turns({ text: WORDS, how: 'cut', after: 2 })
    let text = ''
    await assert.rejects(async () => {
      for await (const chunk of await ask({ stream: true })) text += chunk.choices[0]?.delta?.content ?? ''
    }, e => e instanceof OpenAI.APIError && /cut after/.test(e.message))
    assert.equal(text, 'Grüße, said')
  },

  async 'a refusal'() {
    await always({ finish: 'refused', text: 'I will not.' })
    assert.equal((await ask()).choices[0].finish_reason, 'content_filter')
  },
})
