// The AI SDK against the daemon, with a teacher behind.
import assert from 'node:assert/strict'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import { BASE, PROVIDER, always, control, run, turns, until, weather } from './tap.mjs'

const model = createOpenAICompatible({ name: 'shammah', baseURL: BASE + '/v1', apiKey: 'any', includeUsage: true })('teacher')
const prompt = 'hello there'
const WORDS = 'Grüße, said the quick brown fox 🦊.'
const CALLS = { parts: [{ thought: 'Let me see.' }, { text: 'I look.' }, { call: 'get_weather', arguments: { city: 'Zürich' } },
  { call: 'get_weather', arguments: { city: 'Genève' } }] }
const ask = { model, prompt, maxRetries: 0 }
const calling = asked => ({ get_weather: tool({ description: 'Weather', inputSchema: jsonSchema(weather),
  execute: async ({ city }) => { asked.push(city); return { sky: 'blue' } } }) })

await run(`ai, ${PROVIDER}`, {
  async 'a whole answer'() {
    await always({ text: WORDS })
    const r = await generateText(ask)
    assert.deepEqual([r.text, r.finishReason, r.usage.inputTokens, r.usage.outputTokens], [WORDS, 'stop', 18, 7])
  },

  async 'a streamed answer'() {
    await always({ text: WORDS, piece: 5 })
    const r = streamText(ask)
    let text = ''
    for await (const piece of r.textStream) text += piece
    assert.deepEqual([text, await r.finishReason, (await r.usage).outputTokens], [WORDS, 'stop', 7])
  },

  async 'tools are called, whole'() {
    const asked = []
    await turns(CALLS, { text: 'Both are fine.' })
    const r = await generateText({ ...ask, tools: calling(asked), stopWhen: stepCountIs(3) })
    assert.equal(r.text, 'Both are fine.')
    assert.deepEqual(asked, ['Zürich', 'Genève'])
  },

  async 'tools are called, streamed'() {
    const asked = []
    await turns({ ...CALLS, piece: 3 }, { text: 'Both are fine.' })
    const r = streamText({ ...ask, tools: calling(asked), stopWhen: stepCountIs(3) })
    let text = '', thoughts = ''
    for await (const part of r.fullStream) {
      if (part.type === 'text-delta') text += part.text
      if (part.type === 'reasoning-delta') thoughts += part.text
      assert.notEqual(part.type, 'error', part.error)
    }
    assert.equal(text, 'I look.Both are fine.')
    assert.deepEqual(asked, ['Zürich', 'Genève'])
    assert.equal(thoughts, 'Let me see.')
  },

  async 'thirty streams at once'() {
    await always({ pause_ms: 1 })
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) => streamText({ ...ask, prompt: `number ${i}, please` }).text))
    all.forEach((text, i) => assert.ok(text.endsWith(`heard: number ${i}, please`), text))
  },

  async 'abort reaches the vendor'() {
    const { hang_ups } = await control('state')
    await always({ how: 'hang', after: 2 })
    const controller = new AbortController()
    const r = streamText({ ...ask, abortSignal: controller.signal, onError() {} })
    for await (const part of r.fullStream) if (part.type === 'text-delta') controller.abort()
    await until(async () => (await control('state')).hang_ups === hang_ups + 1, 'the vendor to be left')
  },

  async 'errors carry the status and the reason'() {
    await turns({ status: 401 })
    await assert.rejects(generateText(ask), e => e.statusCode === 401 && /key/.test(e.message))
    await turns({ status: 503, retry_after: 0, times: 3 })
    await assert.rejects(generateText(ask), e => e.statusCode === 503)
  },

  async 'an answer cut in the middle is an error after what came'() {
    await turns({ text: WORDS, how: 'cut', after: 2 })
    let text = '', error
    for await (const part of streamText({ ...ask, onError() {} }).fullStream) {
      if (part.type === 'text-delta') text += part.text
      if (part.type === 'error') error = part.error
    }
    assert.equal(text, 'Grüße, said')
    assert.match(String(error?.message ?? error), /cut after/)
  },
})
