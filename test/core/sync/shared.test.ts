import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Company, openCompany, values } from './small-company.ts'

describe.each(databaseKinds)('a shared connection on %s', (kind) => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(
      kind,
      'cloud',
      {
        spaces: [...values.spaces, { id: '300', key: '~ann', name: 'Ann', homepageId: '60', read: { licensed: true } }],
        pages: [...(values.pages ?? []), { id: '60', spaceKey: '~ann', title: 'Notes', storage: '<p>quokka</p>' }],
      },
      { access: 'shared' },
    )
    await syncAndWait(company.open)
  })
  afterAll(() => company.close())
  const everything = ['1', '2', '3', '4', '5', '6', '7', '50', '51']

  it('serves all that its credential sees to everybody, but personal spaces to nobody', async () => {
    for (const email of ['ann@acme.example', 'gus@acme.example', 'stranger@elsewhere.example', undefined])
      expect(await company.servedTo(email)).toEqual(everything)
  })

  it('does so although nobody may read who can see the space', async () => {
    company.site.fail({ kind: 'status', status: 403, path: '/permissions', times: 99 })
    await syncAndWait(company.open)
    company.site.clearFaults()
    expect(await company.servedTo(undefined)).toEqual(everything)
  })

  it('stops serving what its credential no longer sees', async () => {
    company.site.trashPage('6')
    company.site.restrict('51', { users: ['ann'] })
    await syncAndWait(company.open)
    expect(await company.servedTo(undefined)).toEqual(everything.filter((id) => id !== '6'))
  })
})

describe('a mirrored personal space', () => {
  it('is served to nobody, not even to those who may read it in Confluence', async () => {
    const company = await openCompany('embedded', 'cloud', {
      spaces: [{ id: '300', key: '~ann', name: 'Ann', homepageId: '60', read: { users: ['ann'] } }],
      folders: [],
      pages: [{ id: '60', spaceKey: '~ann', title: 'Notes', storage: '<p>quokka</p>' }],
    })
    await syncAndWait(company.open)
    expect(await company.servedTo('ann@acme.example')).toEqual([])
    await company.close()
  })
})
