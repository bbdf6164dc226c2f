import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** MQTT 3.1.1 packets byte by byte, for what no SDK would send. */
export interface RawClient {
  connect(
    clientId: string,
    username: string,
    password: string,
    will?: { topic: string; payload: string },
  ): Promise<Buffer>;
  subscribe(filter: string): Promise<Buffer>;
  /** Resolves with the answer, or `closed`. */
  publish(topic: string, payload: string, flags?: { qos?: number; retain?: boolean }): Promise<Buffer | 'closed'>;
  /** The next packet that nobody has waited for yet. */
  next(): Promise<Buffer | 'closed'>;
  disconnectAbruptly(): void;
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};
/** 2.2.3: seven bits of the length in each byte, the eighth says that more follow. */
const lengthOf = (length: number): number[] =>
  length < 128 ? [length] : [(length % 128) | 128, ...lengthOf(Math.floor(length / 128))];
const packet = (first: number, ...parts: Buffer[]): Buffer => {
  const rest = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([first, ...lengthOf(rest.length)]), rest]);
};

/** The packet at the start of `bytes`, if it is all there. */
function firstPacket(bytes: Buffer): Buffer | undefined {
  let length = 0;
  for (let at = 1; at < bytes.length && at < 5; at += 1) {
    length += (bytes[at]! & 127) << (7 * (at - 1));
    if (bytes[at]! < 128) return bytes.length < at + 1 + length ? undefined : bytes.subarray(0, at + 1 + length);
  }
  return undefined;
}

export async function openRawClient(host: string): Promise<RawClient> {
  const socket: TLSSocket = connect({ host, port: 8883, servername: host });
  await once(socket, 'secureConnect');
  socket.on('error', () => socket.destroy());
  let bytes = Buffer.alloc(0);
  const packets: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let found = firstPacket(bytes); found !== undefined; found = firstPacket(bytes)) {
      packets.push(found);
      bytes = bytes.subarray(found.length);
    }
    socket.emit('lab:packets');
  });
  const next = async (): Promise<Buffer | 'closed'> => {
    while (packets.length === 0) {
      if (socket.destroyed) return 'closed';
      await Promise.race([once(socket, 'lab:packets'), once(socket, 'close')]);
    }
    return packets.shift()!;
  };
  const ask = (packetBytes: Buffer): Promise<Buffer | 'closed'> => {
    socket.write(packetBytes);
    return next();
  };
  const mustAnswer = async (bytes: Buffer): Promise<Buffer> => {
    const answered = await ask(bytes);
    if (answered === 'closed') throw new TypeError('closed without an answer');
    return answered;
  };
  return {
    connect: (clientId, username, password, will) => {
      // 3.1.2.3: user name, password, will at QoS 1, clean session.
      const flags = will === undefined ? 0xc2 : 0xce;
      const head = Buffer.from([4, flags, 0, 60]);
      const willParts = will === undefined ? [] : [text(will.topic), text(will.payload)];
      return mustAnswer(packet(0x10, text('MQTT'), head, text(clientId), ...willParts, text(username), text(password)));
    },
    subscribe: (filter) => mustAnswer(packet(0x82, Buffer.from([0, 1]), text(filter), Buffer.from([0]))),
    publish: (topic, payload, { qos = 1, retain = false } = {}) =>
      ask(packet(0x30 | (qos << 1) | Number(retain), text(topic), Buffer.from([0, 2]), Buffer.from(payload))),
    next,
    disconnectAbruptly: () => socket.destroy(),
  };
}
