// The server side of RFC 6455, as far as Socket Mode needs it: text frames, ping, close. No extensions, no fragments.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

export type WebSocketPeer = {
  send(text: string): void
  close(): void
}

type Handlers = { onText: (text: string) => void; onClose: () => void }

const handshakeSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const opcodes = { text: 1, close: 8, ping: 9, pong: 10 }

/** Answers the upgrade; undefined, with the socket closed, when the request is no web socket's. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  handlers: Handlers,
): WebSocketPeer | undefined {
  const key = request.headers['sec-websocket-key']
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined) {
    socket.destroy()
    return undefined
  }
  const accept = createHash('sha1').update(`${key}${handshakeSuffix}`).digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  socket.write(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  let received = Buffer.alloc(0)
  socket.on('data', (part: Buffer) => {
    received = Buffer.concat([received, part])
    for (let frame = readFrame(received); frame !== undefined; frame = readFrame(received)) {
      received = received.subarray(frame.size)
      if (frame.opcode === opcodes.text) handlers.onText(frame.payload.toString('utf8'))
      if (frame.opcode === opcodes.ping) socket.write(toFrame(opcodes.pong, frame.payload))
      if (frame.opcode === opcodes.close) socket.end(toFrame(opcodes.close, frame.payload))
    }
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', handlers.onClose)
  return {
    send: (text) => void socket.write(toFrame(opcodes.text, Buffer.from(text))),
    close: () => {
      socket.end(toFrame(opcodes.close, Buffer.from([0x03, 0xe8])))
      socket.destroy()
    },
  }
}

/** The first whole frame of a client (always masked); undefined while it is incomplete. */
function readFrame(buffer: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  if (buffer.length < 2) return undefined
  const short = buffer.readUInt8(1) & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + lengthBytes + 4
  if (buffer.length < start) return undefined
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2))
  if (buffer.length < start + length) return undefined
  const mask = buffer.subarray(start - 4, start)
  const payload = Buffer.from(buffer.subarray(start, start + length))
  for (let position = 0; position < length; position++) {
    payload.writeUInt8(payload.readUInt8(position) ^ mask.readUInt8(position % 4), position)
  }
  return { opcode: buffer.readUInt8(0) & 0x0f, payload, size: start + length }
}

function toFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const header = length < 126 ? Buffer.from([0x80 | opcode, length]) : Buffer.alloc(length < 65_536 ? 4 : 10)
  if (length >= 126) {
    header.writeUInt8(0x80 | opcode, 0)
    header.writeUInt8(length < 65_536 ? 126 : 127, 1)
    if (length < 65_536) header.writeUInt16BE(length, 2)
    else header.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([header, payload])
}
