import { expect, test } from 'vitest'
import { pageUrl } from '../../../src/core/confluence/links.ts'
import type { SiteAddress } from '../../../src/core/confluence/site.ts'
import { fc } from '../../support/property.ts'

const cloud: SiteAddress = { deployment: 'cloud', baseUrl: 'https://acme.atlassian.net/wiki' }
const datacenter: SiteAddress = { deployment: 'datacenter', baseUrl: 'https://wiki.acme.example/confluence' }

test.each<[string, SiteAddress, string, string, string | undefined, string]>([
  [
    'a page',
    cloud,
    '/spaces/IT/pages/1/VPN+set+up',
    'VPN',
    undefined,
    'https://acme.atlassian.net/wiki/spaces/IT/pages/1/VPN+set+up',
  ],
  [
    'a heading on Cloud',
    cloud,
    '/spaces/IT/pages/1/VPN',
    'VPN set up',
    'On a Mac',
    'https://acme.atlassian.net/wiki/spaces/IT/pages/1/VPN#On-a-Mac',
  ],
  [
    'the second equal heading',
    cloud,
    '/spaces/IT/pages/1/VPN',
    'VPN',
    'On a Mac.1',
    'https://acme.atlassian.net/wiki/spaces/IT/pages/1/VPN#On-a-Mac.1',
  ],
  [
    'a heading on Data Center',
    datacenter,
    '/display/IT/VPN',
    'VPN set up',
    'On a Mac',
    'https://wiki.acme.example/confluence/display/IT/VPN#VPNsetup-OnaMac',
  ],
  [
    'a query',
    datacenter,
    '/pages/viewpage.action?pageId=7',
    'A',
    'B',
    'https://wiki.acme.example/confluence/pages/viewpage.action?pageId=7#A-B',
  ],
  [
    'an umlaut and a question mark',
    cloud,
    '/spaces/IT/pages/1/x',
    'x',
    'Wie läuft’s?',
    'https://acme.atlassian.net/wiki/spaces/IT/pages/1/x#Wie-l%C3%A4uft%E2%80%99s%3F',
  ],
  [
    'characters that end links',
    cloud,
    '/spaces/IT/pages/1/a|b(c)<d>',
    'x',
    'f(x) | <y>',
    'https://acme.atlassian.net/wiki/spaces/IT/pages/1/a%7Cb%28c%29%3Cd%3E#f%28x%29-%7C-%3Cy%3E',
  ],
  ['a path without its slash', cloud, 'spaces/IT', 'x', undefined, 'https://acme.atlassian.net/wiki/spaces/IT'],
])('%s', (_, address, webPath, title, anchor, expected) => {
  expect(pageUrl(address, { webPath, title, anchor })).toBe(expected)
})

test.each([
  '/../../admin',
  '//evil.example/x',
  '/\\evil.example',
  'https://evil.example',
  '@evil.example',
  '/../wikileaks',
])('a path cannot lead off the site: %s', (webPath) => {
  expect(pageUrl(cloud, { webPath, title: 'x', anchor: undefined })).toMatch(
    /^https:\/\/acme\.atlassian\.net\/wiki(\/|$)/,
  )
})

test('whatever the page is called, the link stays on the site and can be put into chat markup', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (webPath, title, anchor) => {
      const href = pageUrl(datacenter, { webPath, title, anchor })
      expect(href).toMatch(/^https:\/\/wiki\.acme\.example\/confluence(?:[/#?]|$)/)
      expect(href).not.toMatch(/[|()<>[\]"\s]/)
    }),
  )
})
