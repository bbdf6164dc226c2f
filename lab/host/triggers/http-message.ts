import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RpcCookie, RpcHttp, RpcTypedData } from '../rpc-types.js';

/** The whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The host as the client named it; only the path and query of a request line are used. */
export function requestUrl(request: IncomingMessage): URL {
  return new URL(`http://${request.headers.host ?? '127.0.0.1'}${request.url ?? '/'}`);
}

const nullable = (entries: Iterable<[string, string]>): Record<string, { value: string }> =>
  Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));

function joinedHeaders(request: IncomingMessage): [string, string][] {
  return Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
}

/** Repeated query parameters come joined by a comma, as StringValues prints them. */
function joinedQuery(url: URL): Map<string, string> {
  const query = new Map<string, string>();
  for (const name of new Set(url.searchParams.keys())) query.set(name, url.searchParams.getAll(name).join(','));
  return query;
}

/**
 * A request as the host hands it over: header names in lower case, the url whole (with the `code` parameter), the body as bytes.
 * Source: azure-functions-host, GrpcMessageConversionExtensions.ToRpcHttp with the Node worker's capabilities.
 */
export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Record<string, string>,
  body: Buffer,
): RpcTypedData {
  return {
    http: {
      url: url.href,
      method: request.method ?? 'GET',
      nullableHeaders: nullable(joinedHeaders(request)),
      nullableQuery: nullable(joinedQuery(url)),
      nullableParams: nullable(Object.entries(params)),
      ...(body.length === 0 ? {} : { body: { bytes: body } }),
    },
  };
}

function bytesOf(body: RpcTypedData | null | undefined): Uint8Array | string {
  return body?.bytes ?? body?.string ?? body?.json ?? '';
}

const sameSiteNames = { lax: 'Lax', strict: 'Strict', explicitNone: 'None', none: undefined } as const;

/** RFC 6265, section 4.1. */
function setCookieText(cookie: RpcCookie): string {
  const sameSite = sameSiteNames[cookie.sameSite ?? 'none'];
  const parts = [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    cookie.expires && `expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`,
    cookie.maxAge && `max-age=${cookie.maxAge.value}`,
    cookie.domain && `domain=${cookie.domain.value}`,
    cookie.path && `path=${cookie.path.value}`,
    cookie.secure?.value === true && 'secure',
    sameSite && `samesite=${sameSite}`,
    cookie.httpOnly?.value === true && 'httponly',
  ];
  return parts.filter((part) => typeof part === 'string').join('; ');
}

/** Writes what a handler returned. Nothing returned is 204. */
export function writeRpcResponse(response: ServerResponse, http: RpcHttp | undefined): void {
  if (http === undefined) {
    response.writeHead(204).end();
    return;
  }
  for (const [name, value] of Object.entries(http.headers ?? {})) response.setHeader(name, value);
  if (http.cookies !== undefined && http.cookies.length > 0) {
    response.setHeader('set-cookie', http.cookies.map(setCookieText));
  }
  response.writeHead(Number(http.statusCode ?? 200)).end(bytesOf(http.body));
}
