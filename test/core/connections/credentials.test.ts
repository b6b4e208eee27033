// How a connection signs in: which door each kind of Cloud credential goes to, and what is said of one at the wrong door.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { confirmConnection, draftConnection } from '../../../src/core/connections/draft.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import { testStoredConnection } from '../../../src/core/connections/test-stored.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { purgeConnection } from '../../../src/db/queries/connections.ts'
import { connections } from '../../../src/db/schema/connections.ts'
import { openTestCore, requestFor, soon, syncAndWait } from '../../support/core.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

let open: OpenCore
let site: RunningConfluence
beforeAll(async () => {
  site = await startConfluence({ flavour: 'cloud', site: smallSite() })
  open = await openTestCore('embedded', { config: { ATLASSIAN_API_URL: new URL(site.url).origin } })
})
afterEach(async () => {
  await forget()
  site.setTraps({ blockedSpaces: [] })
})
afterAll(async () => {
  await site.close()
  await open.close()
})

const forget = async (): Promise<void> => {
  const { db } = open.core.database
  for (const { id } of await db.select().from(connections)) await purgeConnection(db, id)
}
const request = (changes: Partial<ConnectRequest> = {}): ConnectRequest =>
  requestFor(site, { credentialKind: 'scoped', secret: site.credentials.scopedToken, ...changes })
const draft = (changes: Partial<ConnectRequest> = {}) => draftConnection(open.core, request(changes), 'ann', soon())
const refusal = (changes: Partial<ConnectRequest>): Promise<unknown> =>
  draft(changes).then(
    () => 'connected',
    (error: unknown) => error,
  )
/** Whoever uses a credential at the site itself first asks there whose it is. */
const asksAtSite = (): number => site.countRequests(/^\/wiki\/rest\/api\/user\/current/)

describe('a scoped token', () => {
  it('is used through the gateway alone, from the test to the last page', async () => {
    site.clearRequests()
    const { connection, accountName } = await draft({ spaces: 'HR' })
    expect(accountName).toBe('Footnote Sync')
    expect(connection).toMatchObject({ credentialKind: 'scoped', baseUrl: site.url })
    await confirmConnection(open.core, connection.id, 'ann', soon())
    expect((await syncAndWait(open, 'acme'))['HR']?.space).toMatchObject({ state: 'INGESTED' })
    expect(site.countRequests('/_edge/tenant_info')).toBe(1)
    expect(site.countRequests(`/ex/confluence/${site.cloudId}/wiki/api/v2`)).toBeGreaterThan(5)
    expect(asksAtSite()).toBe(0)
    expect(site.requests.filter(({ url, principal }) => url.startsWith('/wiki') && principal !== '-')).toEqual([])
  })

  it('of a service account goes without an e-mail address, also when one was typed', async () => {
    site.clearRequests()
    const { secret } = site.issueToken(site.credentials.accountId, { kind: 'oauth', secret: 'bearer-only' })
    for (const email of ['', 'bot@serviceaccount.atlassian.com']) {
      const { connection } = await draft({ name: `service${email.length}`, email, secret, spaces: 'ENG' })
      expect(connection.credentialKind).toBe('scoped')
      await forget()
    }
    expect(asksAtSite()).toBe(0)
  })

  it('that is typed as a classic one is named as such', async () => {
    expect(await refusal({ credentialKind: 'token' })).toMatchObject({
      code: 'test_failed',
      field: 'auth',
      message:
        'Auth Failed: This is a scoped API token, which works through the gateway of Atlassian and not on the site itself. Choose “scoped API token” (--auth scoped).',
    })
    site.setTraps({ scopedTokenOnSite: 'login-page' })
    expect(await refusal({ credentialKind: 'token' })).toMatchObject({
      message: expect.stringContaining('scoped API token'),
    })
    site.setTraps({ scopedTokenOnSite: 'unauthorized' })
  })

  it('that lacks a scope says so, and is tried nowhere else', async () => {
    site.clearRequests()
    const { secret } = site.issueToken(site.credentials.accountId, { kind: 'scoped', scopes: ['read:page:confluence'] })
    expect(await refusal({ secret })).toMatchObject({
      field: 'secret',
      message: expect.stringMatching(/^Auth Failed: The token lacks the scopes .*Make a new token with the scopes/),
    })
    expect(asksAtSite()).toBe(0)
  })

  it('that is dead is Auth Failed', async () => {
    expect(await refusal({ secret: 'nonsense' })).toMatchObject({
      code: 'test_failed',
      field: 'secret',
      message: expect.stringMatching(/^Auth Failed: .*refused the credential/),
    })
  })

  it('is none for a server of your own', async () => {
    await using stack = new AsyncDisposableStack()
    const own = await startConfluence({ flavour: 'datacenter', site: smallSite() })
    stack.defer(() => own.close())
    await expect(
      draftConnection(open.core, requestFor(own, { credentialKind: 'scoped' }), 'ann', soon()),
    ).rejects.toMatchObject({
      code: 'test_failed',
      field: 'auth',
      message: expect.stringMatching(/^Auth Failed: .*Data Center/),
    })
  })
})

describe('a space that an access rule hides from apps', () => {
  it('is named when it is asked for, and by the test', async () => {
    site.setTraps({ blockedSpaces: ['ENG'] })
    expect(await refusal({ spaces: 'ENG' })).toMatchObject({
      code: 'space_blocked',
      field: 'spaces',
      message: expect.stringMatching(
        /^Space ENG is hidden from apps by an access rule of the organisation\. Ask an organisation admin/,
      ),
    })
    const { connection } = await draft({ spaces: 'HR' })
    await confirmConnection(open.core, connection.id, 'ann', soon())
    const test = await testStoredConnection(open.core, await getConnection(open.core, 'acme'), soon())
    expect(test).toMatchObject({
      result: 'Works',
      cause: 'Signed in as Footnote Sync. Space ENG is hidden from apps by an access rule of the organisation.',
      remedy: expect.stringContaining('data security policy'),
    })
    expect((await readStatus(open.core, 'acme'))[0]?.test?.remedy).toContain('data security policy')
  })

  it('is seen by a classic token, which is no app', async () => {
    site.setTraps({ blockedSpaces: ['ENG'] })
    const { facts } = await draft({ credentialKind: 'token', secret: site.credentials.token, spaces: 'ENG' })
    expect(facts.pages).toBe(1)
  })
})
