import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Explanation, explain } from '../../../src/core/access/why.ts'
import { syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Company, openCompany, people, values } from '../sync/small-company.ts'

describe.each(databaseKinds)('why somebody sees a page or not, on %s', (kind) => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(kind, 'cloud', {
      spaces: [...values.spaces, { id: '300', key: '~ann', name: 'Ann', homepageId: '60', read: { users: ['ann'] } }],
      pages: [...(values.pages ?? []), { id: '60', spaceKey: '~ann', title: 'Notes', storage: '<p>quokka</p>' }],
    })
    await syncAndWait(company.open)
  })
  afterAll(() => company.close())

  const why = (pageId: string, email: string | undefined, mayKnow = false): Promise<Explanation> =>
    explain(company.open.core, `${company.site.url}/spaces/X/pages/${pageId}/Any-title`, email, { mayKnow })
  const ids = ['1', '2', '5', '6', '7', '50', '60']

  it('says of every page and person what search does', async () => {
    for (const name of [...people, undefined]) {
      const email = name === undefined ? undefined : `${name}@acme.example`
      const served = await company.servedTo(email)
      for (const id of ids) expect([id, name, (await why(id, email)).mayRead]).toEqual([id, name, served.includes(id)])
    }
  })

  it('names the layers and which of them fails, but no title and no reader', async () => {
    const { summary, details } = await why('6', 'ann@acme.example')
    expect(summary).toMatch(/^You do not see this page: a layer of its permissions is not satisfied\./)
    expect(details.map((line) => line.replace(/ \(read .*\)$/, ''))).toEqual([
      'Space HR: satisfied',
      'The restriction of a page above it: satisfied',
      "The page's own restriction: not satisfied",
    ])
    expect(JSON.stringify([summary, details])).not.toMatch(/Bonus|Salaries|max|leads/i)
  })

  it('says of a page that is not there what it says of one that nobody may know of', async () => {
    const absent = await why('999', 'ann@acme.example')
    expect(absent).toMatchObject({ mayRead: false, details: [] })
    expect(await why('8', 'ann@acme.example')).toEqual(absent)
    company.site.trashPage('2')
    await syncAndWait(company.open, 'HR')
    expect(await why('2', 'ann@acme.example')).toEqual(absent)
  })

  it('says of a page in a space that the person cannot see what it says of one that is not there', async () => {
    const absent = await why('999', undefined)
    const hidden = await why('6', undefined)
    expect(hidden).toEqual(absent)
    expect((await why('6', undefined, true)).details.length).toBeGreaterThan(0)
  })

  it('says to a reader what is stored', async () => {
    expect((await why('1', 'ann@acme.example')).details.at(-1)).toBe('Stored: version 1 is indexed, 1 searchable part.')
  })

  it('refuses an address elsewhere', async () => {
    await expect(
      explain(company.open.core, 'https://elsewhere.example/wiki/spaces/X/pages/1', undefined, { mayKnow: false }),
    ).rejects.toMatchObject({
      code: 'page_unknown',
    })
  })
})
