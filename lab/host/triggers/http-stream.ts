import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Invocation } from '../invoke.js';
import type { RpcTypedData } from '../rpc-types.js';

interface StreamedRequest {
  readonly streamUrl: string;
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly invocationId: string;
  readonly params: Record<string, string>;
}

function jsonFields(body: Buffer): [string, unknown][] {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? Object.entries(parsed) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/**
 * Trigger metadata of a streamed request: the library takes `req.params` from it, and the host puts query parameters and the
 * fields of a JSON body beside the path's.
 */
function triggerMetadata({ request, url, body, params }: StreamedRequest): Record<string, RpcTypedData> {
  const fields = [...jsonFields(body), ...url.searchParams.entries(), ...Object.entries(params)];
  const texts = fields.map(([name, value]) => [
    name,
    { string: typeof value === 'string' ? value : JSON.stringify(value) },
  ]);
  return {
    ...(Object.fromEntries(texts) as Record<string, RpcTypedData>),
    Headers: { json: JSON.stringify(request.headers) },
    Query: { json: JSON.stringify(Object.fromEntries(url.searchParams)) },
  };
}

/**
 * `enableHttpStream`: the request itself goes to the worker's own server, the invocation only announces it.
 * Source: @azure/functions, src/http/httpProxy.ts (`x-ms-invocation-id`, `x-forwarded-host`, `x-forwarded-proto`).
 */
export async function forwardToWorker(
  streamed: StreamedRequest,
  invoke: (call: Invocation) => Promise<unknown>,
): Promise<void> {
  const { request, response, invocationId } = streamed;
  const target = new URL(request.url ?? '/', streamed.streamUrl);
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest(target, {
      method: request.method,
      headers: {
        ...request.headers,
        'x-ms-invocation-id': invocationId,
        'x-forwarded-host': request.headers.host,
        'x-forwarded-proto': 'http',
      },
    });
    outgoing.once('response', resolve).once('error', reject).end(streamed.body);
    invoke({ invocationId, data: { http: {} }, triggerMetadata: triggerMetadata(streamed) }).catch((error: unknown) => {
      // A handler that throws never answers on the worker's server.
      outgoing.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const upstream = await answer;
  response.writeHead(upstream.statusCode ?? 200, upstream.headers);
  await pipeline(upstream, response);
}
