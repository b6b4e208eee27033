// Diagrams: those that are written as text are text, of the others only the name can be read here.
import { inflateRawSync, inflateSync } from 'node:zlib'
import type { Flow } from './flow.ts'
import type { Macro } from './macro.ts'
import { normaliseCode } from './normalise.ts'
import { addAttachment, addUnrendered, type Renderer } from './renderer.ts'

type DiagramRenderer = (macro: Macro, flow: Flow, page: Renderer) => void

/** PlantUML, Mermaid: the body as code. */
export function textDiagram(language: string): DiagramRenderer {
  return (macro, flow, page) => {
    if (macro.plainBody === undefined) return drawnDiagram(macro, flow, page)
    flow.push({ kind: 'code', text: normaliseCode(macro.plainBody), language, title: nameOf(macro) })
  }
}

/** Its own text lies in an attachment of the page; drawio names that one. */
export const drawnDiagram: DiagramRenderer = (macro, flow, page) => {
  const name = nameOf(macro)
  addUnrendered(macro.name, page)
  if (macro.name.endsWith('drawio')) addAttachment(macro.parameter('diagramName'), undefined, page)
  if (name !== undefined) flow.push({ kind: 'paragraph', text: `[diagram: ${name}]` })
}

/** PlantUML whose text is a parameter: deflated, in base64. */
export const packedDiagram: DiagramRenderer = (macro, flow, page) => {
  const text = unpack(macro.parameter('data'), page)
  if (text === '') return drawnDiagram(macro, flow, page)
  flow.push({ kind: 'code', text, language: 'plantuml', title: nameOf(macro) })
}

function nameOf(macro: Macro): string | undefined {
  const names = ['diagramDisplayName', 'diagramName', 'displayName', 'name', 'filename', 'title'].map(macro.parameter)
  return names.find((value) => value !== '')
}

/** No diagram that people wrote is longer. */
const MAX_DIAGRAM_CHARACTERS = 50_000

/** Empty when it is none, or when the page has unpacked enough: a small parameter may unpack to a thousand times its size. */
function unpack(packed: string, page: Renderer): string {
  if (!/^[\w+/=-]{8,}$/.test(packed) || page.unpackBudget < MAX_DIAGRAM_CHARACTERS) return ''
  const bytes = Buffer.from(packed, 'base64')
  for (const inflate of [inflateRawSync, inflateSync]) {
    try {
      const text = inflate(bytes, { maxOutputLength: MAX_DIAGRAM_CHARACTERS }).toString()
      page.unpackBudget -= text.length
      return text.includes('\uFFFD') ? '' : normaliseCode(unescaped(text))
    } catch {
      // Not packed in this way, or too long.
      page.unpackBudget -= MAX_DIAGRAM_CHARACTERS / 10
    }
  }
  return ''
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
