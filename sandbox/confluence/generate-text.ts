// Made-up text: words of a made-up language in the frequencies of a real one, put into storage format as people write it.
// The same seed gives the same text.

export type Random = () => number

const syllables = (
  'ba be bi bo bu da de di do du fa fe fi fo ga ge go ha he hi ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no ' +
  'nu pa pe pi po ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo wa we zo ar en il on ur est ing ment tion er'
).split(' ')
const vocabularySize = 6000
const vocabulary = makeVocabulary(mulberry(4711))

/** A small, fast generator of numbers in [0, 1). */
export function mulberry(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A few words with capitals. */
export function makeTitle(random: Random): string {
  const words = Array.from({ length: 2 + Math.floor(random() * 4) }, () => pickWord(random))
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}

/** Most are a few KB, few reach 20. */
export function pickSize(random: Random): number {
  const bell = random() + random() + random() - 1.5
  return Math.round(Math.min(20_000, Math.max(1000, 4000 * Math.exp(bell * 1.6))))
}

/** Storage format of about `size` characters; `titles` are pages that it may link to. */
export function makeStorage(random: Random, size: number, titles: string[]): string {
  const parts: string[] = [paragraph(random, 40)]
  let length = parts[0]?.length ?? 0
  while (length < size) {
    const part = makeBlock(random, titles)
    parts.push(part)
    length += part.length
  }
  return parts.join('')
}

function makeBlock(random: Random, titles: string[]): string {
  const draw = random()
  if (draw < 0.14) return heading(random)
  if (draw < 0.58) return paragraph(random, 20 + Math.floor(random() * 60))
  if (draw < 0.72) return list(random)
  if (draw < 0.8) return table(random)
  if (draw < 0.86) return code(random)
  if (draw < 0.92) return link(random, titles)
  if (draw < 0.97) return panel(random)
  return tasks(random)
}

function heading(random: Random): string {
  const level = random() < 0.6 ? 2 : 3
  return `<h${level}>${makeTitle(random)}</h${level}>`
}

function paragraph(random: Random, words: number): string {
  return `<p>${sentences(random, words)}</p>`
}

function list(random: Random): string {
  const items = Array.from({ length: 3 + Math.floor(random() * 5) }, () => `<li><p>${sentences(random, 9)}</p></li>`)
  return random() < 0.7 ? `<ul>${items.join('')}</ul>` : `<ol>${items.join('')}</ol>`
}

function table(random: Random): string {
  const columns = 2 + Math.floor(random() * 4)
  const row = (cell: 'th' | 'td', words: number): string => {
    const cells = Array.from({ length: columns }, () => `<${cell}><p>${phrase(random, words)}</p></${cell}>`)
    return `<tr>${cells.join('')}</tr>`
  }
  const rows = Array.from({ length: 3 + Math.floor(random() * 6) }, () => row('td', 4))
  return `<table data-layout="default"><tbody>${row('th', 1)}${rows.join('')}</tbody></table>`
}

function code(random: Random): string {
  const lines = Array.from({ length: 4 + Math.floor(random() * 8) }, () => {
    return `const ${pickWord(random)} = ${pickWord(random)}(${Math.floor(random() * 1000)}) // ${phrase(random, 3)}`
  })
  return (
    '<ac:structured-macro ac:name="code" ac:schema-version="1"><ac:parameter ac:name="language">typescript</ac:parameter>' +
    `<ac:plain-text-body><![CDATA[${lines.join('\n')}]]></ac:plain-text-body></ac:structured-macro>`
  )
}

function link(random: Random, titles: string[]): string {
  const title = titles[Math.floor(random() * titles.length)]
  const target =
    title === undefined || random() < 0.3
      ? `<a href="https://example.com/${pickWord(random)}">${phrase(random, 2)}</a>`
      : `<ac:link><ri:page ri:content-title="${title}" /><ac:link-body>${phrase(random, 3)}</ac:link-body></ac:link>`
  return `<p>${phrase(random, 12)} ${target} ${phrase(random, 8)}.</p>`
}

function panel(random: Random): string {
  const name = ['info', 'note', 'tip', 'warning', 'expand'][Math.floor(random() * 5)] ?? 'info'
  const title = name === 'expand' ? `<ac:parameter ac:name="title">${makeTitle(random)}</ac:parameter>` : ''
  return (
    `<ac:structured-macro ac:name="${name}" ac:schema-version="1">${title}` +
    `<ac:rich-text-body>${paragraph(random, 24)}</ac:rich-text-body></ac:structured-macro>`
  )
}

function tasks(random: Random): string {
  const items = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, index) => {
    const status = random() < 0.5 ? 'complete' : 'incomplete'
    const body = `<ac:task-body>${phrase(random, 8)}</ac:task-body>`
    return `<ac:task><ac:task-id>${index + 1}</ac:task-id><ac:task-status>${status}</ac:task-status>${body}</ac:task>`
  })
  return `<ac:task-list>${items.join('')}</ac:task-list>`
}

function sentences(random: Random, words: number): string {
  const parts: string[] = []
  for (let left = words; left > 0;) {
    const length = Math.min(left, 5 + Math.floor(random() * 14))
    const text = phrase(random, length)
    parts.push(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`)
    left -= length
  }
  return parts.join(' ')
}

function phrase(random: Random, words: number): string {
  let text = pickWord(random)
  for (let count = 1; count < words; count++) text += ` ${pickWord(random)}`
  return text
}

/** Low ranks far more often than high ones, as in every language. */
function pickWord(random: Random): string {
  return vocabulary[Math.floor(vocabularySize ** random()) - 1] ?? 'ba'
}

function makeVocabulary(random: Random): string[] {
  const words = new Set<string>()
  while (words.size < vocabularySize) {
    const length = 1 + Math.floor(random() * 4)
    const word = Array.from({ length }, () => syllables[Math.floor(random() * syllables.length)] ?? 'ba').join('')
    if (word.length > 1) words.add(word)
  }
  return [...words].toSorted((one, other) => one.length - other.length)
}
