import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Reach, makeReach } from '../../../src/core/access/reach.ts'
import { analyse } from '../../../src/core/search/analysis.ts'
import { search } from '../../../src/core/search/search.ts'
import type { Database } from '../../../src/db/database.ts'
import { insertAccessSet, insertConnection, insertPage, insertSpace } from '../../db/content.ts'
import { databaseKinds, openTestDatabase } from '../../support/database.ts'

const terms = (text: string): string => analyse(text).join(' ')

describe.each(databaseKinds)('search on %s', (kind) => {
  let database: Database
  let all: Reach
  let staff: Reach

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    const connection = await insertConnection(database)
    const open = await insertAccessSet(database, connection)
    const closed = await insertAccessSet(database, connection)
    all = makeReach({ kind: 'sets', accessSetIds: [open, closed] })
    staff = makeReach({ kind: 'sets', accessSetIds: [open] })
    const people = await insertSpace(database, connection, 'HR', 'People')
    const board = await insertSpace(database, connection, 'BRD', 'Board')
    await insertPage(database, people, {
      pageId: 'leave',
      title: 'Parental leave',
      accessSetId: open,
      anchor: 'How long',
      headingPath: ['How long'],
      chunks: [terms('zebra intro'), terms('parental leave lasts sixteen weeks'), terms('closing heron words')],
    })
    await insertPage(database, people, {
      pageId: 'parking',
      title: 'Parking',
      accessSetId: open,
      chunks: [terms('parking costs nothing for sixteen bicycles')],
    })
    await insertPage(database, board, {
      pageId: 'salaries',
      title: 'Salaries',
      accessSetId: closed,
      chunks: [terms('parental leave of the board: parental leave, parental leave')],
    })
    const archive = await insertSpace(database, connection, 'ARC', 'Archive')
    await insertPage(database, archive, {
      pageId: 'log',
      title: 'Log',
      accessSetId: closed,
      chunks: Array.from({ length: 130 }, () => terms('badger badger badger')),
    })
    await insertPage(database, archive, {
      pageId: 'badgers',
      accessSetId: closed,
      chunks: [terms('one badger among many other words')],
    })
  })
  afterAll(() => database.close())

  it('ranks pages with the address and text of their best passage', async () => {
    const { pages } = await search(
      { database },
      { question: 'How many weeks is parental leave?', reach: staff, limit: 10 },
    )
    expect(pages.map(({ pageId }) => pageId)).toEqual(['leave'])
    expect(pages[0]).toEqual({
      pageId: 'leave',
      title: 'Parental leave',
      spaceKey: 'HR',
      url: 'https://acme.example/wiki/spaces/X/pages/leave#How-long',
      score: expect.any(Number),
      passage: terms('parental leave lasts sixteen weeks'),
    })
  })

  it('gives the best passage first and what stands beside it after', async () => {
    const { passages } = await search({ database }, { question: 'parental leave weeks', reach: staff, limit: 10 })
    expect(passages.map(({ text }) => text)).toEqual([
      terms('parental leave lasts sixteen weeks'),
      terms('zebra intro'),
      terms('closing heron words'),
    ])
    expect(passages[0]).toMatchObject({
      pageId: 'leave',
      title: 'Parental leave',
      spaceKey: 'HR',
      spaceName: 'People',
      headingPath: ['How long'],
      changedAt: new Date('2026-03-04T05:06:07Z'),
    })
  })

  it('shows nothing of a page outside the reach: no page, no passage, no space', async () => {
    const request = { question: 'parental leave of the board', limit: 10 }
    const found = await search({ database }, { ...request, reach: staff })
    expect(JSON.stringify(found)).not.toMatch(/salaries|board/i)
    expect(found.searchedSpaces).toEqual(['People'])
    const whole = await search({ database }, { ...request, reach: all })
    expect(whole.pages.map(({ pageId }) => pageId)).toContain('salaries')
    expect(whole.searchedSpaces).toEqual(['Archive', 'Board', 'People'])
  })

  it('understands a follow-up by the turns before it', async () => {
    const request = { question: 'and for sixteen?', reach: staff, limit: 1 }
    const alone = await search({ database }, request)
    const inThread = await search({ database }, { ...request, history: ['How long is parental leave?'] })
    expect(alone.pages).toHaveLength(1)
    expect(inThread.pages[0]?.pageId).toBe('leave')
    const other = await search({ database }, { ...request, history: ['What does parking cost?'] })
    expect(other.pages[0]?.pageId).toBe('parking')
  })

  it('finds the other pages when one long page takes all the first places', async () => {
    const { pages } = await search({ database }, { question: 'badger', reach: all, limit: 10 })
    expect(pages.map(({ pageId }) => pageId)).toEqual(['log', 'badgers'])
  })

  it('returns at most as many pages as asked for', async () => {
    expect((await search({ database }, { question: 'sixteen', reach: staff, limit: 1 })).pages).toHaveLength(1)
  })

  it('answers a question without words with nothing, and names what was searched', async () => {
    expect(await search({ database }, { question: '?!', reach: staff, limit: 10 })).toEqual({
      pages: [],
      passages: [],
      searchedSpaces: ['People'],
      isCut: false,
    })
  })

  it('finds nothing for somebody who may read nothing', async () => {
    const nobody = makeReach({ kind: 'sets', accessSetIds: [] })
    const found = await search({ database }, { question: 'parental leave', reach: nobody, limit: 10 })
    expect(found).toEqual({ pages: [], passages: [], searchedSpaces: [], isCut: false })
  })
})
