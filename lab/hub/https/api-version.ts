import { HubError } from '../core/errors.js';

/** Versions of the service's REST API; azure-iothub 1.16 sends 2021-04-12. */
const knownVersions = new Set([
  '2018-04-01',
  '2018-06-30',
  '2019-03-30',
  '2019-10-01',
  '2020-03-13',
  '2020-05-31-preview',
  '2020-09-30',
  '2021-04-12',
  '2024-03-31',
]);

export function checkApiVersion(version: string | undefined): void {
  if (version === undefined) throw new HubError('InvalidProtocolVersion', 'The query parameter api-version is missing');
  if (!knownVersions.has(version)) throw new HubError('InvalidProtocolVersion', 'The api-version is not known');
}
