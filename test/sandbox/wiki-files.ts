// The files of the sample wiki as they are on disk, and one parse of each page's storage format.
import { readFileSync } from 'node:fs'
import { characterEntities } from 'character-entities'
import { SaxesParser } from 'saxes'

export interface Readers {
  groups: string[]
  users: string[]
}
interface Space {
  id: string
  key: string
  name: string
  type: string
  status: string
  homepageId: string
}
export interface Page {
  id: string
  spaceKey: string
  title: string
  parentId: string | null
  position: number
  status: string
  authorId: string
  createdAt: string
  version: { number: number; createdAt: string; authorId: string }
  labels: string[]
  storage: string
  sourcePath: string
}
export interface Person {
  accountId: string
  displayName: string
  email: string
  groups: string[]
}
interface Restrictions {
  groups: { name: string; members: string[] }[]
  spacePermissions: { spaceKey: string; read: Readers }[]
  pageRestrictions: { pageId: string; spaceKey: string; title: string; read: Readers }[]
}
interface Question {
  id: string
  question: string
  kind: 'single' | 'multi' | 'ambiguous' | 'restricted' | 'unanswerable' | 'followup'
  gold: string[]
  answer: string
  must: string[]
  asUser: string
  history: { role: 'user' | 'assistant'; text: string }[]
}

export const spaces = JSON.parse(readText('spaces.json')) as Space[]
export const people = JSON.parse(readText('users.json')) as Person[]
export const restrictions = JSON.parse(readText('restrictions.json')) as Restrictions
export const pages = readLines('pages.jsonl') as Page[]
export const questions = readLines('questions.jsonl') as Question[]

function readText(name: string): string {
  return readFileSync(new URL(`../../sandbox/wiki/${name}`, import.meta.url), 'utf8')
}

function readLines(name: string): unknown[] {
  return readText(name)
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}

/** Names: elements, `element@attribute`, `macro:name`, `adf:type`, `parameter:name` and `cdata`. */
export function parseStorage(storage: string): { names: Set<string>; mentions: string[]; text: string; error?: Error } {
  const names = new Set<string>()
  const mentions: string[] = []
  let text = ''
  const parser = new SaxesParser({ xmlns: true })
  Object.assign(parser.ENTITIES, characterEntities)
  parser.on('opentag', (tag) => {
    names.add(tag.name)
    for (const attribute of Object.values(tag.attributes)) names.add(`${tag.name}@${attribute.name}`)
    const value = (name: string) => tag.attributes[name]?.value
    if (tag.name === 'ac:structured-macro') names.add(`macro:${value('ac:name')}`)
    if (tag.name === 'ac:parameter') names.add(`parameter:${value('ac:name')}`)
    if (tag.name === 'ac:adf-node') names.add(`adf:${value('type')}`)
    if (tag.name === 'ri:user') mentions.push(value('ri:account-id') ?? '')
    text += ' '
  })
  parser.on('text', (part) => (text += part))
  parser.on('cdata', (part) => {
    names.add('cdata')
    text += ` ${part}`
  })
  try {
    parser.write(`<page xmlns:ac="urn:ac" xmlns:ri="urn:ri">${storage}</page>`).close()
  } catch (error) {
    return { names, mentions, text, error: error as Error }
  }
  return { names, mentions, text }
}
