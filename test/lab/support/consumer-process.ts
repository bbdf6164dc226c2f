import { afterEach } from 'vitest';
import type { StartedNamespace } from '../../../lab/event-hubs/namespace.js';
import { projectFile } from '../../../lab/net/project-file.js';
import { forkManaged, type ManagedChild } from '../../../lab/processes/managed-child.js';
import { eventHubName, hostOf } from './consumer.js';
import type { ConsumerChildMessage, ConsumerChildSettings } from './consumer-child.js';

/** A consumer in a process of its own, and what it told so far. */
export interface ConsumerProcess {
  child: ManagedChild;
  numbers: number[];
  errors: string[];
  state: Extract<ConsumerChildMessage, { kind: 'state' }>['generations'];
}

/** Starts such processes; after each test they are ended. */
export function consumerProcesses(): (settings: ConsumerChildSettings) => ConsumerProcess {
  const children: ManagedChild[] = [];
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.close()));
  });
  return (settings) => {
    const consumer: Omit<ConsumerProcess, 'child'> = { numbers: [], errors: [], state: [] };
    const child = forkManaged(projectFile('dist/test/lab/support/consumer-child.js'), {
      args: [JSON.stringify(settings)],
      onMessage: (message) => {
        const told = message as ConsumerChildMessage;
        if (told.kind === 'handled') consumer.numbers.push(...told.numbers);
        if (told.kind === 'error') consumer.errors.push(told.text);
        if (told.kind === 'state') consumer.state = told.generations;
      },
    });
    children.push(child);
    return Object.assign(consumer, { child });
  };
}

/** Which partitions of a generation it reads. */
export const partitionsOf = ({ state }: ConsumerProcess, generation: number): readonly string[] =>
  state.find(({ number }) => number === generation)?.partitions ?? [];

export const connectionStringsOf = (...namespaces: StartedNamespace[]): Record<string, string> =>
  Object.fromEntries(
    namespaces.map((namespace) => [hostOf(namespace), `${namespace.connectionString};EntityPath=${eventHubName}`]),
  );
