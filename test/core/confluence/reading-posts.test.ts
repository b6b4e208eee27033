import { expect, test } from 'vitest'
import { z } from 'zod'
import { createHttpClient } from '../../../src/core/confluence/http.ts'
import { quick, startScripted } from './scripted-server.ts'

const signal = new AbortController().signal
const schema = z.unknown()

test.each([
  '/api/v2/pages',
  '/api/v2/users-bulk/more',
  '/rest/api/content',
  '/rest/api/content/1/restriction',
  '/rest/api/content/1/label',
  '/rest/api/content/x/permission/check',
  '/api/v2/content/convert-ids-to-types?x=/api/v2/users-bulk',
])('a POST to %s could write: it is a bug and is never sent', async (path) => {
  await using server = await startScripted(() => ({ json: {} }))
  const http = createHttpClient(server.url, 'Bearer abc', quick)
  await expect(http.send({ path, body: {}, schema }, signal)).rejects.toThrow(/^Footnote only reads: POST \//)
  expect(server.asked).toEqual([])
})

test.each(['/api/v2/users-bulk', '/api/v2/content/convert-ids-to-types', '/rest/api/content/12/permission/check'])(
  'a POST to %s only reads',
  async (path) => {
    await using server = await startScripted(() => ({ json: {} }))
    const http = createHttpClient(server.url, 'Bearer abc', quick)
    await http.send({ path, body: {}, schema }, signal)
    expect(server.asked.map(({ method }) => method)).toEqual(['POST'])
  },
)

test('whatever else is sent is a GET', async () => {
  await using server = await startScripted(() => ({ json: {} }))
  const http = createHttpClient(server.url, 'Bearer abc', quick)
  await http.send({ path: '/rest/api/content/1/label', schema }, signal)
  expect(server.asked.map(({ method }) => method)).toEqual(['GET'])
})
