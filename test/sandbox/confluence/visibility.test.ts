import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { restrict, setSpaceReaders } from '../../../sandbox/confluence/changes.ts'
import { readWikiFolder } from '../../../sandbox/confluence/folder.ts'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { isVisible } from '../../../sandbox/confluence/visibility.ts'
import { smallSite } from './small-site.ts'
import { fc } from '../../support/property.ts'

const people = ['ada', 'bo', 'cy', 'guest', undefined]
const readersOf = (site: ReturnType<typeof smallSite>, pageId: string) =>
  people.filter((person) => isVisible(site, pageId, person)).map((person) => person ?? 'anybody')

describe('who sees a page', () => {
  test.each([
    ['an open page: the space’s readers', '2', ['ada', 'bo', 'cy']],
    ['below a restricted folder: those of the folder', '3', ['ada', 'bo']],
    ['restricted below a restricted folder: who satisfies both', '4', ['ada']],
    ['a space open to a person and, through a nested group, another', '7', ['ada', 'cy']],
    ['a space for everyone with a licence: no guest', '8', ['ada', 'bo', 'cy']],
    ['a personal space', '9', ['ada']],
  ])('%s', (_case, pageId, readers) => {
    expect(readersOf(smallSite(), pageId)).toEqual(readers)
  })

  test('nobody without an account, unless the site and the space allow it and nothing above is restricted', () => {
    const site = smallSite({ anonymousAccess: true })
    expect(readersOf(site, '2')).not.toContain('anybody')
    setSpaceReaders(site, 'HR', { anonymous: true })
    expect(readersOf(site, '2')).toEqual(['ada', 'bo', 'cy', 'guest', 'anybody'])
    expect(readersOf(site, '3')).toEqual(['ada', 'bo'])
    site.anonymousAccess = false
    expect(readersOf(site, '2')).toEqual([])
  })

  test('the sync account sees everything, unless it is an ordinary one', () => {
    const everything = smallSite()
    expect(isVisible(everything, '4', everything.syncAccount.accountId)).toBe(true)
    const ordinary = smallSite({ syncAccount: { seesAll: false } })
    expect(isVisible(ordinary, '8', ordinary.syncAccount.accountId)).toBe(true)
    expect(isVisible(ordinary, '2', ordinary.syncAccount.accountId)).toBe(false)
  })

  test('one more restriction never adds a reader, to any page', () => {
    const subjects = fc.record({
      users: fc.subarray(['ada', 'bo', 'cy']),
      groups: fc.subarray(['staff', 'engineers', 'leads']),
    })
    fc.assert(
      fc.property(fc.constantFrom('1', '2', '3', '20'), subjects, (target, read) => {
        const [before, after] = [smallSite(), smallSite()]
        // On one that is restricted already it would replace, not add.
        fc.pre(before.contents.get(target)?.restriction === undefined)
        restrict(after, target, read)
        for (const id of before.contents.keys()) {
          expect(readersOf(before, id)).toEqual(expect.arrayContaining(readersOf(after, id)))
        }
      }),
      { numRuns: 40 },
    )
  })
})

const handbook = fileURLToPath(new URL('../../../../shared/data/handbook', import.meta.url))
const isThere = existsSync(handbook)
if (!isThere) console.info('Skipped: there is no large wiki to load.')

test.skipIf(!isThere)('a wiki of thousands of pages loads, and 160 of them are restricted in effect', async () => {
  const values = await readWikiFolder(handbook)
  const spaces = values.spaces.map((space) => ({ ...space, read: { licensed: true } }))
  const site = createSite({ ...values, spaces, users: [...(values.users ?? []), { accountId: 'nobody-special' }] })
  expect(site.pageIds).toHaveLength(2848)
  expect(site.pageIds.filter((id) => !isVisible(site, id, 'nobody-special'))).toHaveLength(160)
})
