import type { IdentityKey, JsonObject } from '../../contracts.js';
import { refuseArgument } from '../core/errors.js';
import { holds, project } from '../query/evaluate.js';
import { parseQuery } from '../query/parse-query.js';
import type { Query } from '../query/query.js';
import type { HubAnswer } from './answers.js';
import { parseToken, tokenOf } from './continuation.js';
import { twinDocument } from './documents.js';
import { bodyObject, type HubRequest, type HubRoute } from './request.js';
import { timesOf } from './times.js';

/** "IoT Hub query language": "a page size (up to 100)". A larger one is taken for this. */
const MAX_PAGE = 100;

function pageSizeOf(header: string | undefined): number {
  const size = Number(header ?? MAX_PAGE);
  if (!Number.isInteger(size) || size < 1) return refuseArgument('x-ms-max-item-count must be a positive number');
  return Math.min(size, MAX_PAGE);
}

interface Found {
  key: IdentityKey;
  document: JsonObject;
}

const isAfter = ({ deviceId, moduleId = '' }: IdentityKey, after: IdentityKey | undefined): boolean =>
  after === undefined ||
  deviceId > after.deviceId ||
  (deviceId === after.deviceId && moduleId > (after.moduleId ?? ''));

function* findAll({ core }: HubRequest, { from, where }: Query, after?: IdentityKey): Iterable<Found> {
  for (const { identity, twin } of core.indexed(from)) {
    if (!isAfter(identity, after)) continue;
    const document = twinDocument(identity, twin, timesOf(core, 'written'));
    const { deviceId, moduleId } = identity;
    if (holds(where, document)) yield { key: { deviceId, ...(moduleId === undefined ? {} : { moduleId }) }, document };
  }
}

function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) if (taken.push(item) === count) break;
  return taken;
}

/** "Query Devices": a page, and where the next one begins as long as there is one. A count is one item. */
function queryDevices(request: HubRequest): HubAnswer {
  const { header } = request;
  const { query: text } = bodyObject(request);
  if (typeof text !== 'string') return refuseArgument('The query is missing');
  const query = parseQuery(text);
  const { columns } = query;
  const itemType = { 'x-ms-item-type': columns === '*' ? 'Twin' : 'Raw' };
  if (columns !== '*' && columns[0]?.kind === 'count')
    return { status: 200, body: [{ [columns[0].name]: [...findAll(request, query)].length }], headers: itemType };
  const size = pageSizeOf(header('x-ms-max-item-count'));
  const found = take(findAll(request, query, parseToken(header('x-ms-continuation'), text)), size + 1);
  const page = found.slice(0, size);
  const last = found.length > size ? page.at(-1) : undefined;
  return {
    status: 200,
    body: page.map(({ document }) => (columns === '*' ? document : project(columns, document))),
    headers: {
      ...itemType,
      ...(last === undefined ? {} : { 'x-ms-continuation': tokenOf({ query: text, after: last.key }) }),
    },
  };
}

export const queryRoutes: HubRoute[] = [
  { method: 'POST', path: '/devices/query', right: 'ServiceConnect', throttle: 'queries', handle: queryDevices },
];
