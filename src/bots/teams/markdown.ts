// Plain text from pages and people → Teams' markdown in which it can only be text: no link, mention, heading or
// formatting that we did not write. Pure.

const url = /https?:\/\/[^\s<>[\]()`\\|*~]+/g
const zeroWidthSpace = '\u200b'

/**
 * Text as Teams shows it literally. Bare addresses stay clickable, as themselves. `[n]` stays a citation mark for the
 * numbers in `citationNumbers` only.
 */
export function escapeMarkdown(text: string, citationNumbers: ReadonlySet<number> = new Set()): string {
  let escaped = ''
  let end = 0
  for (const match of text.matchAll(url)) {
    escaped += escapePlain(text.slice(end, match.index), citationNumbers) + match[0]
    end = match.index + match[0].length
  }
  return escaped + escapePlain(text.slice(end), citationNumbers)
}

function escapePlain(text: string, citationNumbers: ReadonlySet<number>): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/\[(\d{1,3})\]|[\\`*_[\]~|]|^#/gm, (match, number: string | undefined) => {
      if (number === undefined) return `\\${match}`
      return citationNumbers.has(Number(number)) ? match : `\\[${number}\\]`
    })
}

/** The same for text blocks of cards, which know links and emphasis but neither HTML nor headings. */
export function escapeCardText(text: string): string {
  return text.replaceAll(/[\\`*_[\]]/g, String.raw`\$&`)
}

/** `[label](address)`; only the label when the address is no http(s) address. */
export function renderLink(label: string, address: string): string {
  const text = escapeMarkdown(
    label
      .replaceAll(/https?:\/\//g, '')
      .replaceAll(/\s+/g, ' ')
      .trim() || 'Untitled',
  )
  const href = toHref(address)
  return href === undefined ? text : `[${text}](${href})`
}

/** The address as it can stand in markdown; undefined when it is no http(s) address. */
export function toHref(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, href } = new URL(address)
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  return href.replaceAll(/[()<>[\]\\`*~|"']/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/**
 * An answer's plain text with `- ` lists and fenced code → markdown paragraphs, lists and code blocks, each a string;
 * joined by blank lines they are the whole.
 */
export function renderBlocks(text: string, citationNumbers: ReadonlySet<number>, maxLength: number): string[] {
  // oxlint-disable-next-line no-control-regex -- invisible, and six characters each in JSON
  return splitFences(text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')).flatMap((part) =>
    part.kind === 'code'
      ? cut(part.text.replaceAll('```', `\`\`${zeroWidthSpace}\``), maxLength - 8).map(
          (code) => `\`\`\`\n${code}\n\`\`\``,
        )
      : renderParagraphs(part.text, citationNumbers).flatMap((paragraph) => cut(paragraph, maxLength)),
  )
}

type Part = { kind: 'text' | 'code'; text: string }

/** Fences as CommonMark has them: closed by a line of at least as many backticks and nothing else. */
function splitFences(text: string): Part[] {
  const parts: Part[] = []
  let lines: string[] = []
  let fence: string | undefined
  const flush = (kind: Part['kind']) => {
    if (lines.length > 0) parts.push({ kind, text: lines.join('\n') })
    lines = []
  }
  for (const line of text.split(/\r?\n/)) {
    const [, mark, rest = ''] = /^ {0,3}(`{3,})(.*)$/.exec(line) ?? []
    if (fence === undefined && mark !== undefined && !rest.includes('`')) {
      flush('text')
      fence = mark
    } else if (fence !== undefined && mark !== undefined && mark.length >= fence.length && rest.trim() === '') {
      flush('code')
      fence = undefined
    } else lines.push(line)
  }
  flush(fence === undefined ? 'text' : 'code')
  return parts
}

/** Teams runs single line breaks together, except between list items. */
function renderParagraphs(text: string, citationNumbers: ReadonlySet<number>): string[] {
  const paragraphs: string[] = []
  let wasList = false
  for (const line of text.split('\n')) {
    const isList = /^\s*(?:[-+]|\d{1,9}[.)])\s/.test(line)
    const escaped = escapeMarkdown(line.trimEnd(), citationNumbers)
    if (isList && wasList) paragraphs.push(`${paragraphs.pop() ?? ''}\n${escaped}`)
    else if (escaped !== '') paragraphs.push(isList ? escaped : escaped.trimStart())
    wasList = isList
  }
  return paragraphs
}

/** Pieces of at most `maxLength` characters, cut at a line or a word where there is one, never inside a character. */
function cut(text: string, maxLength: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > maxLength) {
    const head = rest.slice(0, maxLength)
    const boundary = Math.max(head.lastIndexOf('\n'), head.lastIndexOf(' '))
    let end = boundary > maxLength / 2 ? boundary : maxLength
    if (/[\ud800-\udbff]/.test(rest.charAt(end - 1))) end--
    // An escape must not lose its character.
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(rest.slice(0, end))) end--
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end).replace(/^[\n ]/, '')
  }
  return rest === '' && pieces.length > 0 ? pieces : [...pieces, rest]
}

/** At most `maxLength` characters with `…` for what is missing. */
export function shorten(text: string, maxLength: number): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim()
  if (plain.length <= maxLength) return plain
  const end = /[\ud800-\udbff]/.test(plain.charAt(maxLength - 2)) ? maxLength - 2 : maxLength - 1
  return `${plain.slice(0, end).trimEnd()}…`
}
