import type { Host } from '../../../lab/host/start-host.js';

/** `POST /api/devices/{deviceId}/sync` as an operator asks it; resolves to the answer's body. */
export const syncNow = async (host: Pick<Host, 'url' | 'functionKey'>, deviceId: string): Promise<unknown> => {
  const headers = { 'x-functions-key': host.functionKey };
  const answer = await fetch(`${host.url}/api/devices/${encodeURIComponent(deviceId)}/sync`, {
    method: 'POST',
    headers,
  });
  return answer.json();
};
