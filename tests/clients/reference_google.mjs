// The AI SDK's provider for Gemini against the fake teacher.
import assert from 'node:assert/strict'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import { FAKE, always, lastRequest, run, turns, weather } from './tap.mjs'

const model = createGoogleGenerativeAI({ baseURL: FAKE + '/v1beta', apiKey: 'sk-test' })('gemini-3-pro')
const ask = { model, prompt: 'hello there', maxRetries: 0 }
const PARTS = [{ thought: 'Let me see.' }, { text: 'I look.' },
  { call: 'get_weather', arguments: { city: 'Zürich' }, seal: 'c2VhbA==' }, { call: 'get_weather', arguments: { city: 'Genève' } }]
const calling = asked => ({ get_weather: tool({ description: 'Weather', inputSchema: jsonSchema(weather),
  execute: async ({ city }) => { asked.push(city); return { sky: 'blue' } } }) })

await run('@ai-sdk/google', {
  async 'whole and streamed, with usage'() {
    await always({ text: 'Grüße, said the fox 🦊.', piece: 5 })
    const r = streamText(ask)
    let text = ''
    for await (const piece of r.textStream) text += piece
    const whole = await generateText(ask)
    assert.deepEqual([text, whole.text], ['Grüße, said the fox 🦊.', 'Grüße, said the fox 🦊.'])
    for (const usage of [await r.usage, whole.usage]) assert.deepEqual([usage.inputTokens, usage.outputTokens], [18, 7])
  },

  async 'tools are called, and signatures go back'() {
    const asked = []
    await turns({ parts: PARTS, piece: 3 }, { text: 'Both are fine.' })
    const r = streamText({ ...ask, tools: calling(asked), stopWhen: stepCountIs(3) })
    let text = '', thoughts = ''
    for await (const part of r.fullStream) {
      if (part.type === 'text-delta') text += part.text
      if (part.type === 'reasoning-delta') thoughts += part.text
      assert.notEqual(part.type, 'error', String(part.error))
    }
    assert.deepEqual([text, thoughts, asked], ['I look.Both are fine.', 'Let me see.', ['Zürich', 'Genève']])
    assert.match(JSON.stringify((await lastRequest()).body), /"thoughtSignature":"c2VhbA=="/)
  },

  async 'safety, limits and errors'() {
    await turns({ finish: 'refused' }, { finish: 'length' }, { status: 429 }, { status: 503 })
    assert.equal((await generateText(ask)).finishReason, 'content-filter')
    assert.equal(await streamText(ask).finishReason, 'length')
    await assert.rejects(generateText(ask), e => e.statusCode === 429 && /quota/.test(e.message))
    await assert.rejects(generateText(ask), e => e.statusCode === 503)
    const wrong = createGoogleGenerativeAI({ baseURL: FAKE + '/v1beta', apiKey: 'sk-wrong' })('gemini-3-pro')
    await assert.rejects(generateText({ ...ask, model: wrong }), e => e.statusCode === 400 && /API key not valid/.test(e.message))
  },
})
