/** Descriptors of a message's sections; AMQP 1.0 part 3, section 3.2. */
export const section = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  data: 0x75,
} as const;

export interface MessageSection {
  descriptor: number;
  bytes: Buffer;
}

/** Bytes of a value of fixed width, by the upper half of its constructor; AMQP 1.0 part 1, section 1.2. */
const fixedWidths = new Map([
  [0x4, 0],
  [0x5, 1],
  [0x6, 2],
  [0x7, 4],
  [0x8, 8],
  [0x9, 16],
]);
/** Constructors whose value begins with its size: one byte or four. */
const sizeWidths = new Map([
  [0xa, 1],
  [0xc, 1],
  [0xe, 1],
  [0xb, 4],
  [0xd, 4],
  [0xf, 4],
]);

/** The position after the value at `start`. Throws RangeError when the bytes end before it or are no AMQP. */
const endOfValue = (bytes: Buffer, start: number): number => {
  const constructor = bytes.readUInt8(start);
  if (constructor === 0) return endOfValue(bytes, endOfValue(bytes, start + 1));
  const fixed = fixedWidths.get(constructor >>> 4);
  if (fixed !== undefined) return start + 1 + fixed;
  const width = sizeWidths.get(constructor >>> 4);
  if (width === undefined) throw new RangeError(`0x${constructor.toString(16)} constructs no AMQP value`);
  return start + 1 + width + bytes.readUIntBE(start + 1, width);
};

/** Section descriptors come as smallulong (0x53) or ulong (0x80). */
const descriptorAt = (bytes: Buffer, start: number): number => {
  const constructor = bytes.readUInt8(start);
  if (constructor === 0x53) return bytes.readUInt8(start + 1);
  if (constructor === 0x80) return Number(bytes.readBigUInt64BE(start + 1));
  throw new RangeError('a section without a numeric descriptor');
};

/** Cuts an encoded message into its sections without decoding them, so that what a producer wrote stays byte for byte. */
export const splitSections = (message: Buffer): MessageSection[] => {
  const sections: MessageSection[] = [];
  let start = 0;
  while (start < message.length) {
    if (message.readUInt8(start) !== 0) throw new RangeError('a section that is not a described value');
    const end = endOfValue(message, start);
    if (end > message.length) throw new RangeError('a section that is cut off');
    sections.push({ descriptor: descriptorAt(message, start + 1), bytes: message.subarray(start, end) });
    start = end;
  }
  return sections;
};
