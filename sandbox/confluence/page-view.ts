// A page as a browser shows it, so that the links under an answer can be followed. For reading along in the demo only: it
// asks nobody who they are, and no client of ours uses it.
import type { FastifyInstance } from 'fastify'
import type { FrontEnd } from './front-end.ts'
import type { Content } from './model.ts'

export function addPageView(server: FastifyInstance, { site, basePath }: FrontEnd): void {
  server.get<{ Params: { id: string } }>(`${basePath}/spaces/:key/pages/:id/:title?`, (request, reply) =>
    send(reply, show(site.contents.get(request.params.id))),
  )
  server.get<{ Params: { key: string } }>(`${basePath}/spaces/:key/overview`, (request, reply) => {
    const space = site.spaces.get(site.spaceIdByKey.get(request.params.key.toLowerCase()) ?? '')
    return send(reply, show(site.contents.get(space?.homepageId ?? '')))
  })
}

function show(page: Content | undefined): string | undefined {
  return page?.type === 'page' ? renderPage(page.title, page.storage) : undefined
}

type Sender = {
  code: (status: number) => Sender
  header: (name: string, value: string) => Sender
  send: (body: string) => unknown
}

function send(reply: Sender, html: string | undefined): unknown {
  return reply
    .code(html === undefined ? 404 : 200)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    .send(html ?? '<!doctype html><title>Not found</title><p>There is no such page.</p>')
}

const style = `body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#1d2330}
h1{font-size:1.9rem}h1,h2,h3{line-height:1.25}h2:target,h3:target{background:#fff3c4}
table{border-collapse:collapse}td,th{border:1px solid #c9ced8;padding:.3rem .6rem;text-align:left}
pre{background:#f3f4f7;padding:.8rem;overflow:auto}.macro{border-left:3px solid #b6c2e2;padding-left:.9rem}`

function renderPage(title: string, storage: string): string {
  return `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>${style}</style><h1>${escape(title)}</h1>${toHtml(storage)}`
}

/** Storage format is XHTML with elements of Confluence's own; what a browser does not know becomes a plain box or goes. */
function toHtml(storage: string): string {
  return storage
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_, text: string) => escape(text))
    .replace(/<ac:plain-text-body>([\s\S]*?)<\/ac:plain-text-body>/g, '<pre>$1</pre>')
    .replace(
      /<ac:(?:parameter|placeholder|adf-attribute|adf-fallback|task-id|task-uuid)\b[^>]*>[\s\S]*?<\/ac:[a-z-]+>/g,
      '',
    )
    .replace(/<ac:structured-macro\b[^>]*\/>|<\/?ri:[^>]*>/g, '')
    .replace(/<ac:structured-macro\b[^>]*>/g, '<div class="macro">')
    .replace(/<\/ac:structured-macro>/g, '</div>')
    .replace(/<\/?ac:[^>]*>/g, ' ')
    .replace(/<h([1-6])[^>]*>([\s\S]*?)<\/h\1>/g, (_, level: string, text: string) => {
      const id = text
        .replace(/<[^>]*>/g, '')
        .trim()
        .replace(/\s+/g, '-')
      // What stands between the tags is escaped already, but for the quotation mark.
      return `<h${level} id="${id.replaceAll('"', '&quot;')}">${text}</h${level}>`
    })
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
