// Storage format → element tree. Strict XML first (an HTML parser would drop CDATA and with it every code block), a
// tolerant parser when the page is not well-formed, and bare text when it is nested too deeply for any honest page.
// No document type is ever read: entities are the fixed HTML set, so nothing expands and nothing is fetched.
import { characterEntities } from 'character-entities'
import { Parser } from 'htmlparser2'
import { SaxesParser } from 'saxes'

export type XmlElement = { name: string; attributes: Readonly<Record<string, string>>; children: XmlNode[] }
/** Text is a string; neighbouring text and CDATA sections are one string. */
export type XmlNode = XmlElement | string

/** What is longer is cut here and parsed tolerantly: Confluence itself refuses bodies of about this size. */
export const MAX_STORAGE_CHARACTERS = 5_000_000

/** Deeper pages become bare text: rendering recurses, and real pages stay below 40. */
export const MAX_NESTING = 200

/** Never throws, whatever the text. `isDegraded`: not well-formed, too long or too deep. */
export function parseXml(storage: string): { root: XmlElement; isDegraded: boolean } {
  if (storage.length <= MAX_STORAGE_CHARACTERS) {
    const root = parseStrictly(storage)
    if (root !== undefined) return { root, isDegraded: false }
  }
  return { root: parseTolerantly(storage.slice(0, MAX_STORAGE_CHARACTERS), 'xml'), isDegraded: true }
}

/** The tree of an HTML fragment (the body of an `html` macro). Never throws. */
export function parseHtml(html: string): XmlElement {
  return parseTolerantly(html.slice(0, MAX_STORAGE_CHARACTERS), 'html')
}

// Without a prototype, or `&constructor;` would be an entity.
const ENTITIES: Record<string, string> = Object.assign(Object.create(null), characterEntities)

/** Thrown by our own handlers only, to leave a parser early. */
class ParserStopped extends Error {}

// Prefixes are literal names here: storage format knows three (ac, ri, at), and a stray fourth, as word processors leave
// behind, is no reason to distrust the page. Fragment mode needs no root element that the page could close.
function parseStrictly(source: string): XmlElement | undefined {
  const tree = createTree()
  const parser = new SaxesParser<{ xmlns: false; fragment: true; position: false }>({
    xmlns: false,
    fragment: true,
    position: false,
  })
  parser.ENTITIES = ENTITIES
  parser.on('error', () => {
    throw new ParserStopped('not well-formed')
  })
  parser.on('opentag', (tag) => tree.open(tag.name, tag.attributes))
  parser.on('closetag', () => tree.close())
  parser.on('text', (text) => tree.text(text))
  parser.on('cdata', (text) => tree.text(text))
  return stoppedEarly(() => parser.write(source).close()) ? undefined : tree.root
}

function parseTolerantly(source: string, language: 'xml' | 'html'): XmlElement {
  const tree = createTree()
  let isCdata = false
  const parser = new TolerantParser(
    {
      onopentag: (name, attributes) => tree.open(name.toLowerCase(), decodeAttributes(attributes)),
      onclosetag: () => tree.close(),
      ontext: (text) => tree.text(isCdata ? text : decodeEntities(text)),
      oncdatastart: () => void (isCdata = true),
      oncdataend: () => void (isCdata = false),
    },
    // The parser's own decoder knows five entities in XML mode, so entities are decoded here.
    { xmlMode: language === 'xml', decodeEntities: false },
  )
  if (!stoppedEarly(() => parser.end(source))) return tree.root
  return { name: ROOT_NAME, attributes: {}, children: [stripTags(source)] }
}

const VOID_ELEMENTS = new Set(['br', 'hr', 'img', 'col', 'input', 'wbr', 'time', 'ac:emoticon'])

/**
 * Knows HTML's void elements in XML mode too, and Confluence's: `<br>` without an end is what broken pages are most often
 * broken by, and the rest of the page would be inside it.
 */
class TolerantParser extends Parser {
  protected override isVoidElement(name: string): boolean {
    return VOID_ELEMENTS.has(name.toLowerCase())
  }
}

function stoppedEarly(parse: () => unknown): boolean {
  try {
    parse()
    return false
  } catch (error) {
    if (error instanceof ParserStopped) return true
    throw error
  }
}

const ROOT_NAME = '#page'

function createTree() {
  const root: XmlElement = { name: ROOT_NAME, attributes: {}, children: [] }
  const path = [root]
  let top = root
  return {
    root,
    open(name: string, attributes: Record<string, string>) {
      if (path.length > MAX_NESTING) throw new ParserStopped('nested too deeply')
      const element: XmlElement = { name, attributes, children: [] }
      top.children.push(element)
      path.push(element)
      top = element
    },
    close() {
      path.pop()
      top = path.at(-1) ?? root
    },
    text(text: string) {
      const { children } = top
      const last = children.length - 1
      const previous = children[last]
      if (typeof previous === 'string') children[last] = previous + text
      else children.push(text)
    },
  }
}

function decodeAttributes(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, decodeEntities(value)]))
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([A-Za-z0-9]{1,40}));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES[name] ?? whole
      const code = hex === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16)
      return code > 0x10_ff_ff ? whole : String.fromCodePoint(code)
    },
  )
}

function stripTags(source: string): string {
  return decodeEntities(source.replace(/<!\[CDATA\[|\]\]>/g, ' ').replace(/<[^<>]*>/g, ' '))
}
