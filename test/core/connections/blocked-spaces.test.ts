// An access rule of the organisation that hides a space from apps after it was connected.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { connect, openTestCore, syncAndWait } from '../../support/core.ts'
import { smallSite } from '../../sandbox/confluence/small-site.ts'

describe('an access rule that arrives later', () => {
  let open: OpenCore
  let site: RunningConfluence
  beforeAll(async () => {
    site = await startConfluence({ flavour: 'cloud', site: smallSite() })
    open = await openTestCore('embedded', { config: { ATLASSIAN_API_URL: site.gatewayUrl } })
    const secret = site.credentials.scopedToken
    await connect(open.core, site, { credentialKind: 'scoped', deployment: 'cloud', secret, spaces: 'HR,ENG' })
    await syncAndWait(open)
    site.setTraps({ blockedSpaces: ['HR'] })
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })
  const rule = /^Space HR is hidden from apps by an access rule of the organisation\. .*data security policy/
  const status = async () => (await readStatus(open.core, 'acme'))[0]

  it('is named by a run of the space itself', async () => {
    const { HR } = await syncAndWait(open, 'HR')
    expect(HR?.run).toMatchObject({ state: 'failed', error: expect.stringMatching(rule) })
  })

  it('is named by a sync of its connection, which serves the space no more and syncs the others', async () => {
    const { ENG, HR } = await syncAndWait(open, 'acme')
    expect([ENG?.space.state, HR]).toEqual(['INGESTED', undefined])
    expect((await status())?.spaces.find(({ key }) => key === 'HR')).toMatchObject({
      state: 'ERROR',
      stored: 0,
      error: expect.stringMatching(rule),
    })
  })

  it('is named too where it leaves nothing', async () => {
    site.setTraps({ blockedSpaces: ['HR', 'ENG', 'OLD', '~ada'] })
    await expect(syncAndWait(open, 'acme')).rejects.toMatchObject({
      code: 'spaces_none',
      message: expect.stringMatching(/^acme covers no space that its account sees.*Space HR is hidden from apps/),
    })
    expect((await status())?.test?.result).toBe('Failed')
  })
})
