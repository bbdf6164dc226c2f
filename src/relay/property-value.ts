/** What an application property may be (AMQP 1.0, part 3, 3.2.5: simple types only). */
export type PropertyValue = string | number | boolean | null;

/** As the AMQP library reads it: a long that a number would not hold comes as its eight bytes, most significant first. */
const longIn = (bytes: Buffer): bigint | undefined => {
  if (bytes.length !== 8) return undefined;
  const long = bytes.readBigInt64BE();
  return Number.isSafeInteger(Number(long)) ? undefined : long;
};

/** The AMQP library writes a whole number as an integer, which fails from 2^64 on and is read as bytes from 2^53 on; NaN it writes as null. */
const isWrittenAsItIs = (value: number): boolean =>
  Number.isInteger(value) ? Number.isSafeInteger(value) : !Number.isNaN(value);

/**
 * Times become ISO text, which reads the same in every language; numbers that would not arrive, decimal text; what is not simple, JSON
 * rather than nothing. There is a value for everything that comes over the wire.
 */
export const toPropertyValue = (value: unknown): PropertyValue => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return isWrittenAsItIs(value) ? value : String(value);
  // AMQP's timestamps go further than those of JavaScript.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    return longIn(bytes)?.toString() ?? bytes.toString('base64');
  }
  return JSON.stringify(value) ?? '';
};
