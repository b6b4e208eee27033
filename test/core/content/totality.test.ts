import { describe, expect, it } from 'vitest'
import { chunkPage } from '../../../src/core/content/chunk.ts'
import { parseStorage } from '../../../src/core/content/parse-storage.ts'
import { renderText } from '../../../src/core/content/render-text.ts'
import { fc } from '../../support/property.ts'

const names =
  'p div h1 h3 ul ol li table tbody thead tr td th blockquote pre br hr a span strong time img caption ac:link ac:link-body ' +
  'ac:plain-text-link-body ri:page ri:user ri:attachment ri:url ac:image ac:caption ac:task-list ac:task ac:task-status ' +
  'ac:task-body ac:structured-macro ac:macro ac:parameter ac:rich-text-body ac:plain-text-body ac:adf-extension ac:adf-node ' +
  'ac:adf-attribute ac:adf-content ac:adf-fallback ac:emoticon ac:placeholder ac:layout-cell s del sup sub math span ri:content-entity unknown'
const macros =
  'code info panel details expand status jira include view-file drawio plantuml html markdown mathblock roadmap toc anchor plantumlcloud other constructor'
const attributes =
  'colspan="3"|rowspan="9"|colspan="x"|start="7"|href="/display/A/B"|href="/display/%00%1F/B%ED%A0%80%00"|href="http://["|datetime="2026-01-02"||ac:name="title"|' +
  'ac:name=""|ri:content-title="T"|ri:account-id="1"|ri:filename="f"|type="panel"|type="decision-list"|' +
  macros
    .split(' ')
    .map((name) => `ac:name="${name}"`)
    .join('|')
const leaf = fc.oneof(
  fc.constantFrom(
    'text ',
    '&nbsp;',
    '&auml;',
    '<![CDATA[<b> & ```\n]]>',
    '| a |',
    '# h\n- x',
    '&#0;',
    ' ',
    '%7B',
    '\ud800',
  ),
  fc.string(),
)

const { tree } = fc.letrec<{ tree: string; element: string }>((tie) => ({
  tree: fc.oneof({ maxDepth: 6 }, leaf, tie('element')),
  element: fc
    .tuple(
      fc.constantFrom(...names.split(' ')),
      fc.constantFrom(...attributes.split('|')),
      fc.array(tie('tree'), { maxLength: 5 }),
    )
    .map(([name, attribute, children]) => `<${name} ${attribute}>${children.join('')}</${name}>`),
}))

describe('any text', () => {
  it.each([
    ['trees of storage elements', fc.array(tree, { maxLength: 6 }).map((parts) => parts.join('')), 1_500],
    ['cut trees', fc.tuple(tree, fc.nat(200)).map(([text, cut]) => text.slice(0, cut)), 500],
    ['strings', fc.string({ unit: 'binary', maxLength: 200 }), 500],
    [
      'strings of mark-up characters',
      fc.string({ unit: fc.constantFrom(...'<>/&;!-[]"\'= apCDAT:\n'.split('')), maxLength: 80 }),
      1_000,
    ],
  ] as const)('is parsed and chunked: %s', (_name, arbitrary, numRuns) => {
    fc.assert(
      fc.property(arbitrary, (storage) => {
        const { blocks, references, attachments, unrenderedMacros } = parseStorage(storage)
        const names = JSON.stringify([references, attachments, unrenderedMacros])
        // JSON escapes control characters and lone surrogates, and only those.
        expect(names).not.toMatch(/\\u[0-9a-f]{4}/)
        for (const block of blocks) expect(renderText(block).trim()).not.toBe('')
        for (const chunk of chunkPage(blocks, { maxChunkCharacters: 200 })) {
          expect(chunk.text.length).toBeLessThanOrEqual(200)
          expect(chunk.text.isWellFormed()).toBe(true)
          expect(chunk.text).not.toMatch(/(?![\n\t])\p{Cc}|[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u)
        }
      }),
      { numRuns },
    )
  })
})
