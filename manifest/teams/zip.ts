// A zip file with its members stored as they are: enough for the three small files of an app package.
import { crc32 } from 'node:zlib'

export type Member = { name: string; content: Buffer }

/** Always the same bytes for the same members: the time is fixed at 1 January 2020. */
export function zip(members: Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content } of members) {
    const description = describe(name, content)
    const local = Buffer.concat([signature(0x04034b50), description, Buffer.from(name)])
    const central = Buffer.concat([
      signature(0x02014b50),
      number16(20),
      description,
      Buffer.alloc(10),
      number32(offset),
      Buffer.from(name),
    ])
    parts.push(local, content)
    directory.push(central)
    offset += local.length + content.length
  }
  const listing = Buffer.concat(directory)
  const counts = [number16(0), number16(0), number16(members.length), number16(members.length)]
  const end = [signature(0x06054b50), ...counts, number32(listing.length), number32(offset), number16(0)]
  return Buffer.concat([...parts, listing, ...end])
}

/** What the local header and the central directory say alike: version, flags, method, time, check sum, sizes, name length. */
function describe(name: string, content: Buffer): Buffer {
  const fields = [number16(20), number16(0), number16(0), number16(0), number16(((2020 - 1980) << 9) | (1 << 5) | 1)]
  const sizes = [number32(crc32(content)), number32(content.length), number32(content.length)]
  return Buffer.concat([...fields, ...sizes, number16(Buffer.byteLength(name)), number16(0)])
}

const signature = number32

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
