import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { RequestListener } from 'node:http';
import type { Closers } from '../closers.js';
import type { ArmDescription, VerifyBearer } from '../contracts.js';
import { openDoorBefore } from '../faults/door.js';
import type { FaultStore } from '../faults/fault-store.js';
import { sendDamaged } from '../hub/https/damaged-answer.js';
import type { LabCertificates } from '../net/certificates.js';
import type { LabHostMappings } from '../net/lab-host-mappings.js';
import { createTlsListener } from '../net/listener.js';
import { armEndpoint, createArmApp, type ArmOptions } from './app.js';
import type { ArmHub, ArmScope } from './arm-hub.js';

export interface ArmStart {
  /** Of this laboratory. */
  labId: string;
  hubs: readonly ArmHub[];
  certificates: LabCertificates;
  faults: FaultStore;
  mappings: LabHostMappings;
  closers: Closers;
  verifyBearer: VerifyBearer;
  routing: Pick<ArmScope, 'namespaceUri' | 'routesOf' | 'endpointHealth'>;
  log: (line: string) => void;
}

const createListener = (options: ArmOptions): RequestListener => {
  const app = createArmApp(options);
  const listener = getRequestListener(async (request, env) => {
    const damage = options.faults.damage?.('arm', 'arm');
    const answer = await app.fetch(request, env);
    return damage === undefined ? answer : sendDamaged((env as HttpBindings).outgoing, answer, damage);
  });
  return (request, response) => void listener(request, response);
};

/** Azure Resource Manager over TLS on a free loopback port, reached under its real name, with the faults of plane `arm`. */
export const startArm = async (start: ArmStart): Promise<ArmDescription> => {
  const { labId, hubs, certificates, faults, mappings, closers, verifyBearer, log } = start;
  const named = { subscriptionId: `00000000-0000-4000-8000-0000${labId}`, resourceGroup: 'lab' };
  const scope = { ...named, ...start.routing, createdAt: new Date().toISOString() };
  const onDefect = (error: unknown): void => log(`arm: ${String(error)}`);
  const onRequest = createListener({ ...scope, hubs, faults, verifyBearer, onDefect });
  const door = await openDoorBefore(await createTlsListener({ certificates, onRequest }));
  closers.add(() => door.close());
  faults.attach('arm', 'arm', door);
  const target = { host: '127.0.0.1', port: door.port };
  mappings.claim({ host: new URL(armEndpoint).hostname, port: 443, target });
  return { ...named, endpoint: armEndpoint, address: `${target.host}:${target.port}` };
};
