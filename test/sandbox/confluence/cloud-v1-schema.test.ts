// What Cloud still serves of v1, against Atlassian's published description.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { parsePlainYaml } from './plain-yaml.ts'
import { makeChecker, readDescription } from './published.ts'
import { ask, smallSite } from './small-site.ts'
import type { Json } from './small-site.ts'

const description = readDescription('cloud-v1.patched.openapi.yaml')
const expand =
  'restrictions.read.restrictions.user,restrictions.read.restrictions.group,metadata.labels,version,ancestors,body.storage,history,space'

const cases: [route: string, path: string][] = [
  ['/rest/api/content/search', '/rest/api/content/search?cql=type%3Dpage'],
  ['/rest/api/content/search', `/rest/api/content/search?cql=type%3Dpage&limit=5&expand=${expand}`],
  ['/rest/api/search', '/rest/api/search?cql=type%3Dpage'],
  ['/rest/api/content/{id}/restriction', '/rest/api/content/4/restriction'],
  ['/rest/api/content/{id}/restriction/byOperation', '/rest/api/content/4/restriction/byOperation'],
  ['/rest/api/content/{id}/restriction/byOperation/{operationKey}', '/rest/api/content/4/restriction/byOperation/read'],
  ['/rest/api/user', '/rest/api/user?accountId=ada'],
  ['/rest/api/user/current', '/rest/api/user/current'],
  ['/rest/api/user/bulk', '/rest/api/user/bulk?accountId=ada,bo'],
  ['/rest/api/user/memberof', '/rest/api/user/memberof?accountId=ada'],
  ['/rest/api/group', '/rest/api/group'],
  ['/rest/api/audit', '/rest/api/audit'],
]

describe.skipIf(description === undefined)('Cloud v1 answers fit the published description', () => {
  let confluence: RunningConfluence
  let problems: ReturnType<typeof makeChecker>
  beforeAll(async () => {
    confluence = await startConfluence({ flavour: 'cloud', site: smallSite() })
    confluence.restrict('2', { users: ['ada'] })
    problems = makeChecker(withLiveExtras(parsePlainYaml(description ?? '') as Json))
  })
  afterAll(() => confluence.close())

  test.each(cases)('%s as %s', async (route, path) => {
    const { status, json } = await ask(confluence, path)
    expect(status).toBe(200)
    expect(problems('get', route, json)).toEqual([])
  })

  test('members of a group, and the check of a right', async () => {
    const group = confluence.site.groupIdByName.get('staff')
    const members = await ask(confluence, `/rest/api/group/${group}/membersByGroupId`)
    expect(problems('get', '/rest/api/group/{groupId}/membersByGroupId', members.json)).toEqual([])
    const check = await ask(confluence, '/rest/api/content/4/permission/check', undefined, {
      method: 'POST',
      body: JSON.stringify({ subject: { type: 'user', identifier: 'ada' }, operation: 'read' }),
    })
    expect(problems('post', '/rest/api/content/{id}/permission/check', check.json)).toEqual([])
  })

  test('and an answer that does not fit is noticed', async () => {
    const { json } = await ask(confluence, '/rest/api/content/search?cql=type%3Dpage&limit=1')
    json.results[0].title = 7
    delete json.size
    expect(problems('get', '/rest/api/content/search', json)).toHaveLength(2)
  })
})

/** Fields that recorded answers have and the description lacks; beyond them nothing is let through. */
function withLiveExtras(published: Json): Json {
  const schemas = published.components.schemas
  const extras: Record<string, string[]> = {
    Content: [],
    ContentArray: [],
    ContentRestriction: [],
    ContentRestrictionArray: [],
    SearchPageResponseSearchResult: [],
    SearchResult: [],
    User: ['accountStatus'],
    UserArray: [],
    Group: [],
    GroupArrayWithLinks: [],
    PermissionCheckResponse: [],
    Version: [],
    Label: [],
    LabelArray: [],
    AuditRecord: [],
    AuditRecordArray: [],
  }
  for (const [name, fields] of Object.entries(extras)) {
    const schema = schemas[name]
    for (const field of fields) schema.properties[field] = {}
    schema.additionalProperties = false
  }
  return published
}
