// The sentence that says that we found no support, and what is near. Pure.
import type { Answer, Passage } from './answer.ts'
import { sourceName } from './source-name.ts'

const MAX_NEAREST = 3
const MAX_NAMED_SPACES = 8

/** An abstention: names the spaces that were searched and up to three pages near the question; invents nothing. */
export function abstain(passages: Passage[], searchedSpaces: string[], by: Answer['by'] = 'extract'): Answer {
  const hasSpaces = searchedSpaces.length > 0
  return {
    kind: 'abstention',
    text: hasSpaces
      ? `I did not find an answer to that in ${nameSpaces(searchedSpaces)}.`
      : 'There is nothing here that you can search yet. Ask an admin to connect a Confluence space or to link your Confluence account.',
    statements: [],
    citations: [],
    nearest: hasSpaces ? listNearest(passages) : [],
    searchedSpaces,
    by,
    note: undefined,
  }
}

function nameSpaces(names: string[]): string {
  const shown = names.slice(0, MAX_NAMED_SPACES)
  const hidden = names.length - shown.length
  const parts = hidden === 0 ? shown : [...shown, hidden === 1 ? '1 more space' : `${hidden} more spaces`]
  const last = parts.at(-1) ?? ''
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}

/** Pages in the order of their best passage, each once; a page of which only a file or a comment fits is linked to that. */
function listNearest(passages: Passage[]): Answer['nearest'] {
  const pages = new Map<string, Passage>()
  for (const passage of passages) {
    const known = pages.get(passage.pageId)
    if (known === undefined || (known.part !== undefined && passage.part === undefined))
      pages.set(passage.pageId, passage)
  }
  return [...pages.values()].slice(0, MAX_NEAREST).map((passage) => ({
    title: sourceName(passage),
    spaceKey: passage.spaceKey,
    url: passage.part === undefined ? withoutAnchor(passage.url) : passage.url,
  }))
}

function withoutAnchor(url: string): string {
  return url.split('#', 1)[0] ?? url
}
