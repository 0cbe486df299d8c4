// Anthropic's own SDK against the fake teacher: it takes what the fake says for the real thing, and asks as we ask.
import assert from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { BASE, FAKE, always, control, lastRequest, messages, run, tools, turns, until, weather } from './tap.mjs'

const client = new Anthropic({ baseURL: FAKE, apiKey: 'sk-test', maxRetries: 0 })
const daemon = new OpenAI({ baseURL: BASE + '/v1', apiKey: 'any', maxRetries: 0 })
const model = 'claude-sonnet-5-5', max_tokens = 1000
const ask = { model, max_tokens, messages }
const PARTS = [{ thought: 'Let me see.', seal: 'c2VhbA==' }, { hidden: 'aGlkZGVu' }, { text: 'I look.' },
  { call: 'get_weather', arguments: { city: 'Zürich' } }, { call: 'get_weather', arguments: {} }]

const contents = m => m.content.map(({ type, text, thinking, signature, data, name, input }) =>
  ({ type, ...(text && { text }), ...(thinking && { thinking, signature }), ...(data && { data }), ...(name && { name, input }) }))
const EXPECTED = [{ type: 'thinking', thinking: 'Let me see.', signature: 'c2VhbA==' }, { type: 'redacted_thinking', data: 'aGlkZGVu' },
  { type: 'text', text: 'I look.' }, { type: 'tool_use', name: 'get_weather', input: { city: 'Zürich' } },
  { type: 'tool_use', name: 'get_weather', input: {} }]

// Content as blocks, system as blocks, nothing that only we send: cache marks.
function plain(body) {
  const blocks = c => (typeof c === 'string' ? [{ type: 'text', text: c }] : c).map(({ cache_control, ...b }) =>
    b.type === 'tool_result' ? { ...b, content: blocks(b.content) } : b)
  return { ...body, ...(body.system && { system: blocks(body.system) }),
    messages: body.messages.map(m => ({ ...m, content: blocks(m.content) })),
    ...(body.tools && { tools: body.tools.map(({ cache_control, ...t }) => t) }) }
}

await run('@anthropic-ai/sdk', {
  async 'the fake\'s whole answer is a message'() {
    await always({ parts: PARTS })
    const m = await client.messages.create(ask)
    assert.deepEqual(contents(m), EXPECTED)
    assert.deepEqual([m.stop_reason, m.usage.cache_read_input_tokens], ['tool_use', 5])
  },

  async 'the fake\'s stream is the same message'() {
    await always({ parts: PARTS, piece: 3, pings: true })
    const stream = client.messages.stream(ask)
    let text = ''
    stream.on('text', piece => { text += piece })
    assert.deepEqual(contents(await stream.finalMessage()), EXPECTED)
    assert.equal(text, 'I look.')
  },

  async 'its errors are the SDK\'s own kinds'() {
    for (const [status, kind] of [[400, 'BadRequestError'], [403, 'PermissionDeniedError'], [404, 'NotFoundError'],
      [429, 'RateLimitError'], [500, 'InternalServerError'], [529, 'InternalServerError']]) {
      await turns({ status })
      await assert.rejects(client.messages.create(ask), e => e instanceof Anthropic[kind] && e.error.type === 'error', String(status))
    }
    await assert.rejects(new Anthropic({ baseURL: FAKE, apiKey: 'sk-wrong', maxRetries: 0 }).messages.create(ask), Anthropic.AuthenticationError)
  },

  async 'an error event in the middle, and a cut, are errors'() {
    for (const how of ['error', 'cut']) {
      await turns({ how, after: 2 })
      await assert.rejects(client.messages.stream(ask).finalMessage(), how)
    }
  },

  async 'a refusal, and an answer at its limit'() {
    await turns({ finish: 'refused', text: 'No.' }, { finish: 'length' })
    assert.equal((await client.messages.create(ask)).stop_reason, 'refusal')
    assert.equal((await client.messages.stream(ask).finalMessage()).stop_reason, 'max_tokens')
  },

  async 'abort is seen as a hang-up'() {
    const { hang_ups } = await control('state')
    await always({ how: 'hang', after: 2 })
    const stream = client.messages.stream(ask)
    stream.on('text', () => stream.abort())
    await assert.rejects(stream.done(), Anthropic.APIUserAbortError)
    await until(async () => (await control('state')).hang_ups === hang_ups + 1, 'the hang-up')
  },

  async 'our request is what the SDK sends, field by field'() {
    const call = (id, city) => ({ id, type: 'function', function: { name: 'get_weather', arguments: JSON.stringify({ city }) } })
    await daemon.chat.completions.create({ model: 'teacher', max_tokens, stream: true, stop: ['END'], tools,
      parallel_tool_calls: false,
      messages: [{ role: 'system', content: 'Be brief.' }, ...messages,
        { role: 'assistant', content: 'I look.', tool_calls: [call('toolu_1', 'Zürich'), call('toolu_2', 'Genève')] },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'blue' }, { role: 'tool', tool_call_id: 'toolu_2', content: 'grey' }] })
    const ours = await lastRequest()
    await client.messages.stream({ model: ours.body.model, max_tokens, stop_sequences: ['END'], system: 'Be brief.',
      tools: [{ name: 'get_weather', description: 'Weather', input_schema: weather }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true }, thinking: { type: 'adaptive', display: 'summarized' },
      messages: [...messages,
        { role: 'assistant', content: [{ type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Zürich' } },
          { type: 'tool_use', id: 'toolu_2', name: 'get_weather', input: { city: 'Genève' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'blue' },
          { type: 'tool_result', tool_use_id: 'toolu_2', content: 'grey' }] }] }).finalMessage()
    const theirs = await lastRequest()
    assert.deepEqual(plain(ours.body), plain(theirs.body))
    assert.deepEqual([ours.method, ours.target], [theirs.method, theirs.target])
    assert.equal(ours.headers['content-type'], theirs.headers['content-type'])
    assert.ok(ours.headers['anthropic-version'] && theirs.headers['anthropic-version'])
  },
})
