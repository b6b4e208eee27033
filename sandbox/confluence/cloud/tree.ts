// v2's tree: what stands above, right below and anywhere below a page or folder, and which ids are there at all.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { compareIds } from '../content-order.ts'
import type { FrontEnd } from '../front-end.ts'
import { findVisible, parameter, seesContent } from '../front-end.ts'
import type { Content, ContentType } from '../model.ts'
import { listAncestors, listChildren } from '../model.ts'
import { findAttachment } from '../parts.ts'
import { answerList, links, turnOf, visibleContent, withBase } from './lists.ts'
import { invalid, limitParameter } from './parameters.ts'
import { folderRecord } from './records.ts'

const collections: [name: string, type: ContentType][] = [
  ['pages', 'page'],
  ['folders', 'folder'],
  ['whiteboards', 'whiteboard'],
  ['databases', 'database'],
  ['embeds', 'embed'],
]

export function addTreeRoutes(server: FastifyInstance, front: FrontEnd): void {
  for (const [name, type] of collections) {
    server.get(`/api/v2/${name}/:id/ancestors`, (request) => {
      const ancestors = listAncestors(front.site, visibleContent(front, request, [type]))
      const nearest = ancestors.slice(-limitParameter(request, 25))
      return { results: nearest.map(({ id, type: kind }) => ({ id, type: kind })), _links: { base: front.baseUrl } }
    })
    server.get(`/api/v2/${name}/:id/direct-children`, (request, reply) =>
      listDirectChildren(front, request, reply, visibleContent(front, request, [type])),
    )
    server.get(`/api/v2/${name}/:id/descendants`, (request, reply) =>
      listDescendants(front, request, reply, visibleContent(front, request, [type])),
    )
    // Pages have routes of their own.
    if (type !== 'page') {
      server.get(`/api/v2/${name}/:id`, (request) =>
        withBase(front, folderRecord(front, visibleContent(front, request, [type]))),
      )
    }
  }
  server.get('/api/v2/pages/:id/children', (request, reply) => {
    const children = listedChildren(front, visibleContent(front, request, ['page'])).filter(
      ({ type }) => type === 'page',
    )
    const render = ({ id, status, title, spaceId, position }: Content) => {
      const childPosition = front.traps.nullChildPositions ? null : position
      return { id, status, title, spaceId, childPosition }
    }
    const sees = (child: Content) => seesContent(front, request, child)
    return answerList(front, request, reply, children, { sees, render })
  })
  server.post('/api/v2/content/convert-ids-to-types', (request) => convertIds(front, request))
}

/** Without positions the cursor of an unsorted list leads back to its beginning. */
function listDirectChildren(front: FrontEnd, request: FastifyRequest, reply: FastifyReply, content: Content) {
  const { nullChildPositions } = front.traps
  const children = listedChildren(front, content)
  const sort = parameter(request, 'sort') ?? 'child-position'
  const isById = /^-?id$/.test(sort)
  if (isById) children.sort((one, other) => compareIds(one.id, other.id))
  if (sort === '-id') children.reverse()
  const render = ({ id, status, title, type, spaceId, position }: Content) => {
    return { id, status, title, type, spaceId, childPosition: nullChildPositions ? null : position }
  }
  const sees = (child: Content) => seesContent(front, request, child)
  const limit = limitParameter(request, 25)
  if (!nullChildPositions || isById || children.length <= limit) {
    return answerList(front, request, reply, children, { sees, render })
  }
  const turn = turnOf<{ position: number }>(front, request, 25)
  const results = children.slice(0, limit).filter(sees).map(render)
  return { results, _links: links(front, request, reply, turn.next({ position: 0 })) }
}

function listDescendants(front: FrontEnd, request: FastifyRequest, reply: FastifyReply, top: Content) {
  const given = parameter(request, 'depth') ?? '2'
  const depth = /^\d{1,3}$/.test(given) ? Number(given) : 0
  if (depth < 1 || depth > 10) throw invalid('depth', 'must be between 1 and 10')
  const rows: { content: Content; depth: number }[] = []
  const collect = (content: Content, level: number): void => {
    if (level > depth) return
    for (const child of listedChildren(front, content)) {
      rows.push({ content: child, depth: level })
      collect(child, level + 1)
    }
  }
  collect(top, 1)
  const render = ({ content, depth: level }: (typeof rows)[number]) => {
    const { id, status, title, type, parentId, position } = content
    const childPosition = front.traps.nullChildPositions ? null : position
    return { id, status, title, type, parentId, depth: level, childPosition }
  }
  return answerList(front, request, reply, rows, {
    sees: ({ content }) => seesContent(front, request, content),
    render,
  })
}

function listedChildren({ site }: FrontEnd, content: Content): Content[] {
  return listChildren(site, content.id).filter(({ status }) => status === 'current' || status === 'archived')
}

/** The type of each id, null for what is absent or invisible. */
function convertIds(front: FrontEnd, request: FastifyRequest) {
  const given = (request.body as { contentIds?: unknown } | null)?.contentIds
  if (!Array.isArray(given) || given.length === 0 || given.length > 100) {
    throw invalid('contentIds', 'must hold between 1 and 100 ids')
  }
  const results = given.map((id): [string, string | null] => [String(id), typeOf(front, request, String(id))])
  return { results: Object.fromEntries(results) }
}

function typeOf(front: FrontEnd, request: FastifyRequest, id: string): string | null {
  const { site } = front
  const content = findVisible(front, request, id)
  if (content !== undefined) return content.status === 'draft' ? null : content.type
  const comment = site.comments.get(id)
  const attachment = id.startsWith('att') ? findAttachment(site, id) : undefined
  const part = comment ?? attachment
  if (part === undefined || findVisible(front, request, part.contentId) === undefined) return null
  return comment === undefined ? 'attachment' : `${comment.location}-comment`
}
