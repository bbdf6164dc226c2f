import type { ReceivedEventData } from '@azure/event-hubs';
import { HostError } from '../host-error.js';
import { rewriteDates } from '../json-net.js';
import type { RpcTypedData } from '../rpc-types.js';

/** The bytes of an event: the SDK gives Buffers where the body is an AMQP data section, as IoT Hub sends it. */
function bytesOf(event: ReceivedEventData): Buffer {
  const body: unknown = event.body;
  if (Buffer.isBuffer(body)) return body;
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? ''), 'utf8');
}

/** A pass through Json.NET. Throws `host.notJson`: the invocation fails before the handler runs. */
function throughJsonNet(event: ReceivedEventData): unknown {
  const text = bytesOf(event).toString('utf8');
  try {
    return rewriteDates(JSON.parse(text));
  } catch (cause) {
    throw new HostError('host.notJson', `Exception binding parameter: event ${event.sequenceNumber} is not JSON.`, {
      cause,
    });
  }
}

/**
 * The trigger's input. Without `dataType` every body goes through Json.NET, with 'binary' it stays as it is, 'string' gives text.
 * A text collection loses its empty entries (ToRpcStringArray).
 */
export function toEventHubInput(
  events: readonly ReceivedEventData[],
  many: boolean,
  dataType: string | undefined,
): RpcTypedData {
  const [first] = events;
  if (!many && first !== undefined) {
    if (dataType === 'binary') return { bytes: bytesOf(first) };
    if (dataType === 'string') return { string: bytesOf(first).toString('utf8') };
    return { json: JSON.stringify(throughJsonNet(first)) };
  }
  if (dataType === 'binary') return { collectionBytes: { bytes: events.map(bytesOf) } };
  if (dataType === 'string') return textCollection(events.map((event) => bytesOf(event).toString('utf8')));
  return { json: JSON.stringify(events.map(throughJsonNet)) };
}

/** GrpcMessageConversionExtensions.ToRpcStringArray: null and empty entries are dropped, so that indexes no longer match. */
export function textCollection(texts: readonly (string | null | undefined)[]): RpcTypedData {
  return {
    collectionString: {
      string: texts.filter((text) => text !== null && text !== undefined && text !== '') as string[],
    },
  };
}
