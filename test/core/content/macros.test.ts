import { describe, expect, it } from 'vitest'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'
import { macro, pageText, parameter, plainBody, richBody } from './page-text.ts'

const cases: [name: string, storage: string, text: string][] = [
  [
    'code with language and title',
    macro(
      'code',
      parameter('language', 'Bash') + parameter('title', 'deploy.sh') + plainBody('make all\n\n  make go\n'),
    ),
    'deploy.sh\n```bash\nmake all\n\n  make go\n```',
  ],
  [
    'code without language',
    macro('code', parameter('collapse', 'true') + plainBody('a < b && c')),
    '```\na < b && c\n```',
  ],
  ['code whose language is none', macro('code', parameter('language', 'none') + plainBody('x')), '```\nx\n```'],
  [
    'code with the old default parameter',
    macro('code', parameter('', 'sql') + plainBody('select 1')),
    '```sql\nselect 1\n```',
  ],
  ['code that holds a fence', macro('code', plainBody('see ```x``` there')), '````\nsee ```x``` there\n````'],
  [
    'code whose CDATA end is split',
    macro('code', '<ac:plain-text-body><![CDATA[<a><![CDATA[in]]]]><![CDATA[></a>]]></ac:plain-text-body>'),
    '```\n<a><![CDATA[in]]></a>\n```',
  ],
  ['empty code', macro('code', plainBody(' \n ')), ''],
  ['noformat', macro('noformat', plainBody('PUT /door')), '```\nPUT /door\n```'],
  ['info', macro('info', richBody('<p>One.</p><p>Two.</p>')), '> Info: One.\n> Two.'],
  ['tip', macro('tip', richBody('<p>One.</p>')), '> Tip: One.'],
  ['note with title', macro('note', parameter('title', 'Mind') + richBody('<p>One.</p>')), '> Note: Mind\n> One.'],
  ['warning with a list', macro('warning', richBody('<ul><li>a</li><li>b</li></ul>')), '> Warning:\n> - a\n> - b'],
  [
    'panel, whose colours and icons are settings',
    macro('panel', parameter('bgColor', '#fff') + parameter('panelIconText', 'x') + richBody('<p>One.</p>')),
    '> One.',
  ],
  ['panel with a title only', macro('panel', parameter('title', 'Only') + richBody('')), '> Only'],
  ['a label only once', macro('warning', richBody('<p><strong>WARNING</strong>: Hot.</p>')), '> WARNING: Hot.'],
  [
    'a label that the title says',
    macro('note', parameter('title', 'Notes') + richBody('<p>One.</p>')),
    '> Notes\n> One.',
  ],
  ['a label before its word in a sentence', macro('note', richBody('<p>Note the door.</p>')), '> Note: Note the door.'],
  ['empty panel', macro('info', richBody('<p />')), ''],
  [
    'code in a panel as its own block',
    macro('info', richBody(`<p>Run:</p>${macro('code', plainBody('go'))}<p>Done.</p>`)),
    '> Info: Run:\n\n```\ngo\n```\n\n> Done.',
  ],
  [
    'expand',
    macro(
      'expand',
      parameter('title', 'Steps') + parameter('breakoutWidth', '760') + richBody('<ol start="3"><li>third</li></ol>'),
    ),
    'Steps\n\n3. third',
  ],
  [
    'hidden page properties with keys in the first column',
    macro(
      'details',
      parameter('hidden', 'true') +
        richBody(
          '<table><tbody><tr><th>Owner</th><td>Ada</td></tr><tr><th>Tier:</th><td><p>1</p></td></tr></tbody></table>',
        ),
    ),
    'Owner: Ada\nTier: 1',
  ],
  [
    'page properties with keys in a header row',
    macro(
      'details',
      richBody('<table><tr><th>Owner</th><th>Tier</th></tr><tr><td>Ada</td><td>1</td></tr></table><p>More.</p>'),
    ),
    'Owner: Ada; Tier: 1\n\nMore.',
  ],
  ...'toc-zone excerpt section column table-filter some-unknown'
    .split(' ')
    .map((name): [string, string, string] => [
      `the body of ${name}`,
      macro(name, parameter('width', '50%') + richBody('<p>Body.</p>')),
      'Body.',
    ]),
  ['the plain body of an unknown macro as code', macro('some-unknown', plainBody('x = 1')), '```\nx = 1\n```'],
  [
    'include as a mention',
    macro(
      'include',
      parameter('', '<ac:link><ri:page ri:space-key="OPS" ri:content-title="Rota &amp; duty" /></ac:link>'),
    ),
    'See: Rota & duty',
  ],
  ['include whose parameter is bare text', macro('include', parameter('', 'Rota')), 'See: Rota'],
  [
    'include of a page of another space in bare text',
    macro('include', parameter('', 'OPS:Rota: week')),
    'See: Rota: week',
  ],
  [
    'excerpt-include with the legacy default parameter',
    '<ac:macro ac:name="excerpt-include"><ac:default-parameter><ac:link><ri:page ri:content-title="Rota" /></ac:link></ac:default-parameter></ac:macro>',
    'See: Rota',
  ],
  [
    'status',
    `<p>Now ${macro('status', parameter('colour', 'Green') + parameter('title', 'DONE'))}.</p>`,
    'Now [DONE].',
  ],
  [
    'statuses with spaces around',
    `<p>Now${macro('status', parameter('title', 'A'))}${macro('status', parameter('title', 'B'))}then (${macro('status', parameter('title', 'C'))}).</p>`,
    'Now [A] [B] then ([C]).',
  ],
  ['status without title', `<p>${macro('status', parameter('colour', 'Green'))}</p>`, '[Green]'],
  ['a Jira issue', `<p>See ${macro('jira', parameter('server', 'S') + parameter('key', 'ENG-1'))}</p>`, 'See ENG-1'],
  [
    'a Jira query',
    macro('jira', parameter('columns', 'key,summary') + parameter('jqlQuery', 'project = ENG ')),
    'Jira query: project = ENG',
  ],
  ...'view-file viewpdf viewdoc viewxls viewppt multimedia'
    .split(' ')
    .map((name): [string, string, string] => [
      name,
      macro(name, parameter('name', '<ri:attachment ri:filename="Plan.pdf" />') + parameter('height', '150')),
      '[attachment: Plan.pdf]',
    ]),
  ['drawio', macro('drawio', parameter('diagramName', 'a.drawio') + parameter('width', '1')), '[diagram: a.drawio]'],
  ['gliffy', macro('gliffy', parameter('name', 'Cables') + parameter('macroId', 'ab')), '[diagram: Cables]'],
  [
    'packed plantuml',
    macro('plantumlcloud', parameter('data', 'eJx') + parameter('filename', 'Flow')),
    '[diagram: Flow]',
  ],
  [
    'plantuml that is packed after escaping',
    macro(
      'plantumlcloud',
      parameter('data', 'UzUxKC5JLCopzc1RNXB0TElUNTLQVTV2BVJO+Umqxo5AhqGBAZBUNTIFqlA1MUjNSwGqBgA=') +
        parameter('filename', 'Flow'),
    ),
    'Flow\n```plantuml\n@startuml\nAda -> Bob: 100 %\n@enduml\n```',
  ],
  [
    'plantuml that is packed with a header',
    macro('plantumlcloud', parameter('data', 'eJxzKC5JLCopzc3hckxJVNC1U3DKT7JSMDQwUFDlckjNSwHKAADFvQqK')),
    '```plantuml\n@startuml\nAda -> Bob: 100 %\n@enduml\n```',
  ],
  [
    'plantuml that unpacks to too much',
    macro(
      'plantumlcloud',
      parameter(
        'data',
        'eJztwTEBAAAAwqCs61/CGh5AAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAK8GeWYLTQ==',
      ) + parameter('filename', 'F'),
    ),
    '[diagram: F]',
  ],
  ['plantuml, in plain text', macro('plantuml', plainBody('A -> B')), '```plantuml\nA -> B\n```'],
  ['a mermaid macro', macro('mermaid-macro', plainBody('graph TD')), '```mermaid\ngraph TD\n```'],
  ['a mermaid macro without body', macro('mermaid-cloud', parameter('filename', 'Pie')), '[diagram: Pie]'],
  [
    'html',
    macro(
      'html',
      plainBody('<div><style>p{}</style><script>alert(1)</script><p>Seen<br>twice &amp; more</p><img src=x></div>'),
    ),
    'Seen\ntwice & more',
  ],
  [
    'widget',
    macro('widget', parameter('url', '<ri:url ri:value="https://video.example/1" />')),
    'https://video.example/1',
  ],
  ['iframe', macro('iframe', parameter('width', '9') + parameter('src', 'https://x.example/')), 'https://x.example/'],
  ['rss', macro('rss', parameter('url', 'https://feed.example/')), 'https://feed.example/'],
  ['html-include', macro('html-include', parameter('url', 'https://h.example/')), 'https://h.example/'],
  ['a miro board', macro('miro-macro', parameter('boardUrl', 'https://miro.example/b')), 'https://miro.example/b'],
  [
    'markdown',
    macro(
      'markdown',
      plainBody(
        '# Title\n\nSome **bold**\ntext, [link](https://x.example).\n\n* item\n  * inner\n2. two\n\n```js\na()\n```\n| A | B |\n|---|---|\n| 1 | 2 |\n\n> said',
      ),
    ),
    '# Title\n\nSome bold text, link.\n\n- item\n  - inner\n2. two\n\n```js\na()\n```\n\n| A | B |\n| 1 | 2 |\n\n> said',
  ],
  [
    'markdown beyond the basics',
    macro(
      'markdown',
      plainBody(
        'Big\n===\nSmall\n---\n*a* _b_ snake_case_name 2 * 3 `__init__` \\*c\\* <https://x.example/a_b> [d][1]<br>e\n\n---\n[1]: https://x.example\n\n| a \\| b | c |\n|:-:|---|\n| 1 | 2 |',
      ),
    ),
    '# Big\n\n## Small\n\na b snake_case_name 2 * 3 __init__ *c* https://x.example/a_b d e\n\n| a | b | c |\n| 1 | 2 |',
  ],
  ['mathinline', `<p>So ${macro('mathinline', parameter('body', 'a^2'))}.</p>`, 'So $a^2$.'],
  ['mathblock', macro('mathblock', plainBody('\\frac{1}{2}')), '$\\frac{1}{2}$'],
  ['easy-math-block', macro('easy-math-block', parameter('body', 'x') + parameter('align', 'center')), '$x$'],
  ['eazy-math-inline', `<p>${macro('eazy-math-inline', parameter('body', 'y'))}</p>`, '$y$'],
  [
    'roadmap',
    macro(
      'roadmap',
      parameter(
        'source',
        encodeURIComponent(
          JSON.stringify({ title: 'T', lanes: [{ title: 'L', bars: [{ title: 'Beta' }, { title: 'Launch' }] }] }),
        ),
      ),
    ),
    '- Beta\n- Launch',
  ],
  [
    'the legacy macro element',
    '<ac:macro ac:name="info"><ac:default-parameter>x</ac:default-parameter><ac:rich-text-body><p>Old.</p></ac:rich-text-body></ac:macro>',
    '> Info: Old.',
  ],
]

describe('macros', () => {
  it.each(cases)('renders %s', (_name, storage, text) => expect(pageText(storage)).toBe(text))

  const dynamic =
    'detailssummary contentbylabel children pagetree pagetreesearch livesearch recently-updated blog-posts attachments ' +
    'space-attachments gallery listlabels change-history contributors profile tasks-report-macro toc anchor spaces favpages ' +
    'navmap create-space-button gadget'
  it.each(dynamic.split(' '))('renders nothing of %s and does not count it', (name) => {
    const page = parseStorage(`<p>Text</p>${macro(name, parameter('', 'setting') + parameter('cql', 'label = "x"'))}`)
    expect(page).toMatchObject({ blocks: [{ text: 'Text' }], unrenderedMacros: [] })
  })

  it('says of a page without text which macros only Confluence can fill in', () => {
    const storage = macro('toc') + macro('children') + macro('zoo')
    expect(parseStorage(storage)).toMatchObject({ blocks: [], unrenderedMacros: ['children', 'toc', 'zoo'] })
  })

  it('counts what it could not render, each name once and sorted', () => {
    const storage = [
      macro('zoo', parameter('secret', 'no text')),
      macro('Aviary'),
      macro('zoo'),
      macro('drawio', parameter('diagramName', 'D')),
      macro('roadmap', parameter('source', '%E0%A4%A')),
    ].join('')
    expect(parseStorage(storage).unrenderedMacros).toEqual(['aviary', 'drawio', 'roadmap', 'zoo'])
    expect(pageText(storage)).toBe('[diagram: D]')
  })

  it('counts names on one line and not without end', () => {
    const { unrenderedMacros } = parseStorage(macro(`A\u200b&#10;${'b'.repeat(5_000)}`))
    expect(unrenderedMacros).toEqual([`a ${'b'.repeat(98)}`])
  })

  it('unpacks only so much of a page', () => {
    const packed = macro('plantumlcloud', parameter('data', 'eJxzKC5JLCopzc3hckxJVNC1U3DKT7JSMDQwUFDlckjNSwHKAADFvQqK'))
    const bombs = macro('plantumlcloud', parameter('data', 'eJztwTEBAAAAwqCs61/CGh5AAQAAAAAAAAAAAAAAAAAAAAAA')).repeat(
      200,
    )
    expect(pageText(packed + bombs)).toMatch(/^```plantuml/)
    expect(pageText(bombs + packed)).toBe('')
  })

  it('keeps text before and after a macro body inside a paragraph', () => {
    expect(pageText(`<p>Before ${macro('x', richBody('<p>inside</p>'))}after.</p>`)).toBe('Before\n\ninside\n\nafter.')
  })

  it('does not inline what it includes but keeps the reference', () => {
    const page = parseStorage(
      macro('include', parameter('', '<ac:link><ri:page ri:space-key="OPS" ri:content-title="Rota" /></ac:link>')),
    )
    expect(page.references).toEqual([{ kind: 'include', spaceKey: 'OPS', title: 'Rota' }])
  })
})

describe('panels of the new editor', () => {
  it.each([
    ['info', '> Info: T'],
    ['success', '> Success: T'],
    ['note', '> Note: T'],
    ['warning', '> Warning: T'],
    ['error', '> Error: T'],
    ['custom', '> T'],
  ])('labels the panel type %s', (type, text) => {
    expect(pageText(panel(type, '<ac:adf-content><p>T</p></ac:adf-content>'))).toBe(text)
  })

  it('renders the content or the fallback, never both', () => {
    const fallback = '<ac:adf-fallback><div class="panel"><p>Said twice.</p></div></ac:adf-fallback>'
    expect(pageText(panel('note', '<ac:adf-content><p>Said twice.</p></ac:adf-content>', fallback))).toBe(
      '> Note: Said twice.',
    )
    expect(pageText(panel('note', '', fallback))).toBe('Said twice.')
    expect(pageText(panel('note', '<ac:adf-content><p /></ac:adf-content>', fallback))).toBe('Said twice.')
  })

  it('renders decisions and drops empty ones', () => {
    const items =
      decision('DECIDED', '<ac:adf-content>Ship on Monday</ac:adf-content>') +
      decision('UNDECIDED', '<ac:adf-content>Name of the port</ac:adf-content>') +
      decision('DECIDED', '')
    const storage = `<ac:adf-extension><ac:adf-node type="decision-list">${items}</ac:adf-node><ac:adf-fallback><ul><li>Ship on Monday</li></ul></ac:adf-fallback></ac:adf-extension>`
    expect(pageText(storage)).toBe('- Decided: Ship on Monday\n- Undecided: Name of the port')
  })

  it('renders the body of extensions without their parameters', () => {
    const storage =
      '<ac:adf-extension><ac:adf-node type="bodied-extension"><ac:adf-attribute key="parameters"><ac:adf-parameter key="k">setting</ac:adf-parameter></ac:adf-attribute><ac:adf-content><p>Body.</p></ac:adf-content></ac:adf-node></ac:adf-extension>'
    expect(pageText(storage)).toBe('Body.')
  })

  it('knows two maps: what the macro calls note and warning, the new editor calls warning and error', () => {
    expect(labels(['info', 'tip', 'note', 'warning'], (name) => macro(name, richBody('<p>T</p>')))).toEqual([
      '> Info: T',
      '> Tip: T',
      '> Note: T',
      '> Warning: T',
    ])
    const content = '<ac:adf-content><p>T</p></ac:adf-content>'
    expect(labels(['tip', 'error'], (name) => panel(name, content))).toEqual(['> T', '> Error: T'])
    expect(labels(['success', 'error'], (name) => macro(name, richBody('<p>T</p>')))).toEqual(['T', 'T'])
  })

  it('renders an extension inside a line as part of that line', () => {
    const storage = `<p>Due${extension('inline-extension', '<ac:adf-content>today</ac:adf-content>')}at noon</p>`
    expect(pageText(storage)).toBe('Due today at noon')
  })

  it('renders an extension without body by its fallback, else its address, else counts it by its key', () => {
    const key = '<ac:adf-attribute key="extension-key">app/board</ac:adf-attribute>'
    const address =
      '<ac:adf-attribute key="parameters"><ac:adf-parameter key="url">https://x.example/b</ac:adf-parameter><ac:adf-parameter key="k">setting</ac:adf-parameter></ac:adf-attribute>'
    const fallback = '<ac:adf-fallback><p>Board of June</p></ac:adf-fallback>'
    expect(pageText(extension('extension', key + address, fallback))).toBe('Board of June')
    expect(pageText(extension('extension', key + address))).toBe('https://x.example/b')
    expect(parseStorage(extension('extension', key))).toMatchObject({ blocks: [], unrenderedMacros: ['app/board'] })
  })

  it('renders an inline card as its address', () => {
    const storage =
      '<p>See <ac:adf-extension><ac:adf-node type="inline-card"><ac:adf-attribute key="url">https://x.example/a</ac:adf-attribute></ac:adf-node></ac:adf-extension> now</p>'
    expect(pageText(storage)).toBe('See https://x.example/a now')
  })
})

function labels(names: string[], render: (name: string) => string): string[] {
  return names.map((name) => pageText(render(name)))
}

function panel(type: string, content: string, fallback = ''): string {
  return `<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">${type}</ac:adf-attribute><ac:adf-attribute key="local-id">54e3</ac:adf-attribute>${content}</ac:adf-node>${fallback}</ac:adf-extension>`
}

function extension(type: string, content: string, fallback = ''): string {
  return `<ac:adf-extension><ac:adf-node type="${type}">${content}</ac:adf-node>${fallback}</ac:adf-extension>`
}

function decision(state: string, content: string): string {
  return `<ac:adf-node type="decision-item"><ac:adf-attribute key="state">${state}</ac:adf-attribute>${content}</ac:adf-node>`
}
