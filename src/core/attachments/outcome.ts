// What reading an attachment can come to. Every file ends in one of these values, however broken or hostile it is; only
// the caller's own signal makes an extraction throw.
import type { Block } from '../content/block.ts'

export type AttachmentFile = { name: string; mediaType: string; bytes: Uint8Array }

export type AttachmentFormat = 'pdf' | 'docx' | 'xlsx' | 'pptx' | 'csv' | 'markdown' | 'text'

export type FailureCode =
  | 'empty'
  | 'encrypted'
  | 'corrupt'
  | 'no_text'
  | 'too_large'
  | 'timeout'
  | 'out_of_memory'
  | 'internal'

/** `reason` is one sentence for people that names the file. */
export type ExtractOutcome =
  | {
      kind: 'extracted'
      format: AttachmentFormat
      blocks: Block[]
      /** Why the end of the file is missing from `blocks`; undefined when all of it is there. */
      cut: 'characters' | 'pages' | undefined
      /** PDF pages, slides or sheets in the whole file; undefined for the other formats. */
      pageCount: number | undefined
    }
  | { kind: 'unsupported'; reason: string }
  /** `cause` is there for `internal` only: a mistake of ours, for the log. */
  | { kind: 'failed'; code: FailureCode; reason: string; cause?: Error }

/** Reading it again may end better: under less load, with more memory, or with a mistake of ours put right. */
export function isWorthAnotherTry(code: FailureCode): boolean {
  return code === 'timeout' || code === 'out_of_memory' || code === 'internal'
}

/** What is missing of a file that was too long; a sentence that names it. */
export function noticeOfCut(
  name: string,
  { cut, pageCount }: Extract<ExtractOutcome, { kind: 'extracted' }>,
  limits: Pick<ExtractLimits, 'maxCharacters' | 'maxPages'>,
): string | undefined {
  if (cut === undefined) return undefined
  if (cut === 'characters')
    return `“${name}” is long: only the first ${limits.maxCharacters.toLocaleString('en')} characters of its text are searched.`
  const whole = pageCount === undefined ? '' : ` of its ${pageCount.toLocaleString('en')}`
  return `“${name}” is long: only the first ${limits.maxPages.toLocaleString('en')}${whole} pages are searched.`
}

/** What one file may cost. */
export type ExtractLimits = {
  /** From the moment a worker takes the file; waiting for a worker does not count. */
  timeoutMs: number
  /** Heap and buffers of the worker together, looked at ten times a second. */
  maxMemoryMb: number
  /** Characters of text, a little less in many small pieces (block-sink.ts); the rest of the file is left out. */
  maxCharacters: number
  /** PDF pages, slides or sheets; the rest of the file is left out. */
  maxPages: number
  /** Bytes of all parts of a zipped file that are read, unpacked. */
  maxUnpackedBytes: number
}

export const defaultLimits: ExtractLimits = {
  timeoutMs: 30_000,
  maxMemoryMb: 400,
  maxCharacters: 1_000_000,
  maxPages: 1_000,
  maxUnpackedBytes: 128 * 1024 * 1024,
}

/** Thrown inside the worker only, where reading cannot go on; read-attachment.ts makes an outcome of it. */
export class UnreadableFile extends Error {
  readonly code: FailureCode

  constructor(code: FailureCode, options: { cause?: unknown } = {}) {
    super(code, options)
    this.code = code
  }
}

export function failed(code: FailureCode, name: string, cause?: Error): ExtractOutcome {
  return { kind: 'failed', code, reason: `“${name}” ${sentences[code]}.`, ...(cause === undefined ? {} : { cause }) }
}

const sentences: Record<FailureCode, string> = {
  empty: 'is empty',
  encrypted: 'is protected by a password, so its text cannot be read',
  corrupt: 'is damaged: its content does not follow its file format',
  no_text: 'holds no text, only pictures or empty pages',
  too_large: 'unpacks to more than is allowed',
  timeout: 'took too long to read',
  out_of_memory: 'needs too much memory to read',
  internal: 'could not be read because of an internal error',
}
