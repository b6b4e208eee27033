// LangChain.js' loader over some spaces, one after the other: titles and texts into memory. Prints pages and seconds as JSON.
// `node confluence-loader.mjs BASE-URL KEYS USER TOKEN`; without a user the token is a personal access token.
import { ConfluencePagesLoader } from '@langchain/community/document_loaders/web/confluence'

const [baseUrl, keys, username, accessToken] = process.argv.slice(2)
const credentials = username === '' ? { personalAccessToken: accessToken } : { username, accessToken }
const startedAt = performance.now()
const ids = new Set()
for (const spaceKey of keys.split(',')) {
  const loader = new ConfluencePagesLoader({ baseUrl, spaceKey, ...credentials })
  for (const { metadata } of await loader.load()) ids.add(metadata.id)
}
process.stdout.write(`${JSON.stringify({ pages: ids.size, seconds: (performance.now() - startedAt) / 1000 })}\n`)
