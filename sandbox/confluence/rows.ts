// Rows of a list as text: a list answer of 250 pages is a megabyte, and most of them are asked for again and again.
import type { FastifyReply } from 'fastify'
import { AnswerError } from './front-end.ts'
import type { FrontEnd } from './front-end.ts'
import type { Content } from './model.ts'

type Kept = { epoch: number; trapGeneration: number; byForm: Map<string, Map<string, string>> }

const keptForms = 8
const kept = new WeakMap<FrontEnd, Kept>()

/** The row as JSON. `form` names everything but the content that `render` depends on. */
export function rowText(front: FrontEnd, form: string, content: Content, render: () => unknown): string {
  if (!front.cachesRows) return JSON.stringify(render())
  const rows = rowsOfForm(front, form)
  let text = rows.get(content.id)
  if (text === undefined) rows.set(content.id, (text = JSON.stringify(render())))
  return text
}

/** An answer whose `results` are texts already. */
export async function sendRows(reply: FastifyReply, results: string[], rest: Record<string, unknown>): Promise<void> {
  const tail = JSON.stringify(rest).slice(1)
  await reply
    .header('content-type', 'application/json')
    .send(`{"results":[${results.join(',')}]${tail === '}' ? '' : ','}${tail}`)
}

/** Fails as the proxy in front does when an answer takes too long, or as the renderer does on a page it cannot render. */
export function refuseHeavy({ traps }: FrontEnd, ids: string[], withBody: boolean): void {
  const { tooHeavy, unrenderablePages } = traps
  if (withBody && unrenderablePages.length > 0 && ids.some((id) => unrenderablePages.includes(id))) {
    throw new AnswerError(500, { statusCode: 500, message: 'Error rendering content' })
  }
  if (tooHeavy === undefined || ids.length <= tooHeavy.rows || (tooHeavy.onlyWithBody === true && !withBody)) return
  const body = `<html><head><title>${tooHeavy.status}</title></head><body><h1>${tooHeavy.status}</h1></body></html>`
  throw new AnswerError(tooHeavy.status, body, { 'content-type': 'text/html' })
}

function rowsOfForm(front: FrontEnd, form: string): Map<string, string> {
  const { epoch } = front.site
  const { trapGeneration } = front
  let mine = kept.get(front)
  if (mine?.epoch !== epoch || mine.trapGeneration !== trapGeneration) {
    kept.set(front, (mine = { epoch, trapGeneration, byForm: new Map() }))
  }
  let rows = mine.byForm.get(form)
  if (rows === undefined) {
    if (mine.byForm.size >= keptForms) mine.byForm.clear()
    mine.byForm.set(form, (rows = new Map()))
  }
  return rows
}
