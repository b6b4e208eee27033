// Slack's building blocks, as far as the bot uses them, and Slack's limits. Pure. Text goes into `rich_text` elements,
// which Slack never parses: no escaping, no formatting, mention or link can come out of a page's title.

export type Inline =
  | { type: 'text'; text: string; style?: { bold?: true; italic?: true; code?: true } }
  | { type: 'link'; url: string; text: string }

type RichTextSection = { type: 'rich_text_section'; elements: Inline[] }
type RichTextElement =
  | RichTextSection
  | { type: 'rich_text_list'; style: 'bullet'; elements: RichTextSection[] }
  | { type: 'rich_text_preformatted'; elements: Inline[] }

export type PlainText = { type: 'plain_text'; text: string; emoji: false }
export type Option = { text: PlainText; value: string }
export type InputElement =
  | {
      type: 'plain_text_input'
      action_id: string
      initial_value?: string
      placeholder?: PlainText
      multiline?: true
      max_length?: number
    }
  | { type: 'static_select'; action_id: string; options: Option[]; initial_option?: Option }
  | { type: 'checkboxes'; action_id: string; options: Option[]; initial_options?: Option[] }

export type Block =
  | { type: 'rich_text'; elements: RichTextElement[] }
  | { type: 'context'; elements: PlainText[] }
  | { type: 'divider' }
  | { type: 'input'; block_id: string; label: PlainText; element: InputElement; hint?: PlainText; optional?: boolean }

/** `text` is what notifications and screen readers get: escaped, and shortened because the blocks hold everything. */
export type SlackMessage = { text: string; blocks: Block[] }

export type View = {
  type: 'modal'
  callback_id: string
  title: PlainText
  submit?: PlainText
  close: PlainText
  private_metadata?: string
  blocks: Block[]
}

/** https://docs.slack.dev/reference/block-kit/blocks: 50 blocks a message, 3,000 characters a text. */
const maxBlocks = 50
const maxBlockChars = 3000
/** Messages were refused (`msg_blocks_too_long`) from about 13,200 characters; Slack's documented sum is 12,000. */
const maxMessageChars = 11_500
const maxFallbackChars = 3000

/** A unit of text in reading order: a paragraph, an item of a list, code, or small print. */
export type Piece =
  | { kind: 'paragraph' | 'item'; content: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'small'; text: string }
  | { kind: 'divider' }

export function text(value: string): Inline {
  return { type: 'text', text: value }
}

export function bold(value: string): Inline {
  return { type: 'text', text: value, style: { bold: true } }
}

export function code(value: string): Inline {
  return { type: 'text', text: value, style: { code: true } }
}

/** Plain text where the address is not one of the web: a wrong address must not become a link. */
export function link(url: string, label: string): Inline {
  const address = webAddress(url)
  const shown = singleLine(label) || address || url
  return address === undefined ? text(shown) : { type: 'link', url: address, text: shown }
}

/** At most 3,000 characters, `|` and angle brackets percent-encoded; undefined when it is no http(s) address. */
export function webAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const parsed = new URL(url)
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return undefined
  const address = parsed.href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E')
  return address.length <= 3000 ? address : undefined
}

/** What somebody else wrote, on one line; text that runs right to left is isolated so that it cannot reorder the rest. */
export function singleLine(value: string): string {
  const line = withoutControls(value).replace(/\s+/g, ' ').trim()
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u.test(line)
    ? `\u2068${line}\u2069`
    : line
}

/** Removes control characters, and the marks that change the direction of what follows. */
export function withoutControls(value: string): string {
  // eslint-disable-next-line no-control-regex -- removing control characters is what this does
  return value.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
}

export function plainText(value: string, maxChars = maxBlockChars): PlainText {
  return { type: 'plain_text', text: shorten(value, maxChars), emoji: false }
}

/** Visibly shortened (`…`), never inside a character; for labels and previews only. */
export function shorten(value: string, maxChars: number): string {
  if (value.length <= maxChars) return value
  return `${cutAt(value, maxChars - 1)}…`
}

/** `&`, `<` and `>` as Slack wants them, which also disarms `<!channel>`, `<@U…>` and links. */
function escapeText(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Everything in as many messages as Slack's limits need; nothing is left out. `fallback` is the notification's text. */
export function layOut(pieces: Piece[], fallback: string): SlackMessage[] {
  const messages: Block[][] = []
  let current: Block[] = []
  let chars = 0
  for (const block of toBlocks(pieces)) {
    const size = blockChars(block)
    if (current.length > 0 && (current.length === maxBlocks - 1 || chars + size > maxMessageChars)) {
      messages.push(current)
      current = []
      chars = 0
    }
    current.push(block)
    chars += size
  }
  if (current.length > 0) messages.push(current)
  const preview = shorten(escapeText(shorten(withoutControls(fallback), maxFallbackChars / 2)), maxFallbackChars)
  return messages.map((blocks, position) => ({
    text: position === 0 ? preview : `(continued, ${position + 1} of ${messages.length})`,
    blocks: position === 0 ? blocks : [smallBlock(`Continued, ${position + 1} of ${messages.length}`), ...blocks],
  }))
}

/** Blocks in reading order, each within its limit. */
export function toBlocks(pieces: Piece[]): Block[] {
  const blocks: Block[] = []
  let run: Piece[] = []
  let chars = 0
  const finish = () => {
    if (run.length > 0) blocks.push({ type: 'rich_text', elements: toElements(run) })
    run = []
    chars = 0
  }
  for (const piece of pieces.flatMap(splitPiece)) {
    if (piece.kind === 'small' || piece.kind === 'divider') {
      finish()
      blocks.push(piece.kind === 'small' ? smallBlock(piece.text) : { type: 'divider' })
      continue
    }
    const size = pieceChars(piece)
    if (chars + size > maxBlockChars) finish()
    run.push(piece)
    chars += size
  }
  finish()
  return blocks
}

function smallBlock(value: string): Block {
  return { type: 'context', elements: [{ type: 'plain_text', text: value, emoji: false }] }
}

/** Paragraphs that follow each other share one section with a blank line between, items share one list. */
function toElements(run: Piece[]): RichTextElement[] {
  const elements: RichTextElement[] = []
  for (const piece of run) {
    const last = elements.at(-1)
    if (piece.kind === 'code') elements.push({ type: 'rich_text_preformatted', elements: [text(piece.text)] })
    else if (piece.kind === 'paragraph') {
      if (last?.type === 'rich_text_section') last.elements.push(text('\n\n'), ...piece.content)
      else elements.push({ type: 'rich_text_section', elements: [...piece.content] })
    } else if (piece.kind === 'item') {
      const item: RichTextSection = { type: 'rich_text_section', elements: piece.content }
      if (last?.type === 'rich_text_list') last.elements.push(item)
      else elements.push({ type: 'rich_text_list', style: 'bullet', elements: [item] })
    }
  }
  return elements
}

function splitPiece(piece: Piece): Piece[] {
  if (piece.kind === 'divider') return [piece]
  if (piece.kind === 'code' || piece.kind === 'small') {
    if (piece.text.trim() === '') return []
    return splitText(piece.text, maxBlockChars).map((part) => ({ kind: piece.kind, text: part }))
  }
  const parts: Inline[][] = [[]]
  let chars = 0
  for (const inline of piece.content.flatMap(splitInline)) {
    const size = inlineChars(inline)
    if (chars + size > maxBlockChars && chars > 0) {
      parts.push([])
      chars = 0
    }
    parts.at(-1)?.push(inline)
    chars += size
  }
  return parts.filter((content) => content.length > 0).map((content) => ({ kind: piece.kind, content }))
}

function splitInline(inline: Inline): Inline[] {
  if (inline.text === '') return []
  if (inline.type === 'link') return [{ ...inline, text: shorten(inline.text, 1000) }]
  return splitText(inline.text, maxBlockChars).map((part) => ({ ...inline, text: part }))
}

/** Parts of at most `maxChars` whose concatenation is the text; cut after a line, a sentence or a word where possible. */
export function splitText(value: string, maxChars: number): string[] {
  const parts: string[] = []
  let rest = value
  while (rest.length > maxChars) {
    const window = rest.slice(0, maxChars)
    const half = maxChars / 2
    const position = [window.lastIndexOf('\n') + 1, window.lastIndexOf('. ') + 2, window.lastIndexOf(' ') + 1].find(
      (candidate) => candidate > half,
    )
    const part = position === undefined ? cutAt(rest, maxChars) : rest.slice(0, position)
    parts.push(part)
    rest = rest.slice(part.length)
  }
  return rest === '' ? parts : [...parts, rest]
}

/** The first `maxChars` code units, one fewer where the cut would halve a surrogate pair. */
function cutAt(value: string, maxChars: number): string {
  const isHalved = /[\ud800-\udbff]/.test(value.charAt(maxChars - 1))
  return value.slice(0, isHalved ? maxChars - 1 : maxChars)
}

function pieceChars(piece: Piece): number {
  if (piece.kind === 'divider') return 0
  if (piece.kind === 'code' || piece.kind === 'small') return piece.text.length
  return piece.content.reduce((sum, inline) => sum + inlineChars(inline), 2)
}

/** A link's address counts too: Slack does not say that it does not. */
function inlineChars(inline: Inline): number {
  return inline.text.length + (inline.type === 'link' ? inline.url.length : 0)
}

function blockChars(block: Block): number {
  return JSON.stringify(block, (key, value: unknown) => (key === 'type' || key === 'style' ? undefined : value)).length
}
