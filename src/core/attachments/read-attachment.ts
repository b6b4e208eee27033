// One file → its outcome. Runs inside a worker: nothing here bounds time or memory, extractor.ts does.
import { createSink, SinkFull, type BlockSink } from './block-sink.ts'
import { readCsv } from './csv.ts'
import { detectFormat, type Detected } from './detect-format.ts'
import { readDocx } from './docx.ts'
import { failed, UnreadableFile, type AttachmentFile, type ExtractLimits, type ExtractOutcome } from './outcome.ts'
import { readMarkdown, readPlainText } from './plain-text.ts'
import { readPptx } from './pptx.ts'
import { readXlsx } from './xlsx.ts'

/** Never throws. */
export async function readAttachment(file: AttachmentFile, limits: ExtractLimits): Promise<ExtractOutcome> {
  try {
    return await readDetected(file, limits)
  } catch (error) {
    if (error instanceof UnreadableFile) return failed(error.code, file.name)
    return failed('internal', file.name, error instanceof Error ? error : new Error(String(error)))
  }
}

async function readDetected(
  { name, mediaType, bytes }: AttachmentFile,
  limits: ExtractLimits,
): Promise<ExtractOutcome> {
  if (bytes.length === 0) return failed('empty', name)
  const detected = detectFormat({ name, mediaType }, bytes, limits.maxUnpackedBytes)
  if (detected.format === undefined)
    return { kind: 'unsupported', reason: `“${name}” is ${detected.content}, which is not read.` }
  const sink = createSink(limits.maxCharacters)
  const { cut, pageCount } = await readInto(sink, detected, bytes, limits)
  if (sink.blocks.length === 0) return failed('no_text', name)
  return { kind: 'extracted', format: detected.format, blocks: [...sink.blocks], cut, pageCount }
}

type Read = { cut: 'characters' | 'pages' | undefined; pageCount: number | undefined }
type Supported = Exclude<Detected, { format: undefined }>

async function readInto(sink: BlockSink, detected: Supported, bytes: Uint8Array, limits: ExtractLimits): Promise<Read> {
  try {
    const pages = await readFormat(sink, detected, bytes, limits)
    return { cut: pages?.isCut === true ? 'pages' : undefined, pageCount: pages?.pageCount }
  } catch (error) {
    if (error instanceof SinkFull) return { cut: 'characters', pageCount: undefined }
    throw error
  }
}

async function readFormat(sink: BlockSink, detected: Supported, bytes: Uint8Array, limits: ExtractLimits) {
  switch (detected.format) {
    case 'pdf':
      // The largest library here, loaded only where it is needed.
      return (await import('./pdf.ts')).readPdf(bytes, limits, sink)
    case 'docx':
      return readDocx(detected.zip, detected.mainPart, sink)
    case 'xlsx':
      return readXlsx(detected.zip, detected.mainPart, limits, sink)
    case 'pptx':
      return readPptx(detected.zip, detected.mainPart, limits, sink)
    case 'csv':
      return readCsv(detected.text, sink)
    case 'markdown':
      return readMarkdown(detected.text, sink)
    case 'text':
      return readPlainText(detected.text, sink)
  }
}
