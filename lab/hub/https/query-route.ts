import type { Json, JsonObject } from '../../contracts.js';
import { refuseArgument } from '../core/errors.js';
import { isJsonObject } from '../core/merge-patch.js';
import type { HubAnswer } from './answers.js';
import { twinDocument } from './documents.js';
import { bodyObject, type HubRequest, type HubRoute } from './request.js';
import { timesOf } from './times.js';

/** "IoT Hub query language": "a page size (up to 100)". A larger one is taken for this. */
const MAX_PAGE = 100;

type Shape = { itemType: 'twin' | 'raw'; itemOf: (twin: JsonObject) => JsonObject };
const shapes: readonly (Shape & { query: RegExp })[] = [
  { query: /^select\s+\*\s+from\s+devices$/i, itemType: 'twin', itemOf: (twin) => twin },
  {
    query: /^select\s+deviceId\s+from\s+devices$/i,
    itemType: 'raw',
    itemOf: ({ deviceId = null }) => ({ deviceId }),
  },
];

function shapeOf(query: string): Shape {
  return (
    shapes.find((shape) => shape.query.test(query.trim())) ?? refuseArgument('The laboratory does not know this query')
  );
}

function pageSizeOf(header: string | undefined): number {
  const size = Number(header ?? MAX_PAGE);
  if (!Number.isInteger(size) || size < 1) return refuseArgument('x-ms-max-item-count must be a positive number');
  return Math.min(size, MAX_PAGE);
}

interface Continuation {
  query: string;
  after: string;
}

const tokenOf = (continuation: Continuation): string => Buffer.from(JSON.stringify(continuation)).toString('base64');

/** Throws 400004 for a token that is not ours, or is of another query. */
function parseToken(token: string | undefined, query: string): string | undefined {
  if (token === undefined || token === '') return undefined;
  try {
    const value = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as Json;
    if (isJsonObject(value) && value['query'] === query && typeof value['after'] === 'string') return value['after'];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return refuseArgument('The continuation token is not valid');
}

/** "Query Devices": a page, and where the next one begins as long as there is one. */
function queryDevices(request: HubRequest): HubAnswer {
  const { core, header } = request;
  const { query } = bodyObject(request);
  if (typeof query !== 'string') return refuseArgument('The query is missing');
  const { itemType, itemOf } = shapeOf(query);
  const size = pageSizeOf(header('x-ms-max-item-count'));
  const found = core.pageOfDevices(parseToken(header('x-ms-continuation'), query), size + 1);
  const page = found.slice(0, size);
  const last = found.length > size ? page.at(-1) : undefined;
  return {
    status: 200,
    body: page.map(({ identity, twin }) => itemOf(twinDocument(identity, twin, timesOf(core, 'written')))),
    headers: {
      'x-ms-item-type': itemType,
      ...(last === undefined ? {} : { 'x-ms-continuation': tokenOf({ query, after: last.identity.deviceId }) }),
    },
  };
}

export const queryRoutes: HubRoute[] = [
  { method: 'POST', path: '/devices/query', right: 'ServiceConnect', throttle: 'queries', handle: queryDevices },
];
