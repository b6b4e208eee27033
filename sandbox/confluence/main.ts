// `node sandbox/confluence/main.ts [--flavour cloud|datacenter] [--folder PATH] [--port N]`: a Confluence that runs until Ctrl-C.
import { parseArgs } from 'node:util'
import { startConfluence } from './server.ts'

const { values } = parseArgs({
  options: {
    flavour: { type: 'string', default: 'cloud' },
    folder: { type: 'string' },
    port: { type: 'string', default: '8090' },
    context: { type: 'string' },
  },
})
if (values.flavour !== 'cloud' && values.flavour !== 'datacenter') {
  console.error('--flavour is cloud or datacenter.')
  process.exit(1)
}
const confluence = await startConfluence({
  flavour: values.flavour,
  port: Number(values.port),
  ...(values.folder === undefined ? {} : { folder: values.folder }),
  ...(values.context === undefined ? {} : { contextPath: values.context }),
})
const { email, username, token, password } = confluence.credentials
console.log(`Confluence (${values.flavour}) with ${confluence.site.pageIds.length} pages`)
console.log(`URL    ${confluence.url}`)
console.log(`E-mail ${email}`)
console.log(`Token  ${token}`)
if (values.flavour === 'datacenter') console.log(`User   ${username} with password ${password}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void confluence.close())
