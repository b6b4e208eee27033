// PDF → blocks, page by page: `Page 3` is a heading, so that a citation can name its page. Office programs
// write tags that tell headings, lists and tables (pdf-tags.ts); in other files they are guessed by their look (pdf-layout.ts).
import { getDocument, type PDFDocumentProxy, type PDFPageProxy } from 'unpdf/pdfjs'
import type { Block } from '../content/block.ts'
import type { BlockSink } from './block-sink.ts'
import { UnreadableFile, type ExtractLimits } from './outcome.ts'
import { createPageLayout, type PageLayout, type TextPiece } from './pdf-layout.ts'
import { renderTags, type TaggedPiece, type TagTree } from './pdf-tags.ts'

/** Throws UnreadableFile and SinkFull. */
export async function readPdf(bytes: Uint8Array, limits: ExtractLimits, sink: BlockSink) {
  const task = getDocument({
    data: bytes,
    verbosity: 0,
    // Nothing is drawn: no fonts of this machine, no pictures.
    disableFontFace: true,
    useSystemFonts: false,
    maxImageSize: 1,
    isOffscreenCanvasSupported: false,
  })
  try {
    const pdf = await task.promise.catch((error: unknown) => {
      const isLocked = error instanceof Error && error.name === 'PasswordException'
      throw new UnreadableFile(isLocked ? 'encrypted' : 'corrupt', { cause: error })
    })
    await readPages(pdf, Math.min(pdf.numPages, limits.maxPages), sink)
    return { pageCount: pdf.numPages, isCut: pdf.numPages > limits.maxPages }
  } finally {
    await task.destroy()
  }
}

async function readPages(pdf: PDFDocumentProxy, pages: number, sink: BlockSink): Promise<void> {
  const layout = createPageLayout()
  let damage: unknown
  for (let number = 1; number <= pages; number++) {
    // A damaged page costs that page, not the file.
    const blocks = await readPage(pdf, number, layout, sink.room).catch((error: unknown) => void (damage = error))
    if (blocks !== undefined && blocks.length > 0) sink.push({ kind: 'heading', level: 1, text: `Page ${number}` })
    for (const block of blocks ?? []) sink.push(block)
  }
  if (damage !== undefined && sink.blocks.length === 0) throw new UnreadableFile('corrupt', { cause: damage })
}

/** By the tags of the file, where they cover the page's text; otherwise by its look. */
async function readPage(pdf: PDFDocumentProxy, number: number, layout: PageLayout, room: number): Promise<Block[]> {
  const page = await pdf.getPage(number)
  const tree = (await page.getStructTree()) as TagTree | null
  const content = await listPieces(page, room)
  page.cleanup()
  const untagged = content.filter(({ tag, isFurniture }) => tag === undefined && !isFurniture)
  const isTagged = tree !== null && sizeOf(untagged) < sizeOf(content) * MAX_UNTAGGED
  const blocks = isTagged ? renderTags(tree, content, layout.textOf) : []
  return blocks.length > 0 ? blocks : layout.blocksOf(content)
}

/** Tags that leave out more of a page than this share are not trusted. */
const MAX_UNTAGGED = 0.1

function sizeOf(pieces: TextPiece[]): number {
  return pieces.reduce((sum, { text }) => sum + text.trim().length, 0)
}

/**
 * Read as a stream: one page can hold more text than there is room for. The rest is read and dropped, because a cancelled
 * stream never answers in this library.
 */
async function listPieces(page: PDFPageProxy, room: number): Promise<TaggedPiece[]> {
  const pieces: TaggedPiece[] = []
  const marks: Mark[] = []
  let characters = 0
  const reader = page.streamTextContent({ includeMarkedContent: true, disableNormalization: false }).getReader()
  for (;;) {
    const { value, done } = (await reader.read()) as { value?: { items: (PdfItem | PdfMark)[] }; done: boolean }
    if (done) break
    for (const item of value?.items ?? []) {
      if (!('str' in item)) {
        applyMark(item, marks)
        continue
      }
      characters += item.str.length
      const { tag, isFurniture = false } = marks.at(-1) ?? {}
      if (characters <= room + item.str.length) pieces.push({ ...pieceOf(item), tag, isFurniture })
    }
  }
  return pieces
}

type PdfItem = { str: string; transform: number[]; width: number; hasEOL: boolean }
type PdfMark = { type: string; id?: string | null; tag?: string }
/** What the innermost marks say; furniture is what every page repeats: headers, footers, numbers. */
type Mark = { tag: string | undefined; isFurniture: boolean }

function applyMark({ type, id, tag }: PdfMark, marks: Mark[]): void {
  const outer = marks.at(-1)
  if (type === 'endMarkedContent') marks.pop()
  else if (marks.length < MAX_MARKS)
    marks.push({ tag: id ?? outer?.tag, isFurniture: tag === 'Artifact' || outer?.isFurniture === true })
}

/** Marks are not nested deeper in an honest file; one that is loses its structure, no text. */
const MAX_MARKS = 1_000

function pieceOf({ str, transform, width, hasEOL }: PdfItem): TextPiece {
  const [, slope = 0, c = 0, d = 0, x = 0, y = 0] = transform
  return { text: str, x, y, width, size: Math.hypot(c, d), isLevel: Math.abs(slope) < 0.01, endsLine: hasEOL }
}
