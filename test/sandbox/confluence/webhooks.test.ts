import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, smallSite } from './small-site.ts'

type Received = { body: string; signature: string | undefined; event: string | undefined }

const received: Received[] = []
let status = 200
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const [signature, event] = ['x-hub-signature', 'x-event-key'].map((name) => String(request.headers[name]))
    received.push({ body: Buffer.concat(chunks).toString('utf8'), signature, event })
    response.writeHead(status).end()
  })
})

let confluence: RunningConfluence
let url: string
beforeEach(async () => {
  received.length = 0
  status = 200
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  const site = smallSite({ now: () => new Date(1_778_071_365_412) })
  confluence = await startConfluence({ flavour: 'datacenter', site })
})
afterEach(async () => {
  await confluence.close()
  receiver.closeAllConnections()
  await new Promise((resolve) => receiver.close(resolve))
})

const settled = async (): Promise<unknown[]> => {
  await confluence.settleWebhooks()
  return received.map(({ body }) => JSON.parse(body) as unknown)
}
const names = async () => (await settled()).map((payload) => (payload as { event: string }).event)

test('tell of changes with numbers for ids, signed over the raw body', async () => {
  confluence.addWebhook({ url, secret: 'hush' })
  const { userKey } = confluence.credentialsOf('bo')
  confluence.editPage('2', { title: 'Leave', authorId: 'bo' })
  expect(await settled()).toEqual([{ timestamp: 1_778_071_365_412, event: 'page_updated', userKey, page: { id: 2 } }])
  const [first] = received
  const signature = createHmac('sha256', 'hush')
    .update(first?.body ?? '')
    .digest('hex')
  expect([first?.signature, first?.event]).toEqual([`sha256=${signature}`, 'page_updated'])
  confluence.movePage('4', { parentId: '2' })
  const { id } = confluence.addComment({ pageId: '2', storage: '<p>!</p>' })
  expect((await settled()).slice(1)).toMatchObject([
    { event: 'page_moved', page: { id: 4 }, oldParent: { id: 3 } },
    { event: 'comment_created', comment: { id: Number(id) } },
  ])
})

test('tell of rights, labels, groups and spaces too', async () => {
  confluence.addWebhook({ url })
  confluence.restrict('2', { users: ['ada'] })
  confluence.unrestrict('2')
  confluence.setLabels('2', ['a'])
  confluence.setLabels('2', [])
  confluence.addMembers('staff', ['guest'])
  confluence.setSpaceReaders('HR', { licensed: true })
  confluence.archivePage('2')
  expect(new Set(await names())).toEqual(
    new Set([
      'content_permissions_updated',
      'label_added',
      'label_removed',
      'group_updated',
      'space_permissions_updated',
    ]),
  )
  expect(received[0]?.signature).toBe('undefined')
})

test.each([
  ['documented', ['page_removed', 'page_restored', 'page_trashed']],
  ['swapped', ['page_trashed', 'page_restored', 'page_removed']],
] as const)('name trash and purge as %s', async (webhookTrashNames, expected) => {
  confluence.setTraps({ webhookTrashNames })
  confluence.addWebhook({ url })
  confluence.trashPage('2')
  await settled()
  confluence.restorePage('2')
  await settled()
  confluence.purgePage('2')
  expect(await names()).toEqual(expected)
})

test('come only for the events that were asked for, and no more after they were taken back', async () => {
  const { id } = confluence.addWebhook({ url, events: ['page_created'] })
  confluence.editPage('2', {})
  confluence.addPage({ spaceKey: 'HR', title: 'New' })
  confluence.addPage({ spaceKey: 'HR', title: 'Hidden', status: 'draft' })
  expect(await names()).toEqual(['page_created'])
  confluence.removeWebhook(id)
  confluence.addPage({ spaceKey: 'HR', title: 'Newer' })
  expect(await names()).toHaveLength(1)
})

test('come twice, late, get lost or are repeated', async () => {
  confluence.addWebhook({ url, secret: 'hush' })
  confluence.setTraps({ webhookCopies: 2, webhookDelayMs: 20 })
  confluence.editPage('2', {})
  expect(received).toEqual([])
  expect(await names()).toEqual(['page_updated', 'page_updated'])
  expect(received[0]?.body).toBe(received[1]?.body)
  confluence.setTraps({ webhookCopies: 1, webhookDelayMs: 0, webhookLosesEvery: 2 })
  for (let count = 0; count < 4; count++) confluence.editPage('2', {})
  expect(await names()).toHaveLength(4)
  confluence.repeatDelivery(0)
  expect(await names()).toHaveLength(5)
  expect(received[4]).toEqual(received[0])
})

test('that nobody takes are noted as that, and not sent again', async () => {
  confluence.addWebhook({ url })
  status = 500
  confluence.editPage('2', {})
  await settled()
  confluence.addWebhook({ url: 'http://127.0.0.1:9/nobody' })
  status = 200
  confluence.editPage('2', {})
  await settled()
  expect(confluence.listDeliveries().map((delivery) => delivery.status)).toEqual([500, 200, 0])
})

test('are listed for administrators without their secret; registering one through REST is a write', async () => {
  confluence.addWebhook({ url, secret: 'hush', name: 'Footnote' })
  const { json, text } = await ask(confluence, '/rest/api/webhooks')
  expect([json.results[0].name, text.includes('hush')]).toEqual(['Footnote', false])
  expect((await ask(confluence, '/rest/api/webhooks', 'ada')).status).toBe(401)
  const post = await ask(confluence, '/rest/api/webhooks', undefined, { method: 'POST', body: '{}' })
  expect([post.status, confluence.takeWrites().length]).toEqual([405, 1])
})
