import { deflateSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createExtractor, type Extractor } from '../../../src/core/attachments/extractor.ts'
import type { AttachmentFile } from '../../../src/core/attachments/outcome.ts'
import { docx, paragraph, sheetOf, xlsx } from './office-files.ts'
import { line, pdf } from './pdf-files.ts'

const never = new AbortController().signal

let open: Extractor[] = []
afterEach(async () => {
  await Promise.all(open.map((extractor) => extractor.close()))
  open = []
})

function start(...[options]: Parameters<typeof createExtractor>): Extractor {
  const extractor = createExtractor(options)
  open.push(extractor)
  return extractor
}

function fileOf(name: string, bytes: Uint8Array | string): AttachmentFile {
  return { name, mediaType: '', bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes }
}

/** Each of `depth` forms draws the next ten times: text without end out of a small file. */
function endlessPdf(depth: number): Uint8Array {
  const forms = Array.from({ length: depth }, (_form, index) => ({
    dictionary: `/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 3 0 R >> /XObject << /N ${7 + index} 0 R >> >>`,
    content: index === depth - 1 ? line('x', 1, 1) : '/N Do '.repeat(10),
  }))
  return pdf(['/X0 Do'], '', forms)
}

/** A page whose content unpacks to gigabytes of blanks. */
function swellingPdf(): Uint8Array {
  const once = deflateSync(Buffer.alloc(400_000_000, ' '))
  return pdf([{ dictionary: '/Filter [/FlateDecode /FlateDecode]', content: deflateSync(once) }])
}

/** Cells on the diagonal: as a table it would be nothing but gaps. */
function diagonalXlsx(size: number): Uint8Array {
  const rows = Array.from({ length: size }, (_row, index) => {
    const [a, b, c] = [Math.floor(index / 676), Math.floor(index / 26) % 26, index % 26]
    const letters = String.fromCharCode(65 + a, 65 + b, 65 + c)
    return `<row><c r="${letters}1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>`
  })
  return xlsx({ Gaps: `<sheetData>${rows.join('')}</sheetData>` })
}

function threads(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Worker' || resource === 'MessagePort')
    .length
}

describe('the extractor', () => {
  it('reads files in a thread of its own, one after the other', async () => {
    const extractor = start()
    const outcomes = await Promise.all([
      extractor.extract(fileOf('a.txt', 'one'), never),
      extractor.extract(fileOf('a.docx', docx(paragraph('two'))), never),
      extractor.extract(fileOf('a.xlsx', xlsx({ S: sheetOf([['three']]) })), never),
      extractor.extract(fileOf('a.pdf', pdf([line('four', 50, 700)])), never),
      extractor.extract(fileOf('a.png', '\x89PNG'), never),
    ])
    expect(outcomes.map((outcome) => (outcome.kind === 'extracted' ? outcome.blocks.at(-1) : outcome.kind))).toEqual([
      { kind: 'paragraph', text: 'one' },
      { kind: 'paragraph', text: 'two' },
      { kind: 'paragraph', text: 'three' },
      { kind: 'paragraph', text: 'four' },
      'unsupported',
    ])
  })

  it.each([
    ['text without end', 'timeout', endlessPdf(12), { timeoutMs: 1_000 }],
    ['content that swells to gigabytes', 'out_of_memory', swellingPdf(), { maxMemoryMb: 150 }],
    [
      'more small texts than fit into memory',
      'out_of_memory',
      xlsx({ A: '<sheetData/>' }, { sharedStrings: '<si><t>x</t></si>'.repeat(5_000_000) }),
      { maxMemoryMb: 100 },
    ],
    ['a zip bomb', 'too_large', docx('0'.repeat(200_000_000)), {}],
  ])('ends a file of %s as %s, and reads the next', async (_what, code, bytes, limits) => {
    expect(bytes.length).toBeLessThan(1_000_000)
    const extractor = start({ timeoutMs: 20_000, ...limits })
    const bad = extractor.extract(fileOf('bad', bytes), never)
    const next = extractor.extract(fileOf('next.txt', 'fine'), never)
    expect(await bad).toMatchObject({ kind: 'failed', code })
    expect(await next).toMatchObject({ kind: 'extracted' })
  })

  it('reads the first pages of a file that has far too many', async () => {
    const pages = Array.from({ length: 20_000 }, () => line('again', 50, 700))
    const outcome = await start({ maxPages: 20 }).extract(fileOf('long.pdf', pdf(pages)), never)
    expect(outcome).toMatchObject({ kind: 'extracted', cut: 'pages', pageCount: 20_000, blocks: { length: 40 } })
  })

  it('stops in a sheet whose cells lie far apart', async () => {
    const outcome = await start().extract(fileOf('gaps.xlsx', diagonalXlsx(16_000)), never)
    expect(outcome).toMatchObject({ kind: 'extracted', cut: 'characters' })
  })

  it('stops reading at once when its signal says so, and reads the next', async () => {
    const before = threads()
    const extractor = start()
    const abort = new AbortController()
    const reading = extractor.extract(fileOf('endless.pdf', endlessPdf(12)), abort.signal)
    const waiting = extractor.extract(fileOf('waiting.txt', 'never read'), abort.signal)
    abort.abort(new Error('no longer needed'))
    await expect(reading).rejects.toThrow('no longer needed')
    await expect(waiting).rejects.toThrow('no longer needed')
    await expect(extractor.extract(fileOf('late.txt', 'x'), abort.signal)).rejects.toThrow('no longer needed')
    await expect.poll(threads).toBe(before)
    expect(await extractor.extract(fileOf('next.txt', 'fine'), never)).toMatchObject({ kind: 'extracted' })
  })

  it('ends what is being read when it is closed, and takes nothing more', async () => {
    const before = threads()
    const extractor = start()
    const reading = expect(extractor.extract(fileOf('endless.pdf', endlessPdf(12)), never)).rejects.toThrow('closed')
    await extractor.close()
    await reading
    expect(threads()).toBe(before)
    await expect(extractor.extract(fileOf('a.txt', 'x'), never)).rejects.toThrow('closed')
  })

  it('ends threads without work', async () => {
    const before = threads()
    await start({ idleMs: 1 }).extract(fileOf('a.txt', 'x'), never)
    await expect.poll(threads).toBe(before)
  })
})
