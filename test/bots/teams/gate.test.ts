import { expect, test } from 'vitest'
import { UnsecuredJWT } from 'jose'
import { claimsChannel, findRefusal, isServiceUrlAllowed, resolvePolicy } from '../../../src/bots/teams/gate.ts'
import { loadConfig } from '../../../src/config.ts'

const production = {
  appId: 'app',
  tenants: ['t'],
  serviceHosts: ['smba.trafficmanager.net', '*.botframework.com'],
  allowsLoopback: false,
}

test.each([
  'https://smba.trafficmanager.net/emea/',
  'https://SMBA.trafficmanager.net/',
  'https://webchat.botframework.com/',
  'https://a.b.botframework.com/x',
])('may send its token to %s', (url) => {
  expect(isServiceUrlAllowed(url, production)).toBe(true)
})

test.each([
  undefined,
  '',
  'smba.trafficmanager.net',
  'http://smba.trafficmanager.net/',
  'https://smba.trafficmanager.net:8443/',
  'https://smba.trafficmanager.net@evil.example/',
  'https://user:password@smba.trafficmanager.net/',
  'https://evil.trafficmanager.net/',
  'https://smba.trafficmanager.net.evil.example/',
  'https://botframework.com/',
  'https://evilbotframework.com/',
  'http://127.0.0.1:3978/',
  'http://localhost:3978/',
])('does not send its token to %s', (url) => {
  expect(isServiceUrlAllowed(url, production)).toBe(false)
})

test.each(['http://127.0.0.1:3978/', 'http://localhost:56150/_connector', 'http://[::1]:80/'])(
  'may talk to %s in development',
  (url) => {
    expect(isServiceUrlAllowed(url, { ...production, allowsLoopback: true })).toBe(true)
    expect(isServiceUrlAllowed('https://127.0.0.1.evil.example/', { ...production, allowsLoopback: true })).toBe(false)
  },
)

test('development mode is open only while it listens on loopback', () => {
  expect(resolvePolicy(loadConfig({ FOOTNOTE_TEAMS_DEV: '1' }))).toMatchObject({ tenants: 'any', serviceHosts: [] })
  expect(resolvePolicy(loadConfig({ FOOTNOTE_TEAMS_DEV: '1', TEAMS_ALLOWED_TENANTS: 'A,b' }))).toMatchObject({
    tenants: ['a', 'b'],
  })
  const exposed = { FOOTNOTE_TEAMS_DEV: '1', MICROSOFT_APP_ID: 'app', HOST: '0.0.0.0' }
  expect(() => resolvePolicy(loadConfig(exposed))).toThrow('TEAMS_ALLOWED_TENANTS')
})

const activity = {
  type: 'message',
  channelId: 'msteams',
  serviceUrl: 'https://smba.trafficmanager.net/emea/',
  conversation: { id: 'a:1', tenantId: 'T' },
  channelData: { tenant: { id: 't' } },
}

test.each([
  ['nothing wrong', {}, undefined],
  ['Web Chat, whose callers choose who they are', { channelId: 'webchat' }, 'channel'],
  ['Direct Line', { channelId: 'directline' }, 'channel'],
  ['an unknown host', { serviceUrl: 'https://evil.example/' }, 'service url'],
  ['another tenant', { conversation: { id: 'a:1', tenantId: 'other' } }, 'tenant'],
  ['no tenant', { channelData: null }, 'tenant'],
])('refuses an activity with %s accordingly', (_what, part, refusal) => {
  expect(findRefusal({ ...activity, ...part }, production)).toBe(refusal)
})

test.each([
  ['https://api.botframework.com', true],
  ['https://sts.windows.net/11111111-1111-4111-8111-111111111111/', false],
  ['https://login.microsoftonline.com/11111111-1111-4111-8111-111111111111/v2.0', false],
])('looks at the signature of a token by %s: %s', (issuer, isLookedAt) => {
  const token = new UnsecuredJWT({}).setIssuer(issuer).encode()
  expect(claimsChannel(`Bearer ${token}x`)).toBe(isLookedAt)
  expect(claimsChannel(`Basic ${token}x`)).toBe(false)
})
