import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { resolveReach } from '../../../src/core/access/resolve-reach.ts'
import { search } from '../../../src/core/search/search.ts'
import { pageParts } from '../../../src/db/schema/content.ts'
import { syncAndWait } from '../../support/core.ts'
import { docx, paragraph } from '../attachments/office-files.ts'
import { type Company, everywhere, openCompany } from './small-company.ts'

const ann = 'ann@acme.example'
const bob = 'bob@acme.example'

describe.each(everywhere)('what hangs on pages, on %s with %s', (kind, flavour) => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(kind, flavour)
    await syncAndWait(company.open)
  })
  afterAll(() => company.close())
  beforeEach(() => company.wait())

  const sync = async () => (await syncAndWait(company.open, 'HR'))['HR']?.run
  const db = () => company.open.core.database.db
  const storedPart = async (partId: string) =>
    (await db().select().from(pageParts)).find((part) => part.partId.replace('att', '') === partId)
  /** Heading path and link of each passage that somebody finds. */
  const found = async (question: string, email = ann) => {
    const reach = await resolveReach(db(), { kind: 'person', email })
    const { passages } = await search(company.open.core, { question, reach, limit: 10 })
    return passages
      .filter(({ score }) => score > 0)
      .map(({ pageId, headingPath, url, text }) => ({ pageId, headingPath, url, text }))
  }

  it('attachments are found by their text, under the page they hang on, with a link of their own', async () => {
    const file = docx(paragraph('The wallaby allowance is nine days.'))
    company.site.addAttachment({ pageId: '2', id: '901', title: 'Allowance.docx', bytes: Buffer.from(file) })
    expect(await sync()).toMatchObject({
      state: 'succeeded',
      counts: { unchanged: 7, parts: { stored: 1, failed: 0 } },
    })
    const [passage] = await found('wallaby allowance')
    expect(passage).toMatchObject({
      pageId: '2',
      headingPath: ['Allowance.docx'],
      text: 'The wallaby allowance is nine days.',
    })
    expect(passage?.url.startsWith(company.site.url)).toBe(true)
  })

  it('comments are found too, replies and inline ones included', async () => {
    company.site.addComment({ pageId: '3', id: '911', storage: '<p>Ask about bandicoots.</p>' })
    company.site.addComment({ pageId: '3', id: '912', parentId: '911', storage: '<p>The bandicoot desk knows.</p>' })
    company.site.addComment({
      pageId: '3',
      id: '913',
      location: 'inline',
      selection: 'quokka',
      storage: '<p>Bandicoot here.</p>',
    })
    expect((await sync())?.counts).toMatchObject({ parts: { stored: 4, failed: 0 } })
    const texts = (await found('bandicoot')).map(({ text }) => text)
    expect(texts.toSorted()).toEqual(['Ask about bandicoots.', 'Bandicoot here.', 'The bandicoot desk knows.'])
  })

  it('neither is shown to whoever may not read the page', async () => {
    company.site.addComment({ pageId: '5', id: '914', storage: '<p>A numbat earns more.</p>' })
    await sync()
    expect(await found('numbat', ann)).toHaveLength(1)
    expect(await found('numbat', bob)).toEqual([])
    company.site.restrict('3', { users: ['ann'] })
    await sync()
    expect(await found('bandicoot', bob)).toEqual([])
    company.site.unrestrict('3')
    await sync()
    expect((await found('bandicoot', bob)).length).toBeGreaterThan(0)
  })

  it('what did not change is not read again, and a new version is', async () => {
    company.site.clearRequests()
    await sync()
    expect(company.site.countRequests(/download|expand=body\.storage/)).toBe(0)
    company.site.replaceAttachment('901', Buffer.from(docx(paragraph('The wallaby allowance is ten days.'))))
    company.site.editComment('911', { storage: '<p>Ask about bilbies.</p>' })
    await sync()
    expect((await found('wallaby allowance')).map(({ text }) => text)).toEqual(['The wallaby allowance is ten days.'])
    expect(await found('bilbies')).toHaveLength(1)
  })

  it('what was removed is not found any more, and neither is what hangs on a page that was trashed', async () => {
    company.site.removeAttachment('901')
    company.site.removeComment('913')
    await sync()
    expect(await found('wallaby allowance')).toEqual([])
    expect(await storedPart('901')).toBeUndefined()
    company.site.trashPage('3', { withChildren: false })
    await sync()
    expect(await found('bandicoot')).toEqual([])
    company.site.restorePage('3')
    await sync()
    expect(await found('bandicoot')).not.toEqual([])
  })

  it('pictures and large files are left out by rule, broken ones with the reason, and the run succeeds', async () => {
    company.site.addAttachment({ pageId: '2', id: '902', title: 'team.png', bytes: 'wombat' })
    company.site.addAttachment({ pageId: '2', id: '903', title: 'big.txt', bytes: 'wombat '.repeat(4_000_000) })
    company.site.addAttachment({ pageId: '2', id: '904', title: 'broken.pdf', bytes: '%PDF-1.7 wombat' })
    company.site.clearRequests()
    expect(await sync()).toMatchObject({ state: 'succeeded' })
    const rules = await Promise.all(['902', '903', '904'].map(async (id) => (await storedPart(id))?.exclusion))
    expect(rules).toEqual(['type png', 'size', expect.stringContaining('broken.pdf')])
    expect(await found('wombat')).toEqual([])
    company.site.clearRequests()
    await sync()
    expect(company.site.countRequests(/download/)).toBe(0)
  })

  it('a file that cannot be had is a failure of its own, tried again by the next run', async () => {
    company.site.addAttachment({ pageId: '2', id: '905', title: 'later.txt', bytes: 'The potoroo comes later.' })
    company.site.fail({ kind: 'status', status: 403, path: /download/, times: 99 })
    const run = await sync()
    expect([run?.state, run?.counts?.parts?.failed]).toEqual(['succeeded', 1])
    company.site.clearFaults()
    expect((await sync())?.counts?.parts?.failed).toBe(0)
    expect(await found('potoroo')).toHaveLength(1)
  })
})
