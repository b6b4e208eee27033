// Reads members of a zip file from its central directory. Not a library: those at hand take the unpacked size from the
// file itself, or have no bound at all, and Node's own inflate has one (`maxOutputLength`).
import { crc32, inflateRawSync } from 'node:zlib'
import { UnreadableFile } from './outcome.ts'

export type ZipFile = {
  /** Lower case, with `/`, without a leading one: part names do not differ by case alone. */
  has: (name: string) => boolean
  names: () => Iterable<string>
  /** Undefined when there is no such member. All that is read from one file together stays below the limit. */
  read: (name: string) => Uint8Array | undefined
}

type Member = { method: number; isEncrypted: boolean; checksum: number; packedSize: number; offset: number }

const DEFLATED = 8

const END_SIGNATURE = 0x06054b50
const MEMBER_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50

/** An office file has hundreds of members at most. */
const MAX_MEMBERS = 10_000

/** Throws UnreadableFile. */
export function openZip(bytes: Uint8Array, maxUnpackedBytes: number): ZipFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const members = guard(() => readDirectory(bytes, view))
  let room = maxUnpackedBytes
  return {
    has: (name) => members.has(name.toLowerCase()),
    names: () => members.keys(),
    read(name) {
      const member = members.get(name.toLowerCase())
      if (member === undefined) return undefined
      const content = guard(() => unpack(packedBytes(bytes, view, member), member, room))
      room -= content.length
      return content
    },
  }
}

/** Whatever a DataView or zlib says about broken bytes. */
function guard<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnreadableFile) throw error
    const isBound = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw new UnreadableFile(isBound ? 'too_large' : 'corrupt', { cause: error })
  }
}

function readDirectory(bytes: Uint8Array, view: DataView): Map<string, Member> {
  const end = findEnd(view)
  const count = view.getUint16(end + 10, true)
  const size = view.getUint32(end + 12, true)
  if (count > MAX_MEMBERS) throw new UnreadableFile('too_large')
  // Offsets count from the first member, which something may stand before.
  const base = end - size - view.getUint32(end + 16, true)
  if (base < 0) throw new UnreadableFile('corrupt')
  const members = new Map<string, Member>()
  let position = end - size
  for (let index = 0; index < count; index++) {
    if (view.getUint32(position, true) !== MEMBER_SIGNATURE) throw new UnreadableFile('corrupt')
    const nameLength = view.getUint16(position + 28, true)
    const name = new TextDecoder().decode(bytes.subarray(position + 46, position + 46 + nameLength))
    members.set(normalName(name), {
      isEncrypted: (view.getUint16(position + 8, true) & 1) === 1,
      method: view.getUint16(position + 10, true),
      checksum: view.getUint32(position + 16, true),
      packedSize: view.getUint32(position + 20, true),
      offset: base + view.getUint32(position + 42, true),
    })
    position += 46 + nameLength + view.getUint16(position + 30, true) + view.getUint16(position + 32, true)
  }
  return members
}

/** The end record stands before a comment of at most 65,535 bytes. */
function findEnd(view: DataView): number {
  for (let position = view.byteLength - 22; position >= Math.max(0, view.byteLength - 65_557); position--) {
    if (view.getUint32(position, true) === END_SIGNATURE) return position
  }
  throw new UnreadableFile('corrupt')
}

function normalName(name: string): string {
  return name.replaceAll('\\', '/').replace(/^\//, '').toLowerCase()
}

function packedBytes(bytes: Uint8Array, view: DataView, member: Member): Uint8Array {
  if (view.getUint32(member.offset, true) !== LOCAL_SIGNATURE) throw new UnreadableFile('corrupt')
  const start = member.offset + 30 + view.getUint16(member.offset + 26, true) + view.getUint16(member.offset + 28, true)
  if (start + member.packedSize > bytes.length) throw new UnreadableFile('corrupt')
  return bytes.subarray(start, start + member.packedSize)
}

function unpack(packed: Uint8Array, member: Member, room: number): Uint8Array {
  if (member.isEncrypted) throw new UnreadableFile('encrypted')
  const content = member.method === 0 ? packed : inflate(packed, member, room)
  if (content.length > room) throw new UnreadableFile('too_large')
  if (crc32(content) !== member.checksum) throw new UnreadableFile('corrupt')
  return content
}

function inflate(packed: Uint8Array, member: Member, room: number): Uint8Array {
  if (member.method !== DEFLATED) throw new UnreadableFile('corrupt')
  return inflateRawSync(packed, { maxOutputLength: Math.max(room, 1), chunkSize: 256 * 1024 })
}
