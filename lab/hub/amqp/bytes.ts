/** The bytes of a message's body: a data section as rhea decodes it (AMQP 1.0 part 3, 3.2.6), or a text. */
export const bytesOf = (body: unknown): Buffer => {
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body);
  const content = typeof body === 'object' && body !== null && 'content' in body ? body.content : undefined;
  if (Array.isArray(content)) return Buffer.concat(content.filter((part) => Buffer.isBuffer(part)));
  return Buffer.isBuffer(content) ? content : Buffer.alloc(0);
};
