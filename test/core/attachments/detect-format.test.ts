import { expect, it } from 'vitest'
import { docx, packageOf, paragraph, sheetOf, xlsx, zipOf } from './office-files.ts'
import { line, pdf } from './pdf-files.ts'
import { read } from './read.ts'

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

const wide = (text: string): string => text.replace(/./g, '$&\0')

it.each([
  ['a PDF under a wrong name', pdf([line('x', 50, 700)]), 'notes.txt', 'pdf'],
  [
    'a PDF after some bytes that do not belong to it',
    new Uint8Array([10, 10, ...pdf([line('x', 50, 700)])]),
    'a',
    'pdf',
  ],
  ['a document under an old name', docx(paragraph('x')), 'letter.doc', 'docx'],
  ['a workbook under a wrong name', xlsx({ A: sheetOf([['x']]) }), 'picture.png', 'xlsx'],
  ['text that begins like a bitmap', bytesOf('BMW\n'), 'cars.txt', 'text'],
  ['text with a few colours', bytesOf('\x1B[31mred\x1B[0m and more text\n'), 'build.log', 'text'],
])('tells %s by its content', async (_what, bytes, name, format) => {
  expect(await read(bytes, name)).toMatchObject({ kind: 'extracted', format })
})

it.each([
  ['a.csv', '', 'csv'],
  ['A.MD', 'text/plain', 'markdown'],
  ['notes', 'text/plain; charset=utf-8', 'text'],
  ['export', 'text/csv', 'csv'],
  ['query.sql', 'text/plain', 'text'],
])('tells the kind of the text %s (%s) by its name, then by its media type', async (name, mediaType, format) => {
  expect(await read('a,b\n1,2', name, { mediaType })).toMatchObject({ format })
})

it.each([
  ['a PNG image', bytesOf('\x89PNG\r\n\x1A\n\0\0\0\rIHDR'), 'report.pdf'],
  ['a program', bytesOf('MZ\x90\0\x03\0\0\0'), 'setup.exe'],
  ['a zip archive', zipOf([['notes.txt', 'x']]), 'all.zip'],
  ['a zip archive', zipOf([['word/notes.txt', 'x']]), 'all.docx'],
  ['an OpenDocument file or an e-book', zipOf([['mimetype', 'application/epub+zip']]), 'a.odt'],
  ['a binary Excel workbook', packageOf('xl/workbook.bin', [['xl/workbook.bin', 'x']]), 'a.xlsb'],
  [
    'a file of an old Office format or an Outlook message',
    bytesOf(`\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1${'\0'.repeat(600)}`),
    'a.xls',
  ],
  ['an RTF document', bytesOf('{\\rtf1 hello}'), 'a.doc'],
  ['a web page', bytesOf('\n<!DOCTYPE html><title>Sign in</title>'), 'report.txt'],
  ['an XML file', bytesOf('<?xml version="1.0"?><a/>'), 'a.xml'],
  ['text of another kind', bytesOf('just text'), 'report.pdf'],
  ['text of another kind', bytesOf('{"a":1}'), 'a.json'],
  ['binary content of an unknown kind', new Uint8Array(200).map((_byte, index) => index), 'a.csv'],
])('does not read %s, whatever its name', async (content, bytes, name) => {
  expect(await read(bytes, name, { mediaType: 'application/octet-stream' })).toEqual({
    kind: 'unsupported',
    reason: `“${name}” is ${content}, which is not read.`,
  })
})

it.each([
  [
    'an encrypted office file',
    bytesOf(`\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1${'\0'.repeat(600)}${wide('EncryptedPackage')}`),
    'encrypted',
  ],
  [
    'a document with an encrypted member',
    zipOf([
      ['[Content_Types].xml', 'x'],
      ['word/a', ''],
      ['_rels/.rels', 'x', { isEncrypted: true }],
    ]),
    'encrypted',
  ],
  ['a cut-off document', docx(paragraph('x')).subarray(0, 400), 'corrupt'],
  [
    'a document with a wrong checksum',
    packageOf('word/document.xml', [['word/document.xml', `<w:body>${paragraph('x')}</w:body>`, { checksum: 1 }]]),
    'corrupt',
  ],
  ['a document without its main part', packageOf('word/document.xml', [['word/styles.xml', '<a/>']]), 'corrupt'],
  ['an empty file', new Uint8Array(), 'empty'],
])('calls %s what it is', async (_what, bytes, code) => {
  expect(await read(bytes, 'a.docx')).toMatchObject({ kind: 'failed', code })
})

it('unpacks no more than is allowed, whatever the file says about its size', async () => {
  const bomb = docx(paragraph('0'.repeat(20_000_000)))
  expect(bomb.length).toBeLessThan(50_000)
  expect(await read(bomb, 'bomb.docx', { maxUnpackedBytes: 10_000_000 })).toEqual({
    kind: 'failed',
    code: 'too_large',
    reason: '“bomb.docx” unpacks to more than is allowed.',
  })
})
