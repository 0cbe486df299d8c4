// OpenAI's own SDK, and the AI SDK's provider for OpenAI, against the fake teacher: Chat Completions and Responses.
import assert from 'node:assert/strict'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { FAKE, always, lastRequest, messages, run, tools, turns, weather } from './tap.mjs'

const client = new OpenAI({ baseURL: FAKE + '/v1', apiKey: 'sk-test', maxRetries: 0 })
const provider = createOpenAI({ baseURL: FAKE + '/v1', apiKey: 'sk-test' })
const model = 'gpt-5.5'
const CALLS = [{ call: 'get_weather', arguments: { city: 'Zürich' } }, { call: 'get_weather', arguments: { city: 'Genève' } }]
const PARTS = [{ thought: 'Let me see.', seal: 'c2VhbA==' }, { text: 'I look.' }, ...CALLS]
const cities = calls => calls.map(c => JSON.parse(c.arguments ?? c.function.arguments).city)
const calling = asked => ({ get_weather: tool({ description: 'Weather', inputSchema: jsonSchema(weather),
  execute: async ({ city }) => { asked.push(city); return { sky: 'blue' } } }) })

await run('openai and @ai-sdk/openai', {
  async 'chat: whole and streamed are the same message'() {
    await always({ parts: PARTS, piece: 3, pings: true })
    const whole = (await client.chat.completions.create({ model, messages, tools })).choices[0]
    const stream = client.chat.completions.stream({ model, messages, tools, stream_options: { include_usage: true } })
    const final = await stream.finalChatCompletion()
    for (const { message, finish_reason } of [whole, final.choices[0]]) {
      assert.deepEqual([message.content, finish_reason], ['I look.', 'tool_calls'])
      assert.deepEqual(cities(message.tool_calls), ['Zürich', 'Genève'])
    }
    assert.equal(final.usage.prompt_tokens_details.cached_tokens, 5)
  },

  async 'chat: errors are the SDK\'s own kinds'() {
    for (const [status, kind] of [[400, 'BadRequestError'], [403, 'PermissionDeniedError'], [404, 'NotFoundError'],
      [429, 'RateLimitError'], [500, 'InternalServerError'], [503, 'InternalServerError']]) {
      await turns({ status })
      await assert.rejects(client.chat.completions.create({ model, messages }), e => e instanceof OpenAI[kind] && e.status === status)
    }
    await assert.rejects(new OpenAI({ baseURL: FAKE + '/v1', apiKey: 'sk-no', maxRetries: 0 }).chat.completions.create({ model, messages }),
      e => e instanceof OpenAI.AuthenticationError && e.code === 'invalid_api_key')
    await turns({ how: 'error', after: 2 })
    await assert.rejects(async () => {
      for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) assert.ok(chunk.id)
    }, OpenAI.APIError)
  },

  async 'responses: whole and streamed are the same'() {
    await always({ parts: PARTS, piece: 3 })
    const ask = { model, input: 'hello there', tools: [{ type: 'function', name: 'get_weather', parameters: weather, strict: false }] }
    const whole = await client.responses.create(ask)
    const seen = {}
    const stream = client.responses.stream(ask)
    for await (const event of stream) seen[event.type] = (seen[event.type] ?? 0) + 1
    for (const r of [whole, await stream.finalResponse()]) {
      assert.deepEqual(r.output.map(o => o.type), ['reasoning', 'message', 'function_call', 'function_call'])
      assert.equal(r.output_text, 'I look.')
      assert.equal(r.output[0].encrypted_content, 'c2VhbA==')
      assert.deepEqual(cities(r.output.slice(2)), ['Zürich', 'Genève'])
      assert.deepEqual([r.status, r.usage.input_tokens_details.cached_tokens], ['completed', 5])
    }
    assert.equal(seen['response.completed'], 1)
    assert.ok(seen['response.function_call_arguments.delta'] > 2)
  },

  async 'responses: incomplete, refused, failed'() {
    await turns({ finish: 'length' }, { finish: 'refused', text: 'No.' }, { how: 'error', after: 1 })
    assert.equal((await client.responses.create({ model, input: 'hi' })).incomplete_details.reason, 'max_output_tokens')
    const r = await client.responses.stream({ model, input: 'hi' }).finalResponse()
    assert.equal(r.output[0].content[0].type, 'refusal')
    await assert.rejects(client.responses.stream({ model, input: 'hi' }).finalResponse())
  },

  async 'the AI SDK reads both APIs, with tools'() {
    for (const m of [provider.chat(model), provider.responses(model)]) {
      const asked = []
      await turns({ parts: PARTS, piece: 3 }, { text: 'Both are fine.' }, { parts: PARTS }, { text: 'Both are fine.' })
      const r = streamText({ model: m, prompt: 'hello', tools: calling(asked), stopWhen: stepCountIs(3), maxRetries: 0 })
      let text = ''
      for await (const part of r.fullStream) {
        if (part.type === 'text-delta') text += part.text
        assert.notEqual(part.type, 'error', String(part.error))
      }
      assert.equal(text, 'I look.Both are fine.')
      const whole = await generateText({ model: m, prompt: 'hello', tools: calling(asked), stopWhen: stepCountIs(3), maxRetries: 0 })
      assert.equal(whole.text, 'Both are fine.')
      assert.deepEqual(asked, ['Zürich', 'Genève', 'Zürich', 'Genève'])
      assert.match(JSON.stringify((await lastRequest()).body), /blue/)
    }
  },
})
