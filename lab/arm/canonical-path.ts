const words = [
  'subscriptions',
  'resourceGroups',
  'providers',
  'Microsoft.Devices',
  'IotHubs',
  'listkeys',
  'IotHubKeys',
  'eventHubEndpoints',
  'ConsumerGroups',
  'failover',
  'operationResults',
  'routingEndpointsHealth',
  'locations',
];
const canonical = new Map(words.map((word) => [word.toLowerCase(), word]));
/** Where a resource id has its own words, counted from the first segment; names lie between them. */
const wordPositions = new Set([0, 2, 3, 4, 5, 6, 8, 10]);

/** Resource Manager takes its own words in any case (`/resourcegroups/`), and a slash at the end: names stay as they are. */
export const canonicalPath = (path: string): string =>
  path
    .replace(/\/+$/, '')
    .split('/')
    .map(
      (segment, index) => (wordPositions.has(index - 1) ? canonical.get(segment.toLowerCase()) : undefined) ?? segment,
    )
    .join('/');
