import { claimHostMapping, removeHostMapping, setHostMapping, writeHostMapFile, type HostTarget } from './host-map.js';

interface HostMapping {
  host: string;
  port: number;
  target: HostTarget;
}

/** Where the names of one laboratory lead, in this process and in its children. */
export interface LabHostMappings {
  /** In place of what the same owner had. A name that is left out leads to the real network again. */
  set(owner: string, mappings: readonly HostMapping[]): void;
  /** For a name that other laboratories of this process have too. */
  claim(mapping: HostMapping): void;
  /** Of this process. */
  close(): void;
}

export const createLabHostMappings = (file: string): LabHostMappings => {
  const owned = new Map<string, readonly HostMapping[]>();
  const claimed: HostMapping[] = [];
  const releases: (() => void)[] = [];
  const forget = (mappings: readonly HostMapping[]): void => {
    for (const { host, port } of mappings) removeHostMapping(host, port);
  };
  const write = (): void => writeHostMapFile(file, [...claimed, ...[...owned.values()].flat()]);
  return {
    set: (owner, mappings) => {
      forget(owned.get(owner) ?? []);
      for (const { host, port, target } of mappings) setHostMapping(host, port, target);
      owned.set(owner, mappings);
      write();
    },
    claim: (mapping) => {
      claimed.push(mapping);
      releases.push(claimHostMapping(mapping.host, mapping.port, mapping.target));
      write();
    },
    close: () => {
      forget([...owned.values()].flat());
      owned.clear();
      for (const release of releases.splice(0)) release();
    },
  };
};
