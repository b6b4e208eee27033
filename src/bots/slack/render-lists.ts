// `/confluence pages` and `/confluence audit` → pieces. Pure.
import { describeNoPages, pageStateWords } from '../../core/connections/list-pages.ts'
import type { AuditLine, PageListing } from '../commands/command.ts'
import { type Piece, code, link, singleLine, text } from './blocks.ts'
import { momentOf } from '../commands/status-words.ts'

export function pagePieces({ filter, pages, total }: PageListing): Piece[] {
  if (total === 0) return [paragraph(singleLine(describeNoPages(filter)))]
  const heading = filter === '' ? `${total} pages` : `${total} pages for “${singleLine(filter)}”`
  return [
    paragraph(heading),
    ...pages.map(({ title, url, spaceKey, state, reason, note }): Piece => {
      const more = reason ?? note
      const why = more === undefined ? '' : `: ${singleLine(more)}`
      return {
        kind: 'item',
        content: [link(url, title), text(` · ${singleLine(spaceKey)} · ${pageStateWords[state]}${why}`)],
      }
    }),
    ...(total > pages.length
      ? [paragraph(`… and ${total - pages.length} more. Say a space, a state or a title to see less.`)]
      : []),
  ]
}

export function auditPieces(entries: AuditLine[]): Piece[] {
  if (entries.length === 0) return [paragraph('Nothing is written down yet.')]
  return entries.map(({ at, actor, action, subject, details }): Piece => {
    const more = Object.entries(details).map(([name, value]) => `${name} ${value}`)
    const line = `${action} ${subject} · ${actor}${more.length === 0 ? '' : ` · ${more.join(', ')}`}`
    return { kind: 'item', content: [code(momentOf(at)), text(` ${singleLine(line)}`)] }
  })
}

function paragraph(sentence: string): Piece {
  return { kind: 'paragraph', content: [text(sentence)] }
}
