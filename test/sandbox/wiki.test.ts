import { describe, expect, it } from 'vitest'
import { pages, parseStorage, people, questions, restrictions, spaces } from './wiki-files.ts'
import type { Page, Person, Readers } from './wiki-files.ts'

const pagesById = new Map(pages.map((page) => [page.id, page]))
const markup = new Map(pages.map((page) => [page.id, parseStorage(page.storage)]))

const macros =
  `code noformat info note warning tip panel expand details status toc excerpt include excerpt-include children
  jira anchor`.split(/\s+/)
const elements =
  `h2 h3 table th@colspan td@colspan td@rowspan ac:task-list time@datetime ac:emoticon ac:layout ac:image@ac:alt
  ac:caption ac:inline-comment-marker ri:user@ri:account-id ac:link ac:link@ac:anchor ri:page@ri:space-key ac:link-body
  ac:plain-text-link-body ac:adf-extension adf:panel adf:decision-list ac:adf-fallback parameter:language p@local-id
  table@class cdata`.split(/\s+/)

describe('the pages of the sample wiki', () => {
  it('fill four spaces with at least 110 pages, and no space is nearly empty', () => {
    expect(spaces.map((space) => space.key)).toEqual(['IT', 'HR', 'ENG', 'FIN'])
    expect(pages.length).toBeGreaterThanOrEqual(110)
    for (const space of spaces) expect(pagesOf(space.key).length, space.key).toBeGreaterThanOrEqual(10)
    expect(pages.filter((page) => !spaces.some((space) => space.key === page.spaceKey))).toEqual([])
  })

  it('have ids of digits, each used once', () => {
    expect(pagesById.size).toBe(pages.length)
    expect(pages.filter((page) => !/^\d+$/.test(page.id))).toEqual([])
  })

  it('have titles that are unique in their space, also ignoring case', () => {
    const titles = pages.map((page) => `${page.spaceKey}/${page.title.toLowerCase()}`)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('stand in tree order: a parent comes first and is in the same space, and only the home page has none', () => {
    const seen = new Set<string>()
    for (const page of pages) {
      const home = spaces.find((space) => space.key === page.spaceKey)?.homepageId
      if (page.parentId === null) expect(page.id, page.title).toBe(home)
      else {
        expect(seen.has(page.parentId), page.title).toBe(true)
        expect(pagesById.get(page.parentId)?.spaceKey, page.title).toBe(page.spaceKey)
      }
      seen.add(page.id)
    }
    for (const space of spaces) expect(pagesById.get(space.homepageId)?.parentId).toBeNull()
  })

  it('were written by people of the wiki, and changed no earlier than they were made', () => {
    const accounts = new Set(people.map((person) => person.accountId))
    for (const page of pages) {
      expect(accounts.has(page.authorId) && accounts.has(page.version.authorId), page.title).toBe(true)
      expect(page.createdAt <= page.version.createdAt, page.title).toBe(true)
      expect(page.version.number === 1, page.title).toBe(page.createdAt === page.version.createdAt)
    }
  })

  it('contain one page labelled deprecated', () => {
    expect(pages.filter((page) => page.labels.includes('deprecated'))).toHaveLength(1)
  })

  it('mention nobody but the people of the wiki', () => {
    const accounts = new Set(people.map((person) => person.accountId))
    const mentioned = [...markup.values()].flatMap((page) => page.mentions)
    expect(mentioned.length).toBeGreaterThan(20)
    expect(mentioned.filter((accountId) => !accounts.has(accountId))).toEqual([])
  })
})

describe('the storage format of the sample wiki', () => {
  const allNames = new Set([...markup.values()].flatMap((page) => [...page.names]))

  it('is well-formed on every page', () => {
    const broken = pages.filter((page) => markup.get(page.id)?.error).map((page) => page.title)
    expect(broken).toEqual([])
  })

  it('would be noticed if it were not well-formed', () => {
    expect(parseStorage('<p>one<b>two</p>').error).toBeDefined()
    expect(parseStorage('<p>&nosuchentity;</p>').error).toBeDefined()
  })

  it.each(macros)('has the macro %s', (macro) => {
    expect(allNames).toContain(`macro:${macro}`)
  })

  it.each(elements)('has the markup %s', (name) => {
    expect(allNames).toContain(name)
  })

  it.each(['nbsp', 'rsquo', 'mdash', 'auml', 'euro', 'ldquo'])('has the entity %s', (entity) => {
    expect(pages.some((page) => page.storage.includes(`&${entity};`))).toBe(true)
  })

  it('comes from the old editor on some pages and from the new one on others', () => {
    const fromNew = pages.filter((page) => page.storage.includes('local-id='))
    expect(fromNew.length).toBeGreaterThan(30)
    expect(pages.length - fromNew.length).toBeGreaterThan(30)
  })

  it('holds at least three pages of more than 1,000 words, and no page over 3,000', () => {
    const lengths = [...markup.values()].map((page) => page.text.split(/\s+/).length)
    expect(lengths.filter((length) => length > 1000).length).toBeGreaterThanOrEqual(3)
    expect(Math.max(...lengths)).toBeLessThan(3000)
  })
})

describe('the restrictions of the sample wiki', () => {
  it('name every space, known people and the groups that users.json gives', () => {
    expect(restrictions.spacePermissions.map((entry) => entry.spaceKey)).toEqual(spaces.map((space) => space.key))
    for (const group of restrictions.groups) {
      const members = people.filter((person) => person.groups.includes(group.name)).map((person) => person.accountId)
      expect(group.members.toSorted(), group.name).toEqual(members.toSorted())
    }
    const names = new Set(restrictions.groups.map((group) => group.name))
    for (const { read } of [...restrictions.spacePermissions, ...restrictions.pageRestrictions]) {
      expect(read.groups.length + read.users.length).toBeGreaterThan(0)
      expect(read.groups.filter((group) => !names.has(group))).toEqual([])
      expect(read.users.filter((accountId) => !people.some((person) => person.accountId === accountId))).toEqual([])
    }
  })

  it('stand on eight pages, some with children, two inside a restricted section, one for a single person', () => {
    const restricted = restrictions.pageRestrictions
    const ids = new Set(restricted.map((entry) => entry.pageId))
    expect(restricted).toHaveLength(8)
    for (const entry of restricted)
      expect(pagesById.get(entry.pageId)).toMatchObject({ title: entry.title, spaceKey: entry.spaceKey })
    expect(pages.filter((page) => page.parentId !== null && ids.has(page.parentId)).length).toBeGreaterThanOrEqual(6)
    expect(restricted.filter((entry) => ancestorsOf(entry.pageId).some((page) => ids.has(page.id)))).toHaveLength(2)
    expect(restricted.filter((entry) => entry.read.groups.length === 0 && entry.read.users.length === 1)).toHaveLength(
      1,
    )
  })

  it('leave every page at least one reader', () => {
    expect(pages.filter((page) => !people.some((person) => mayRead(person, page))).map((page) => page.title)).toEqual(
      [],
    )
  })

  it('keep the private space, and a page whose parent excludes its own readers, from those people', () => {
    expect(readable('tomasz.wilk').filter((page) => ['FIN', 'ENG'].includes(page.spaceKey))).toEqual([])
    expect(readable('annika.brandt').map((page) => page.title)).toContain('Salary bands 2026/27')
    expect(readable('henrik.solberg').map((page) => page.title)).not.toContain('Break-glass accounts')
    expect(readable('ruth.adeyemi').map((page) => page.title)).toContain('Break-glass accounts')
  })
})

describe('the questions of the sample wiki', () => {
  it('are numbered without gaps, in the kinds that were planned', () => {
    expect(questions.map((question) => question.id)).toEqual(
      questions.map((_, index) => `wiki-${String(index + 1).padStart(3, '0')}`),
    )
    const counts = Map.groupBy(questions, (question) => question.kind)
    expect(Object.fromEntries([...counts].map(([kind, list]) => [kind, list.length]))).toEqual({
      single: 20,
      multi: 6,
      ambiguous: 4,
      restricted: 4,
      unanswerable: 4,
      followup: 3,
    })
    expect(questions.slice(0, 4).map((question) => question.kind)).toEqual([
      'multi',
      'single',
      'unanswerable',
      'restricted',
    ])
  })

  it.each(questions.map((question) => [question.id, question] as const))(
    '%s has gold pages, facts and an asker that fit its kind',
    (_, question) => {
      const gold = question.gold.map((id) => pagesById.get(id))
      expect(gold).not.toContain(undefined)
      expect(question.gold.length).toBeGreaterThanOrEqual(
        { unanswerable: 0, multi: 2, ambiguous: 2, single: 1, restricted: 1, followup: 1 }[question.kind],
      )
      if (question.kind === 'unanswerable') expect(question.gold).toEqual([])
      expect(question.must.length > 0).toBe(!['unanswerable', 'restricted'].includes(question.kind))
      expect(question.history.length > 0).toBe(question.kind === 'followup')
      expect(question.answer).not.toBe('')

      const asker = people.find((person) => person.accountId === question.asUser)
      if (!asker) throw new Error(`${question.id} is asked by nobody of the wiki`)
      for (const page of gold) if (page) expect(mayRead(asker, page), page.title).toBe(question.kind !== 'restricted')
    },
  )

  it.each([
    ['wiki-004', '19 February 2027'],
    ['wiki-013', 'EUR 74,000'],
    ['wiki-014', 'L-017'],
    ['wiki-015', '11.4 million'],
  ])('%s asks for a fact that only its gold page holds: %s', (id, fact) => {
    const question = questions.find((candidate) => candidate.id === id)
    const holders = pages.filter((page) => markup.get(page.id)?.text.includes(fact))
    expect(question?.kind).toBe('restricted')
    expect(holders.map((page) => page.id)).toEqual(question?.gold)
  })
})

function pagesOf(spaceKey: string): Page[] {
  return pages.filter((page) => page.spaceKey === spaceKey)
}

function ancestorsOf(pageId: string): Page[] {
  const parent = pagesById.get(pagesById.get(pageId)?.parentId ?? '')
  return parent ? [parent, ...ancestorsOf(parent.id)] : []
}

function readable(login: string): Page[] {
  const person = people.find((candidate) => candidate.email === `${login}@brindlemark.example`)
  if (!person) throw new Error(`nobody is called ${login}`)
  return pages.filter((page) => mayRead(person, page))
}

/** The space's readers, and the readers of the page and of each of its ancestors that is restricted. */
function mayRead(person: Person, page: Page): boolean {
  const space = restrictions.spacePermissions.find((entry) => entry.spaceKey === page.spaceKey)
  const chain = [page, ...ancestorsOf(page.id)].map((link) => link.id)
  const lists = restrictions.pageRestrictions.filter((entry) => chain.includes(entry.pageId)).map((entry) => entry.read)
  return space !== undefined && [space.read, ...lists].every((read) => isListed(person, read))
}

function isListed(person: Person, read: Readers): boolean {
  return read.users.includes(person.accountId) || read.groups.some((group) => person.groups.includes(group))
}
