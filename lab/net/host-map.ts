import { renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { projectFile } from './project-file.js';

/** Where a connection really goes. */
export interface HostTarget {
  host: string;
  port: number;
}

interface HostMapState {
  mappings: Map<string, HostTarget>;
}

/** The path for `node --require`. In such a process the variable LAB_HOST_MAP_FILE names the map's file. */
export const preloadFile = (): string => projectFile('lab/net/preload.cjs');

const hostMapKey = Symbol.for('iothub-standby.lab.hostMap');

/** The process's one map: preload.cjs makes it, on a global symbol, because it may have been loaded before and by another way. */
function hostMap(): Map<string, HostTarget> {
  createRequire(import.meta.url)(preloadFile());
  return (globalThis as unknown as Record<symbol, HostMapState>)[hostMapKey]!.mappings;
}

const entryName = (host: string, port: number): string => `${host.toLowerCase()}:${port}`;

/** From now on this process's new connections to `host:port` go to the target. Installs the host map when it is not there yet. */
export function setHostMapping(host: string, port: number, target: HostTarget): void {
  hostMap().set(entryName(host, port), target);
}

/** New connections to `host:port` go to the real network again. */
export function removeHostMapping(host: string, port: number): void {
  hostMap().delete(entryName(host, port));
}

/** Writes the map for child processes. They read it again at their next connection, and never see half a file. */
export function writeHostMapFile(file: string, mappings: { host: string; port: number; target: HostTarget }[]): void {
  const content = Object.fromEntries(mappings.map(({ host, port, target }) => [entryName(host, port), target]));
  writeFileSync(`${file}.new`, JSON.stringify(content, undefined, 2));
  renameSync(`${file}.new`, file);
}

const claims = new Map<string, HostTarget[]>();

/**
 * For a name that every laboratory of the process has (`management.azure.com`): the one who claimed it last gets the connections. Returns the release,
 * after which the one before has it again.
 */
export function claimHostMapping(host: string, port: number, target: HostTarget): () => void {
  const name = entryName(host, port);
  const claimants = claims.get(name) ?? [];
  claims.set(name, claimants);
  const settle = (): void => {
    const last = claimants.at(-1);
    if (last === undefined) removeHostMapping(host, port);
    else setHostMapping(host, port, last);
  };
  claimants.push(target);
  settle();
  return () => {
    claimants.splice(claimants.indexOf(target), 1);
    settle();
  };
}
