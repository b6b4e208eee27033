// A tagged PDF says what its text is: the tree of one page → blocks. Headings go one level down, below that of the page.
import type { Block } from '../content/block.ts'
import { lineOf } from '../content/renderer.ts'
import { createFlow, type Flow } from './list-flow.ts'
import type { TextPiece } from './pdf-layout.ts'

/** `tag` is the id by which the tree names it. */
export type TaggedPiece = TextPiece & { tag: string | undefined; isFurniture: boolean }

/** A role of PDF 1.7 with children, or the id of text. */
export type TagTree = { role: string; children: (TagTree | TagContent)[] }
type TagContent = { type: string; id?: string }

type Page = { piecesByTag: Map<string, TextPiece[]>; textOf: (pieces: TextPiece[]) => string }

export function renderTags(tree: TagTree, pieces: TaggedPiece[], textOf: Page['textOf']): Block[] {
  const piecesByTag = new Map<string, TextPiece[]>()
  for (const piece of pieces) {
    if (piece.tag === undefined || piece.isFurniture) continue
    const together = piecesByTag.get(piece.tag)
    if (together === undefined) piecesByTag.set(piece.tag, [piece])
    else together.push(piece)
  }
  return renderNodes([tree], { piecesByTag, textOf }).filter((block) => block.kind === 'table' || block.text !== '')
}

function renderNodes(nodes: TagTree['children'], page: Page): Block[] {
  const blocks: Block[] = []
  const flow = createFlow((block) => void blocks.push(block))
  renderInto(flow, nodes, page)
  flow.end()
  return blocks
}

function renderInto(flow: Flow, nodes: TagTree['children'], page: Page): void {
  // Text that stands beside blocks, without a paragraph around it.
  let loose: TextPiece[] = []
  const endLoose = (): void => {
    if (loose.length > 0) flow.block({ kind: 'paragraph', text: page.textOf(loose) })
    loose = []
  }
  for (const node of nodes) {
    if (!('role' in node)) loose.push(...takePieces(node, page))
    else if (INLINE.has(node.role)) loose.push(...piecesBelow(node, page))
    else {
      endLoose()
      renderNode(flow, node, page)
    }
  }
  endLoose()
}

const INLINE = new Set(['Span', 'Link', 'Reference', 'Annot', 'Quote', 'Code', 'Ruby', 'Warichu', 'BibEntry', 'Lbl'])

function renderNode(flow: Flow, node: TagTree, page: Page): void {
  const level = node.role === 'Title' || node.role === 'H' ? '1' : /^H([1-6])$/.exec(node.role)?.[1]
  if (level !== undefined) {
    const text = page.textOf(piecesBelow(node, page))
    flow.block({ kind: 'heading', level: Math.min(Number(level) + 1, 6) as 2 | 3 | 4 | 5 | 6, text })
  } else if (node.role === 'L') renderList(flow, node, page, 0)
  else if (node.role === 'Table') flow.block(renderTable(node, page))
  else if (node.role === 'P' && node.children.every((child) => !('role' in child) || INLINE.has(child.role)))
    flow.block({ kind: 'paragraph', text: page.textOf(piecesBelow(node, page)) })
  else if (node.role !== 'TOC') renderInto(flow, node.children, page)
}

function renderList(flow: Flow, list: TagTree, page: Page, depth: number): void {
  for (const item of rolesIn(list)) {
    if (item.role === 'L') renderList(flow, item, page, depth + 1)
    if (item.role !== 'LI') continue
    const parts = rolesIn(item).flatMap((part) => (part.role === 'LBody' ? rolesIn(part) : []))
    const lists = [...rolesIn(item), ...parts].filter((part) => part.role === 'L')
    const labels = rolesIn(item).filter((part) => part.role === 'Lbl')
    const label = labels.map((part) => page.textOf(piecesBelow(part, page))).join('')
    const text = page.textOf(piecesBelow(item, page, 'L'))
    const ownLabel = label === '' ? /^(?:[•◦▪‣●○■·–]|\d{1,3}[.)])(?=\s)/.exec(text)?.[0] : undefined
    const marker = /^\w{1,4}[.)]$/.exec(ownLabel ?? label)?.[0] ?? '-'
    if (text !== '') flow.item(marker, depth, ownLabel === undefined ? text : text.slice(ownLabel.length).trim())
    for (const inner of lists) renderList(flow, inner, page, depth + 1)
  }
}

function renderTable(table: TagTree, page: Page): Block {
  const rows = rowsBelow(table).map((row) => rolesIn(row).filter(({ role }) => role === 'TH' || role === 'TD'))
  const first = rows.findIndex((row) => row.some(({ role }) => role === 'TD'))
  const texts = rows.map((row) => row.map((cell) => renderNodes(cell.children, page).map(lineOf).join(' ')))
  return { kind: 'table', rows: texts, headerRows: first === -1 ? 0 : first }
}

function rowsBelow(table: TagTree): TagTree[] {
  return rolesIn(table).flatMap((child) => (child.role === 'TR' ? [child] : rowsBelow(child)))
}

function rolesIn(node: TagTree): TagTree[] {
  return node.children.filter((child): child is TagTree => 'role' in child)
}

function piecesBelow(node: TagTree | TagContent, page: Page, except?: string): TextPiece[] {
  if (!('role' in node)) return takePieces(node, page)
  return node.children.flatMap((child) =>
    'role' in child && child.role === except ? [] : piecesBelow(child, page, except),
  )
}

/** Once: a tree that names a text twice does not repeat it. */
function takePieces({ id }: TagContent, { piecesByTag }: Page): TextPiece[] {
  const pieces = id === undefined ? undefined : piecesByTag.get(id)
  if (id !== undefined) piecesByTag.delete(id)
  return pieces ?? []
}
