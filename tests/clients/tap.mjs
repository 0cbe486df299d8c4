// What the client programs share: TAP, and the daemon they talk to.
import { execFileSync } from 'node:child_process'

export const { SHAMMAH, MODELS, BASE, FAKE, PROVIDER, SOURCE } = process.env

export const messages = [{ role: 'user', content: 'hello there' }]
export const weather = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
export const tools = [{ type: 'function', function: { name: 'get_weather', description: 'Weather', parameters: weather } }]

export const status = async () => (await fetch(BASE + '/v1/status')).json()

// Has the daemon load one of the test models.
export async function use(model) {
  execFileSync(SHAMMAH, ['daemon', 'start', '--model', `${MODELS}/${model}`])
  for (;;) {
    const { model: m } = await status()
    if (m.state === 'ready' && m.name === model) return
    if (m.state === 'failed') throw new Error(m.error)
    await sleep(10)
  }
}

export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

export async function until(condition, what) {
  for (let i = 0; !await condition(); i++) {
    if (i === 1000) throw new Error(`waited in vain for ${what}`)
    await sleep(10)
  }
}

// The fake teacher: what it shall do (tests/support/fake_teacher.h), and what it got.
export const control = async (what, body) => (await fetch(`${FAKE}/control/${what}`,
  body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })).json()
export const turns = (...list) => control('turns', list)
export const always = turn => control('always', turn)
export const lastRequest = async () => (await control('requests')).at(-1)

export async function run(title, tests) {
  const names = Object.keys(tests)
  let failed = 0
  console.log(`1..${names.length}`)
  for (const [i, name] of names.entries()) {
    try {
      if (FAKE) await Promise.all([turns(), always({})])
      await tests[name]()
      console.log(`ok ${i + 1} - ${title}: ${name}`)
    } catch (e) {
      failed++
      console.log(`not ok ${i + 1} - ${title}: ${name}`)
      console.log(String(e.stack ?? e).replace(/^/gm, '# '))
    }
  }
  process.exit(failed ? 1 : 0)
}
