import type { HttpResponseInit } from '@azure/functions';

/** A refusal over HTTP: `{ error: { code, message } }`, never cached. `code` is for programs, `message` for people. */
export const refuse = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): HttpResponseInit => ({
  status,
  headers: { 'Cache-Control': 'no-store', ...headers },
  jsonBody: { error: { code, message } },
});
