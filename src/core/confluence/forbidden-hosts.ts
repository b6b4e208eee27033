// Which hosts a connection may never reach: this machine, link-local networks, cloud metadata. Private ranges are allowed,
// because that is where a Data Center lives. Pure.
import { BlockList, isIP } from 'node:net'

export type HostPolicy = {
  /** Development and tests only. Link-local and metadata addresses stay refused. */
  allowLoopback: boolean
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const never = new BlockList()
never.addSubnet('0.0.0.0', 8, 'ipv4')
never.addSubnet('169.254.0.0', 16, 'ipv4')
never.addSubnet('224.0.0.0', 4, 'ipv4')
never.addAddress('255.255.255.255', 'ipv4')
never.addAddress('100.100.100.200', 'ipv4') // Alibaba Cloud metadata
never.addAddress('168.63.129.16', 'ipv4') // Azure's host agent
never.addAddress('192.0.0.192', 'ipv4') // Oracle Cloud metadata
never.addAddress('::', 'ipv6')
never.addSubnet('fe80::', 10, 'ipv6')
never.addSubnet('ff00::', 8, 'ipv6')
never.addAddress('fd00:ec2::254', 'ipv6') // AWS metadata
never.addAddress('fd20:ce::254', 'ipv6') // Google Cloud metadata
// The same IPv4 networks behind NAT64 and 6to4.
for (const [network, nat64Bits] of [
  ['7f00:0', 104],
  ['a9fe:0', 112],
  ['0:0', 104],
] as const) {
  never.addSubnet(`64:ff9b::${network}`, nat64Bits, 'ipv6')
}
never.addSubnet('2002:7f00::', 24, 'ipv6')
never.addSubnet('2002:a9fe::', 32, 'ipv6')

const metadataNames = new Set(['metadata', 'metadata.google.internal', 'instance-data', 'instance-data.ec2.internal'])

/** What is wrong with a host name or address (IPv6 with or without brackets), or undefined when it may be reached. */
export function findForbiddenReason(host: string, policy: HostPolicy): 'loopback' | 'internal' | undefined {
  const bare = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
  const version = isIP(bare)
  if (version === 0) {
    if (metadataNames.has(bare)) return 'internal'
    const isLocalName = bare === 'localhost' || bare.endsWith('.localhost') || bare === 'ip6-localhost'
    return isLocalName && !policy.allowLoopback ? 'loopback' : undefined
  }
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (never.check(bare, family)) return 'internal'
  return loopback.check(bare, family) && !policy.allowLoopback ? 'loopback' : undefined
}
