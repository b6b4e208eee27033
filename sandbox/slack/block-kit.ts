// Slack's rules for blocks and views, as strict as Slack and stricter where Slack only cuts. Covers the blocks that a
// question-answering app has a use for; another block is reported as unknown.
// https://docs.slack.dev/reference/block-kit
import { type Check, anything, boolean, byType, isObject, list, number, object, oneOf, string } from './shape.ts'

const id = string({ max: 255 })
const url = string({ max: 3000, pattern: /^https?:\/\/[^\s|<>]+$/ })

function plainText(max = 3000): Check {
  return object({ type: oneOf('plain_text'), text: string({ max }) }, { emoji: boolean })
}
function mrkdwn(max = 3000): Check {
  return object({ type: oneOf('mrkdwn'), text: string({ max }) }, { verbatim: boolean })
}
function anyText(max = 3000): Check {
  return byType({ plain_text: plainText(max), mrkdwn: mrkdwn(max) })
}

const option = object({ text: anyText(75), value: string({ max: 75 }) }, { description: anyText(75), url })
const options = (max: number) => list(option, { min: 1, max })
const common = { action_id: id, focus_on_load: boolean }
const input = { ...common, placeholder: plainText(150), initial_value: string({ min: 0 }) }
const confirm = object(
  { title: plainText(100), text: anyText(300), confirm: plainText(30), deny: plainText(30) },
  { style: oneOf('primary', 'danger') },
)
const feedbackButton = object(
  { text: plainText(75), value: string({ max: 2000 }) },
  { accessibility_label: string({ max: 75 }) },
)

const button = object(
  { type: anything, text: plainText(75) },
  {
    action_id: id,
    url,
    value: string({ max: 2000 }),
    style: oneOf('primary', 'danger'),
    confirm,
    accessibility_label: string({ max: 75 }),
  },
)
const select = object(
  { type: anything, options: options(100) },
  { ...common, placeholder: plainText(150), initial_option: option, confirm },
)
const checkboxes = object(
  { type: anything, options: options(10) },
  { ...common, initial_options: options(10), confirm },
)
const radioButtons = object({ type: anything, options: options(10) }, { ...common, initial_option: option, confirm })
const plainTextInput = object(
  { type: anything },
  {
    ...input,
    multiline: boolean,
    min_length: number({ min: 0, max: 3000 }),
    max_length: number({ min: 1, max: 3000 }),
  },
)
const typedInput = object({ type: anything }, input)
const feedback = object(
  { type: anything, positive_button: feedbackButton, negative_button: feedbackButton },
  { action_id: id },
)

const style = object({}, { bold: boolean, italic: boolean, strike: boolean, code: boolean, underline: boolean })
const richInline = byType({
  text: object({ type: anything, text: string() }, { style }),
  link: object({ type: anything, url }, { text: string(), unsafe: boolean, style }),
  emoji: object({ type: anything, name: string() }, { unicode: string() }),
  date: object({ type: anything, timestamp: number(), format: string() }, { url, fallback: string(), style }),
  user: object({ type: anything, user_id: id }, { style }),
  channel: object({ type: anything, channel_id: id }, { style }),
  usergroup: object({ type: anything, usergroup_id: id }, { style }),
  broadcast: object({ type: anything, range: oneOf('here', 'channel', 'everyone') }, { style }),
})
const richSection = object({ type: oneOf('rich_text_section'), elements: list(richInline, { min: 1 }) })
const border = oneOf(0, 1)
const richText = byType({
  rich_text_section: richSection,
  rich_text_list: object(
    { type: anything, style: oneOf('bullet', 'ordered'), elements: list(richSection, { min: 1 }) },
    { indent: number({ min: 0, max: 8 }), border, offset: number({ min: 0 }) },
  ),
  rich_text_preformatted: object({ type: anything, elements: list(richInline, { min: 1 }) }, { border }),
  rich_text_quote: object({ type: anything, elements: list(richInline, { min: 1 }) }, { border }),
})
const richTextBlock = object({ type: anything, elements: list(richText, { min: 1 }) }, { block_id: id })
const image = object({ type: anything, image_url: url, alt_text: string({ max: 2000 }) })
const cell = byType({ rich_text: richTextBlock, raw_text: object({ type: anything, text: string({ min: 0 }) }) })

const section: Check = (value, at) => [
  ...object(
    { type: anything },
    {
      block_id: id,
      text: anyText(3000),
      fields: list(anyText(2000), { min: 1, max: 10 }),
      accessory: byType({ button, image, static_select: select, checkboxes, radio_buttons: radioButtons }),
      expand: boolean,
    },
  )(value, at),
  ...(isObject(value) && value['text'] === undefined && value['fields'] === undefined
    ? [`${at}: needs text or fields`]
    : []),
]

const everywhere: Record<string, Check> = {
  section,
  divider: object({ type: anything }, { block_id: id }),
  header: object({ type: anything, text: plainText(150) }, { block_id: id }),
  context: object(
    {
      type: anything,
      elements: list(byType({ image, plain_text: plainText(), mrkdwn: mrkdwn() }), { min: 1, max: 10 }),
    },
    { block_id: id },
  ),
  actions: object(
    {
      type: anything,
      elements: list(byType({ button, static_select: select, checkboxes, radio_buttons: radioButtons }), {
        min: 1,
        max: 25,
      }),
    },
    { block_id: id },
  ),
  image: object(
    { type: anything, image_url: url, alt_text: string({ max: 2000 }) },
    { block_id: id, title: plainText(2000) },
  ),
  rich_text: richTextBlock,
  input: object(
    {
      type: anything,
      label: plainText(2000),
      element: byType({
        plain_text_input: plainTextInput,
        url_text_input: typedInput,
        email_text_input: typedInput,
        static_select: select,
        checkboxes,
        radio_buttons: radioButtons,
      }),
    },
    { block_id: id, hint: plainText(2000), optional: boolean, dispatch_action: boolean },
  ),
}
const onlyInMessages: Record<string, Check> = {
  markdown: object({ type: anything, text: string({ max: 12_000 }) }, { block_id: id }),
  context_actions: object(
    { type: anything, elements: list(byType({ feedback_buttons: feedback }), { min: 1, max: 5 }) },
    { block_id: id },
  ),
  table: object(
    { type: anything, rows: list(list(cell, { max: 20 }), { min: 1, max: 100 }) },
    { block_id: id, column_settings: list(anything, { max: 20 }) },
  ),
}

/** Slack refused messages whose texts came to more than this; not documented, seen by others. */
const maxMessageChars = 13_200

export type BlockProblem = { error: 'invalid_blocks' | 'msg_blocks_too_long'; messages: string[] }

/** What Slack would refuse in a message's blocks; undefined when nothing. */
export function findMessageProblem(blocks: unknown): BlockProblem | undefined {
  const messages = [
    ...list(byType({ ...everywhere, ...onlyInMessages }), { max: 50 })(blocks, 'blocks'),
    ...crossChecks(blocks),
  ]
  if (messages.length > 0) return { error: 'invalid_blocks', messages }
  const chars = visibleText(blocks).length
  if (chars <= maxMessageChars) return undefined
  return { error: 'msg_blocks_too_long', messages: [`blocks: ${chars} characters in all`] }
}

/** What Slack would refuse in a modal or Home view; empty when nothing. */
export function findViewProblems(view: unknown): string[] {
  const blocks = list(byType(everywhere), { max: 100 })
  const shared = {
    type: oneOf('modal', 'home'),
    blocks,
  }
  const optional = { callback_id: id, private_metadata: string({ min: 0, max: 3000 }), external_id: id }
  const modal = object(
    { ...shared, title: plainText(24) },
    { ...optional, submit: plainText(24), close: plainText(24), clear_on_close: boolean, notify_on_close: boolean },
  )
  const problems = byType({ modal, home: object(shared, optional) })(view, 'view')
  if (!isObject(view)) return problems
  const content = Array.isArray(view['blocks']) ? view['blocks'] : []
  const hasInput = content.some((block) => isObject(block) && block['type'] === 'input')
  const lacksSubmit = view['type'] === 'modal' && hasInput && view['submit'] === undefined
  return [
    ...problems,
    ...crossChecks(content),
    ...(lacksSubmit ? ['view: a modal with input blocks needs submit'] : []),
    ...(JSON.stringify(view).length > 250_000 ? ['view: larger than 250 KB'] : []),
  ]
}

/** What no single block shows: repeated ids, a second table, the sum of the markdown. */
function crossChecks(blocks: unknown): string[] {
  const known = Array.isArray(blocks) ? blocks.filter(isObject) : []
  const ids = known.map((block) => block['block_id']).filter((blockId) => blockId !== undefined)
  const repeated = ids.filter((blockId, position) => ids.indexOf(blockId) !== position)
  const tables = known.filter((block) => block['type'] === 'table').length
  const markdown = known
    .filter((block) => block['type'] === 'markdown')
    .reduce((sum, block) => sum + String(block['text']).length, 0)
  return [
    ...repeated.map((blockId) => `blocks: block_id ${JSON.stringify(blockId)} is used twice`),
    ...(tables > 1 ? ['blocks: only_one_table_allowed'] : []),
    ...(markdown > 12_000 ? [`blocks: markdown of ${markdown} characters in all`] : []),
  ]
}

/** The text that a person sees, blocks on lines of their own. */
export function visibleText(blocks: unknown): string {
  if (!Array.isArray(blocks)) return ''
  return blocks.map((block) => collectText(block)).join('\n')
}

function collectText(value: unknown): string {
  if (Array.isArray(value)) return value.map(collectText).join('')
  if (!isObject(value)) return ''
  if (value['type'] === 'link') return String(value['text'] ?? value['url'])
  if (typeof value['text'] === 'string') return value['text']
  const own = collectText(value['text'] ?? value['elements'] ?? value['rows'] ?? value['label'])
  return value['type'] === 'rich_text_section' || value['type'] === 'rich_text_preformatted' ? `${own}\n` : own
}

/** Every address that can be clicked in the blocks. */
export function linksOf(blocks: unknown): { url: string; text: string }[] {
  if (Array.isArray(blocks)) return blocks.flatMap(linksOf)
  if (!isObject(blocks)) return []
  if (blocks['type'] === 'link') return [{ url: String(blocks['url']), text: collectText(blocks) }]
  if (blocks['type'] === 'mrkdwn') {
    return [...String(blocks['text']).matchAll(/<(https?:[^|>]+)(?:\|([^>]*))?>/g)].map((match) => ({
      url: match[1] ?? '',
      text: match[2] ?? '',
    }))
  }
  return Object.values(blocks).flatMap(linksOf)
}

/** Mentions that would really notify somebody: in a message's text, in mrkdwn, or as elements of rich text. */
export function mentionsIn(text: string, blocks: unknown): string[] {
  const inBlocks = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(inBlocks)
    if (!isObject(value)) return []
    if (value['type'] === 'mrkdwn') return inMarkup(String(value['text']))
    const isMention = ['user', 'usergroup', 'broadcast', 'channel'].includes(String(value['type']))
    return isMention ? [JSON.stringify(value)] : Object.values(value).flatMap(inBlocks)
  }
  return [...inMarkup(text), ...inBlocks(blocks)]
}

function inMarkup(value: string): string[] {
  return value.match(/<(?:[@#!])[^>]*>/g) ?? []
}
