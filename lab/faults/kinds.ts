import type { Fault, FaultKind } from '../contracts.js';

const ofPorts: readonly FaultKind[] = ['stop', 'refuse', 'blackHole', 'slow', 'reset'];
const ofRequests: readonly FaultKind[] = ['delay', 'status', 'throttle'];
const ofAnswers: readonly FaultKind[] = ['half', 'wrongType', 'empty'];

/** What can be played where: Azurite's requests are not ours to answer, and only HTTP has answers with a body. */
export const kindsOn = ({ hub, plane }: Pick<Fault, 'hub' | 'plane'>): readonly FaultKind[] => {
  if (hub === 'storage') return ofPorts;
  return plane === 'https' || plane === 'arm' ? [...ofPorts, ...ofRequests, ...ofAnswers] : [...ofPorts, ...ofRequests];
};

/** Where answers can be seen one by one they are cut by the server, after the work was done; elsewhere on the wire. */
export const isCutByServer = ({ hub, plane }: Pick<Fault, 'hub' | 'plane'>): boolean =>
  hub !== 'storage' && (plane === 'https' || plane === 'arm');
