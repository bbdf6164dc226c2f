import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where child processes find what they need to reach one laboratory. Readable by this user only (mkdtemp). */
export interface LabFolder {
  caFile: string;
  hostMapFile: string;
  remove(): void;
}

export const createLabFolder = (caPem: string): LabFolder => {
  const folder = mkdtempSync(join(tmpdir(), 'iothub-lab-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, caPem);
  return {
    caFile,
    hostMapFile: join(folder, 'host-map.json'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
