// Attachments and comments: in archived spaces, behind a search index that lags, and by id.
import { describe, expect, test } from 'vitest'
import type { SitePart } from '../../../src/core/confluence/site.ts'
import { richSite } from '../../sandbox/confluence/small-site.ts'
import { all, openSandbox, signal } from './sandbox-site.ts'

const comment = (id: string) => ({ partId: id, kind: 'comment' as const })

describe.each(['cloud', 'datacenter'] as const)('what hangs on pages of %s', (deployment) => {
  const att = (id: string) => (deployment === 'cloud' ? `att${id}` : id)
  const attachment = (id: string) => ({ partId: att(id), kind: 'attachment' as const })
  const open = async (traps = {}) => {
    const opened = await openSandbox(deployment, richSite(), traps)
    opened.confluence.addAttachment({ id: '90', pageId: '8', title: 'attic.txt', bytes: 'dust' })
    opened.confluence.addComment({ id: '91', pageId: '8', storage: '<p>Cobwebs</p>' })
    opened.confluence.addComment({ id: '92', pageId: '30', storage: '<p>Hooray</p>' })
    return opened
  }
  const list = async ({ site, spaces }: Awaited<ReturnType<typeof open>>, key = 'HR'): Promise<SitePart[]> =>
    (await all(site.iterateParts(spaces.get(key)!, signal))).toSorted((a, b) => a.partId.localeCompare(b.partId))

  test('those of an archived space are listed, and their content is to be had', async () => {
    await using opened = await open()
    const parts = await list(opened, 'OLD')
    expect(new Map(parts.map(({ partId, pageId }) => [partId, pageId]))).toEqual(
      new Map([
        [att('90'), '8'],
        ['91', '8'],
      ]),
    )
    const file = parts.find(({ kind }) => kind === 'attachment')!
    expect(file).toMatchObject({ title: 'attic.txt', mediaType: 'text/plain', fileSize: 4 })
    expect(Buffer.from((await opened.site.downloadAttachment(file, 100, signal))!).toString()).toBe('dust')
    const { bodies } = await opened.site.fetchCommentBodies(['91'], signal)
    expect(bodies).toMatchObject([{ pageId: '91', storage: '<p>Cobwebs</p>', status: 'current' }])
  })

  test('comments of a blog post are listed with it', async () => {
    await using opened = await open()
    expect((await list(opened)).find(({ partId }) => partId === '92')).toMatchObject({ kind: 'comment', pageId: '30' })
  })

  test('a comment that search does not know yet is read from the store', async () => {
    await using opened = await open()
    opened.confluence.holdSearch('changed')
    opened.confluence.addComment({ id: '93', pageId: '2', storage: '<p>New</p>' })
    opened.confluence.addComment({
      id: '94',
      pageId: '2',
      location: 'inline',
      selection: 'Thirty',
      storage: '<p>Here</p>',
    })
    const { bodies, failures } = await opened.site.fetchCommentBodies(['80', '93', '94', '999'], signal)
    expect(bodies.map(({ pageId, storage }) => [pageId, storage])).toEqual([
      ['80', '<p>Why?</p>'],
      ['93', '<p>New</p>'],
      ['94', '<p>Here</p>'],
    ])
    expect(failures).toEqual([])
  })

  test('what is still there is told from what search only remembers', async () => {
    await using opened = await open({ searchKeepsDeletedParts: true })
    const { confluence, site } = opened
    confluence.removeComment('80')
    confluence.removeAttachment('71')
    confluence.trashAttachment('70')
    const listed = await list(opened)
    expect(listed.map(({ partId }) => partId)).toEqual(expect.arrayContaining(['80', att('71'), att('70')]))
    expect([...(await site.fetchExistingParts(listed, signal))].toSorted()).toEqual(['82', '83', '84', '85', '92'])
    expect(await site.fetchExistingParts([], signal)).toEqual(new Set())
  })

  test('any number of parts is asked about, in batches', async () => {
    await using opened = await open()
    const { confluence, site } = opened
    const ids = Array.from({ length: 130 }, (_, n) => String(5000 + n))
    for (const id of ids) confluence.addComment({ id, pageId: '2', storage: '<p>Me too</p>' })
    const asked = [...ids.map(comment), comment('4999'), attachment('71'), attachment('4998')]
    confluence.clearRequests()
    const found = await site.fetchExistingParts(asked, signal)
    expect([...found].toSorted()).toEqual([...ids, att('71')].toSorted())
    expect(confluence.countRequests()).toBe(deployment === 'cloud' ? 2 + 2 : 131 + 2 * 2)
  })

  test.runIf(deployment === 'cloud')(
    'comments are asked for one by one where their ids may not be looked up',
    async () => {
      await using opened = await open()
      opened.confluence.removeComment('83')
      opened.confluence.fail({ kind: 'status', status: 403, path: 'convert-ids-to-types', times: 9 })
      const asked = ['80', '82', '83', '999'].map(comment)
      expect(await opened.site.fetchExistingParts(asked, signal)).toEqual(new Set(['80', '82']))
    },
  )

  test('what hangs on a page that this account may not see is as good as gone', async () => {
    await using opened = await openSandbox(deployment, richSite(), {}, 'bo')
    const asked = [attachment('70'), attachment('71'), comment('80'), comment('85')]
    expect(await opened.site.fetchExistingParts(asked, signal)).toEqual(new Set([att('71'), '80']))
  })

  test('nothing was written', async () => {
    await using opened = await open()
    await opened.site.fetchExistingParts(await list(opened), signal)
    expect(opened.confluence.writes).toEqual([])
  })
})

describe('people by the name they sign in with', () => {
  test('Data Center knows them, Cloud does not', async () => {
    await using datacenter = await openSandbox('datacenter', richSite())
    const { username, userKey } = datacenter.confluence.credentialsOf('ada')
    const found = await datacenter.site.fetchUsersByName([username, username, 'nobody'], signal)
    expect([...found.keys()]).toEqual([username])
    expect(found.get(username)).toMatchObject({ userId: userKey, displayName: 'Ada', isActive: true })
    await using cloud = await openSandbox('cloud', richSite())
    expect(await cloud.site.fetchUsersByName([username], signal)).toEqual(new Map())
  })
})
