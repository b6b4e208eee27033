// Small office files, made by hand: a zip with the parts that matter.
import { crc32, deflateRawSync } from 'node:zlib'

export type Part = [name: string, content: string | Uint8Array, lie?: { checksum?: number; isEncrypted?: boolean }]

export function zipOf(parts: Part[]): Uint8Array {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, content, lie] of parts) {
    const bytes = Buffer.from(content as string)
    const packed = deflateRawSync(bytes)
    const sizes = [lie?.checksum ?? crc32(bytes), packed.length, bytes.length]
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(lie?.isEncrypted === true ? 1 : 0, 2)
    shared.writeUInt16LE(8, 4)
    for (const [index, size] of sizes.entries()) shared.writeUInt32LE(size, 10 + index * 4)
    shared.writeUInt16LE(Buffer.byteLength(name), 22)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name)])
    local.push(head, packed)
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), shared, rest, Buffer.from(name))
    offset += head.length + packed.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return new Uint8Array(Buffer.concat([...local, directory, end]))
}

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

/** Relationships `rId1`, `rId2`, … of the types and targets given. */
export function relationships(...related: [type: string, target: string][]): string {
  const lines = related.map(
    ([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  )
  return `<?xml version="1.0"?><Relationships>${lines.join('')}</Relationships>`
}

export function packageOf(mainPart: string, parts: Part[]): Uint8Array {
  return zipOf([
    ['[Content_Types].xml', '<Types/>'],
    ['_rels/.rels', relationships(['officeDocument', mainPart])],
    ...parts,
  ])
}

type DocxParts = { styles?: string; numbering?: string; footnotes?: string }

export function docx(body: string, { styles = '', numbering = '', footnotes = '' }: DocxParts = {}): Uint8Array {
  return packageOf('word/document.xml', [
    ['word/document.xml', `<w:document><w:body>${body}<w:sectPr/></w:body></w:document>`],
    [
      'word/_rels/document.xml.rels',
      relationships(['styles', 'styles.xml'], ['numbering', 'numbering.xml'], ['footnotes', 'footnotes.xml']),
    ],
    ['word/styles.xml', `<w:styles>${styles}</w:styles>`],
    ['word/numbering.xml', `<w:numbering>${numbering}</w:numbering>`],
    ['word/footnotes.xml', `<w:footnotes>${footnotes}</w:footnotes>`],
  ])
}

export function paragraph(text: string, properties = ''): string {
  return `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`
}

type XlsxParts = { sharedStrings?: string; styles?: string; workbook?: string }

/** Sheets by name, as the XML inside `worksheet`. */
export function xlsx(sheets: Record<string, string>, parts: XlsxParts = {}): Uint8Array {
  const names = Object.keys(sheets)
  const list = names.map((name, index) => {
    const state = name.startsWith('Hidden') ? ' state="hidden"' : ''
    return `<sheet name="${name}" sheetId="${index + 1}"${state} r:id="rId${index + 1}"/>`
  })
  return packageOf('xl/workbook.xml', [
    ['xl/workbook.xml', `<workbook>${parts.workbook ?? ''}<sheets>${list.join('')}</sheets></workbook>`],
    [
      'xl/_rels/workbook.xml.rels',
      relationships(
        ...names.map((_name, index): [string, string] => ['worksheet', `worksheets/sheet${index + 1}.xml`]),
        ['sharedStrings', '/xl/sharedStrings.xml'],
        ['styles', 'styles.xml'],
      ),
    ],
    ['xl/sharedStrings.xml', `<sst>${parts.sharedStrings ?? ''}</sst>`],
    ['xl/styles.xml', `<styleSheet>${parts.styles ?? ''}</styleSheet>`],
    ...names.map((name, index): Part => [
      `xl/worksheets/sheet${index + 1}.xml`,
      `<worksheet>${sheets[name]}</worksheet>`,
    ]),
  ])
}

export function sheetOf(rows: (string | number)[][]): string {
  const lines = rows.map((row, y) => {
    const cells = row.map((value, x) => {
      const reference = `${String.fromCharCode(65 + x)}${y + 1}`
      if (typeof value === 'number') return `<c r="${reference}"><v>${value}</v></c>`
      return `<c r="${reference}" t="inlineStr"><is><t>${value}</t></is></c>`
    })
    return `<row r="${y + 1}">${cells.join('')}</row>`
  })
  return `<sheetData>${lines.join('')}</sheetData>`
}

/** Slides as the XML inside `spTree`, with notes. */
export function pptx(slides: { shapes: string; notes?: string }[]): Uint8Array {
  const ids = slides.map((_slide, index) => `<p:sldId id="${256 + index}" r:id="rId${index + 1}"/>`)
  return packageOf('ppt/presentation.xml', [
    ['ppt/presentation.xml', `<p:presentation><p:sldIdLst>${ids.join('')}</p:sldIdLst></p:presentation>`],
    [
      'ppt/_rels/presentation.xml.rels',
      relationships(...slides.map((_slide, index): [string, string] => ['slide', `slides/slide${index + 1}.xml`])),
    ],
    ...slides.flatMap(({ shapes, notes }, index): Part[] => [
      [`ppt/slides/slide${index + 1}.xml`, `<p:sld><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`],
      [
        `ppt/slides/_rels/slide${index + 1}.xml.rels`,
        relationships(['slideLayout', '../slideLayouts/l.xml'], ['notesSlide', `../notesSlides/n${index + 1}.xml`]),
      ],
      [
        `ppt/notesSlides/n${index + 1}.xml`,
        `<p:notes>${shape('sldImg', '')}${shape('body', notes ?? '')}${shape('sldNum', '9')}</p:notes>`,
      ],
    ]),
  ])
}

/** `type` of the placeholder; `''` for a free text box. Paragraphs are parted by a line end, indented by `>`. */
export function shape(type: string, text: string, properties = ''): string {
  const placeholder = type === '' ? '' : `<p:ph type="${type}"/>`
  const paragraphs = text.split('\n').map((line) => {
    const depth = line.length - line.replace(/^>+/, '').length
    return `<a:p><a:pPr lvl="${depth}">${properties}</a:pPr><a:r><a:t>${line.slice(depth)}</a:t></a:r></a:p>`
  })
  const kind = `<p:nvSpPr><p:cNvPr id="2" name="x"/><p:nvPr>${placeholder}</p:nvPr></p:nvSpPr>`
  return `<p:sp>${kind}<p:txBody>${paragraphs.join('')}</p:txBody></p:sp>`
}
