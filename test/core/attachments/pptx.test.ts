import { expect, it } from 'vitest'
import { packageOf, pptx, shape } from './office-files.ts'
import { read, readBlocks } from './read.ts'

function cell(text: string, attributes = ''): string {
  return `<a:tc ${attributes}><a:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`
}

it('reads each slide with its title, text, bullets, tables and notes, in their order', async () => {
  const table = `<p:graphicFrame><p:nvGraphicFramePr/><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow="1"/>
    <a:tr>${cell('Phase', 'gridSpan="2"')}${cell('', 'hMerge="1"')}</a:tr><a:tr>${cell('1')}${cell('Plan')}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`
  const file = pptx([
    {
      shapes: `${shape('body', 'Save\n>by train\nSpend')}<p:grpSp>${shape('', 'Free text')}</p:grpSp>${shape('title', 'Goals')}${shape('sldNum', '1')}${table}`,
      notes: 'Say hello.\nSmile.',
    },
    { shapes: shape('', 'one\n>deep\ntwo', '<a:buAutoNum type="arabicPeriod"/>').replace('lvl="0"', 'lvl="-7"') },
    { shapes: '<p:pic/>' },
    { shapes: shape('ctrTitle', 'Thanks') },
  ])
  expect(await read(file, 'd.pptx')).toMatchObject({ format: 'pptx', pageCount: 4 })
  expect(await readBlocks(file)).toEqual([
    { kind: 'heading', level: 1, text: 'Slide 1: Goals' },
    { kind: 'list', text: '- Save\n  - by train\n- Spend' },
    { kind: 'paragraph', text: 'Free text' },
    {
      kind: 'table',
      headerRows: 1,
      rows: [
        ['Phase', 'Phase'],
        ['1', 'Plan'],
      ],
    },
    { kind: 'paragraph', text: 'Notes: Say hello.' },
    { kind: 'paragraph', text: 'Smile.' },
    { kind: 'heading', level: 1, text: 'Slide 2' },
    { kind: 'list', text: '1. one\n  1. deep\n2. two' },
    { kind: 'heading', level: 1, text: 'Slide 4: Thanks' },
  ])
})

it('says of pictures only that there is no text', async () => {
  expect(await read(pptx([{ shapes: '<p:pic/>' }]), 'p.pptx')).toMatchObject({ kind: 'failed', code: 'no_text' })
})

it('calls a presentation damaged whose main part is missing', async () => {
  const file = packageOf('ppt/presentation.xml', [['ppt/slides/slide1.xml', '<p:sld/>']])
  expect(await read(file, 'p.pptx')).toMatchObject({ kind: 'failed', code: 'corrupt' })
})
