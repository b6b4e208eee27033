// Cloud's v2 answers against Atlassian's published description, where a copy of it lies beside the checkout.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { makeChecker, readDescription } from './published.ts'
import { ask, smallSite, values } from './small-site.ts'
import type { Json } from './small-site.ts'

const description = readDescription('cloud-v2.openapi.json')

const cases: [route: string, path: string][] = [
  ['/spaces', '/api/v2/spaces?limit=2'],
  ['/spaces/{id}', '/api/v2/spaces/100'],
  ['/spaces/{id}/pages', '/api/v2/spaces/100/pages?body-format=storage'],
  ['/spaces/{id}/permissions', '/api/v2/spaces/200/permissions'],
  ['/spaces/{id}/permissions', '/api/v2/spaces/300/permissions'],
  ['/pages', '/api/v2/pages?limit=3'],
  ['/pages', '/api/v2/pages?id=1,2,3&body-format=storage'],
  ['/pages/{id}', '/api/v2/pages/4?body-format=storage'],
  ['/pages/{id}/ancestors', '/api/v2/pages/4/ancestors'],
  ['/pages/{id}/labels', '/api/v2/pages/7/labels'],
  ['/folders/{id}', '/api/v2/folders/20'],
  ['/whiteboards/{id}', '/api/v2/whiteboards/35'],
  ['/pages/{id}/direct-children', '/api/v2/pages/1/direct-children'],
  ['/pages/{id}/children', '/api/v2/pages/1/children'],
  ['/pages/{id}/descendants', '/api/v2/pages/1/descendants?depth=5'],
  ['/folders/{id}/descendants', '/api/v2/folders/20/descendants'],
  ['/pages/{id}/versions', '/api/v2/pages/2/versions?body-format=storage'],
  ['/pages/{page-id}/versions/{version-number}', '/api/v2/pages/2/versions/1'],
  ['/blogposts', '/api/v2/blogposts?body-format=storage'],
  ['/blogposts/{id}', '/api/v2/blogposts/30'],
  ['/spaces/{id}/blogposts', '/api/v2/spaces/100/blogposts'],
  ['/attachments', '/api/v2/attachments'],
  ['/pages/{id}/attachments', '/api/v2/pages/2/attachments'],
  ['/attachments/{id}', '/api/v2/attachments/att71'],
  ['/footer-comments', '/api/v2/footer-comments?body-format=storage'],
  ['/pages/{id}/footer-comments', '/api/v2/pages/2/footer-comments?body-format=storage'],
  ['/footer-comments/{comment-id}', '/api/v2/footer-comments/80'],
  ['/footer-comments/{id}/children', '/api/v2/footer-comments/80/children'],
  ['/inline-comments', '/api/v2/inline-comments'],
  ['/pages/{id}/inline-comments', '/api/v2/pages/2/inline-comments?body-format=storage'],
  ['/inline-comments/{comment-id}', '/api/v2/inline-comments/82'],
  ['/inline-comments/{id}/children', '/api/v2/inline-comments/82/children'],
  ['/space-role-mode', '/api/v2/space-role-mode'],
  ['/space-roles', '/api/v2/space-roles'],
  ['/spaces/{id}/role-assignments', '/api/v2/spaces/300/role-assignments'],
  ['/data-policies/metadata', '/api/v2/data-policies/metadata'],
  ['/data-policies/spaces', '/api/v2/data-policies/spaces'],
]

const site = () =>
  smallSite({
    pages: [
      ...(values.pages ?? []),
      { id: '30', spaceKey: 'HR', title: 'News', type: 'blogpost' },
      { id: '35', spaceKey: 'HR', title: 'Sketches', type: 'whiteboard', parentId: '1' },
      { id: '36', spaceKey: 'HR', title: 'Live', subtype: 'live', parentId: '1' },
    ],
    attachments: [{ id: '71', pageId: '2', title: 'plan.pdf', bytes: 'pdf' }],
    comments: [
      { id: '80', pageId: '2', storage: '<p>Why?</p>' },
      { id: '81', pageId: '2', parentId: '80', storage: '<p>Because.</p>' },
      { id: '82', pageId: '2', location: 'inline', storage: '<p>More!</p>' },
      { id: '83', pageId: '2', parentId: '82', storage: '<p>No!</p>' },
      { id: '84', pageId: '30', storage: '<p>Oh</p>' },
    ],
  })

describe.skipIf(description === undefined)('Cloud v2 answers fit the published description', () => {
  let confluence: RunningConfluence
  let problems: ReturnType<typeof makeChecker>
  beforeAll(async () => {
    confluence = await startConfluence({ flavour: 'cloud', site: site(), traps: { spaceRoleMode: 'ROLES_TRANSITION' } })
    problems = makeChecker(withLiveExtras(JSON.parse(description ?? '{}')))
  })
  afterAll(() => confluence.close())

  test.each(cases)('%s as %s', async (route, path) => {
    const { status, json } = await ask(confluence, path)
    expect(status).toBe(200)
    expect(problems('get', route, json)).toEqual([])
  })

  test('/users-bulk', async () => {
    const post = { method: 'POST', body: JSON.stringify({ accountIds: ['ada', 'bo'] }) }
    expect(
      problems('post', '/users-bulk', (await ask(confluence, '/api/v2/users-bulk', undefined, post)).json),
    ).toEqual([])
  })

  test('/content/convert-ids-to-types', async () => {
    const post = { method: 'POST', body: JSON.stringify({ contentIds: ['1', '20', '99'] }) }
    const { json } = await ask(confluence, '/api/v2/content/convert-ids-to-types', undefined, post)
    expect(problems('post', '/content/convert-ids-to-types', json)).toEqual([])
  })

  test('and an answer that does not fit is noticed', async () => {
    const { json } = await ask(confluence, '/api/v2/pages?limit=1')
    json.results[0].spaceId = 100
    json.results[0].spaceKey = 'HR'
    expect(problems('get', '/pages', json)).toHaveLength(2)
  })
})

/** Fields that recorded answers have and the description lacks; beyond them nothing is let through. */
function withLiveExtras(spec: Json): Json {
  const schemas = spec.components.schemas
  const extras: Record<string, string[]> = {
    PageBulk: [],
    PageSingle: [],
    SpaceBulk: ['spaceOwnerId'],
    SpaceSingle: ['spaceOwnerId', 'currentActiveAlias'],
    Version: ['ncsStepVersion'],
    AbstractPageLinks: ['edituiv2', 'base'],
    FolderLinks: ['base'],
    SpaceLinks: ['base'],
    FolderSingle: [],
    Ancestor: [],
    Label: [],
    User: [],
    MultiEntityLinks: [],
    SpacePermissionAssignment: [],
    BlogPostBulk: [],
    BlogPostSingle: [],
    AttachmentBulk: [],
    AttachmentSingle: [],
    AttachmentLinks: ['base'],
    PageCommentModel: ['resolutionStatus'],
    ChildrenCommentModel: ['resolutionStatus'],
    FooterCommentModel: ['resolutionStatus'],
    PageInlineCommentModel: ['resolutionLastModifierId'],
    InlineCommentModel: [],
    InlineCommentChildrenModel: [],
    InlineCommentProperties: ['inline-marker-ref', 'inline-original-selection'],
    CommentLinks: ['base'],
    ChildrenResponse: [],
    DescendantsResponse: [],
    PageVersion: [],
    DetailedVersion: [],
    SpaceRoleAssignment: [],
  }
  for (const [name, fields] of Object.entries(extras)) {
    const schema = schemas[name]
    for (const field of fields) schema.properties[field] = {}
    schema.additionalProperties = false
  }
  // What is absent or invisible is null, says the text of the description.
  const types = schemas.ContentIdToContentTypeResponse.properties.results
  types.additionalProperties = { anyOf: [types.additionalProperties, { type: 'null' }] }
  // Live answers hold null where there is no parent, no icon and no description.
  for (const name of ['PageBulk', 'PageSingle', 'FolderSingle'])
    Object.assign(schemas[name].properties, { parentId: { type: ['string', 'null'] } })
  schemas.ParentContentType = { enum: [...schemas.ParentContentType.enum, null] }
  for (const name of ['SpaceIcon', 'SpaceDescription']) schemas[name] = { anyOf: [schemas[name], { type: 'null' }] }
  Object.assign(schemas.User.properties, { personalSpaceId: { type: ['string', 'null'] } })
  schemas.SpacePermissionAssignment.properties.principal.properties.type.enum.push('access-class')
  return spec
}
