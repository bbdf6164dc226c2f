/** What an application property may be (AMQP 1.0, part 3, 3.2.5: simple types only). */
export type PropertyValue = string | number | boolean;

/** Times become ISO text, which reads the same in every language; what is not simple becomes JSON rather than nothing. */
export const toPropertyValue = (value: unknown): PropertyValue => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return JSON.stringify(value) ?? '';
};
