import { globSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { methods } from '../../../sandbox/slack/methods.ts'
import { allScopes } from '../../../sandbox/slack/slack.ts'
import { buildManifest, manifestFiles } from '../../../manifest/slack/build.ts'
import { subscribedEvents } from '../../../src/bots/slack/events.ts'
import { webApiMethods } from '../../../src/bots/slack/web-api.ts'
import { readSlackData } from './slack-data.ts'

const root = new URL('../../../', import.meta.url)
const sources = globSync('src/bots/slack/*.ts', { cwd: root }).map((file) => readFileSync(new URL(file, root), 'utf8'))
const code = sources.join('\n')

describe.each(Object.entries(manifestFiles))('%s', (name, mode) => {
  const committed = readFileSync(new URL(`manifest/slack/${name}`, root), 'utf8')
  const manifest = JSON.parse(committed) as {
    oauth_config: { scopes: { bot: string[]; bot_optional: string[] } }
    settings: { event_subscriptions: { bot_events: string[] } }
    features: { agent_view?: object; assistant_view?: object; slash_commands: { command: string; url?: string }[] }
  }

  it('is what the script makes', () => expect(manifest).toEqual(JSON.parse(buildManifest(mode))))

  it("fits Slack's schema, where it is at hand", () => {
    const schema = readSlackData('manifest/manifest.schema.2.0.0.json')
    if (schema === undefined) return
    const ajv = new Ajv({ strict: false, validateFormats: false })
    const validate = ajv.compile(schema as object)
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...manifest, features: { ...manifest.features, surprise: 1 } })).toBe(false)
  })

  it('is for the agent view, with an address only where Slack calls one', () => {
    expect(manifest.features.agent_view).toBeDefined()
    expect(manifest.features.assistant_view).toBeUndefined()
    expect(committed.includes('footnote.example.com')).toBe(mode.kind === 'http')
  })

  it('subscribes to exactly what the code listens to', () => {
    const listened = [...code.matchAll(/app\.event\('([^']+)'/g)].map((match) => match[1] ?? '')
    expect(listened.length).toBeGreaterThan(2)
    const subscribed = manifest.settings.event_subscriptions.bot_events
    expect(new Set(subscribed.map((event) => event.split('.')[0]))).toEqual(new Set(listened))
    expect(manifest.features.slash_commands.map(({ command }) => command)).toEqual(['/confluence'])
  })

  it('asks for nothing beyond the written list', () => {
    const { bot, bot_optional: optional } = manifest.oauth_config.scopes
    expect(bot).toEqual([
      'app_mentions:read',
      'assistant:write',
      'channels:read',
      'chat:write',
      'commands',
      'groups:read',
      'im:history',
      'users:read',
      'users:read.email',
    ])
    expect(optional).toEqual(['channels:history', 'groups:history'])
    const docs = readFileSync(new URL('docs/slack.md', root), 'utf8')
    for (const scope of [...bot, ...optional]) expect(docs).toContain(`| \`${scope}\` |`)
    for (const event of Object.keys(subscribedEvents)) expect(docs).toContain(`\`${event}\``)
  })
})

describe('the list of Web API methods', () => {
  it('holds exactly the methods that the code calls', () => {
    const called = [...code.matchAll(/\.call\('([a-zA-Z.]+)'/g)].map((match) => match[1] ?? '')
    expect(called.length).toBeGreaterThan(8)
    expect([...new Set(called)].toSorted()).toEqual(Object.keys(webApiMethods).toSorted())
  })

  it('is known to the sandbox, with scopes that the sandbox can withhold', () => {
    for (const [method, { scopes, optionalScopes }] of Object.entries(webApiMethods)) {
      expect(methods[method], method).toBeDefined()
      for (const scope of [...scopes, ...optionalScopes]) expect(allScopes).toContain(scope)
    }
  })

  it("names scopes of Slack's documentation, where it is at hand", () => {
    for (const [method, { scopes, optionalScopes }] of Object.entries(webApiMethods)) {
      const docs = readSlackData(`method-docs/${method}.json`) as { scopes: { bot?: { name: string }[] } } | undefined
      if (docs === undefined) continue
      const documented = (docs.scopes.bot ?? []).map(({ name }) => name)
      for (const scope of [...scopes, ...optionalScopes]) {
        if (scope !== 'users:read.email') expect(documented, method).toContain(scope)
      }
    }
  })
})
