import { describe, expect, it } from 'vitest'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'
import { macro, pageText, plainBody } from './page-text.ts'

const task = (status: string, body: string) =>
  `<ac:task><ac:task-id>17</ac:task-id><ac:task-uuid>9f1</ac:task-uuid><ac:task-status>${status}</ac:task-status><ac:task-body>${body}</ac:task-body></ac:task>`

const cases: [name: string, storage: string, text: string][] = [
  ['headings', '<h1>A</h1><h3>B <strong>c</strong></h3><h6> </h6>', '# A\n\n### B c'],
  ['paragraphs without emphasis', '<p>One <em>two</em> <u>three</u>.</p><p>Four</p>', 'One two three.\n\nFour'],
  ['nothing of empty paragraphs', '<p /><p>&nbsp;</p><p><br /></p><p> \u200b</p>', ''],
  ['line breaks', '<p>One<br/>two  <br />\n three</p>', 'One\ntwo\nthree'],
  ['text outside paragraphs', 'One <b>two</b><p>three</p>four', 'One two\n\nthree\n\nfour'],
  [
    'layout cells in order',
    '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>L</p></ac:layout-cell><ac:layout-cell><p>R</p></ac:layout-cell></ac:layout-section></ac:layout>',
    'L\n\nR',
  ],
  ['preformatted text', '<pre>a  b<br/> c</pre>', '```\na  b\n c\n```'],
  ['quotations', '<blockquote><p>One.</p><p>Two.</p></blockquote>', '> One.\n> Two.'],
  ['nothing of rules and comments', '<p>a</p><hr /><!-- note --><p>b</p>', 'a\n\nb'],
  ['lists', '<ul><li>a<ul><li><p>b</p></li></ul></li><li /><li><p>c</p><p>d</p></li></ul>', '- a\n  - b\n- c\n  d'],
  [
    'lists that only hold a list as that list',
    '<ul><li><ul><li>a<ul><li>b</li></ul></li></ul></li><li><ul><li>c</li></ul></li></ul>',
    '- a\n  - b\n- c',
  ],
  ['ordered lists', '<ol start="4"><li>a</li><li>b<ol><li>c</li></ol></li></ol>', '4. a\n5. b\n  1. c'],
  [
    'code in a list item as its own block',
    `<ol><li><p>Run</p>${macro('code', plainBody('go'))}<p>then wait</p></li><li>End</li></ol>`,
    '1. Run\n\n```\ngo\n```\n\n  then wait\n2. End',
  ],
  [
    'tasks without their ids',
    `<ac:task-list>${task('complete', '<span class="placeholder-inline-tasks">Done</span>')}${task('incomplete', `Open<ac:task-list>${task('incomplete', 'Inner')}</ac:task-list>`)}${task('incomplete', '')}</ac:task-list>`,
    '- [x] Done\n- [ ] Open\n  - [ ] Inner',
  ],
  [
    'tables',
    '<table><colgroup><col /></colgroup><tbody><tr><th><p>Ship</p></th><th>Crew</th></tr><tr><td>Ada</td><td><ul><li><p>two decks</p></li><li>one mast</li></ul></td></tr><tr><td /><td>&nbsp;</td></tr></tbody></table>',
    '| Ship | Crew |\n| Ada | two decks; one mast |',
  ],
  [
    'spans in every place that they cover',
    '<table><tr><th rowspan="2">Ship</th><th colspan="2">Load</th></tr><tr><th>Crew</th><th>Cargo</th></tr><tr><td rowspan="2">Ada</td><td>4</td><td>8</td></tr><tr><td>5</td><td>9</td></tr></table>',
    '| Ship | Load | Load |\n| Ship | Crew | Cargo |\n| Ada | 4 | 8 |\n| Ada | 5 | 9 |',
  ],
  [
    'a table with one cell as its content',
    '<table><tr><td><h2>Box</h2><p>Text</p></td></tr></table>',
    '## Box\n\nText',
  ],
  [
    'a layout table cell by cell',
    '<table><tr><td><h2>A</h2><p>a</p></td><td><p>b</p></td></tr></table>',
    '## A\n\na\n\nb',
  ],
  [
    'a table in a cell on one line',
    '<table><tr><td>a</td><td><table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table></td></tr></table>',
    '| a | 1 | 2; 3 | 4 |',
  ],
  [
    'a caption before its table',
    '<table><caption>Cap</caption><tr><td>a</td><td>b</td></tr></table>',
    'Cap\n\n| a | b |',
  ],
  [
    'lines of a cell parted where a new one begins',
    '<table><tr><td>Ada Byron<br/>Grace H.<br/>#crew</td><td><p>wrapped<br/>text</p><p>Next</p></td></tr></table>',
    '| Ada Byron; Grace H. #crew | wrapped text; Next |',
  ],
  [
    'raised digits raised, other raised and lowered text plainly',
    '<p>10<sup>6</sup> m<sup>-2</sup>, word<sup><a href="#f">12</a></sup>, 1<sup>st</sup>, end<sup>1, 2</sup>, H<sub>2</sub>O</p>',
    '10⁶ m⁻², word¹², 1st, end¹, ², H2O',
  ],
  [
    'what is struck out as such',
    '<p>Port <s>8080</s> <del>8081 </del>9090<strike></strike></p><del><p>Old.</p></del>',
    'Port ~~8080~~ ~~8081~~ 9090\n\n~~Old.~~',
  ],
  [
    'formulas by their source, once',
    '<p>So <span class="katex"><span class="katex-mathml"><math><semantics><mi>E</mi><annotation encoding="application/x-tex">E = m</annotation></semantics></math></span><span class="katex-html">E=m</span></span> or <math><mi>x</mi></math></p>',
    'So $E = m$ or x',
  ],
  [
    'task lists that stand beside tasks',
    `<ac:task-list>${task('incomplete', 'Open')}<ac:task-list>${task('complete', 'Inner')}</ac:task-list>${task('incomplete', 'Next')}</ac:task-list>`,
    '- [ ] Open\n  - [x] Inner\n- [ ] Next',
  ],
  [
    'a heading with more than a line as heading and text',
    `<h2><p>Title</p><p>${'long '.repeat(80)}</p></h2>`,
    `## Title\n\n${'long '.repeat(80).trim()}`,
  ],
  ['unknown elements by their content', '<p>a <x-tag y="z">b</x-tag></p><foo><p>c</p></foo>', 'a b\n\nc'],
  ['nothing of local ids', '<p local-id="a1" ac:local-id="b">x</p>', 'x'],
]

describe('structure', () => {
  it.each(cases)('renders %s', (_name, storage, text) => expect(pageText(storage)).toBe(text))

  it('says how many rows of a table are header', () => {
    const [table] = parseStorage(
      '<table><thead><tr><td>A</td><td>B</td></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>',
    ).blocks
    expect(table).toEqual({
      kind: 'table',
      rows: [
        ['A', 'B'],
        ['1', '2'],
      ],
      headerRows: 1,
    })
    const [keys] = parseStorage('<table><tr><th>A</th><td>1</td></tr><tr><th>B</th><td>2</td></tr></table>').blocks
    expect(keys).toEqual({
      kind: 'table',
      rows: [
        ['A', '1'],
        ['B', '2'],
      ],
      headerRows: 0,
    })
  })

  it('writes wide tables as one record a row, finer headers with the group they stand in', () => {
    const storage = `<table><tr><th colspan="9">Group</th></tr><tr>${cells('th', 'h')}</tr><tr>${cells('td', 'v')}</tr></table>`
    expect(pageText(storage)).toMatch(/^Group h0: v0; Group h1: v1; .* Group h8: v8$/)
  })

  it('takes a heading as long as a paragraph for a paragraph', () => {
    expect(parseStorage(`<h2>${'long '.repeat(100)}</h2>`).blocks[0]?.kind).toBe('paragraph')
  })

  it('removes what nobody sees, and collapses white space outside code only', () => {
    const hidden = '\u200b\u202e\u2066\ufeff\u00ad\u{e0041}'
    expect(pageText(`<p>no${hidden}w \u00a0 \u3000 and\n\t then</p>`)).toBe('now and then')
    expect(pageText(macro('code', plainBody(`a${hidden}\u00a0 b\r\n\tc`)))).toBe('```\na  b\n\tc\n```')
  })
})

function cells(tag: string, mark: string): string {
  return Array.from({ length: 9 }, (_, n) => `<${tag}>${mark}${n}</${tag}>`).join('')
}
