import { createHmac } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endWebhooks, makeWebhookSecret } from '../../src/core/connections/webhooks.ts'
import { getConnection } from '../../src/core/connections/get-connection.ts'
import { workRuns } from '../../src/core/jobs/worker.ts'
import { readAudit } from '../../src/core/connections/read-audit.ts'
import { updateConnection } from '../../src/db/queries/connections.ts'
import { principals } from '../../src/db/schema/access.ts'
import { connections } from '../../src/db/schema/connections.ts'
import { spaces } from '../../src/db/schema/content.ts'
import { pageHints, syncRuns } from '../../src/db/schema/sync-runs.ts'
import { createServer, listen } from '../../src/web/server.ts'
import { createWebhooks } from '../../src/web/webhooks.ts'
import { startConfluence } from '../../sandbox/confluence/server.ts'
import { smallSite } from '../sandbox/confluence/small-site.ts'
import { connect, soon, syncAndWait } from '../support/core.ts'
import { databaseKinds } from '../support/database.ts'
import { type Company, openCompany } from '../core/sync/small-company.ts'

const refused = { status: 401, body: '{"status":"refused"}' }
const accepted = { status: 202, body: '{"status":"accepted"}' }

describe.each(databaseKinds)('the webhooks of a Data Center on %s', (kind) => {
  let company: Company
  let server: FastifyInstance
  let secret: string
  let url: string
  let at = 1_790_000_000_000
  const db = () => company.open.core.database.db
  const acme = () => getConnection(company.open.core, 'acme')

  beforeAll(async () => {
    company = await openCompany(kind, 'datacenter')
    await syncAndWait(company.open)
    await db().delete(syncRuns)
    const setup = await makeWebhookSecret(company.open.core, await acme(), { rotate: false, actor: 'ann' })
    secret = setup.secret
    server = await createServer(company.open.core, [createWebhooks(company.open.core)])
    url = await listen(server, { host: '127.0.0.1', port: 0 })
  })
  afterAll(async () => {
    await server.close()
    await company.close()
  })
  beforeEach(() => {
    at += 1000
    company.wait()
    company.site.clearRequests()
  })
  afterEach(async () => {
    await db().delete(pageHints)
    await db().delete(syncRuns)
    await updateConnection(db(), (await acme()).id, { state: 'active', autoSync: true, nextSyncAt: null })
  })

  const sign = (body: string | Buffer, key = secret) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
  const post = async (
    body: string,
    {
      signature = sign(body),
      name = 'acme',
      type = 'application/json',
    }: { signature?: string; name?: string; type?: string } = {},
  ) => {
    const answer = await server.inject({
      method: 'POST',
      url: `/webhooks/confluence/${name}`,
      headers: { 'content-type': type, ...(signature === '' ? {} : { 'x-hub-signature': signature }) },
      payload: body,
    })
    return { status: answer.statusCode, body: answer.body }
  }
  const tell = (event: string, subjects: object, timestamp: unknown = at) =>
    post(JSON.stringify({ timestamp, event, userKey: 'a', ...subjects }))
  const hinted = async () => (await db().select().from(pageHints)).map(({ pageId }) => pageId).toSorted()
  const queued = async () => {
    const found = await db()
      .select({ key: spaces.key, kind: syncRuns.kind, state: syncRuns.state })
      .from(syncRuns)
      .innerJoin(spaces, eq(spaces.id, syncRuns.spaceId))
      .orderBy(spaces.key)
    return found.map((run) => `${run.key} ${run.kind} ${run.state}`)
  }

  it('are hints: the page is looked at, and nothing else', async () => {
    expect(await tell('page_updated', { page: { id: 51 } })).toEqual(accepted)
    expect([await hinted(), await queued()]).toEqual([['51'], ['ENG pages queued']])
    expect(company.site.countRequests(), 'the site is not asked while it waits for its answer').toBe(0)
  })

  it('are refused alike, whatever is wrong with them', async () => {
    const body = JSON.stringify({ timestamp: at, event: 'page_updated', page: { id: 51 } })
    for (const wrong of [
      { name: 'nobody' },
      { name: 'second' },
      { name: '%00' },
      { name: 'a%2Fb' },
      { signature: '' },
      { signature: 'sha256=' },
      { signature: sign(body, 'other') },
      { signature: sign(`${body} `) },
      { signature: sign(body).slice(0, -1) },
      { signature: sign(body).replace('sha256', 'sha1') },
      { signature: sign(body).replace('sha256=', '') },
    ])
      expect(await post(body, wrong), JSON.stringify(wrong)).toEqual(refused)
    expect([await hinted(), await queued()]).toEqual([[], []])
  })

  it('of a connection are not those of another, nor of one without a secret', async () => {
    const other = await startConfluence({ flavour: 'datacenter', site: smallSite() })
    try {
      await connect(company.open.core, other, { name: 'other', spaces: 'OLD' })
      const body = JSON.stringify({ timestamp: at, event: 'page_updated', page: { id: 51 } })
      expect(await post(body, { name: 'other' })).toEqual(refused)
      const connection = await getConnection(company.open.core, 'other')
      const setup = await makeWebhookSecret(company.open.core, connection, { rotate: false, actor: 'ann' })
      expect(await post(body, { name: 'other' })).toEqual(refused)
      await db().delete(syncRuns)
      expect(await post(body, { name: 'other', signature: sign(body, setup.secret) })).toEqual(accepted)
      expect([await hinted(), await queued()], 'page 51 is of acme; other was never synced').toEqual([[], []])
    } finally {
      await db().update(connections).set({ state: 'removed' }).where(eq(connections.name, 'other'))
      await other.close()
    }
  })

  it('that are no JSON are refused, unknown ones do nothing, and bytes are signed whatever they call themselves', async () => {
    for (const body of ['', '{', 'page', 'null', '[]', '7', '{"event":"page_updated"'])
      expect((await post(body)).status, body).toBe(400)
    for (const body of [
      '{}',
      '{"test":true}',
      '{"event":"theme_enabled"}',
      '{"event":"page_updated","page":{"id":"x"}}',
    ])
      expect(await post(body), body).toEqual(accepted)
    expect([await hinted(), await queued()]).toEqual([[], []])
    const body = JSON.stringify({ timestamp: at, event: 'page_updated', page: { id: 51 } })
    expect(await post(body, { type: 'text/plain' })).toEqual(accepted)
    expect(await hinted()).toEqual(['51'])
  })

  it('that are huge are not read', async () => {
    const body = JSON.stringify({ timestamp: at, event: 'page_updated', page: { id: 51 }, filler: 'x'.repeat(70_000) })
    expect(await post(body)).toEqual({ status: 413, body: '{"status":"refused"}' })
  })

  it('that come twice count once, also when the first is still being written; late ones count', async () => {
    const both = await Promise.all([
      tell('page_updated', { page: { id: 51 } }),
      tell('page_updated', { page: { id: 51 } }),
    ])
    expect(both).toEqual([accepted, accepted])
    await db().delete(pageHints)
    expect(await tell('page_updated', { page: { id: 51 } })).toEqual(accepted)
    expect(await hinted()).toEqual([])
    expect(await tell('page_updated', { page: { id: 51 } }, at - 86_400_000)).toEqual(accepted)
    expect(await hinted()).toEqual(['51'])
    company.wait(11)
    await db().delete(pageHints)
    await tell('page_updated', { page: { id: 51 } })
    expect(await hinted(), 'after some minutes it is looked at again').toEqual(['51'])
  })

  it('that cannot be written down are taken when they come again', async () => {
    const body = JSON.stringify({ timestamp: at, event: 'page_updated', page: { id: 51 } })
    const core = { ...company.open.core, enqueueRun: (): Promise<void> => Promise.reject(new Error('away')) }
    const broken = await createServer(core, [createWebhooks(core)])
    const inject = {
      method: 'POST',
      url: '/webhooks/confluence/acme',
      headers: { 'x-hub-signature': sign(body) },
      payload: body,
    } as const
    expect((await broken.inject(inject)).statusCode).toBe(500)
    core.enqueueRun = async () => {}
    expect((await broken.inject(inject)).statusCode).toBe(202)
    await broken.close()
    expect(await hinted()).toEqual(['51'])
  })

  it('of what is not stored are looked for through a space of the connection', async () => {
    await tell('page_created', { page: { id: 777 } })
    expect(await hinted()).toEqual(['777'])
    expect(await queued()).toHaveLength(1)
  })

  it('of moves and spaces list the space anew, once however many come', async () => {
    for (let i = 0; i < 20; i++) {
      at += 1
      await tell('page_moved', { page: { id: 51 }, oldParent: { id: 50 } })
      await tell('space_permissions_updated', { space: { id: 100, key: 'HR' } })
      await tell('page_children_reordered', { page: { id: 50 } })
    }
    expect(await queued()).toEqual(['ENG incremental queued', 'HR incremental queued'])
  })

  it('of groups and accounts make the whole site due, with its groups, at most every ten minutes', async () => {
    await updateConnection(db(), (await acme()).id, { schedule: '' })
    await tell('group_updated', { group: { name: 'staff' } })
    expect((await acme()).nextSyncAt).toEqual(company.open.core.now())
    expect(await queued()).toEqual([])
    const groups = await db().select().from(principals).where(eq(principals.kind, 'group'))
    for (const { membersReadAt } of groups)
      expect(membersReadAt?.getTime()).toBeLessThanOrEqual(company.open.core.now().getTime() - 3_600_000)
    const [hr] = await db().select().from(spaces).where(eq(spaces.key, 'HR'))
    const queuedAt = company.open.core.now()
    await db()
      .insert(syncRuns)
      .values({ spaceId: hr?.id ?? 0, kind: 'full', state: 'succeeded', requestedBy: 'ann', queuedAt })
    await updateConnection(db(), (await acme()).id, { nextSyncAt: null })
    at += 1
    await tell('user_deactivated', { user: { userKey: 'b' } })
    expect((await acme()).nextSyncAt).toEqual(new Date(queuedAt.getTime() + 600_000))
    await tell('space_created', { space: { id: 900, key: 'NEW' } })
    expect((await acme()).nextSyncAt).toEqual(new Date(queuedAt.getTime() + 600_000))
  })

  it('of a paused connection, or of one that syncs by hand only, ask for nothing', async () => {
    for (const values of [{ state: 'paused' as const }, { state: 'active' as const, autoSync: false }]) {
      await updateConnection(db(), (await acme()).id, values)
      expect(await tell('page_updated', { page: { id: 51 } })).toEqual(accepted)
    }
    expect([await hinted(), await queued()]).toEqual([[], []])
    await updateConnection(db(), (await acme()).id, { autoSync: true })
    await tell('page_updated', { page: { id: 51 } })
    expect(await hinted(), 'they are not remembered as seen').toEqual(['51'])
  })

  it('in a flood leave a row for a page and a run for a space', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => tell('page_updated', { page: { id: 100_000 + (i % 40) } }, at + i)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect((await hinted()).length).toBe(40)
    expect(await queued()).toEqual([expect.stringMatching(/^(ENG|HR) pages queued$/)])
  })

  it('for very many pages of a space make it be listed anew instead', async () => {
    const [eng] = await db().select().from(spaces).where(eq(spaces.key, 'ENG'))
    const spaceId = eng?.id ?? 0
    const hintedAt = company.open.core.now()
    await db()
      .insert(pageHints)
      .values(Array.from({ length: 500 }, (_, i) => ({ spaceId, pageId: String(100_000 + i), hintedAt })))
    await tell('page_updated', { page: { id: 51 } })
    expect(await queued()).toEqual(['ENG incremental queued'])
  })

  it('bring an edit into the answers without any listing of the space', async () => {
    const { site, open } = company
    const webhook = site.addWebhook({ url: `${url}/webhooks/confluence/acme`, secret })
    const told = async (): Promise<void> => {
      await site.settleWebhooks()
      const run = (await db().select().from(syncRuns)).find(({ state }) => state === 'queued')
      if (run !== undefined) await workRuns(open.core, run.id, soon())
      // Two events of one page in one instant would be one.
      company.wait(1)
    }
    site.setTraps({ webhookCopies: 2 })
    site.editPage('51', { storage: '<p>The quokka restarts the flux capacitor.</p>' })
    await told()
    expect(await company.servedTo('ann@acme.example', 'capacitor')).toEqual(['51'])
    expect(site.requests.filter(({ url: asked }) => /content\/(scan|search)|\/search\?|spaceKey=/.test(asked))).toEqual(
      [],
    )
    expect(site.countRequests()).toBeLessThanOrEqual(10)
    site.setTraps({ webhookCopies: 1 })

    const { id } = site.addPage({
      spaceKey: 'ENG',
      title: 'Deploys',
      parentId: '50',
      storage: '<p>Quokka axolotl.</p>',
    })
    await told()
    expect(await company.servedTo('ann@acme.example', 'axolotl')).toEqual([id])
    site.restrict('51', { users: ['max'] })
    await told()
    expect(await company.servedTo('ann@acme.example', 'capacitor')).toEqual([])
    const comment = site.addComment({ pageId: '51', storage: '<p>Quokka pangolin.</p>' })
    await told()
    expect(await company.servedTo('max@acme.example', 'pangolin')).toEqual(['51'])
    site.removeComment(comment.id)
    await told()
    expect(await company.servedTo('max@acme.example', 'pangolin')).toEqual([])
    for (const names of ['documented', 'swapped'] as const) {
      site.setTraps({ webhookTrashNames: names })
      site.trashPage(id)
      await told()
      expect(await company.servedTo('ann@acme.example', 'axolotl')).toEqual([])
      site.restorePage(id)
      await told()
      expect(await company.servedTo('ann@acme.example', 'axolotl')).toEqual([id])
    }
    site.movePage(id, { parentId: '5', spaceKey: 'HR' })
    await told()
    await company.expectMirror()
    expect(site.listDeliveries().map(({ status }) => status)).not.toContain(0)
    site.removeWebhook(webhook.id)
  })

  it('are taken with the newest secret only, and with none when they are ended', async () => {
    const { core } = company.open
    const make = async (rotate: boolean) => makeWebhookSecret(core, await acme(), { rotate, actor: 'ann' })
    await expect(make(false)).rejects.toMatchObject({ code: 'webhooks_on' })
    const { secret: renewed, events } = await make(true)
    expect([renewed.length, events]).toEqual([
      43,
      expect.arrayContaining(['page_updated', 'content_permissions_updated']),
    ])
    const body = JSON.stringify({ timestamp: at, event: 'page_updated', page: { id: 51 } })
    expect(await post(body)).toEqual(refused)
    expect(await post(body, { signature: sign(body, renewed) })).toEqual(accepted)
    await endWebhooks(core, await acme(), 'ann')
    expect(await post(body, { signature: sign(body, renewed) })).toEqual(refused)
    await expect(endWebhooks(core, await acme(), 'ann')).rejects.toMatchObject({ code: 'webhooks_off' })
    const lines = (await readAudit(core)).map(({ actor, action }) => `${actor} ${action}`)
    expect(lines.slice(0, 2)).toEqual(['ann end webhooks', 'ann rotate webhook secret'])
    expect(JSON.stringify(await readAudit(core))).not.toContain(renewed)
  })
})
