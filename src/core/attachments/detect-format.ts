// Which reader a file needs: by its content first; its name and media type only tell kinds of text apart.
import { decodeText } from './decode-text.ts'
import { UnreadableFile, type AttachmentFormat } from './outcome.ts'
import { findRelated, readRelationships } from './office-xml.ts'
import { openZip, type ZipFile } from './zip.ts'

export type Detected =
  | { format: 'pdf' }
  | { format: 'docx' | 'xlsx' | 'pptx'; zip: ZipFile; mainPart: string }
  | { format: 'csv' | 'markdown' | 'text'; text: string }
  /** What the file is, with its article: “a PNG image”. */
  | { format: undefined; content: string }

type Named = { name: string; mediaType: string }

/** Throws UnreadableFile for what is certainly an office file, but cannot be opened. */
export function detectFormat(file: Named, bytes: Uint8Array, maxUnpackedBytes: number): Detected {
  if (indexOfBytes(bytes.subarray(0, 1024), '%PDF-') >= 0) return { format: 'pdf' }
  if (startsWith(bytes, 'PK\x03\x04')) return detectZipped(openZip(bytes, maxUnpackedBytes))
  if (startsWith(bytes, 'PK\x05\x06')) return { format: undefined, content: 'an empty zip archive' }
  if (startsWith(bytes, '\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1')) return detectCompound(bytes)
  const known = SIGNATURES.find(([signature]) => startsWith(bytes, signature)) ?? findShort(bytes)
  if (known !== undefined) return { format: undefined, content: known[1] }
  const text = decodeText(bytes)
  if (text === undefined) return { format: undefined, content: 'binary content of an unknown kind' }
  return detectText(file, text)
}

const SIGNATURES: [string, string][] = [
  ['\x89PNG', 'a PNG image'],
  ['\xFF\xD8\xFF', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['RIFF', 'an image, sound or video'],
  ['II*\0', 'a TIFF image'],
  ['MM\0*', 'a TIFF image'],
  ['\x7FELF', 'a program'],
  ['\x1F\x8B', 'a gzip archive'],
  ['7z\xBC\xAF\x27\x1C', 'a 7z archive'],
  ['Rar!', 'a RAR archive'],
  ['ID3', 'sound'],
  ['OggS', 'sound or video'],
  ['\0\0\0', 'video'],
  ['{\\rtf', 'an RTF document'],
  ['%!PS', 'a PostScript file'],
]

/** Two letters may begin a text; no text has a zero so soon. */
function findShort(bytes: Uint8Array): [string, string] | undefined {
  return bytes.subarray(0, 64).includes(0)
    ? SHORT_SIGNATURES.find(([letters]) => startsWith(bytes, letters))
    : undefined
}

const SHORT_SIGNATURES: [string, string][] = [
  ['MZ', 'a program'],
  ['BM', 'a bitmap image'],
]

const READERS = [
  ['word/', 'docx'],
  ['xl/', 'xlsx'],
  ['ppt/', 'pptx'],
] as const

function detectZipped(zip: ZipFile): Detected {
  if (zip.has('mimetype')) return { format: undefined, content: 'an OpenDocument file or an e-book' }
  const names = [...zip.names()]
  const office = READERS.find(([folder]) => names.some((name) => name.startsWith(folder)))
  if (office === undefined || !zip.has('[Content_Types].xml')) return { format: undefined, content: 'a zip archive' }
  const mainPart = findRelated(readRelationships(zip, ''), 'officeDocument') ?? ''
  const format = READERS.find(([folder]) => mainPart.toLowerCase().startsWith(folder))?.[1]
  if (mainPart.endsWith('.bin')) return { format: undefined, content: 'a binary Excel workbook' }
  if (format === undefined || !zip.has(mainPart)) throw new UnreadableFile('corrupt')
  return { format, zip, mainPart }
}

/** The container of the Office formats before 2007, of Outlook's messages, and of every encrypted Office file. */
function detectCompound(bytes: Uint8Array): Detected {
  if (indexOfBytes(bytes, wide('EncryptedPackage')) >= 0) throw new UnreadableFile('encrypted')
  return { format: undefined, content: 'a file of an old Office format or an Outlook message' }
}

function wide(text: string): string {
  return text.replace(/./g, '$&\0')
}

const TEXT_FORMATS: Record<string, AttachmentFormat> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  md: 'markdown',
  markdown: 'markdown',
  txt: 'text',
  text: 'text',
  log: 'text',
  'text/csv': 'csv',
  'application/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
  'text/plain': 'text',
}

function detectText({ name, mediaType }: Named, text: string): Detected {
  const extension = /\.([^.\s/]{1,12})$/.exec(name)?.[1]?.toLowerCase() ?? ''
  const start = text.slice(0, 200).trimStart().toLowerCase()
  if (start.startsWith('<!doctype html') || start.startsWith('<html'))
    return { format: undefined, content: 'a web page' }
  if (start.startsWith('<?xml') || start.startsWith('<svg')) return { format: undefined, content: 'an XML file' }
  const format = isBinaryName(extension) ? undefined : (TEXT_FORMATS[extension] ?? TEXT_FORMATS[baseType(mediaType)])
  if (format === 'csv' || format === 'markdown' || format === 'text') return { format, text }
  return { format: undefined, content: 'text of another kind' }
}

/** Text under such a name is no such file, whatever else it may be. */
function isBinaryName(extension: string): boolean {
  return /^(pdf|doc[xm]?|xls[xmb]?|ppt[xm]?|zip|png|jpe?g|gif|exe)$/.test(extension)
}

function baseType(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase()
}

/** Both take one character a byte. */
function startsWith(bytes: Uint8Array, signature: string): boolean {
  return bytes.length >= signature.length && Array.from(signature).every((mark, at) => bytes[at] === mark.charCodeAt(0))
}

function indexOfBytes(bytes: Uint8Array, signature: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(signature, 0, 'latin1')
}
