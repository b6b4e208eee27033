// Small PDF files, made by hand.

export type Stream = { dictionary?: string; content: string | Buffer }

/** Objects numbered from 1; the first is the catalog. */
export function pdfOf(objects: (string | Stream)[], trailer = ''): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')]
  const offsets: number[] = []
  let length = parts[0]?.length ?? 0
  const add = (part: Buffer): void => {
    parts.push(part)
    length += part.length
  }
  for (const [index, object] of objects.entries()) {
    offsets.push(length)
    add(Buffer.from(`${index + 1} 0 obj\n`))
    if (typeof object === 'string') add(Buffer.from(object))
    else {
      const content = Buffer.from(object.content as string)
      add(Buffer.from(`<< /Length ${content.length} ${object.dictionary ?? ''} >>\nstream\n`))
      add(content)
      add(Buffer.from('\nendstream'))
    }
    add(Buffer.from('\nendobj\n'))
  }
  const start = length
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  add(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`))
  add(Buffer.from(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`))
  return new Uint8Array(Buffer.concat(parts))
}

/** Content streams of pages, in Helvetica as `/F1`. */
export function pdf(pages: (string | Stream)[], trailer = '', more: (string | Stream)[] = []): Uint8Array {
  const first = 4
  const kids = pages.map((_page, index) => `${first + index * 2} 0 R`)
  const resources = more.map((_object, index) => `/X${index} ${first + pages.length * 2 + index} 0 R`)
  return pdfOf(
    [
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages.length} /MediaBox [0 0 595 842] >>`,
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
      ...pages.flatMap((page, index) => [
        `<< /Type /Page /Parent 2 0 R /Contents ${first + index * 2 + 1} 0 R /Resources << /Font << /F1 3 0 R >> /XObject << ${resources.join(' ')} >> >> >>`,
        typeof page === 'string' ? { content: page } : page,
      ]),
      ...more,
    ],
    trailer,
  )
}

/** A line at a place, in points from the lower left corner. */
export function line(text: string, x: number, y: number, size = 11): string {
  return `BT /F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${text}) Tj ET\n`
}

/** An element of a tagged page: its role, and text or further elements. */
export type Tagged = [role: string, ...children: (string | Tagged)[]]

/** One page whose text is tagged, each text on a line of its own; `extra` is content without a tag. */
export function taggedPdf(tree: Tagged, extra = ''): Uint8Array {
  const elements: string[] = []
  const parents: string[] = []
  const first = 7
  let content = ''
  const add = ([role, ...children]: Tagged, parent: number): number => {
    const number = first + elements.push('') - 1
    const kids = children.map((child) => {
      if (typeof child !== 'string') return `${add(child, number)} 0 R`
      const id = parents.push(`${number} 0 R`) - 1
      content += `/P << /MCID ${id} >> BDC\n${line(child, 50, 780 - id * 14)}EMC\n`
      return String(id)
    })
    elements[number - first] = `<< /S /${role} /P ${parent} 0 R /Pg 4 0 R /K [${kids.join(' ')}] >>`
    return number
  }
  const root = add(tree, 6)
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R /MarkInfo << /Marked true >> /StructTreeRoot 6 0 R >>',
    '<< /Type /Pages /Kids [4 0 R] /Count 1 /MediaBox [0 0 595 842] >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    '<< /Type /Page /Parent 2 0 R /Contents 5 0 R /StructParents 0 /Resources << /Font << /F1 3 0 R >> >> >>',
    { content: content + extra },
    `<< /Type /StructTreeRoot /K ${root} 0 R /ParentTree << /Nums [0 [${parents.join(' ')}]] >> /RoleMap << /Ueberschrift /H2 >> >>`,
    ...elements,
  ])
}
