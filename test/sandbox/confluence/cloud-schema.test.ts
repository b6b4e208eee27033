// Cloud's v2 answers against Atlassian's published description, where a copy of it lies beside the checkout.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { ask, smallSite } from './small-site.ts'
import type { Json } from './small-site.ts'

const specPath = fileURLToPath(
  new URL('../../../../shared/data/confluence/specs/cloud-v2.openapi.json', import.meta.url),
)
const isThere = existsSync(specPath)
if (!isThere) console.info('Skipped: there is no copy of the Cloud v2 description to validate against.')

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
]

describe.skipIf(!isThere)('Cloud v2 answers fit the published description', () => {
  let confluence: RunningConfluence
  let ajv: Ajv
  beforeAll(async () => {
    confluence = await startConfluence({ flavour: 'cloud', site: smallSite() })
    ajv = new Ajv({
      strict: false,
      allErrors: true,
      formats: { int32: true, int64: true, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ },
    })
    ajv.addSchema(withLiveExtras(JSON.parse(readFileSync(specPath, 'utf8'))), 'spec')
  })
  afterAll(() => confluence.close())

  const problems = (method: string, route: string, answer: Json) => {
    const path = `paths/${route.replaceAll('/', '~1')}/${method}/responses/200/content/application~1json/schema`
    const validate = ajv.compile({ $ref: `spec#/${path.replaceAll('{', '%7B').replaceAll('}', '%7D')}` })
    validate(answer)
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }

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
  }
  for (const [name, fields] of Object.entries(extras)) {
    const schema = schemas[name]
    for (const field of fields) schema.properties[field] = {}
    schema.additionalProperties = false
  }
  // Live answers hold null where there is no parent, no icon and no description.
  for (const name of ['PageBulk', 'PageSingle', 'FolderSingle'])
    Object.assign(schemas[name].properties, { parentId: { type: ['string', 'null'] } })
  schemas.ParentContentType = { enum: [...schemas.ParentContentType.enum, null] }
  for (const name of ['SpaceIcon', 'SpaceDescription']) schemas[name] = { anyOf: [schemas[name], { type: 'null' }] }
  Object.assign(schemas.User.properties, { personalSpaceId: { type: ['string', 'null'] } })
  schemas.SpacePermissionAssignment.properties.principal.properties.type.enum.push('access-class')
  return spec
}
