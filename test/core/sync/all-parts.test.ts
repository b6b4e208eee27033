// One sync of a site on which everything hangs that can hang on a page, on both flavours.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttachmentValue, CommentValue } from '../../../sandbox/confluence/parts.ts'
import { resolveReach } from '../../../src/core/access/resolve-reach.ts'
import { search } from '../../../src/core/search/search.ts'
import { type SpaceReport, reportRuns } from '../../../src/core/sync/report-runs.ts'
import { syncAndWait } from '../../support/core.ts'
import { docx, paragraph, pptx, shape, sheetOf, xlsx } from '../attachments/office-files.ts'
import { line, pdf } from '../attachments/pdf-files.ts'
import { type Company, everywhere, openCompany } from './small-company.ts'

const file = (id: string, title: string, bytes: Uint8Array | string, pageId = '2'): AttachmentValue => ({
  pageId,
  id,
  title,
  bytes: typeof bytes === 'string' ? bytes : Buffer.from(bytes),
})

/** Each kind of file that is read, with the one word that only it holds. */
const files = {
  aardvark: file('900', 'plan.pdf', pdf([line('The aardvark digs.', 50, 700)])),
  baboon: file('901', 'plan.docx', docx(paragraph('The baboon climbs.'))),
  caracal: file(
    '902',
    'plan.xlsx',
    xlsx({
      Animals: sheetOf([
        ['animal', 'legs'],
        ['caracal', 4],
      ]),
    }),
  ),
  dingo: file('903', 'plan.pptx', pptx([{ shapes: shape('title', 'The dingo runs.') }])),
  eland: file('904', 'plan.csv', 'animal,legs\neland,4\n'),
  fennec: file('905', 'plan.md', '# Desert\n\nThe fennec hears.\n'),
  gecko: file('906', 'plan.txt', 'The gecko sticks.'),
}

const unread = [
  file('907', 'herd.png', 'PNG'),
  file('908', 'broken.pdf', '%PDF-1.7 nothing'),
  file('909', 'empty.txt', ''),
]

/** On the page of salaries, which few may read. */
const hidden = [file('910', 'bonus.txt', 'The ibex earns.', '5')]

const comment = (id: string, word: string, more: Partial<CommentValue> = {}): CommentValue => ({
  pageId: '3',
  id,
  authorId: 'bob',
  storage: `<p>The ${word} asks.</p>`,
  ...more,
})

const comments = {
  jackal: comment('920', 'jackal'),
  kudu: comment('921', 'kudu', { parentId: '920', authorId: 'kim' }),
  lemur: comment('922', 'lemur', { parentId: '921' }),
  marmot: comment('923', 'marmot', { location: 'inline', selection: 'quokka' }),
  narwhal: comment('924', 'narwhal', { parentId: '923' }),
  ocelot: comment('925', 'ocelot', { location: 'inline', selection: 'quokka', resolution: 'resolved' }),
  puma: comment('926', 'puma', { location: 'inline', selection: 'gone', resolution: 'dangling' }),
  quail: comment('927', 'quail', { location: 'inline', selection: 'quokka', resolution: 'reopened' }),
}

describe.each(everywhere)('a sync of all that hangs on pages, on %s with %s', (kind, flavour) => {
  let company: Company
  let report: SpaceReport | undefined
  const sync = async () => {
    const { HR } = await syncAndWait(company.open, 'HR')
    return HR === undefined ? undefined : (await reportRuns(company.open.core, [HR.run]))[0]
  }
  beforeAll(async () => {
    company = await openCompany(kind, flavour, {
      attachments: [...Object.values(files), ...unread, ...hidden],
      comments: Object.values(comments),
    })
    report = await sync()
  })
  afterAll(() => company.close())

  const passagesOf = async (question: string, email: string) => {
    const reach = await resolveReach(company.open.core.database.db, { kind: 'person', email })
    const { passages } = await search(company.open.core, { question, reach, limit: 10 })
    return passages.filter(({ score, text }) => score > 0 && text.toLowerCase().includes(question))
  }

  it('ends with a proof that adds up', () => {
    expect(report?.state).toBe('INGESTED')
    expect(report?.parts).toEqual({
      listed: 19,
      stored: 16,
      unchanged: 0,
      failed: 0,
      excluded: 3,
      excludedBy: { 'type png': 1, unreadable: 2 },
    })
    expect(report?.partFailures).toEqual([])
    expect(report?.partNotices.map(({ page, name }) => `${page}: ${name}`)).toEqual([
      'Holidays: broken.pdf',
      'Holidays: empty.txt',
    ])
  })

  it.each(Object.entries(files))(
    'finds %s in its file, under its page, by its name and with its link',
    async (word, { title }) => {
      const [passage, ...others] = await passagesOf(word, 'bob@acme.example')
      expect(others).toEqual([])
      expect(passage).toMatchObject({ pageId: '2', title: 'Holidays', part: title })
      expect(passage?.headingPath[0]).toBe(title)
      expect(passage?.url.startsWith(`${company.site.url}/`)).toBe(true)
      expect(passage?.url).not.toBe(`${company.site.url}/spaces/HR/pages/2/Holidays`)
    },
  )

  it.each(Object.entries(comments))(
    'finds %s in its comment, with who wrote it and its link',
    async (word, { id, authorId }) => {
      const [passage, ...others] = await passagesOf(word, 'bob@acme.example')
      expect(others).toEqual([])
      expect(passage).toMatchObject({ pageId: '3', part: `Comment by ${authorId}`, text: `The ${word} asks.` })
      expect(passage?.url).toMatch(new RegExp(`focusedCommentId=${id}\\b`))
    },
  )

  it('shows what hangs on a restricted page to those who may read the page', async () => {
    expect(await passagesOf('ibex', 'ann@acme.example')).toHaveLength(1)
    expect(await passagesOf('ibex', 'bob@acme.example')).toEqual([])
  })

  it('reads nothing again when nothing changed', async () => {
    company.site.clearRequests()
    const again = await sync()
    expect(again?.parts).toEqual({ ...report?.parts, unchanged: 16 })
    expect(company.site.countRequests(/download|type%20%3D%20comment/)).toBe(0)
  })
})
