/** The JSON of a downloaded blob. */
export async function readJson(stream: NodeJS.ReadableStream | undefined): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
