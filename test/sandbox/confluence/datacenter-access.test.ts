import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, smallSite } from './small-site.ts'

let confluence: RunningConfluence
beforeEach(async () => {
  confluence = await startConfluence({ flavour: 'datacenter', site: smallSite(), contextPath: '/deep/wiki2' })
})
afterEach(() => confluence.close())

const dead = { headers: { authorization: 'Bearer dead' } }

describe('single sign-on', () => {
  test('answers a dead token with a login page and status 200', async () => {
    confluence.setTraps({ sso: 'login-page' })
    const { status, headers, text } = await ask(confluence, '/rest/api/space', null, dead)
    expect([status, headers.get('content-type'), text.includes('os_username')]).toEqual([
      200,
      'text/html;charset=UTF-8',
      true,
    ])
    expect((await ask(confluence, '/rest/api/space', 'ada')).json.results).toHaveLength(4)
  })

  test('or sends it to one', async () => {
    confluence.setTraps({ sso: 'redirect' })
    const redirect = await ask(confluence, '/rest/api/space', null, { ...dead, redirect: 'manual' })
    expect([redirect.status, redirect.headers.get('location')]).toEqual([
      302,
      `${confluence.url}/login.action?os_destination=%2Frest%2Fapi%2Fspace`,
    ])
    const followed = await ask(confluence, '/rest/api/space', null, dead)
    expect([followed.status, followed.text.includes('os_password')]).toEqual([200, true])
  })
})

test('an account that must solve a CAPTCHA is denied', async () => {
  confluence.setCaptcha('ada')
  const { status, headers } = await ask(confluence, '/rest/api/user/current', 'ada')
  expect([status, headers.get('x-seraph-loginreason')]).toEqual([401, 'AUTHENTICATION_DENIED'])
})

test('expired and killed tokens are dead tokens', async () => {
  const { secret } = confluence.issueToken('ada', { expiresAt: new Date(Date.now() + 60_000) })
  const as = { headers: { authorization: `Bearer ${secret}` } }
  expect((await ask(confluence, '/rest/api/user/current', null, as)).json.username).toBe('ada')
  confluence.advanceClock(60_000)
  confluence.setTraps({ deadTokenIsAnonymous: true })
  expect((await ask(confluence, '/rest/api/user/current', null, as)).headers.get('x-ausername')).toBe('anonymous')
})

test('administrators are asked for their password again where WebSudo is on', async () => {
  confluence.setTraps({ webSudo: true })
  const { status, headers } = await ask(confluence, '/rest/api/space/HR/permissions')
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html;charset=UTF-8'])
  expect((await ask(confluence, '/rest/api/space/HR/permissions', 'ada')).status).toBe(500)
})

test('the version can be had without logging in, and only there when the newer address is missing', async () => {
  confluence.setTraps({ version: '7.19.1', serverInformation: false })
  expect((await ask(confluence, '/rest/api/server-information')).status).toBe(404)
  const manifest = await ask(confluence, '/rest/applinks/1.0/manifest', null)
  expect([manifest.headers.get('content-type'), manifest.text]).toEqual([
    'application/xml',
    expect.stringContaining('<version>7.19.1</version>'),
  ])
})

test('the old remote API tells a space’s readers to administrators where it is switched on', async () => {
  const path = '/rpc/json-rpc/confluenceservice-v2/getSpacePermissionSets'
  const post = (key: string, as?: string) => ask(confluence, path, as, { method: 'POST', body: JSON.stringify([key]) })
  expect((await post('ENG')).status).toBe(403)
  confluence.setTraps({ remoteApi: true })
  expect((await post('ENG')).json[0].spacePermissions).toEqual([
    { type: 'VIEWSPACE', groupName: 'engineers', userName: null },
    { type: 'VIEWSPACE', groupName: null, userName: 'ada' },
  ])
  expect((await post('ENG', 'ada')).json.error.message).toContain('NotPermittedException')
  expect(confluence.writes).toEqual([])
})
